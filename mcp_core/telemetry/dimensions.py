"""The dimensions of a request row, named as API Management names them (article "Monitor MCP server traffic in Azure API
Management", section "MCP telemetry reference"), so that its queries work unchanged.

The rule here: pure functions from what was asked and answered to attributes. Arguments and results only where payloads are
switched on, with what looks like a secret masked.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mcp_core.catalog.model import McpServer
from mcp_core.protocol import Message
from policies.messages import Request, Response

__all__ = ["masked", "of_answer", "of_request"]

CLIENT_INFO = "io.modelcontextprotocol/clientInfo"
LONGEST = 8192  # what Application Insights keeps of one property, in characters
_SECRET = re.compile(r"authori[sz]ation|cookie|passw|secret|token|credential|api[-_]?key|private[-_]?key|signature", re.I)
_AGENT = re.compile(r"([^\s/]+)(?:/(\S+))?")

Attributes = dict[str, str | int | float | bool]


def of_request(server: McpServer, message: Message, request: Request, *, payloads: bool) -> Attributes:
    """What is known before the answer."""
    name, version = _client(message, request)
    attributes: Attributes = {
        "api.type": "Mcp",
        "service.name": server.name,
        "gen_ai.operation.name": message.method or message.kind,
        "gen_ai.conversation.id": request.headers.get("mcp-session-id") or "",
        "network.protocol.name": "MCP",
        "network.protocol.version": message.revision.name,
        "auth.type": _authentication(server, request),
        "user_agent.name": name,
        "user_agent.version": version,
    }
    if message.is_tool_call:
        attributes["gen_ai.tool.name"] = message.tool_name
        attributes["gen_ai.tool.type"] = "function"
        if payloads:
            attributes["gen_ai.tool.call.arguments"] = _text(message.params.get("arguments", {}))
    return attributes


def of_answer(message: Message, response: Response, *, payloads: bool) -> tuple[Attributes, str]:
    """What the answer adds, and the error's text ("" for a success)."""
    attributes: Attributes = {"http.response.status_code": response.status}
    answer = _decoded(response)
    error = answer.get("error") if isinstance(answer, dict) else None
    result = answer.get("result") if isinstance(answer, dict) else None
    kind, text = "", ""
    if isinstance(error, dict):
        data = error.get("data")
        kind = str(data.get("reason") or error.get("code")) if isinstance(data, dict) else str(error.get("code"))
        text = str(error.get("message", ""))
    elif response.status >= 400:
        kind, text = str(response.status), response.reason or f"HTTP {response.status}"
    elif isinstance(result, dict) and result.get("isError"):
        kind, text = "tool_error", _first_text(result)
    if kind:
        attributes["error.type"] = kind
        attributes["error.message"] = text[:LONGEST]
    if isinstance(result, dict):
        if message.method == "tools/list" and isinstance(result.get("tools"), list):
            attributes["ToolCount"] = len(result["tools"])
        if message.is_tool_call and payloads:
            attributes["gen_ai.tool.call.result"] = _text(result)
    return attributes, text if kind else ""


def masked(value: Any) -> Any:
    """The same value with the content of every member that is named like a secret replaced."""
    if isinstance(value, dict):
        return {name: "***" if _SECRET.search(str(name)) else masked(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked(each) for each in value]
    return value


def _text(value: Any) -> str:
    return json.dumps(masked(value), ensure_ascii=False)[:LONGEST]


def _decoded(response: Response) -> Any:
    if not response.body.is_buffered:
        return None
    data = response.body.data
    if data.startswith(b"event:"):
        data = b"".join(line[5:] for line in data.splitlines() if line.startswith(b"data:"))
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None


def _first_text(result: dict[str, Any]) -> str:
    content = result.get("content")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and block.get("type") == "text":
            return str(block.get("text", "")).partition("\n")[0]  # the status line; the body may hold what is private
    return ""


def _client(message: Message, request: Request) -> tuple[str, str]:
    info = message.meta.get(CLIENT_INFO) or message.params.get("clientInfo")
    if isinstance(info, dict) and isinstance(info.get("name"), str):
        return info["name"][:200], str(info.get("version", ""))[:100]
    found = _AGENT.match(request.headers.get("user-agent") or "")
    return (found[1][:200], (found[2] or "")[:100]) if found else ("", "")


def _authentication(server: McpServer, request: Request) -> str:
    scheme = (request.headers.get("authorization") or "").partition(" ")[0].lower()
    if scheme == "bearer":
        return "oauth2"
    if server.subscription_key_header in request.headers or server.subscription_key_query in request.url.query:
        return "api_key"
    return scheme or "none"
