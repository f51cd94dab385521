"""What policies cost: a pipeline of ten simple ones beside an empty one, and compiling a document of a hundred lines.

Run it as a script: `python tests/bench/bench_policies.py`. The empty and the full pipeline alternate, so that a busy machine
slows both; the best round of each counts. Aims: at most 6 µs a policy, and 20 ms for the document.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a script it finds the packages beside it

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Request, Response
from policies.pipeline import Pipeline
from policies.ports import Services

ROUNDS, REQUESTS, COMPILATIONS = 9, 2_000, 10

TEN = """<set-header name="A"><value>1</value></set-header>
<set-header name="B"><value>@(context.Request.IpAddress)</value></set-header>
<set-variable name="x" value="literal"/>
<set-variable name="y" value="@(context.Request.Method)"/>
<choose><when condition="@(context.Request.Headers.GetValueOrDefault("X","") == "y" && context.Request.Method == "GET")">
<set-header name="C"><value>3</value></set-header></when></choose>
<set-query-parameter name="q"><value>v</value></set-query-parameter>
<set-header name="D" exists-action="skip"><value>4</value></set-header>
<set-variable name="z" value="@((string)context.Variables["y"] + "1")"/>
<set-header name="E" exists-action="delete"/>
<set-variable name="w" value="@(context.Variables.ContainsKey("x"))"/>"""


def _document(policies: str) -> str:
    return f"<policies>\n<inbound>\n<base/>\n{policies}\n</inbound>\n</policies>"


def _hundred_lines() -> str:
    """As dense as TEN, with no expression twice, so that none is found compiled already."""
    blocks = (TEN.replace('"y"', f'"y{number}"').replace("IpAddress", f"Method + {number}") for number in range(9))
    return _document("\n".join(blocks))


async def _dispatch(context: PolicyContext) -> Response:
    return Response(200)


async def _microseconds(pipelines: list[Pipeline]) -> list[float]:
    best = [float("inf")] * len(pipelines)
    services = Services()
    for _ in range(ROUNDS):
        for number, pipeline in enumerate(pipelines):
            contexts = [PolicyContext(Request("GET", "http://h/p?x=1"), services) for _ in range(REQUESTS)]
            started = process_time()
            for context in contexts:
                await pipeline.run(context, _dispatch)
            best[number] = min(best[number], (process_time() - started) / REQUESTS * 1e6)
    return best


def main() -> None:
    """Measure, and print one line a figure."""
    documents: tuple[list[ScopedDocument], ...] = ([], [ScopedDocument("mcp/s", _document(TEN))])
    empty, ten = asyncio.run(_microseconds([compile_pipeline(each, Environment()) for each in documents]))
    print(f"empty pipeline        {empty:8.2f} µs a request")
    print(f"ten simple policies   {ten:8.2f} µs a request, {(ten - empty) / 10:.2f} µs a policy (aim ≤ 6)")
    best = float("inf")
    for number in range(COMPILATIONS):
        xml = _hundred_lines().replace("@(", "@(" + " " * number)  # compiled expressions are kept by their text
        started = process_time()
        compile_pipeline([ScopedDocument("mcp/s", xml)], Environment())
        best = min(best, process_time() - started)
    print(f"compile {xml.count(chr(10)) + 1} lines     {best * 1e3:8.2f} ms (aim ≤ 20), {xml.count('@(')} expressions")


if __name__ == "__main__":
    main()
