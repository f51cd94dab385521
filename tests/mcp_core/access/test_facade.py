"""The front for Entra ID: what passes, what does not, and what the server behind gets to see."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mcp_core.catalog.repository import Repository
from policies.messages import Request, Response
from policies.ports import BackendUnavailable, ForwardOptions
from policies.records import replace
from tests.applications import Running, running

T = TypeVar("T")
BASE = "https://gateway.example"
RESOURCE = f"{BASE}/orders-mcp/mcp"
ENTRA = "https://login.microsoftonline.com/tenant"
SCOPE = "api://orders/access"
OAUTH: dict[str, object] = {"authorization_servers": [f"{ENTRA}/v2.0"], "scopes": [SCOPE], "client_id": "public-app"}
REDIRECT = "http://127.0.0.1:33418/"
ASKED = {
    "response_type": "code",
    "client_id": "public-app",
    "redirect_uri": REDIRECT,
    "state": "s",
    "code_challenge": "c" * 43,
    "code_challenge_method": "S256",
    "scope": f"{SCOPE} Mail.Read",
    "resource": RESOURCE,
}
CODE = {
    "grant_type": "authorization_code",
    "client_id": "public-app",
    "code": "the code",
    "redirect_uri": REDIRECT,
    "code_verifier": "v" * 43,
    "resource": RESOURCE,
}


@dataclass
class Entra:
    """The server behind, which refuses what Entra refuses."""

    forms: list[dict[str, str]] = field(default_factory=list)
    is_down: bool = False

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        if self.is_down:
            raise BackendUnavailable("down")
        if request.url.path.endswith("/.well-known/openid-configuration"):
            document = {
                "issuer": f"{ENTRA}/v2.0",
                "authorization_endpoint": f"{ENTRA}/oauth2/v2.0/authorize",
                "token_endpoint": f"{ENTRA}/oauth2/v2.0/token",
            }
            return Response(200, None, json.dumps(document).encode())
        self.forms.append({name: values[0] for name, values in parse_qs(request.body.data.decode()).items()})
        assert "resource" not in self.forms[-1]
        assert set(request.headers.names()) == {"Content-Type", "Accept"}
        return Response(200, None, b'{"access_token": "t", "token_type": "Bearer"}')


def fronted(folder: Path, scene: Callable[[Running], Awaitable[T]], entra: Entra | None = None, **oauth: object) -> T:
    async def prepare(repository: Repository) -> None:
        stored = await repository.servers.get("orders-mcp")
        await repository.servers.save(replace(stored.value, oauth={**OAUTH, **oauth}), etag=stored.etag)

    return running(folder, scene, backend=entra or Entra(), prepare=prepare)


def content(response: Response) -> Any:
    return json.loads(response.body.data)


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server/orders-mcp",
        "/.well-known/openid-configuration/orders-mcp",
        "/orders-mcp/.well-known/openid-configuration",
    ],
)
def test_the_gateway_is_the_issuer_that_the_resource_metadata_names(tmp_path: Path, path: str) -> None:
    async def scene(gateway: Running) -> tuple[Any, Any]:
        resource = await gateway.request("GET", "/.well-known/oauth-protected-resource/orders-mcp/mcp")
        return content(resource), content(await gateway.request("GET", path))

    resource, document = fronted(tmp_path, scene)
    assert resource["authorization_servers"] == [document["issuer"]] == [f"{BASE}/orders-mcp"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["registration_endpoint"] == f"{BASE}/orders-mcp/oauth/register"


def authorize(folder: Path, **changes: str | None) -> Response:
    asked = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}

    async def scene(gateway: Running) -> Response:
        return await gateway.request("GET", f"/orders-mcp/oauth/authorize?{urlencode(asked)}")

    return fronted(folder, scene)


def test_a_person_is_sent_on_with_what_entra_takes_and_nothing_else(tmp_path: Path) -> None:
    response = authorize(tmp_path, extra="x", request_uri="https://evil.example")
    location = urlsplit(response.headers.get("Location") or "")
    assert response.status == 302
    assert f"{location.scheme}://{location.netloc}{location.path}" == f"{ENTRA}/oauth2/v2.0/authorize"
    sent = {name: values[0] for name, values in parse_qs(location.query).items()}
    expected = {name: value for name, value in ASKED.items() if name != "resource"}
    assert sent == {**expected, "scope": f"{SCOPE} offline_access"}


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"resource": "https://other.example/mcp"}, 400, "invalid_target"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge": None}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"code_challenge_method": None}, 400, "invalid_request"),
    ],
)
def test_who_asks_wrongly_is_not_sent_on(tmp_path: Path, changes: dict[str, str | None], status: int, error: str) -> None:
    response = authorize(tmp_path, **changes)
    assert (response.status, content(response)["error"]) == (status, error)
    assert "Location" not in response.headers


def exchanged(
    folder: Path, entra: Entra | None = None, oauth: dict[str, object] | None = None, **changes: str | None
) -> Response:
    form = {name: value for name, value in {**CODE, **changes}.items() if value is not None}

    async def scene(gateway: Running) -> Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic x", "Cookie": "y"}
        return await gateway.request("POST", "/orders-mcp/oauth/token", urlencode(form).encode(), headers)

    return fronted(folder, scene, entra, **(oauth or {}))


def test_a_code_is_exchanged_behind_with_its_verifier(tmp_path: Path) -> None:
    entra = Entra()
    response = exchanged(tmp_path, entra)
    assert content(response)["access_token"] == "t"
    assert response.headers.get("Cache-Control") == "no-store"
    expected = {name: value for name, value in CODE.items() if name != "resource"}
    assert entra.forms == [{**expected, "scope": f"{SCOPE} offline_access"}]


def test_a_refresh_names_the_scope_that_entra_would_else_guess(tmp_path: Path) -> None:
    entra = Entra()
    exchanged(tmp_path, entra, grant_type="refresh_token", refresh_token="r", code=None, code_verifier=None, scope="")
    assert entra.forms[0]["scope"] == f"{SCOPE} offline_access"
    assert "code" not in entra.forms[0]


def test_a_secret_of_the_client_is_added_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRA_SECRET", "hush")
    entra = Entra()
    response = exchanged(tmp_path, entra, {"client_secret": "ENTRA_SECRET"})
    assert entra.forms[0]["client_secret"] == "hush"
    assert b"hush" not in response.body.data


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"resource": "https://other.example"}, 400, "invalid_target"),
        ({"code": "x" * 70_000}, 413, "invalid_request"),
    ],
)
def test_an_exchange_that_is_none_reaches_nobody(
    tmp_path: Path, changes: dict[str, str | None], status: int, error: str
) -> None:
    entra = Entra()
    response = exchanged(tmp_path, entra, **changes)
    assert (response.status, content(response)["error"]) == (status, error)
    assert entra.forms == []


def test_when_the_sign_in_service_is_down_the_answer_says_so(tmp_path: Path) -> None:
    response = exchanged(tmp_path, Entra(is_down=True))
    assert (response.status, content(response)["error"]) == (502, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("redirects", "status"),
    [
        ([REDIRECT], 201),
        (["https://claude.ai/api/mcp/auth_callback", "http://localhost/cb"], 201),
        (["http://evil.example/cb"], 400),
        (["javascript:alert(1)"], 400),
        (["https://a.example/#x"], 400),
        ([], 400),
        ("https://a.example", 400),
        (["https://a.example"] * 11, 400),
    ],
)
def test_registration_gives_everybody_the_one_client(tmp_path: Path, redirects: object, status: int) -> None:
    async def scene(gateway: Running) -> Response:
        body = json.dumps({"redirect_uris": redirects, "client_name": "Test"}).encode()
        return await gateway.request("POST", "/orders-mcp/oauth/register", body, {"Content-Type": "application/json"})

    response = fronted(tmp_path, scene)
    assert response.status == status
    if status == 201:
        assert content(response)["client_id"] == "public-app"
        assert content(response)["token_endpoint_auth_method"] == "none"


@pytest.mark.parametrize(("method", "path"), [("POST", "authorize"), ("GET", "token"), ("GET", "register"), ("GET", "other")])
def test_other_methods_and_paths_are_not_served(tmp_path: Path, method: str, path: str) -> None:
    async def scene(gateway: Running) -> Response:
        return await gateway.request(method, f"/orders-mcp/oauth/{path}")

    assert fronted(tmp_path, scene).status == (404 if path == "other" else 405)


def test_a_server_without_a_client_id_has_no_facade(tmp_path: Path) -> None:
    async def scene(gateway: Running) -> list[int]:
        paths = ("/.well-known/oauth-authorization-server/orders-mcp", "/orders-mcp/oauth/authorize", "/x/oauth/token")
        return [(await gateway.request("GET", path)).status for path in paths]

    assert fronted(tmp_path, scene, client_id="") == [404, 404, 404]
