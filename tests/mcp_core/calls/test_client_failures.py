"""Backends that are absent, slow, broken or busy: each costs a bounded time and has its own sentence."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from policies.messages import Request
from policies.ports import BackendUnavailable, ForwardOptions
from tests.mcp_core.calls.backends import Client, answering, ok, run
from tests.mcp_core.calls.building import ScriptedServer, free_port, read_head


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "gave an answer that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "broke off its answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain", "cannot be undone"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nplain", "cannot be undone"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP: Invalid character in chunk size"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", "not HTTP"),
    ],
)
def test_a_broken_answer_is_a_502_that_names_the_origin(answer: bytes, problem: str) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(answer, close=True)) as server, Client() as client:
            with pytest.raises(BackendUnavailable, match=problem) as caught:
                await client.send(Request("GET", f"{server.url}/secret-path?key=secret"))
            assert caught.value.status == 502
            assert f"The backend {server.url} " in str(caught.value)
            assert "secret" not in str(caught.value)

    run(scenario())


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.1", "::1"]])
def test_nobody_listens_and_callers_learn_no_address(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    async def scenario() -> None:
        async def resolve(*_: Any, **__: Any) -> list[Any]:
            return [
                (socket.AF_INET6, 1, 6, "", (text, port, 0, 0)) if ":" in text else (socket.AF_INET, 1, 6, "", (text, port))
                for text in addresses
            ]

        port = free_port()
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        async with Client() as client:
            with pytest.raises(BackendUnavailable) as caught:
                await client.send(Request("GET", f"http://orders.internal:{port}/"))
        assert (caught.value.status, caught.value.reason) == (502, "BackendConnectionFailure")
        assert str(caught.value).startswith(f"The backend http://orders.internal:{port} could not be reached: ")
        assert not any(text in str(caught.value) for text in addresses)

    run(scenario())


def test_an_unknown_name() -> None:
    async def scenario() -> None:
        async with Client() as client:
            with pytest.raises(BackendUnavailable, match="not known by that name"):
                await client.send(Request("GET", "http://no-such-host.invalid/"))

    run(scenario())


def test_a_backend_that_does_not_answer_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with ScriptedServer(silent) as server, Client() as client:
            with pytest.raises(BackendUnavailable, match=r"did not answer within 0\.05 seconds") as caught:
                await client.send(Request("GET", server.url), ForwardOptions(timeout=0.05))
            assert (caught.value.status, caught.value.reason) == (504, "Timeout")

    run(scenario())


def test_a_body_that_drips_is_bounded_too() -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    async def scenario() -> None:
        async with ScriptedServer(dripping) as server, Client(default_timeout=0.1) as client:
            with pytest.raises(BackendUnavailable) as caught:
                await client.send(Request("GET", server.url))
            assert caught.value.reason == "Timeout"

    run(scenario())


def test_cancelling_a_call_frees_its_place() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with ScriptedServer(silent) as server, Client(max_concurrency=1) as client:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await client.send(Request("GET", server.url))

    run(scenario())


def test_a_busy_backend_is_a_503_for_its_own_callers_only() -> None:
    release = asyncio.Event()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        await release.wait()
        writer.write(ok())

    async def scenario() -> None:
        async with ScriptedServer(held) as busy, ScriptedServer(answering(ok())) as idle, Client(max_concurrency=2) as client:
            first = [asyncio.create_task(client.send(Request("GET", busy.url))) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(BackendUnavailable, match="2 requests under way") as caught:
                await client.send(Request("GET", busy.url))
            assert caught.value.status == 503
            assert (await client.send(Request("GET", idle.url))).status == 200
            release.set()
            assert [task.status for task in await asyncio.gather(*first)] == [200, 200]
            assert (await client.send(Request("GET", busy.url))).status == 200

    run(scenario())
