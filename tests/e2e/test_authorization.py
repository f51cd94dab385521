"""MCP authorization end to end: the official client against a real host and a real authorization server."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from tests.e2e.authorization_server import AuthorizationServer, decoded
from tests.hosts import command, local_host
from tests.servers import serving

REDIRECT = "http://127.0.0.1:9/callback"
VS_CODE = [
    "https://insiders.vscode.dev/redirect",
    "https://vscode.dev/redirect",
    "http://127.0.0.1:33418/",
    "http://127.0.0.1/",
]
CLAUDE = "https://claude.ai/api/mcp/auth_callback"
CLIENT_ID = "https://client.example/oauth/client.json"
CLIENT = {"client_id": CLIENT_ID, "client_name": "Test", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
POLICY = """<policies><inbound><base />
<validate-jwt header-name="Authorization" require-scheme="Bearer">
  <openid-config url="{issuer}/.well-known/openid-configuration" />
  <audiences><audience>{resource}</audience></audiences>
  <required-claims><claim name="scope" separator=" "><value>orders.read</value></claim></required-claims>
</validate-jwt>
<choose><when condition='@(context.Operation != null && context.Operation.Method != "GET")'>
  <validate-jwt header-name="Authorization" require-scheme="Bearer">
    <openid-config url="{issuer}/.well-known/openid-configuration" />
    <audiences><audience>{resource}</audience></audiences>
    <required-claims><claim name="scope" separator=" "><value>orders.write</value></claim></required-claims>
  </validate-jwt>
</when></choose></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


@dataclass
class Protected:
    """A host whose sample server demands tokens of `issuer`."""

    url: str
    issuer: AuthorizationServer


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Protected]:
    data = tmp_path_factory.mktemp("data")
    issuer = AuthorizationServer()
    with serving(issuer.application) as base, local_host(data, MCP_REFRESH_SECONDS="0.1") as host:
        issuer.base = base
        url = f"{host}/orders-mcp/mcp"
        policy = data / "policy.xml"
        policy.write_text(POLICY.format(issuer=base, resource=url))
        command(data, "mcp", "set", "orders-mcp", "--oauth-server", base, "--oauth-scope", "orders.read")
        command(data, "policy", "set", "mcp/orders-mcp", str(policy))
        _await_protection(url)
        yield Protected(url, issuer)


ENTRA_POLICY = """<policies><inbound><base />
<validate-jwt header-name="Authorization" require-scheme="Bearer">
  <openid-config url="{issuer}/.well-known/openid-configuration" />
  <audiences><audience>api://orders</audience></audiences>
  <required-claims><claim name="scope" separator=" "><value>api://orders/access</value></claim></required-claims>
</validate-jwt></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Protected]:
    """A host that stands in front of a server which clients cannot use as it is."""
    data = tmp_path_factory.mktemp("fronted")
    issuer = AuthorizationServer(like_entra=True, clients={"the-one-client": [REDIRECT, CLAUDE, *VS_CODE[:3]]})
    with serving(issuer.application) as base, local_host(data, MCP_REFRESH_SECONDS="0.1") as host:
        issuer.base = base
        url = f"{host}/orders-mcp/mcp"
        policy = data / "policy.xml"
        policy.write_text(ENTRA_POLICY.format(issuer=base))
        oauth = ["--oauth-server", base, "--oauth-scope", "api://orders/access", "--oauth-client-id", "the-one-client"]
        command(data, "mcp", "set", "orders-mcp", *oauth)
        command(data, "policy", "set", "mcp/orders-mcp", str(policy))
        _await_protection(url)
        yield Protected(url, issuer)


def _await_protection(url: str) -> None:
    """The host takes new configuration up in the background; each question is a request, so the wait is bounded by them."""
    for _ in range(2_000):
        if post(url)[0] == 401:
            return
    raise AssertionError("the policy was not taken up")


def post(url: str, token: str = "") -> tuple[int, Any, Any]:
    """tools/list with a bearer token; status, headers, body."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", "MCP-Protocol-Version": "2025-11-25"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as response:
            return response.status, response.headers, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())


class Storage:
    """Remembers tokens and the registration for one client."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Browser:
    """Follows the authorization URL as a person's browser would, up to the client's own address."""

    location = ""

    def __init__(self, redirect: str) -> None:
        self.redirect = redirect

    async def open(self, url: str) -> None:
        async with httpx2.AsyncClient() as web:
            self.location = url
            while not self.location.startswith(self.redirect):
                answer = await web.get(self.location)
                assert answer.status_code == 302, answer.text
                self.location = answer.headers["location"]

    async def result(self) -> AuthorizationCodeResult:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}
        return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query.get("iss"))


def signed_in(
    protected: Protected,
    use: Callable[[Client], Awaitable[Any]],
    *,
    client_id: str | None = None,
    mode: str = "auto",
    redirects: Sequence[str] = (REDIRECT,),
) -> tuple[Any, Storage]:
    """Run `use` with the official client, which signs in by itself when it is asked to."""
    storage, browser = Storage(), Browser(redirects[0])

    async def run() -> Any:
        metadata = OAuthClientMetadata(
            redirect_uris=list(redirects),
            client_name="Test",
            token_endpoint_auth_method="none",
        )
        auth = OAuthClientProvider(
            protected.url, metadata, storage, browser.open, browser.result, client_metadata_url=client_id
        )
        async with httpx2.AsyncClient(auth=auth, timeout=20) as web:
            transport = streamable_http_client(protected.url, http_client=web)
            client = Client(transport, mode=mode)  # type: ignore[arg-type]  # one of three words
            async with client:
                return await use(client)

    return asyncio.run(run()), storage


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_client_finds_the_server_registers_and_gets_in(protected: Protected, mode: str) -> None:
    protected.issuer.documents = {}
    protected.issuer.asked.clear()
    found, storage = signed_in(protected, names, mode=mode)
    assert "getOrder" in found
    assert {"/register", "/authorize", "/token"} <= set(protected.issuer.asked)
    assert storage.tokens is not None
    claims = decoded(storage.tokens.access_token)
    assert (claims["aud"], claims["scope"]) == (protected.url, "orders.read")


def test_a_client_with_a_metadata_document_needs_no_registration(protected: Protected) -> None:
    protected.issuer.documents = {CLIENT_ID: CLIENT}
    protected.issuer.asked.clear()
    found, storage = signed_in(protected, names, client_id=CLIENT_ID)
    assert "getOrder" in found
    assert "/register" not in protected.issuer.asked
    assert storage.client is not None
    assert storage.client.client_id == CLIENT_ID


def test_a_tool_that_needs_more_makes_the_client_ask_for_more(protected: Protected) -> None:
    protected.issuer.documents = {}

    async def use(client: Client) -> Any:
        await client.call_tool("getOrder", {"id": 2})
        return await client.call_tool("cancelOrder", {"id": 3})

    result, storage = signed_in(protected, use)
    assert result.is_error is False
    assert storage.tokens is not None
    assert set(decoded(storage.tokens.access_token)["scope"].split()) == {"orders.read", "orders.write"}


@pytest.mark.parametrize("redirects", [[REDIRECT], VS_CODE, [CLAUDE]], ids=["loopback", "VS Code", "Claude"])
def test_through_the_front_the_client_gets_in_where_it_could_not_by_itself(fronted: Protected, redirects: list[str]) -> None:
    fronted.issuer.asked.clear()
    result, storage = signed_in(fronted, lambda client: client.call_tool("getOrder", {"id": 2}), redirects=redirects)
    assert result.structured_content["customer"] == "Grace Hopper"
    assert storage.client is not None
    assert storage.client.client_id == "the-one-client"
    assert storage.tokens is not None
    assert decoded(storage.tokens.access_token)["aud"] == "api://orders"
    assert "/register" not in fronted.issuer.asked


def test_through_the_front_a_token_is_renewed_without_the_person(fronted: Protected) -> None:
    fronted.issuer.life = 0  # of the first token
    try:

        async def use(client: Client) -> None:
            for _ in range(2):
                await client.call_tool("getOrder", {"id": 2})

        fronted.issuer.asked.clear()
        signed_in(fronted, use)
    finally:
        fronted.issuer.life = 300
    assert fronted.issuer.asked.count("/authorize") == 1
    assert fronted.issuer.asked.count("/token") >= 2


def test_a_client_with_an_address_that_nobody_allowed_does_not_get_in(fronted: Protected) -> None:
    fronted.issuer.asked.clear()
    with pytest.raises(Exception, match=r"invalid_redirect_uri|unhandled errors"):
        signed_in(fronted, names, redirects=["https://evil.example/callback"])
    assert "/authorize" not in fronted.issuer.asked


def test_the_challenge_leads_to_the_metadata(protected: Protected) -> None:
    status, headers, body = post(protected.url)
    assert status == 401
    where = urlsplit(protected.url)
    location = f"{where.scheme}://{where.netloc}/.well-known/oauth-protected-resource/orders-mcp/mcp"
    assert headers["WWW-Authenticate"] == f'Bearer resource_metadata="{location}", scope="orders.read"'
    assert body["error"]["data"] == {"statusCode": 401, "reason": "TokenNotPresent"}
    for place in (location, location.removesuffix("/orders-mcp/mcp")):
        with urllib.request.urlopen(place, timeout=10) as response:
            document = json.loads(response.read())
        assert document["resource"] == protected.url
        assert document["authorization_servers"] == [protected.issuer.base]
        assert document["scopes_supported"] == ["orders.read"]


@pytest.mark.parametrize(
    ("audience", "scope", "status", "error"),
    [
        ("{url}", "orders.read", 200, ""),
        ("{url}", "orders.read other", 200, ""),
        ("https://other.example/orders-mcp/mcp", "orders.read", 401, "invalid_token"),
        ("{url}/", "orders.read", 401, "invalid_token"),
        ("", "orders.read", 401, "invalid_token"),
        ("{url}", "other", 403, "insufficient_scope"),
        ("{url}", "", 403, "insufficient_scope"),
    ],
)
def test_a_token_must_be_for_this_server_and_its_scope(
    protected: Protected, audience: str, scope: str, status: int, error: str
) -> None:
    token = protected.issuer.token(audience.format(url=protected.url), scope)
    answered, headers, body = post(protected.url, token)
    assert answered == status
    if status != 200:
        assert f'error="{error}"' in headers["WWW-Authenticate"]
        assert "resource_metadata=" in headers["WWW-Authenticate"]
        assert token not in json.dumps(body)
