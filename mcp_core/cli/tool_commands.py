"""`tool`: call a tool of a running host over HTTP, as a client would."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from mcp_core.cli.output import complain, note, print_json
from mcp_core.errors import CatalogError, InvalidInput
from mcp_core.tracing import META_KEY

__all__ = ["register"]

REVISION = "2026-07-28"
META = "io.modelcontextprotocol/"


def register(group: argparse.ArgumentParser) -> None:
    """Add `tool call` and `tool list`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    call = commands.add_parser("call", help="call one tool and print its result")
    call.add_argument("server", help="name of the MCP server")
    call.add_argument("tool", help="name of the tool")
    call.add_argument("arguments", nargs="?", default="{}", help="the tool's arguments, a JSON object; - reads them from stdin")
    call.add_argument("--json", action="store_true", help="print the whole result instead of its text")
    call.add_argument("--trace", metavar="KEY", help="print the policies' steps; KEY is the host's MCP_TRACE_KEY")
    call.set_defaults(command=call_tool)
    listing = commands.add_parser("list", help="list the tools that the server offers to this caller")
    listing.add_argument("server", help="name of the MCP server")
    listing.add_argument("--json", action="store_true", help="print tools/list as it came")
    listing.set_defaults(command=list_tools)
    for command in (call, listing):
        command.add_argument("--url", default="http://127.0.0.1:7071", help="the host (default http://127.0.0.1:7071)")
        command.add_argument("--key", help="a subscription key")
        command.add_argument("--token", help="a bearer token")
        command.add_argument("--header", action="append", default=[], metavar="NAME:VALUE", help="one more header")


def call_tool(options: argparse.Namespace) -> int:
    """Print a tool's result; 1 when it is an error."""
    text = sys.stdin.read() if options.arguments == "-" else options.arguments
    try:
        arguments = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The arguments are not JSON: {error}.", hint="Write them like '{\"id\": 2}'.") from error
    if not isinstance(arguments, dict):
        raise InvalidInput("The arguments must be a JSON object.", hint="Write them like '{\"id\": 2}'.")
    answer = post(options, "tools/call", {"name": options.tool, "arguments": arguments}, name=options.tool)
    if options.trace:
        show_trace(answer)
    if "error" in answer:
        return complain(_error_text(answer["error"]))
    result = answer["result"]
    if options.json:
        print_json(result)
    else:
        for block in result.get("content", []):
            print(block.get("text") or f"[{block['type']}, {block.get('mimeType', 'no media type')}]")
    return 1 if result.get("isError") else 0


def list_tools(options: argparse.Namespace) -> int:
    """Print the names and descriptions of all tools, page by page."""
    tools: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = post(options, "tools/list", {"cursor": cursor} if cursor else {})
        if "error" in answer:
            return complain(_error_text(answer["error"]))
        tools += answer["result"]["tools"]
        cursor = answer["result"].get("nextCursor")
        if not cursor:
            break
    if options.json:
        print_json({"tools": tools})
    else:
        for tool in tools:
            print(f"{tool['name']}: {tool.get('description', '').splitlines()[0] if tool.get('description') else ''}")
    return 0


def post(options: argparse.Namespace, method: str, params: dict[str, Any], *, name: str = "") -> dict[str, Any]:
    """One JSON-RPC request by the stateless revision; the decoded answer."""
    meta = {
        f"{META}protocolVersion": REVISION,
        f"{META}clientInfo": {"name": "mcp-gateway-cli", "version": "1"},
        f"{META}clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    url = f"{options.url.rstrip('/')}/{quote(options.server, safe='')}/mcp"
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"--url {options.url!r} is no http or https URL.")
    request = Request(url, json.dumps(body).encode(), _headers(options, method, name))
    try:
        with urlopen(request, timeout=240) as response:
            return _decode(response.read(), response.status)
    except HTTPError as error:
        return _decode(error.read(), error.code)
    except (URLError, TimeoutError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise CatalogError(
            f"{url} cannot be called: {reason}.", hint="Is the host running? Start it with: python3 dev.py serve"
        ) from error


def _headers(options: argparse.Namespace, method: str, name: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": REVISION,
        "Mcp-Method": method,
    }
    if name:
        headers["Mcp-Name"] = name
    if options.key:
        headers["Ocp-Apim-Subscription-Key"] = options.key
    if options.token:
        headers["Authorization"] = f"Bearer {options.token}"
    if getattr(options, "trace", None):
        headers["Ocp-Apim-Trace"] = "true"
        headers["Apim-Debug-Authorization"] = options.trace
    for pair in options.header:
        key, colon, value = pair.partition(":")
        if not colon:
            raise InvalidInput(f"--header {pair!r} has no colon.", hint="Write it like 'X-Team: payments'.")
        headers[key.strip()] = value.strip()
    return headers


def _decode(body: bytes, status: int) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and ("result" in answer or "error" in answer):
        return answer
    text = body.decode(errors="replace").strip()
    return {"error": {"code": status, "message": f"HTTP {status}: {text[:2000] or 'an empty answer'}"}}


def _error_text(error: dict[str, Any]) -> str:
    status = (error.get("data") or {}).get("statusCode") if isinstance(error.get("data"), dict) else None
    return f"{error['message']}{f' (HTTP {status})' if status else ''}"


def show_trace(answer: dict[str, Any]) -> None:
    """What the policies did, one step a line, on stderr: a result may be piped."""
    result, error = answer.get("result", {}), answer.get("error", {})
    data = error.get("data")
    steps = result.get("_meta", {}).get(META_KEY) or (data.get("trace") if isinstance(data, dict) else None)
    if steps is None:
        note("No trace came back: the host traces only with MCP_TRACE_KEY set to this key.")
        return
    for step in steps:
        note(f"{step['milliseconds']:9.3f} ms  {step['scope']}/{step['section']}  {step['policy']}")
        for line in (*step["changes"], *step["messages"], *([f"failed: {step['error']}"] if step["error"] else [])):
            note(f"{'':14}{line}")
