"""Connections are kept alive, and a stale one is no failure for a request that may be repeated."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policies.messages import Request
from policies.ports import BackendUnavailable
from tests.mcp_core.calls.backends import Client, answering, ok, run
from tests.mcp_core.calls.building import ScriptedServer, read_head

ROOT = Path(__file__).resolve().parents[3]


def closing_after_one(calls: list[str]) -> Any:
    """Keep-alive is promised, then the connection dies as the second request arrives on it."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, _ = await read_head(reader)
        calls.append(line.split()[0])
        writer.write(ok())
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")
        calls.append("cut")

    return script


@pytest.mark.parametrize(
    ("method", "repeated"), [("GET", True), ("PUT", True), ("DELETE", True), ("POST", False), ("PATCH", False)]
)
def test_only_idempotent_requests_are_sent_again_on_a_stale_connection(method: str, repeated: bool) -> None:
    async def scenario() -> None:
        calls: list[str] = []
        async with ScriptedServer(closing_after_one(calls)) as server, Client() as client:
            await client.send(Request("GET", server.url))
            if repeated:
                assert (await client.send(Request(method, server.url, body=b"" if method == "GET" else b"x"))).status == 200
                assert calls == ["GET", "cut", method]
            else:
                with pytest.raises(BackendUnavailable):
                    await client.send(Request(method, server.url, body=b"x"))
                assert calls == ["GET", "cut"]

    run(scenario())


def test_connections_are_kept_alive() -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as server, Client() as client:
            for _ in range(20):
                await client.send(Request("GET", server.url))
        assert server.connections == 1

    run(scenario())


def test_a_closed_client_opens_again() -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as server, Client() as client:
            await client.warm()
            await client.send(Request("GET", server.url))
            await client.close()
            assert (await client.send(Request("GET", server.url))).status == 200

    run(scenario())


def test_the_clients_are_imported_by_the_first_call_not_before() -> None:
    heavy = "{'aiohttp', 'httpx', 'jsonschema_rs', 'cryptography'}"
    code = f"import sys, mcp_core.calls; print(sorted({heavy} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
