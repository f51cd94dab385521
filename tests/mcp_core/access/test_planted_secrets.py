"""Secrets planted everywhere they may stand, then everything done that can be done: none comes out again."""

from __future__ import annotations

import base64
import gc
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from mcp_core.access import key_record
from mcp_core.catalog.model import Connection, NamedBackend, NamedValue, Subscription
from mcp_core.catalog.repository import Repository
from mcp_core.catalog.snapshot import environment_of
from mcp_core.cli import main
from mcp_core.settings import Settings
from policies.messages import Headers, Request, Response
from policies.ports import BackendUnavailable, ForwardOptions
from policies.records import replace
from policies.secret import Secret
from tests.applications import Running, running, section
from tests.policies.tokens.issuer import SECRET as SIGNING_SECRET
from tests.policies.tokens.issuer import b64, claims, secret, token

KEY = "5ec12e7a" * 8
PLANTED = {
    "subscription key": KEY,
    "named value": "PLANTED-named-value",
    "trace key": "PLANTED-trace-key",
    "signing key": SIGNING_SECRET,
    "connection secret": "PLANTED-connection-secret",
    "connection token": "PLANTED-connection-token",
    "first refresh token": "PLANTED-first-refresh",
    "replaced refresh token": "PLANTED-replaced-refresh",
    "connection key": base64.b64encode(b"PLANTED-connection-key-32-bytes!").decode(),
    "certificate password": "PLANTED-certificate-password",
    "certificate": base64.b64encode(b"PLANTED-certificate").decode(),
    "proxy password": "PLANTED-proxy",
    "facade secret": "PLANTED-facade-secret",
    "authorization code": "PLANTED-code",
    "backend header": "PLANTED-backend-header",
    "backend query": "PLANTED-backend-query",
    "redis password": "PLANTED-redis",
    "cookie": "PLANTED-cookie",
    "basic password": "PLANTED-basic",
}
ENVIRONMENT = {
    "PLANTED_SETTING": PLANTED["connection secret"],
    "PLANTED_REFRESH": PLANTED["first refresh token"],
    "PLANTED_CERTIFICATE": PLANTED["certificate"],
    "PLANTED_PASSWORD": PLANTED["certificate password"],
    "PLANTED_FACADE": PLANTED["facade secret"],
}
SETTINGS = Settings(
    trusted_proxies=0,
    certificates=(("erp", "PLANTED_CERTIFICATE", "PLANTED_PASSWORD"),),
    connection_keys=(Secret(PLANTED["connection key"]),),
    telemetry_connection=Secret("InstrumentationKey=PLANTED-telemetry"),
    trace_key=Secret(PLANTED["trace key"]),
    redis_url=Secret("redis://:PLANTED-redis@127.0.0.1:1/0"),
)
CONNECTION = Connection(
    "erp", "main", token_endpoint="https://login.example/token", client_id="c", client_secret="PLANTED_SETTING"
)
REFRESHING = Connection("erp", "long", "refresh_token", "https://login.example/refresh", "c", refresh_token="PLANTED_REFRESH")
POLICIES = {
    "mcp/orders-mcp": section(
        """<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
        <issuer-signing-keys><key>{{signing-key}}</key></issuer-signing-keys></validate-jwt>
        <choose><when condition='@(context.Request.Headers.ContainsKey("X-Throw"))'>
        <set-variable name="x" value='@(int.Parse("{{hidden}}"))' /></when></choose>"""
    ),
    "api/orders": section(
        """<get-authorization-context provider-id="erp" authorization-id="main" context-variable-name="auth" />
        <get-authorization-context provider-id="erp" authorization-id="long" context-variable-name="long" />
        <proxy url="http://proxy.example:8080" username="u" password="PLANTED-proxy" />
        <set-backend-service backend-id="erp" />
        <set-header name="Authorization" exists-action="override">
        <value>@("Bearer " + ((Authorization)context.Variables["auth"]).AccessToken)</value></set-header>
        <set-header name="X-Api-Key" exists-action="override"><value>{{hidden}}</value></set-header>
        <authentication-basic username="u" password="PLANTED-basic" />""",
    ),
}


GIVEN = {"access_token": "connection", "refresh_token": "replaced refresh"}


class Backend:
    """Gives the token, answers orders, or fails in a way that tells its address."""

    def __init__(self) -> None:
        self.fails = False
        self.seen: list[Request] = []

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        if request.url.path.endswith("openid-configuration"):
            where = "https://login.example/other"
            return Response(200, None, json.dumps({"authorization_endpoint": where, "token_endpoint": where}).encode())
        if request.url.path == "/refresh":
            tokens = {name: PLANTED[f"{kind} token"] for name, kind in GIVEN.items()}
            return Response(200, None, json.dumps(tokens).encode())
        if request.url.host == "login.example":
            return Response(200, None, b'{"access_token": "PLANTED-connection-token", "expires_in": 3600}')
        self.seen.append(request)
        if self.fails:
            raise BackendUnavailable(f"{request.url.origin} did not answer")
        return Response(200, Headers({"Content-Type": "application/json"}), b'{"id": 2}')


async def prepare(repository: Repository) -> None:
    stored = await repository.servers.get("orders-mcp")
    oauth = {"authorization_servers": ["https://login.example"], "client_id": "c", "client_secret": "PLANTED_FACADE"}
    await repository.servers.save(replace(stored.value, subscription_required=True, oauth=oauth), etag=stored.etag)
    await repository.subscriptions.save(Subscription("team", scope="mcp/orders-mcp", primary=key_record(KEY)))
    await repository.named_values.save(NamedValue("hidden", Secret(PLANTED["named value"]), secret=True))
    await repository.named_values.save(NamedValue("signing-key", Secret(SIGNING_SECRET), secret=True))
    await repository.connections.save(CONNECTION)
    await repository.connections.save(REFRESHING)
    headers, query = {"X-Erp": Secret(PLANTED["backend header"])}, {"code": Secret(PLANTED["backend query"])}
    await repository.backends.save(NamedBackend("erp", "http://erp.example", headers=headers, query=query))


def bearer(**more: Any) -> str:
    return token(claims(exp=4_000_000_000, nbf=None, iat=None, **more), key=secret(), alg="HS256")


async def everything(gateway: Running, backend: Backend) -> list[str]:
    """All that the gateway says while it works, refuses and fails."""
    good = {"Authorization": f"Bearer {bearer()}", "Ocp-Apim-Subscription-Key": KEY, "Cookie": f"s={PLANTED['cookie']}"}
    traced = {**good, "Ocp-Apim-Trace": "true", "Apim-Debug-Authorization": PLANTED["trace key"]}
    said: list[Response] = []
    for headers in (good, traced):
        said.append(await gateway.rpc("tools/list", headers=headers))
        said.append(await gateway.call(headers=headers))
        said.append(await gateway.call(headers={**headers, "X-Throw": "1"}))
        said.append(await gateway.call("getOrder", {"id": "x"}, headers=headers))
        said.append(await gateway.call("none", headers=headers))
        backend.fails = True
        said.append(await gateway.call(headers=headers))
        backend.fails = False
        for wrong in ("Authorization", "Ocp-Apim-Subscription-Key"):
            said.append(await gateway.call(headers={**headers, wrong: headers[wrong] + "x"}))
            said.append(await gateway.call(headers={name: value for name, value in headers.items() if name != wrong}))
        said.append(await gateway.call(headers={**headers, "Authorization": f"Bearer {b64({'alg': 'none'})}.{b64(claims())}."}))
        said.append(await gateway.rpc("tools/list", headers={**headers, "Origin": "https://evil.example"}))
        plain = {"Content-Type": "application/json", "Accept": "application/json"}
        said.append(await gateway.request("POST", "/orders-mcp/mcp", b"{" * 10, {**headers, **plain}))
    said.append(await gateway.request("GET", f"/none?subscription-key={KEY}", headers=good))
    certificates = gateway.application.services.deployment.certificates  # type: ignore[union-attr]  # it has one
    assert "erp" in certificates
    said += [await gateway.request("GET", path, headers=good) for path in ("/ready", "/health", "/orders-mcp/sse")]
    code = urlencode({"grant_type": "authorization_code", "client_id": "c", "code": PLANTED["authorization code"]})
    for form in (code, code + "&code_verifier=v", code + "&code_verifier=v&resource=https://evil.example", "x" * 70_000):
        await gateway.request("POST", "/orders-mcp/oauth/token", form.encode(), good)  # what is asked for is given: a token
    return [f"{answer.status} {list(answer.headers.items())} {answer.body.data.decode(errors='replace')}" for answer in said]


def inner_life(gateway: Running) -> list[str]:
    """How the things that hold secrets show themselves, and whatever else of ours is alive."""
    application = gateway.application
    snapshot = application._refresher.snapshot
    assert snapshot is not None
    things: list[object] = [application.settings, application.services, application, application._tokens, snapshot.catalogue]
    things += [snapshot, *snapshot.servers.values(), environment_of(snapshot.catalogue)]
    things += [vars(application), snapshot.callers, vars(snapshot.callers)["_recent"].values()]
    things += [server.pipeline for server in snapshot.servers.values()]
    things += list(snapshot.catalogue.subscriptions.values()) + list(snapshot.catalogue.named_values.values())
    things += list(snapshot.catalogue.backends.values()) + list(snapshot.catalogue.connections.values())
    things.append(application._tokens._connections._held.values())
    things += [application._tokens.secrets, application.repository]
    things += [each for each in gc.get_objects() if str(type(each).__module__).startswith(("mcp_core.", "policies."))]
    return [repr(thing) for thing in things]


COMMANDS = ["mcp", "subscription", "named-value", "backend", "connection", "product", "api"]


def command_line(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """All that the commands which list and show say, and those that refuse."""
    capsys.readouterr()
    for group in COMMANDS:
        main([group, "list"])
        main([group, "list", "--json"])
    main(["mcp", "show", "orders-mcp"])
    main(["store", "show"])
    in_clear = ["--client-secret", PLANTED["connection secret"]]
    main(["connection", "set", "erp", "bad", "--token-endpoint", "https://x.example", "--client-id", "c", *in_clear])
    main(["mcp", "set", "orders-mcp", "--oauth-client-secret", PLANTED["facade secret"]])
    main(["connection", "delete", "erp", "none"])
    said = capsys.readouterr()
    assert "erp/long" in said.out
    return [said.out, said.err]


def test_no_secret_comes_out(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**ENVIRONMENT, "MCP_STORE": f"sqlite:{tmp_path / 'gateway.db'}"}.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)
    backend = Backend()

    async def scene(gateway: Running) -> list[str]:
        return await everything(gateway, backend) + inner_life(gateway)

    places = running(tmp_path, scene, policies=POLICIES, backend=backend, prepare=prepare, settings=SETTINGS)
    places += command_line(capsys)
    assert any(each.headers.get("X-Erp") == PLANTED["backend header"] for each in backend.seen)  # it did work
    places += [caplog.text, "".join(repr(record.__dict__) for record in caplog.records)]
    assert leaks(places) == []


def leaks(places: list[str]) -> list[tuple[str, str]]:
    """What is to be seen, and where."""
    tokens = {"bearer token": bearer(), "its signature": bearer().rpartition(".")[2]}
    return [(name, place[:300]) for name, text in {**PLANTED, **tokens}.items() for place in places if text in place]
