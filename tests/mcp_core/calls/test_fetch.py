"""Documents from the web: guarded at every hop, bounded in size and time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcp_core.calls import Fetched, FetchError, fetch
from tests.mcp_core.calls.backends import answering, ok, redirect, run
from tests.mcp_core.calls.building import ScriptedServer, free_port, read_head


def test_a_document_comes_with_its_type_and_address() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        answers = (redirect("/v2/openapi.yaml"), ok(b"openapi: 3.1.0", "Content-Type: Application/YAML; charset=utf-8"))
        async with ScriptedServer(answering(*answers, seen=seen)) as server:
            found = await fetch(f"{server.url}/openapi", allow_private=True, accept="application/yaml")
            assert found == Fetched(f"{server.url}/v2/openapi.yaml", "application/yaml", b"openapi: 3.1.0")
        assert seen[0][1]["accept"] == "application/yaml"

    run(scenario())


def test_redirects_may_lead_to_another_origin() -> None:
    async def scenario() -> None:
        async with (
            ScriptedServer(answering(ok(b"there"))) as other,
            ScriptedServer(answering(redirect(f"{other.url}/x"))) as server,
        ):
            assert (await fetch(server.url, allow_private=True)).content == b"there"

    run(scenario())


HOPS = [
    ("http://169.254.169.254/latest/meta-data", "never called"),
    ("http://[::ffff:169.254.169.254]/", "never called"),
    ("http://metadata.google.internal/", "never called"),
    ("file:///etc/passwd", "not an http or https URL"),
    ("/again", "redirects more than 5 times"),
    ("http://[::1", "not a URL|not a valid|Invalid"),
]


@pytest.mark.parametrize(("location", "problem"), HOPS)
def test_every_redirect_is_checked(location: str, problem: str) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(redirect(location))) as server:
            with pytest.raises(FetchError, match=problem):
                await fetch(server.url, allow_private=True)

    run(scenario())


def test_a_private_address_needs_the_setting() -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as server:
            with pytest.raises(FetchError, match="MCP_ALLOW_PRIVATE_BACKENDS"):
                await fetch(server.url, allow_private=False)
            with pytest.raises(FetchError, match="MCP_ALLOW_PRIVATE_BACKENDS"):
                await fetch(f"http://localhost:{server.port}", allow_private=False)
        assert server.connections == 0

    run(scenario())


def test_too_large_is_refused() -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok(b"x" * 2000))) as server:
            with pytest.raises(FetchError, match=r"is larger than 1,000 bytes"):
                await fetch(server.url, allow_private=True, max_bytes=1000)
            assert len((await fetch(server.url, allow_private=True, max_bytes=2000)).content) == 2000

    run(scenario())


def test_too_slow_is_refused() -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    async def scenario() -> None:
        async with ScriptedServer(dripping) as server:
            with pytest.raises(FetchError, match=r"within 0\.1 seconds"):
                await fetch(server.url, allow_private=True, seconds=0.1)

    run(scenario())


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "302 Found"])
def test_only_200_is_a_document(status: str) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok(b"", status=status))) as server:
            with pytest.raises(FetchError, match=status[:3]):
                await fetch(f"{server.url}/x?key=secret", allow_private=True)

    run(scenario())


@pytest.mark.parametrize("url", ["nonsense", "", "http://", "http://[", "http://user:pw@127.0.0.1:{port}/x?key=secret"])
def test_a_failure_says_which_without_secrets(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        run(fetch(url.format(port=free_port()), allow_private=True))
    assert "secret" not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_what_somebody_typed_may_be_private_and_what_it_redirects_to_may_not() -> None:
    async def scenario() -> None:
        async with (
            ScriptedServer(answering(ok(b"elsewhere"))) as other,
            ScriptedServer(answering(redirect("/there"), ok(b"there"))) as server,
            ScriptedServer(answering(redirect(f"{other.url}/x"))) as leaving,
        ):
            options = {"allow_private": False, "allow_private_origin": True}
            assert (await fetch(server.url, **options)).content == b"there"
            with pytest.raises(FetchError, match="MCP_ALLOW_PRIVATE_BACKENDS"):
                await fetch(leaving.url, **options)

    run(scenario())
