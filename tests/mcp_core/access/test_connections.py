"""Connections and identities: where tokens come from, how long they are kept, what is never shown."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mcp_core.access.connections import ConnectionProblem, Connections
from mcp_core.access.identity import ManagedIdentity
from mcp_core.access.secrets import SecretProblem, Secrets, check_reference
from mcp_core.catalog.model import Connection
from mcp_core.catalog.repository import Repository
from mcp_core.errors import InvalidInput
from policies.messages import Request, Response
from policies.ports import ForwardOptions
from policies.records import replace
from tests.applications import Running, running, section

CONNECTION = Connection(
    "erp",
    "main",
    token_endpoint="https://login.example/token",
    client_id="gateway",
    client_secret="ERP_SECRET",
    scopes=("orders.read", "orders.write"),
    parameters={"audience": "erp"},
)
VAULT = "https://keys.vault.azure.net/secrets/erp"


@dataclass
class Endpoint:
    """A token endpoint and a vault behind the backend port."""

    answer: dict[str, Any] = field(default_factory=lambda: {"expires_in": 3600, "token_type": "Bearer"})
    status: int = 200
    forms: list[dict[str, str]] = field(default_factory=list)
    vault: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        if self.gate is not None:
            await self.gate.wait()
        if request.url.host == "keys.vault.azure.net":
            self.vault.append(request.headers.get("Authorization") or "")
            return Response(200, None, b'{"value": "from the vault"}')
        if request.url.host != "login.example":
            return Response(200, None, b"{}")
        self.forms.append({name: values[0] for name, values in parse_qs(request.body.data.decode()).items()})
        token = {"access_token": f"token-{len(self.forms)}"} if self.status == 200 else {}
        return Response(self.status, None, json.dumps({**token, **self.answer}).encode())


def connections(endpoint: Endpoint, connection: Connection = CONNECTION, **environ: str) -> Connections:
    async def identity(resource: str) -> str:
        return f"identity for {resource}"

    secrets = Secrets(endpoint, identity, {"ERP_SECRET": "hush", **environ})
    return Connections(endpoint, secrets, lambda: {f"{connection.provider}/{connection.id}": connection})


def fetched(endpoint: Endpoint, connection: Connection = CONNECTION, times: int = 1, **environ: str) -> list[str]:
    async def run() -> list[str]:
        made = connections(endpoint, connection, **environ)
        return [(await made.token("erp", "main")).access_token.reveal() for _ in range(times)]

    return asyncio.run(run())


def test_a_token_is_fetched_once_and_kept_for_its_life() -> None:
    endpoint = Endpoint()
    assert fetched(endpoint, times=3) == ["token-1"] * 3
    assert endpoint.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "gateway",
            "client_secret": "hush",
            "scope": "orders.read orders.write",
            "audience": "erp",
        }
    ]


def test_many_calls_at_once_cause_one_fetch() -> None:
    async def run() -> set[str]:
        endpoint = Endpoint(gate=asyncio.Event())
        made = connections(endpoint)
        calls = [asyncio.create_task(made.token("erp", "main")) for _ in range(50)]
        await asyncio.sleep(0)
        assert endpoint.gate is not None
        endpoint.gate.set()
        return {token.access_token.reveal() for token in await asyncio.gather(*calls)}

    assert asyncio.run(run()) == {"token-1"}


def test_a_token_that_ends_is_fetched_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    async def run() -> list[str]:
        made = connections(Endpoint())
        found = []
        for seconds in (0, 3_539, 2):
            now[0] += seconds
            found.append((await made.token("erp", "main")).access_token.reveal())
        return found

    assert asyncio.run(run()) == ["token-1", "token-1", "token-2"]


def test_a_connection_that_was_changed_or_deleted_gives_no_old_token() -> None:
    async def run() -> None:
        current = {"erp/main": CONNECTION}
        endpoint = Endpoint()
        made = connections(endpoint)
        made._current = lambda: current
        assert (await made.token("erp", "main")).access_token.reveal() == "token-1"
        current["erp/main"] = replace(CONNECTION, scopes=())
        assert (await made.token("erp", "main")).access_token.reveal() == "token-2"
        current.clear()
        with pytest.raises(ConnectionProblem, match="no connection"):
            await made.token("erp", "main")

    asyncio.run(run())


def test_a_rotated_refresh_token_is_used_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint({"expires_in": 0, "refresh_token": "second"})
    connection = replace(CONNECTION, grant_type="refresh_token", refresh_token="ERP_REFRESH")
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now.append(now[-1] + 10) or now[-1])
    fetched(endpoint, connection, times=2, ERP_REFRESH="first")
    assert [form["refresh_token"] for form in endpoint.forms] == ["first", "second"]


def test_a_secret_in_a_vault_is_read_with_the_apps_identity_and_held() -> None:
    endpoint = Endpoint({"expires_in": 0})
    fetched(endpoint, replace(CONNECTION, client_secret=VAULT), times=2)
    assert endpoint.vault == ["Bearer identity for https://vault.azure.net"]
    assert endpoint.forms[0]["client_secret"] == "from the vault"


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_endpoint_that_gives_no_token_is_named_without_what_it_said(status: int) -> None:
    endpoint = Endpoint({"error": "invalid_client", "error_description": "hush", "access_token": ""}, status)
    with pytest.raises(ConnectionProblem) as problem:
        fetched(endpoint)
    assert str(problem.value) == f"the token endpoint of 'erp/main' answered {status} (invalid_client) without a token"


def test_a_setting_that_is_missing_or_the_apps_own_is_not_sent() -> None:
    for name in ("MISSING", "AzureWebJobsStorage", "MCP_TRACE_KEY", "IDENTITY_HEADER"):
        with pytest.raises(SecretProblem, match=name):
            fetched(Endpoint(), replace(CONNECTION, client_secret=name), AzureWebJobsStorage="x", MCP_TRACE_KEY="x")


@pytest.mark.parametrize("good", ["ERP_SECRET", VAULT, VAULT + "/0123abc"])
def test_references(good: str) -> None:
    assert check_reference(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        *("s3cr3t-value!", "", "MCP_TRACE_KEY", "AzureWebJobsStorage", "https://evil.example/secrets/x"),
        *("https://keys.vault.azure.net.evil.example/secrets/x", "https://vault.azure.net/secrets/x"),
        *("http://keys.vault.azure.net/secrets/x", "https://a@keys.vault.azure.net/secrets/x"),
        *(
            "https://keys.vault.azure.net/keys/x",
            "https://keys.vault.azure.net/secrets/x?y",
            "https://keys.vault.azure.net/secrets/../keys/x",
            "https://keys.vault.azure.net/secrets/x/y/z",
            "https://keys.vault.azure.net:1/secrets/x",
        ),
    ],
)
def test_what_is_no_reference_is_refused_without_being_repeated(bad: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_reference(bad)
    assert not bad or bad not in str(refused.value)


TOKEN = """<get-authorization-context provider-id="erp" authorization-id="{}" context-variable-name="auth" ignore-error="{}"
    identity-type='@(context.Api.Id == "orders" ? "{}" : "")' />
<set-header name="Authorization">
<value>@("Bearer " + ((Authorization)context.Variables.GetValueOrDefault("auth"))?.AccessToken)</value>
</set-header><set-header name="X-Type">
<value>@(((Authorization)context.Variables["auth"])?.Claims.GetValueOrDefault("token_type", "").ToString())</value>
</set-header>"""


@pytest.mark.parametrize(
    ("identity", "ignores", "kind", "authorization", "status"),
    [
        ("main", "false", "managed", "Bearer token-1", 200),
        ("other", "true", "managed", "Bearer", 200),
        ("other", "false", "managed", None, 500),
        ("main", "false", "jwt", None, 500),
    ],
)
def test_a_policy_hands_the_token_to_the_backend(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    identity: str,
    ignores: str,
    kind: str,
    authorization: str | None,
    status: int,
) -> None:
    monkeypatch.setenv("ERP_SECRET", "hush")
    endpoint = Endpoint()
    seen: list[Request] = []

    class Both:
        async def send(self, request: Request, options: ForwardOptions) -> Response:
            if request.url.host == "orders.example":
                seen.append(request)
            return await endpoint.send(request, options)

    async def prepare(repository: Repository) -> None:
        await repository.connections.save(CONNECTION)

    async def scene(gateway: Running) -> Response:
        return await gateway.call()

    policies = {"api/orders": section(TOKEN.format(identity, ignores, kind))}
    response = running(tmp_path, scene, policies=policies, backend=Both(), prepare=prepare)
    assert [request.headers.get("Authorization") for request in seen] == ([authorization] if authorization is not None else [])
    if seen and identity == "main":
        assert seen[0].headers.get("X-Type") == "Bearer"
    assert (b'"isError":true' in response.body.data) == (status == 500)
    assert b"erp" not in response.body.data


def test_a_managed_identitys_token_comes_from_the_platform_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, list[str]]]] = []

    class Platform(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.headers["X-IDENTITY-HEADER"], parse_qs(urlsplit(self.path).query)))
            body = json.dumps(
                {"access_token": "managed", "expires_on": str(int(time.time()) + 3600), "resource": "r", "token_type": "Bearer"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    async def run() -> list[str]:
        identity = ManagedIdentity()
        try:
            return [await identity.token("https://vault.azure.net", "") for _ in range(3)]
        finally:
            await identity.close()

    with HTTPServer(("127.0.0.1", 0), Platform) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "platform secret")
        try:
            assert asyncio.run(run()) == ["managed"] * 3
        finally:
            server.shutdown()
    [(header, query)] = asked
    assert (header, query["resource"]) == ("platform secret", ["https://vault.azure.net"])
