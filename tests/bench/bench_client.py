"""The HTTP client and what stands around it, as ratios to aiohttp used bare, in one interleaved run.

    python -m tests.bench.bench_client

The backend answers from a constant in a process of its own: what differs is the client. Answers are checked.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx
import uvloop

from mcp_core.calls import HttpBackend, PreparedTool
from mcp_core.catalog.operations import ArgumentBinding, Operation, Parameter, Tool, ToolAnnotations
from policies.messages import Headers, Request

ROUNDS = 9
CALLS = 2000
ANSWER = b'{"id":2,"customer":"Grace Hopper","status":"shipped","total":1952.0}'
Call = Callable[[], Awaitable[bytes]]


class _Backend(asyncio.Protocol):
    """The least HTTP server: a constant for every request."""

    RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            self._transport.write(self.RESPONSE)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Backend, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def backend() -> Any:
    child = subprocess.Popen([sys.executable, "-m", "tests.bench.bench_client", "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
    finally:
        child.terminate()
        child.communicate(timeout=10)


def get_order(url: str) -> PreparedTool:
    parameters = (Parameter("id", "path", {"type": "integer"}, True), Parameter("expand", "query", style="form", explode=True))
    bindings = tuple(ArgumentBinding(parameter.name, parameter.location, parameter.name) for parameter in parameters)
    properties = {"id": {"type": "integer"}, "expand": {"type": "array", "items": {"type": "string"}}}
    schema = {"type": "object", "properties": properties, "required": ["id"], "additionalProperties": False}
    tool = Tool("getOrder", "getOrder", "", "", schema, bindings, ToolAnnotations(True, False, True))
    return PreparedTool(tool, Operation("getOrder", "GET", "/orders/{id}", parameters=parameters), url)


async def throughput(url: str) -> None:
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    ours = HttpBackend(allow_private=True)
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None, max_keepalive_connections=None))
    over_httpx = HttpBackend(allow_private=True, transport=transport)
    prepared = get_order(url)

    async def bare() -> bytes:
        async with session.get(f"{url}/orders/2") as response:
            return await response.read()

    async def send() -> bytes:
        response = await ours.send(Request("GET", f"{url}/orders/2", Headers([("Accept", "application/json")])))
        return response.body.data

    async def whole_call() -> bytes:
        assert prepared.check({"id": 2}) == []
        result = await prepared.result(await ours.send(prepared.request({"id": 2})))
        return result.content[0]["text"].encode()  # type: ignore[no-any-return]

    async def send_over_httpx() -> bytes:
        return (await over_httpx.send(Request("GET", f"{url}/orders/2"))).body.data

    ways: dict[str, Call] = {
        "aiohttp, bare": bare,
        "HttpBackend.send": send,
        "check, request, send, result": whole_call,
        "send over httpx's own transport": send_over_httpx,
    }
    print(f"\nclient{'':34}{'calls/s':>10}{'ratio':>8}")
    for connections in (1, 32):
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, call in ways.items():
                rates[name].append(await rate(call, connections))
        for name, measured in rates.items():
            ratio = statistics.median(a / b for a, b in zip(measured, rates["aiohttp, bare"], strict=True))
            print(f"  {f'{name}, {connections} connections':38}{statistics.median(measured):10,.0f}{ratio:8.2f}")
    await session.close()
    await ours.close()
    await over_httpx.close()


async def rate(call: Call, connections: int) -> float:
    calls = CALLS // 10 if "httpx" in call.__name__ else CALLS

    async def worker() -> None:
        for _ in range(calls // connections):
            assert await call() == ANSWER

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    return calls / (time.perf_counter() - began)


def steps() -> None:
    """What a call costs beside the network."""
    tool = get_order("https://api.example.org/v1")
    definition, operation = tool.tool, tool.operation
    tried: dict[str, Callable[[], object]] = {
        "build a GET request": lambda: tool.request({"id": 2}),
        "the same with an encoded id and an array": lambda: tool.request({"id": "a/b", "expand": ["x y", "z"]}),
        "check its arguments": lambda: tool.check({"id": 2}),
        "prepare a tool": lambda: PreparedTool(definition, operation, "https://api.example.org/v1"),
    }
    print("\nsteps")
    for name, step in tried.items():
        step()
        began = time.perf_counter()
        for _ in range(20_000):
            step()
        print(f"  {name:44}{(time.perf_counter() - began) * 50:8.1f} µs")


def main() -> None:
    steps()
    with backend() as url:
        uvloop.run(throughput(url))


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        uvloop.run(serve())
    else:
        main()
