"""Rows of telemetry, through the whole application and OpenTelemetry's own SDK."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from mcp_core.app import Application
from mcp_core.catalog.model import PolicyText
from mcp_core.catalog.repository import Repository
from mcp_core.local.sample import ensure_sample
from mcp_core.settings import Settings
from mcp_core.storage.open import open_store
from mcp_core.telemetry.otel import OpenTelemetry
from policies.messages import Headers, Request, Response
from policies.ports import BackendUnavailable, ForwardOptions
from tests.mcp_core.telemetry.conftest import Told

POLICY = """<policies><inbound><base />
<trace source="orders" severity="information"><message>called</message><metadata name="team" value="payments" /></trace>
<emit-metric name="calls" value="2" namespace="shop"><dimension name="API ID" value="orders" /></emit-metric>
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""
REFUSING = """<policies><inbound><return-response><set-status code="403" reason="No" /></return-response></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Backend:
    """Answers, and keeps what it was sent."""

    def __init__(self, status: int = 200, *, down: bool = False) -> None:
        self.status, self.down = status, down
        self.seen: list[Request] = []

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        self.seen.append(request)
        if self.down:
            raise BackendUnavailable("http://orders.example does not answer")
        return Response(self.status, Headers({"Content-Type": "application/json"}), b'{"id": 2, "token": "hush"}')


def called(
    tmp_path: Path,
    backend: Backend,
    *,
    method: str = "tools/call",
    params: dict[str, Any] | None = None,
    policy: str = "",
    payloads: bool = False,
    headers: dict[str, str] | None = None,
) -> Response:
    """One message through an application that tells OpenTelemetry."""

    async def scene() -> Response:
        store = open_store(f"sqlite:{tmp_path / 'gateway.db'}")
        repository = Repository(store)
        await ensure_sample(repository, "http://orders.example")
        if policy:
            await repository.policies.save(PolicyText("mcp/orders-mcp", policy))
        application = Application(Settings(), store, backend=backend, telemetry=OpenTelemetry(payloads=payloads))
        fields = {
            "Host": "gateway.example",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
            "User-Agent": "claude-code/2.1",
            **(headers or {}),
        }
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        request = Request("POST", "https://gateway.example/orders-mcp/mcp", Headers(fields), json.dumps(message).encode())
        try:
            return await application.handle(request)
        finally:
            await application.close()

    return asyncio.run(scene())


GET_ORDER = {"name": "getOrder", "arguments": {"id": 2}}


def test_a_tool_call_is_one_request_row_with_apims_dimensions(told: Told, tmp_path: Path) -> None:
    called(tmp_path, Backend(), params=GET_ORDER, headers={"Mcp-Session-Id": "s-1", "Authorization": "Bearer x"})
    row = told.one("SERVER")
    assert row.name == "tools/call getOrder"
    assert row.status.is_ok
    assert row.attributes is not None
    assert dict(row.attributes) == {
        "api.type": "Mcp",
        "service.name": "orders-mcp",
        "gen_ai.operation.name": "tools/call",
        "gen_ai.conversation.id": "s-1",
        "gen_ai.tool.name": "getOrder",
        "gen_ai.tool.type": "function",
        "network.protocol.name": "MCP",
        "network.protocol.version": "2025-11-25",
        "auth.type": "oauth2",
        "user_agent.name": "claude-code",
        "user_agent.version": "2.1",
        "http.response.status_code": 200,
    }


def test_a_list_row_counts_the_tools_and_has_no_dependency(told: Told, tmp_path: Path) -> None:
    called(tmp_path, Backend(), method="tools/list")
    attributes = told.one("SERVER").attributes or {}
    assert attributes["ToolCount"] == 5
    assert told.spans("CLIENT") == []


def test_a_backend_call_is_a_dependency_of_the_request(told: Told, tmp_path: Path) -> None:
    called(tmp_path, Backend(), params=GET_ORDER)
    request, dependency = told.one("SERVER"), told.one("CLIENT")
    assert dependency.parent is not None
    assert request.context is not None
    assert dependency.parent.span_id == request.context.span_id
    assert (dependency.attributes or {})["url.full"] == "http://orders.example/orders/2"


@pytest.mark.parametrize("place", ["header", "_meta"])
def test_the_callers_trace_goes_on_to_the_backend(told: Told, tmp_path: Path, place: str) -> None:
    backend = Backend()
    params: dict[str, Any] = dict(GET_ORDER)
    headers = {"traceparent": TRACE, "tracestate": "a=1"}
    if place == "_meta":
        params["_meta"], headers = headers, {"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
    called(tmp_path, backend, params=params, headers=headers)
    [sent] = backend.seen
    version, trace_id, span_id, _ = (sent.headers.get("traceparent") or "").split("-")
    assert (version, trace_id) == ("00", TRACE.split("-")[1])
    assert span_id == f"{told.one('CLIENT').context.span_id:016x}"  # type: ignore[union-attr]
    assert sent.headers.get("tracestate") == "a=1"


def test_an_error_of_the_api_is_a_failed_row(told: Told, tmp_path: Path) -> None:
    called(tmp_path, Backend(404), params=GET_ORDER)
    row = told.one("SERVER")
    assert not row.status.is_ok
    assert (row.attributes or {})["error.type"] == "tool_error"
    assert "404" in str((row.attributes or {})["error.message"])
    assert not told.one("CLIENT").status.is_ok


def test_a_backend_that_is_down_is_a_failed_dependency(told: Told, tmp_path: Path) -> None:
    called(tmp_path, Backend(down=True), params=GET_ORDER)
    assert (told.one("CLIENT").attributes or {})["error.type"] == "BackendConnectionFailure"
    assert not told.one("SERVER").status.is_ok


def test_a_refusal_is_a_failed_row_with_its_status(told: Told, tmp_path: Path) -> None:
    called(tmp_path, Backend(), params=GET_ORDER, policy=REFUSING)
    attributes = told.one("SERVER").attributes or {}
    assert attributes["http.response.status_code"] == 403
    assert attributes["error.message"] == "No"


def test_arguments_and_results_are_told_only_when_switched_on_and_masked(told: Told, tmp_path: Path) -> None:
    params = {"name": "createOrder", "arguments": {"customer": "Ada", "items": [{"sku": "s", "quantity": 1}], "apiKey": "hush"}}
    called(tmp_path / "off", Backend(), params=params)
    assert not any(name.startswith("gen_ai.tool.call") for name in told.one("SERVER").attributes or {})
    told.exporter.clear()
    called(tmp_path / "on", Backend(), params=params, payloads=True)
    attributes = told.one("SERVER").attributes or {}
    arguments = json.loads(str(attributes["gen_ai.tool.call.arguments"]))
    assert arguments["customer"] == "Ada"
    assert arguments["apiKey"] == "***"


def test_the_policies_trace_and_emit_metric_arrive(told: Told, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="mcp_gateway.policy"):
        called(tmp_path, Backend(), params=GET_ORDER, policy=POLICY)
    [record] = [record for record in caplog.records if record.name == "mcp_gateway.policy"]
    assert (record.getMessage(), record.levelname, record.team) == ("called", "INFO", "payments")  # type: ignore[attr-defined]
    [point] = told.metric("calls")
    assert point.sum == 2
    assert dict(point.attributes) == {"API ID": "orders"}


def test_nothing_of_telemetry_is_loaded_where_it_is_off() -> None:
    import subprocess
    import sys

    code = "import sys, mcp_core.app; print([name for name in sys.modules if 'opentelemetry' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
