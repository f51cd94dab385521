"""The guard at the moment of connecting: what counts is the address, whatever the name."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from policies.messages import Request
from policies.ports import BackendUnavailable, ForwardOptions
from tests.mcp_core.calls.backends import Client, answering, ok, redirect, run
from tests.mcp_core.calls.building import ScriptedServer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.2"])
def test_loopback_is_refused_without_the_setting(host: str) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as server, Client(allow_private=False) as client:
            with pytest.raises(BackendUnavailable, match="MCP_ALLOW_PRIVATE_BACKENDS") as caught:
                await client.send(Request("GET", f"http://{host}:{server.port}/"))
            assert caught.value.reason == "BackendRefused"
        assert server.connections == 0

    run(scenario())


@pytest.mark.parametrize("address", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "168.63.129.16", "[::ffff:169.254.169.254]"])
def test_metadata_is_refused_with_the_setting_too(address: str) -> None:
    async def scenario() -> None:
        async with Client() as client:
            with pytest.raises(BackendUnavailable, match="never called") as caught:
                await client.send(Request("GET", f"http://{address}/latest/meta-data"))
            assert caught.value.reason == "BackendRefused"

    run(scenario())


ANSWERS = [
    (["127.0.0.1"], "loopback"),
    (["169.254.169.254"], "metadata"),
    (["93.184.216.34", "10.0.0.1"], "private"),
    (["::ffff:127.0.0.1"], "loopback"),
]


@pytest.mark.parametrize(("addresses", "kind"), ANSWERS)
def test_a_name_is_judged_by_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str], kind: str) -> None:
    async def scenario() -> None:
        async def resolve(*_: Any, **__: Any) -> list[Any]:
            return [
                (socket.AF_INET6, 1, 6, "", (text, 80, 0, 0)) if ":" in text else (socket.AF_INET, 1, 6, "", (text, 80))
                for text in addresses
            ]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        async with Client(allow_private=False) as client:
            with pytest.raises(BackendUnavailable, match=kind) as caught:
                await client.send(Request("GET", "http://innocent.example/"))
            assert caught.value.reason == "BackendRefused"
            assert "the address of innocent.example" in str(caught.value)
            assert not any(text in str(caught.value) for text in addresses)

    run(scenario())


def test_rebinding_finds_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer is public, every later one is loopback: whatever is asked, no connection reaches the server."""

    async def scenario() -> None:
        asked = 0

        async with ScriptedServer(answering(ok())) as server, Client(allow_private=False) as client:

            async def resolve(*_: Any, **__: Any) -> list[Any]:
                nonlocal asked
                asked += 1
                address = "192.88.98.1" if asked == 1 else "127.0.0.1"
                return [(socket.AF_INET, 1, 6, "", (address, server.port))]

            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
            for _ in range(3):
                with pytest.raises(BackendUnavailable):
                    await client.send(Request("GET", f"http://rebind.example:{server.port}/"), ForwardOptions(timeout=0.1))
                client._carrier._session.connector.clear_dns_cache()  # type: ignore[union-attr]
            assert asked == 3
            assert server.connections == 0

    run(scenario())


def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    async def scenario() -> None:
        answer = redirect("http://169.254.169.254/latest/meta-data")
        async with ScriptedServer(answering(answer)) as server, Client() as client:
            response = await client.send(Request("GET", server.url), ForwardOptions(follow_redirects=True))
            assert response.status == 302

    run(scenario())
