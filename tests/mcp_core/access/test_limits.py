"""What a request may be: every route refuses what is too much, and nothing of it gets further."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcp_core.access.limits import out_of_bounds
from mcp_core.catalog.repository import Repository
from mcp_core.protocol import EndpointRules
from mcp_core.settings import Settings
from policies.messages import Headers, Request, Response
from policies.records import replace
from tests.applications import BASE, RecordingBackend, Running, running, section

PATHS = [
    "/orders-mcp/mcp",
    "/.well-known/oauth-protected-resource/orders-mcp/mcp",
    "/health",
    "/orders-mcp/oauth/register",
    "/none",
]
MANY = {f"X-{number}": "x" for number in range(120)}


def status_of(folder: Path, path: str, headers: Headers, body: bytes = b"{}", **settings: object) -> int:
    folder.mkdir(exist_ok=True)

    async def prepare(repository: Repository) -> None:
        stored = await repository.servers.get("orders-mcp")
        oauth = {"authorization_servers": ["https://login.example"], "client_id": "c"}
        await repository.servers.save(replace(stored.value, oauth=oauth), etag=stored.etag)

    async def scene(gateway: Running) -> Response:
        return await gateway.application.handle(Request("POST", BASE + path, headers, body, ip_address="203.0.113.7"))

    backend = RecordingBackend()
    options = Settings(trusted_proxies=0, **settings)  # type: ignore[arg-type]  # by name
    response = running(folder, scene, backend=backend, prepare=prepare, settings=options)
    assert backend.seen == []
    return response.status


@pytest.mark.parametrize("path", PATHS)
def test_too_many_or_too_large_headers_are_refused_everywhere(tmp_path: Path, path: str) -> None:
    assert status_of(tmp_path / "a", path, Headers(MANY)) == 431
    assert status_of(tmp_path / "b", path, Headers([("X", "x")] * 120)) == 431
    assert status_of(tmp_path / "c", path, Headers({"X": "x" * 70_000})) == 431


def test_a_url_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert status_of(tmp_path / "a", "/orders-mcp/mcp?q=" + "x" * 20_000, Headers()) == 414


@pytest.mark.parametrize(
    ("path", "status"), [(PATHS[0], 403), (PATHS[1], 403), (PATHS[3], 403), ("/none", 403), ("/health", 200)]
)
def test_a_foreign_host_is_refused_everywhere_but_to_probes(tmp_path: Path, path: str, status: int) -> None:
    fields = Headers({"Host": "evil.example", "Content-Type": "application/json"})
    assert status_of(tmp_path, path, fields, allowed_hosts=("gateway.example",)) == status


@pytest.mark.parametrize(
    ("host", "served"),
    [
        *(("localhost:7071", True), ("127.0.0.1:7071", True), ("[::1]:7071", True), ("LOCALHOST", True)),
        *(("evil.example:7071", False), ("evil.example", False), ("localhost.evil.example", False), ("", False)),
        *(("[::2]:7071", True), ("[::2]", True), ("[::3]", False)),
        *(("a.sub.example", True), ("sub.example", False), ("a/b.sub.example", False)),
    ],
)
def test_only_names_that_are_listed_are_answered_where_any_are(host: str, served: bool) -> None:
    rules = EndpointRules(allowed_hosts=("localhost", "127.0.0.1", "::1", "[::2]", "*.sub.example"))
    refusal = out_of_bounds(Request("POST", f"{BASE}/orders-mcp/mcp", Headers({"Host": host})), rules)
    assert (refusal is None) == served
    if refusal is not None:
        assert (refusal.status, json.loads(refusal.body.data)["error"]["code"]) == (403, -32600)
    assert out_of_bounds(Request("POST", f"{BASE}/orders-mcp/mcp", Headers({"Host": host})), EndpointRules()) is None


def test_no_policy_runs_for_a_host_that_is_not_served(tmp_path: Path) -> None:
    answer = section("<return-response><set-status code='200' /><set-body>inner</set-body></return-response>")

    async def scene(gateway: Running) -> list[int]:
        return [
            (await gateway.rpc("tools/list", headers={"Host": host})).status for host in ("gateway.example", "evil.example")
        ]

    options = Settings(trusted_proxies=0, allowed_hosts=("gateway.example",))
    assert running(tmp_path, scene, settings=options, policies={"mcp/orders-mcp": answer}) == [200, 403]


DEEP = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":%b}}}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (DEEP % (b"[" * 100_000 + b"]" * 100_000), 400),
        (DEEP % (b'{"a":' * 10_000 + b"1" + b"}" * 10_000), 400),
        (DEEP % (b"1" * 2_000_000), 413),
        (b"[" * 500_000, 400),
    ],
    ids=["deep lists", "deep objects", "large argument", "never closed"],
)
def test_deep_and_large_json_is_refused(tmp_path: Path, body: bytes, status: int) -> None:
    fields = Headers({"Host": "gateway.example", "Content-Type": "application/json", "Accept": "application/json"})
    assert status_of(tmp_path, PATHS[0], fields, body, max_body_bytes=1_000_000) == status


def test_an_argument_that_is_too_large_for_its_schema_never_reaches_the_backend(tmp_path: Path) -> None:
    backend = RecordingBackend()

    async def scene(gateway: Running) -> Response:
        return await gateway.call("getOrder", {"id": "9" * 100_000})

    response = running(tmp_path, scene, backend=backend)
    assert json.loads(response.body.data)["result"]["isError"] is True
    assert backend.seen == []
