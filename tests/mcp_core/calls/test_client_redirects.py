"""Redirects: within the same origin, and only when asked for (D9)."""

from __future__ import annotations

from typing import Any

import pytest

from policies.messages import Headers, Request
from policies.ports import ForwardOptions
from tests.mcp_core.calls.backends import Client, answering, ok, redirect, run
from tests.mcp_core.calls.building import ScriptedServer


def test_redirects_are_given_back_unless_asked_for() -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(redirect("/there"), ok())) as server, Client() as client:
            response = await client.send(Request("GET", f"{server.url}/here"))
            assert (response.status, response.headers.get("Location")) == (302, "/there")

    run(scenario())


@pytest.mark.parametrize(
    ("status", "method", "following", "body"),
    [
        ("301 Moved", "GET", "GET", b""),
        ("301 Moved", "POST", "GET", b""),
        ("302 Found", "POST", "GET", b""),
        ("303 See Other", "PUT", "GET", b""),
        ("307 Temporary", "POST", "POST", b"x"),
        ("308 Permanent", "PATCH", "PATCH", b"x"),
        ("302 Found", "PUT", "PUT", b"x"),
    ],
)
def test_redirects_within_the_origin(status: str, method: str, following: str, body: bytes) -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(redirect("../there?a=b#c", status), ok(), seen=seen)) as server, Client() as client:
            headers = Headers([("Content-Type", "text/plain"), ("Authorization", "secret")])
            request = Request(method, f"{server.url}/x/here", headers, b"" if method == "GET" else b"x")
            response = await client.send(request, ForwardOptions(follow_redirects=True))
            assert response.status == 200
        assert [line for line, _, _ in seen] == [f"{method} /x/here HTTP/1.1", f"{following} /there?a=b HTTP/1.1"]
        assert seen[1][2] == body
        assert ("content-type" in seen[1][1]) is (following == method)
        assert server.connections == 1

    run(scenario())


@pytest.mark.parametrize(
    "location",
    [
        "http://{other}/x",
        "//{other}/x",
        "https://{same}/x",
        "http://127.0.0.2:{port}/x",
        "ftp://{same}/",
        "http://[::1",
        "http://{same}:x/",
    ],
)
def test_redirects_to_elsewhere_are_given_back(location: str) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as other, ScriptedServer(answering(b"")) as placeholder, Client() as client:
            del placeholder
            server = ScriptedServer(answering(b""))
            async with server:
                same = f"127.0.0.1:{server.port}"
                target = location.format(other=f"127.0.0.1:{other.port}", same=same, port=server.port)
                server._script = answering(redirect(target))
                response = await client.send(Request("GET", server.url), ForwardOptions(follow_redirects=True))
                assert response.status == 302
            assert other.connections == 0

    run(scenario())


def test_redirects_end() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(redirect("/again"), seen=seen)) as server, Client() as client:
            response = await client.send(Request("GET", server.url), ForwardOptions(follow_redirects=True))
            assert response.status == 302
        assert len(seen) == 6

    run(scenario())
