"""An MCP endpoint without a network: what the application does around the protocol room, with canned tool results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp_core.catalog.operations import Tool, ToolAnnotations
from mcp_core.protocol import EndpointRules, ServerFace, ToolCall, ToolResult, finish, read, respond, route, tool_reply
from policies.messages import Headers, Request

META = "io.modelcontextprotocol/"
ENVELOPE = {
    META + "protocolVersion": "2026-07-28",
    META + "clientInfo": {"name": "tests", "version": "1"},
    META + "clientCapabilities": {},
}
HANDSHAKES = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
EVERY_REVISION = ("2026-07-28", *HANDSHAKES)
PLAIN_HEADERS = {
    "host": "gateway.example",
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
}


def make_tool(name: str, schema: Mapping[str, Any] | None = None, **more: Any) -> Tool:
    return Tool(
        name=name,
        operation_id=name,
        title=more.pop("title", name.upper()),
        description=more.pop("description", f"Does {name}."),
        input_schema=schema or {"type": "object", "properties": {}},
        arguments=(),
        annotations=ToolAnnotations(read_only=True, destructive=False, idempotent=True),
        **more,
    )


def make_face(*names: str, **more: Any) -> ServerFace:
    return ServerFace("orders-mcp", "Orders", "1.2", "Ask for orders.", [make_tool(name) for name in names], **more)


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        assert "result" in self.json, self.json
        return self.json["result"]

    @property
    def error(self) -> Any:
        assert "error" in self.json, self.json
        return self.json["error"]


@dataclass
class Endpoint:
    """`post` sends a body as it is; `ask` sends a request the way a client of a revision does."""

    face: ServerFace = field(default_factory=lambda: make_face("getOrder", "listOrders"))
    rules: EndpointRules = field(default_factory=EndpointRules)
    results: Mapping[str, ToolResult] = field(default_factory=dict)
    calls: list[ToolCall] = field(default_factory=list)

    def post(
        self,
        body: bytes,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        method: str = "POST",
        plain: bool = True,
    ) -> Answer:
        fields = Headers(PLAIN_HEADERS) if plain else Headers()
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            fields.set(name, *fields.get_all(name), value) if not isinstance(headers, Mapping) else fields.set(name, value)
        request = Request(method, "https://gateway.example/orders-mcp/mcp", fields, body)
        inbound = read(request, self.rules)
        responses = []
        for message in inbound.messages:
            step = route(inbound, message, self.face, request.headers)
            if isinstance(step, ToolCall):
                self.calls.append(step)
                step = tool_reply(step, self.results.get(step.tool.name, ToolResult([{"type": "text", "text": "done"}])))
            responses.append(respond(step))
        response = finish(inbound, responses)
        return Answer(response.status, response.headers, response.body.data)

    def send(self, message: object, headers: Mapping[str, str] = {}) -> Answer:
        return self.post(json.dumps(message).encode(), headers)

    def ask(self, revision: str, method: str, params: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """One request as a client of this revision writes it. Headers by keyword, `_` for `-`; an empty one is left out."""
        message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": dict(params or {})}
        fields = {"mcp-protocol-version": revision}
        if revision == "2026-07-28":
            message["params"]["_meta"] = {**ENVELOPE, **message["params"].get("_meta", {})}
            fields["mcp-method"] = method
            name = message["params"].get("name", message["params"].get("uri"))
            if name is not None:
                fields["mcp-name"] = str(name)
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.send(message, {name: value for name, value in fields.items() if value != ""})
