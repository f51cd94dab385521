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
    assert sent == {**expected, "scope": f"{SCOPE} offline_access", "prompt": "select_account"}


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        (None, "select_account"),
        ("", "select_account"),
        ("login", "login"),
        ("consent select_account", "select_account"),
    ],
)
def test_nobody_is_signed_in_without_being_asked(tmp_path: Path, prompt: str | None, sent: str) -> None:
    """All clients are one to Entra, which would else give a code to whoever was consented to once."""
    location = authorize(tmp_path, prompt=prompt).headers.get("Location") or ""
    assert parse_qs(urlsplit(location).query)["prompt"] == [sent]


ALLOWED = [
    *("http://127.0.0.1/", "http://127.0.0.1:59656/", "http://localhost:3118/callback", "http://[::1]:8080/x"),
    *("https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"),
    *("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
]
NOT_ALLOWED = [
    *(
        "https://evil.example/cb",
        "http://evil.example",
        "https://vscode.dev/redirect/x",
        "https://vscode.dev/redirect?u=//evil",
    ),
    *(
        "https://vscode.dev.evil.example/redirect",
        "https://vscode.dev@evil.example/redirect",
        "https://claude.ai/",
        "vscode://x",
    ),
    *("http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/", "http://127.0.0.1:80@evil.example/", "http://127.1/"),
    *("http://127.0.0.1\\@evil.example/", "http://127.0.0.1:x/", "http://2130706433/", "https://127.0.0.1/", "http://0.0.0.0/"),
    *("http://localhost.evil.example/", "http://localhost\n.evil.example/", "http://LOCALHOST/#x", "javascript:alert(1)", ""),
    *("//evil.example", "data:text/html,x", "https://claude.ai/api/mcp/auth_callback#", " https://vscode.dev/redirect"),
]


@pytest.mark.parametrize("uri", ALLOWED)
def test_codes_go_where_known_clients_listen(tmp_path: Path, uri: str) -> None:
    response = authorize(tmp_path, redirect_uri=uri)
    assert parse_qs(urlsplit(response.headers.get("Location") or "").query)["redirect_uri"] == [uri]


@pytest.mark.parametrize("uri", [*NOT_ALLOWED, None])
def test_codes_go_nowhere_else_and_nobody_is_redirected_there(tmp_path: Path, uri: str | None) -> None:
    response = authorize(tmp_path, redirect_uri=uri)
    assert (response.status, content(response)["error"]) == (400, "invalid_request")
    assert "Location" not in response.headers
    assert not uri or uri not in response.body.data.decode()


def test_a_server_may_list_its_own(tmp_path: Path) -> None:
    async def scene(gateway: Running) -> list[int]:
        uris = ("https://app.example/cb", "https://app.example/cb/", REDIRECT, "https://claude.ai/api/mcp/auth_callback")
        asked = [urlencode({**ASKED, "redirect_uri": uri}) for uri in uris]
        return [(await gateway.request("GET", f"/orders-mcp/oauth/authorize?{each}")).status for each in asked]

    assert fronted(tmp_path, scene, redirect_uris=["https://app.example/cb"]) == [302, 400, 400, 400]


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
        ({"code_challenge": "short"}, 400, "invalid_request"),
        ({"prompt": "none"}, 400, "invalid_request"),
        ({"prompt": "login none"}, 400, "invalid_request"),
    ],
)
def test_who_asks_wrongly_is_not_sent_on(tmp_path: Path, changes: dict[str, str | None], status: int, error: str) -> None:
    response = authorize(tmp_path, **changes)
    assert (response.status, content(response)["error"]) == (status, error)
    assert "Location" not in response.headers


@pytest.mark.parametrize("repeated", [*ASKED, "nonce"])
def test_a_parameter_that_is_there_twice_is_refused(tmp_path: Path, repeated: str) -> None:
    query = urlencode([*ASKED.items(), (repeated, ASKED.get(repeated, "n")), (repeated, "https://evil.example/")])

    async def scene(gateway: Running) -> Response:
        return await gateway.request("GET", f"/orders-mcp/oauth/authorize?{query}")

    response = fronted(tmp_path, scene)
    assert (response.status, content(response)["error"], "Location" in response.headers) == (400, "invalid_request", False)


FORM = "application/x-www-form-urlencoded"


def exchanged(
    folder: Path,
    entra: Entra | None = None,
    oauth: dict[str, object] | None = None,
    kind: str = f"{FORM}; charset=utf-8",
    more: str = "",
    **changes: str | None,
) -> Response:
    form = {name: value for name, value in {**CODE, **changes}.items() if value is not None}

    async def scene(gateway: Running) -> Response:
        headers = {"Content-Type": kind, "Authorization": "Basic x", "Cookie": "y"}
        return await gateway.request("POST", "/orders-mcp/oauth/token", (urlencode(form) + more).encode(), headers)

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
        ({"kind": "application/json"}, 400, "invalid_request"),
        ({"kind": "text/plain"}, 400, "invalid_request"),
        ({"kind": ""}, 400, "invalid_request"),
        ({"more": "&resource=https%3A%2F%2Fother.example"}, 400, "invalid_request"),
        ({"more": "&code=other"}, 400, "invalid_request"),
    ],
)
def test_an_exchange_that_is_none_reaches_nobody(tmp_path: Path, changes: dict[str, Any], status: int, error: str) -> None:
    entra = Entra()
    response = exchanged(tmp_path, entra, **changes)
    assert (response.status, content(response)["error"]) == (status, error)
    assert entra.forms == []


@pytest.mark.parametrize("endpoint", ["http://login.example/token", "javascript:alert(1)", None, 5])
def test_an_endpoint_without_tls_is_not_used(tmp_path: Path, endpoint: object) -> None:
    class Careless(Entra):
        async def send(self, request: Request, options: ForwardOptions) -> Response:
            assert request.url.path.endswith("/.well-known/openid-configuration")
            document = {"authorization_endpoint": "https://login.example/authorize", "token_endpoint": endpoint}
            return Response(200, None, json.dumps(document).encode())

    response = exchanged(tmp_path, Careless())
    assert (response.status, content(response)["error"]) == (502, "temporarily_unavailable")


@pytest.mark.parametrize("answer", [b"<html>busy</html>", b"", b"[]", b"{}"])
def test_an_answer_that_is_none_is_told_as_such(tmp_path: Path, answer: bytes) -> None:
    class Busy(Entra):
        async def send(self, request: Request, options: ForwardOptions) -> Response:
            found = await Entra.send(self, request, options)
            return found if request.method == "GET" else Response(200, None, answer)

    response = exchanged(tmp_path, Busy())
    assert (response.status, content(response)["error"]) == (502, "temporarily_unavailable")


def test_a_secret_that_is_not_there_is_named_in_the_log_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    response = exchanged(tmp_path, oauth={"client_secret": "NOT_SET_ANYWHERE"})
    assert (response.status, content(response)["error"]) == (502, "temporarily_unavailable")
    assert (b"NOT_SET" in response.body.data, "NOT_SET_ANYWHERE" in caplog.text) == (False, True)


def test_when_the_sign_in_service_is_down_the_answer_says_so(tmp_path: Path) -> None:
    response = exchanged(tmp_path, Entra(is_down=True))
    assert (response.status, content(response)["error"]) == (502, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("redirects", "status"),
    [
        ([REDIRECT], 201),
        (["https://claude.ai/api/mcp/auth_callback", "http://localhost/cb"], 201),
        (["cursor://anysphere.cursor-mcp/oauth/callback", REDIRECT, "https://evil.example/", 7], 201),  # what is left of them
        (["https://evil.example/cb"], 400),
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
        assert set(content(response)["redirect_uris"]) <= {
            REDIRECT,
            "https://claude.ai/api/mcp/auth_callback",
            "http://localhost/cb",
        }


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
