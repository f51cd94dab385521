"""Protected resource metadata (RFC 9728) and challenges (RFC 6750)."""

from __future__ import annotations

import json

import pytest

from mcp_core.access.metadata import challenge, metadata, public_base
from mcp_core.catalog.model import McpServer
from policies.messages import Headers, Request, Response

SERVER = McpServer(
    "orders-mcp",
    "orders",
    title="Orders",
    oauth={"authorization_servers": ["https://login.example"], "scopes": ["orders.read"]},
)
BASE = "https://gateway.example"
WHERE = 'resource_metadata="https://gateway.example/.well-known/oauth-protected-resource/orders-mcp/mcp", scope="orders.read"'


def test_the_document_names_the_servers_own_url_as_the_resource() -> None:
    document = json.loads(metadata(SERVER, BASE).body.data)
    assert document == {
        "resource": "https://gateway.example/orders-mcp/mcp",
        "authorization_servers": ["https://login.example"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Orders",
        "scopes_supported": ["orders.read"],
    }


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        (401, [], [f"Bearer {WHERE}"]),
        (401, ["Bearer"], [f"Bearer {WHERE}"]),
        (401, ['Bearer error="invalid_token"'], [f'Bearer error="invalid_token", {WHERE}']),
        (401, ['Basic realm="x"'], [f"Bearer {WHERE}", 'Basic realm="x"']),
        (401, ['Bearer resource_metadata="https://elsewhere"'], ['Bearer resource_metadata="https://elsewhere"']),
        (403, [], []),
        (403, ['Bearer error="insufficient_scope", scope="orders.write"'], None),
        (200, [], []),
    ],
)
def test_a_challenge_says_where_to_get_a_token(status: int, before: list[str], after: list[str] | None) -> None:
    response = Response(status, Headers([("WWW-Authenticate", value) for value in before]))
    challenge(response, SERVER, BASE)
    if after is None:
        place = WHERE.partition(",")[0]
        after = [f'Bearer error="insufficient_scope", scope="orders.write", {place}']
    assert response.headers.get_all("WWW-Authenticate") == after


def test_a_server_without_oauth_is_not_challenged_for() -> None:
    response = Response(401)
    challenge(response, McpServer("open", "orders"), BASE)
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize(
    ("url", "headers", "public", "proxies", "base"),
    [
        ("http://127.0.0.1:7071/x", {}, "", 0, "http://127.0.0.1:7071"),
        ("https://a.example/x", {}, "https://mcp.example/", 1, "https://mcp.example"),
        ("http://a.example/x", {"Host": "a.example", "X-Forwarded-Proto": "https"}, "", 1, "https://a.example"),
        ("http://a.example/x", {"Host": "a.example", "X-Forwarded-Proto": "https"}, "", 0, "http://a.example"),
    ],
)
def test_the_base_url_is_the_clients(url: str, headers: dict[str, str], public: str, proxies: int, base: str) -> None:
    assert public_base(Request("GET", url, Headers(headers)), public, proxies) == base
