"""Protected resource metadata (RFC 9728) and challenges (RFC 6750)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_core.access.metadata import challenge, metadata, public_base
from mcp_core.catalog.model import McpServer
from mcp_core.catalog.repository import Repository
from mcp_core.errors import InvalidInput
from mcp_core.settings import Settings
from policies.messages import Headers, Request, Response
from policies.records import replace
from tests.applications import Running, running

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


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("POST", 405), ("DELETE", 405)])
def test_the_document_is_there_to_be_read_also_by_pages_of_others(method: str, status: int) -> None:
    response = metadata(SERVER, BASE, method)
    assert response.status == status
    if method == "OPTIONS":  # clients in browsers send their revision with it, which a preflight must allow
        assert response.headers.get("Access-Control-Allow-Origin") == "*"
        assert "MCP-Protocol-Version" in (response.headers.get("Access-Control-Allow-Headers") or "")
    assert (b"authorization_servers" in response.body.data) == (status == 200)


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
        ("http://a.example/x", {"Host": "a.example:8443", "X-Forwarded-Proto": "https"}, "", 1, "https://a.example:8443"),
        ("http://a.example/x", {"Host": 'a"b', "X-Forwarded-Proto": "https"}, "", 1, "https://a.example"),
        ("http://a.example/x", {"Host": "a.example", "X-Forwarded-Host": "evil.example"}, "", 1, "http://a.example"),
        (
            "http://a.example/x",
            {"X-Forwarded-Host": "evil.example"},
            "https://mcp.example/base/",
            1,
            "https://mcp.example/base",
        ),
    ],
)
def test_the_base_url_is_the_clients(url: str, headers: dict[str, str], public: str, proxies: int, base: str) -> None:
    assert public_base(Request("GET", url, Headers(headers)), public, proxies) == base


@pytest.mark.parametrize(
    ("public", "path", "status"),
    [
        ("", "/.well-known/oauth-protected-resource/orders-mcp/mcp", 200),
        ("", "/.well-known/oauth-protected-resource", 200),
        ("https://front.example/base", "/.well-known/oauth-protected-resource/base/orders-mcp/mcp", 200),
        ("https://front.example/base/", "/.well-known/oauth-protected-resource/orders-mcp/mcp", 200),  # the front took it off
        ("https://front.example/base", "/.well-known/oauth-authorization-server/base/orders-mcp", 200),
        ("https://front.example/base", "/.well-known/openid-configuration/orders-mcp", 200),
        ("https://front.example/base", "/.well-known/oauth-protected-resource/other/orders-mcp/mcp", 404),
        ("", "/.well-known/oauth-protected-resource/base/orders-mcp/mcp", 404),
        ("", "/.well-known/oauth-protected-resource/orders-mcp", 404),
        ("", "/.well-known/oauth-protected-resource/none-mcp/mcp", 404),
        ("", "/.well-known/oauth-protected-resourcex", 404),
    ],
)
def test_documents_are_found_below_a_path_too(tmp_path: Path, public: str, path: str, status: int) -> None:
    async def prepare(repository: Repository) -> None:
        stored = await repository.servers.get("orders-mcp")
        await repository.servers.save(replace(stored.value, oauth={**SERVER.oauth, "client_id": "c"}), etag=stored.etag)

    async def scene(gateway: Running) -> Response:
        return await gateway.request("GET", path)

    answer = running(tmp_path, scene, prepare=prepare, settings=Settings(trusted_proxies=0, public_url=public))
    assert answer.status == status
    if status == 200:
        document = json.loads(answer.body.data)
        base = public.rstrip("/") or BASE
        assert document.get("resource", f"{base}/orders-mcp/mcp") == f"{base}/orders-mcp/mcp"
        assert document.get("issuer", f"{base}/orders-mcp") == f"{base}/orders-mcp"


@pytest.mark.parametrize(
    "changes",
    [
        {"subscription_key_header": "bad header:"},
        {"subscription_key_header": ""},
        {"subscription_key_header": "Authorization"},
        {"subscription_key_header": "x\r\ny"},
        {"subscription_key_query": ""},
        {"subscription_key_query": "a&b"},
        {"oauth": {"authorization_servers": ["javascript:alert(1)"]}},
        {"oauth": {"authorization_servers": ["login.example"]}},
        {"oauth": {"authorization_servers": ["https://login.example"], "scopes": ['a"b']}},
        {"oauth": {"authorization_servers": ["https://login.example"], "scopes": ["a b"]}},
        {"oauth": {"authorization_servers": ["https://login.example"], "scopes": ["a\r\nX: y"]}},
        {"oauth": {"authorization_servers": ["https://login.example"], "resource": 'not a uri"'}},
        {"oauth": {"authorization_servers": ["https://login.example"], "resource": "https://a.example/#x"}},
    ],
)
def test_what_would_break_a_header_or_a_document_is_not_stored(tmp_path: Path, changes: dict[str, Any]) -> None:
    async def scene(gateway: Running) -> None:
        stored = await gateway.repository.servers.get("orders-mcp")
        with pytest.raises(InvalidInput):
            await gateway.repository.servers.save(replace(stored.value, **changes), etag=stored.etag)

    running(tmp_path, scene)


@pytest.mark.parametrize("resource", ["api://orders", "https://a.example/mcp?x=1", "urn:orders"])
def test_any_uri_can_be_the_resource(tmp_path: Path, resource: str) -> None:
    async def scene(gateway: Running) -> None:
        stored = await gateway.repository.servers.get("orders-mcp")
        oauth = {"authorization_servers": ["https://login.example"], "resource": resource}
        await gateway.repository.servers.save(replace(stored.value, oauth=oauth), etag=stored.etag)

    running(tmp_path, scene)
