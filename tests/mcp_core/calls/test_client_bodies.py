"""Bodies in both directions: compressed, large, streamed."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from policies.messages import Body, Request
from policies.ports import BackendUnavailable, ForwardOptions
from tests.mcp_core.calls.backends import Client, answering, ok, run
from tests.mcp_core.calls.building import ScriptedServer, read_head


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)])
def test_compressed_bodies_are_decoded(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    async def scenario() -> None:
        answer = ok(encode(b"hello" * 100), f"Content-Encoding: {encoding}")
        async with ScriptedServer(answering(answer)) as server, Client() as client:
            response = await client.send(Request("GET", server.url))
        assert response.body.data == b"hello" * 100
        assert "Content-Encoding" not in response.headers
        assert "Content-Length" not in response.headers

    run(scenario())


def test_a_bomb_is_cut_not_unpacked() -> None:
    async def scenario() -> None:
        answer = ok(gzip.compress(b"\0" * 30_000_000, 9), "Content-Encoding: gzip")
        async with ScriptedServer(answering(answer)) as server, Client(max_response_bytes=100_000) as client:
            response = await client.send(Request("GET", server.url))
        assert len(response.body.data) == 100_000
        assert response.body.truncated

    run(scenario())


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * 5000),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 1000,
    ],
)
@pytest.mark.parametrize(("limit", "cut"), [(999, True), (100_000, False)])
def test_large_bodies_are_cut_and_say_so(answer: bytes, limit: int, cut: bool) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(answer, close=True)) as server, Client(max_response_bytes=limit) as client:
            response = await client.send(Request("GET", server.url))
        assert response.body.truncated is cut
        assert set(response.body.data) == {ord("x")}
        assert not cut or len(response.body.data) == limit

    run(scenario())


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_request_bodies_of_any_size(size: int) -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(ok(), seen=seen)) as server, Client() as client:
            await client.send(Request("PUT", server.url, body=b"x" * size))
        assert seen[0][2] == b"x" * size
        assert seen[0][1]["content-length"] == str(size)
        assert "content-type" not in seen[0][1]

    run(scenario())


def test_a_streamed_request_is_passed_on_as_it_comes() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(ok(), seen=seen)) as server, Client() as client:
            await client.send(
                Request("POST", server.url, body=Body(stream=pieces())), ForwardOptions(buffer_request_body=False)
            )
            await client.send(Request("POST", server.url, body=Body(stream=pieces())))
        assert [(request[2], request[1].get("transfer-encoding")) for request in seen] == [
            (b"onetwo", "chunked"),
            (b"onetwo", None),
        ]

    run(scenario())


def test_an_unbuffered_response_comes_in_pieces() -> None:
    async def scenario() -> None:
        more = asyncio.Event()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_head(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            await more.wait()
            writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

        async with ScriptedServer(script) as server, Client(max_concurrency=1) as client:
            response = await client.send(Request("GET", server.url), ForwardOptions(buffer_response=False))
            assert not response.body.is_buffered
            with pytest.raises(BackendUnavailable, match="under way"):
                await client.send(Request("GET", server.url))
            got = []
            async for chunk in response.body.stream():
                got.append(chunk)
                more.set()
            assert got == [b"one", b"two"]
            assert (await client.send(Request("GET", server.url))).status == 200

    run(scenario())


def test_an_unbuffered_response_that_nobody_reads_frees_its_place() -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok(b"x" * 10))) as server, Client(max_concurrency=1) as client:
            for _ in range(3):
                response = await client.send(Request("GET", server.url), ForwardOptions(buffer_response=False))
                del response

    run(scenario())
