"""How fast expressions are: against the same written as a native Python lambda, and how long they take to compile.

Run it as a script: `python tests/bench/bench_expressions.py`. Rounds of the native and the compiled form alternate, so that a
busy machine slows both; the best round of each counts. Aim: `evaluate` of the first two at most 4 times the native lambda.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time_ns
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a script it finds the packages beside it

from policies.context import PolicyContext
from policies.dotnet.json.reader import parse
from policies.expressions import compile_expression
from policies.messages import Headers, Request
from policies.ports import Services

ROUNDS, CALLS, COMPILATIONS = 9, 20_000, 200

PAIRS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "address": ("context.Request.IpAddress", lambda c: c.request.ip_address),
    "header and method": (
        'context.Request.Headers.GetValueOrDefault("X","") == "y" && context.Request.Method == "GET"',
        lambda c: c.request.headers.get("X", "") == "y" and c.request.method == "GET",
    ),
    "text": (
        '"Bearer " + (string)context.Variables["token"] + "; " + context.Request.Method.Length',
        lambda c: f"Bearer {c.variables['token']}; {len(c.request.method)}",
    ),
    "number": ('(int)context.Variables["n"] * 2 + 1 > 6', lambda c: c.variables["n"] * 2 + 1 > 6),
}
LOOP = "int n = 0; foreach (var c in (string)context.Variables[\"text\"]) { if (c == 'a') n += 2; } return n;"

TOKENS = 'string.Join(",", ((JArray)context.Variables["tokens"]).Where(t => (int)t["n"] > 50).Select(t => (string)t["text"]))'


def _tokens(context: Any) -> str:
    return ",".join([item["text"] for item in context.variables["plain"] if item["n"] > 50])


def _loop(context: Any) -> int:
    count = 0
    for char in context.variables["text"]:
        if char == "a":
            count += 2
    return count


def best_of(calls: int, *functions: Callable[[Any], object], argument: object) -> list[float]:
    """Nanoseconds a call of each, the best of interleaved rounds, less the empty loop."""
    best = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for number, function in enumerate(functions):
            started = process_time_ns()
            for _ in range(calls):
                function(argument)
            best[number] = min(best[number], (process_time_ns() - started) / calls)
    return best


def main() -> None:
    """Measure, and print one line an expression."""
    request = Request("GET", "https://host/orders?x=1", Headers({"X": "y"}), ip_address="10.0.0.1")
    plain = [{"n": number, "text": f"text {number}"} for number in range(100)]
    variables: dict[str, object] = {"token": "abc", "n": 3, "text": "banana" * 20, "plain": plain}
    variables["tokens"] = parse(json.dumps(plain))
    context = PolicyContext(request, Services(), variables=variables)
    print(f"{'expression':<20}{'native ns':>10}{'ratio':>10}{'compile µs':>12}")
    for name, (text, native) in {**PAIRS, "loop of 120": (LOOP, _loop), "LINQ over 100": (TOKENS, _tokens)}.items():
        kind: Any = "block" if text == LOOP else "expression"
        compiled = compile_expression(text, kind=kind)
        assert compiled.evaluate(context) == native(context)
        calls = CALLS if name in PAIRS else CALLS // 20
        base, evaluate = best_of(calls, native, compiled.evaluate, argument=context)
        started = process_time_ns()
        for _ in range(COMPILATIONS):
            compile_expression(text, kind=kind)
        compile_us = (process_time_ns() - started) / COMPILATIONS / 1000
        print(f"{name:<20}{base:>10.0f}{evaluate / base:>10.2f}{compile_us:>12.0f}")


if __name__ == "__main__":
    main()
