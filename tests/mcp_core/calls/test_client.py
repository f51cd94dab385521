"""What goes out on the wire is the request, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from policies.messages import Headers, Request
from policies.ports import BackendUnavailable
from tests.mcp_core.calls.backends import Client, answering, ok, run
from tests.mcp_core.calls.building import ScriptedServer, free_port


def test_a_request_goes_out_as_it_is() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with (
            ScriptedServer(answering(ok(b'{"a":1}', "Content-Type: application/json"), seen=seen)) as server,
            Client() as client,
        ):
            request = Request(
                "POST",
                f"{server.url}/a%2Fb/..;/x?q=%41&r=a+b",
                Headers([("X-A", "1"), ("X-a", "2"), ("Content-Type", "text/plain")]),
                b"hello",
            )
            response = await client.send(request)
            assert (response.status, response.reason, response.body.data) == (200, "OK", b'{"a":1}')
            assert response.headers.get("Content-Type") == "application/json"
        line, headers, body = seen[0]
        assert line == "POST /a%2Fb/..;/x?q=%41&r=a+b HTTP/1.1"
        assert body == b"hello"
        assert headers == {
            "host": f"127.0.0.1:{server.port}",
            "x-a": "2",
            "content-type": "text/plain",
            "content-length": "5",
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
            "user-agent": "mcp-gateway",
        }

    run(scenario())


def test_hop_by_hop_fields_stay_behind_in_both_directions() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        answer = ok(b"x", "Connection: keep-alive", "Keep-Alive: timeout=5", "Proxy-Authenticate: Basic", "X-Kept: 1")
        async with ScriptedServer(answering(answer, seen=seen)) as server, Client() as client:
            sent = Headers(
                {
                    "Connection": "upgrade",
                    "Upgrade": "h2c",
                    "TE": "trailers",
                    "Transfer-Encoding": "chunked",
                    "Content-Length": "99",
                    "Proxy-Authorization": "Basic x",
                    "Expect": "100-continue",
                    "User-Agent": "me",
                }
            )
            response = await client.send(Request("GET", server.url, sent))
        assert set(seen[0][1]) == {"host", "accept", "accept-encoding", "user-agent"}
        assert seen[0][1]["user-agent"] == "me"
        assert {name.lower() for name in response.headers} == {"x-kept", "content-length"}

    run(scenario())


def test_cookies_are_not_kept() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(ok(b"", "Set-Cookie: a=1; Path=/"), seen=seen)) as server, Client() as client:
            for _ in range(2):
                response = await client.send(Request("GET", server.url))
                assert response.headers.get("Set-Cookie") == "a=1; Path=/"
        assert "cookie" not in seen[1][1]
        assert server.connections == 1

    run(scenario())


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as server, Client() as client:
            assert (await client.send(Request("GET", server.url))).status == 200

    run(scenario())


def test_a_policys_odd_characters_are_encoded_not_sent() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(ok(), seen=seen)) as server, Client() as client:
            request = Request("GET", server.url)
            request.url.path = "/a b/ü\r\nX-Evil: 1#frag"
            request.url.query_string = "q=ä b"
            await client.send(request)
        assert seen[0][0] == "GET /a%20b/%C3%BC%0D%0AX-Evil:%201%23frag?q=%C3%A4%20b HTTP/1.1"
        assert "x-evil" not in seen[0][1]

    run(scenario())


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
def test_a_policys_header_cannot_split_either(value: str) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok())) as server, Client() as client:
            with pytest.raises(BackendUnavailable) as caught:
                await client.send(Request("GET", server.url, Headers([("X-A", value)])))
            assert caught.value.reason == "ClientConnectionFailure"
            assert "X-Evil" not in str(caught.value)
        assert server.connections == 0 or server.requests == 0

    run(scenario())


BAD_ORIGINS = ["ftp://example.org/", "http:///x", "http://a b/", "http://exa<mple.org/", "http://" + "a" * 300 + ".ü/"]


@pytest.mark.parametrize("url", BAD_ORIGINS)
def test_what_is_no_origin_is_not_called(url: str) -> None:
    async def scenario() -> None:
        async with Client() as client:
            with pytest.raises(BackendUnavailable):
                await client.send(Request("GET", url))

    run(scenario())
