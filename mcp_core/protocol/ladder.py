"""The upper rungs: a message that could be read → the answer, or the tool call that is to be made.

The rule here: methods are rows of a table for each era; what a row answers comes from the server's ready bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcp_core.catalog.operations import Tool
from mcp_core.protocol.face import ServerFace
from mcp_core.protocol.http_rungs import FOREIGN_ORIGIN
from mcp_core.protocol.inbound import Inbound
from mcp_core.protocol.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND
from mcp_core.protocol.message import Message
from mcp_core.protocol.mirrored import mismatch
from mcp_core.protocol.rejections import Rejection
from mcp_core.protocol.replies import Reply, error_reply, rejected, result_reply
from policies.messages import Headers
from policies.records import Record

__all__ = ["ToolCall", "route"]

_NO_ARGUMENTS: Mapping[str, Any] = {}
_TRACE_KEYS = ("traceparent", "tracestate", "baggage")


class ToolCall(Record):
    """A tool call that passed the ladder; its arguments are not yet held against the tool's schema."""

    message: Message
    server: ServerFace
    tool: Tool
    arguments: Mapping[str, Any]

    @property
    def trace_context(self) -> dict[str, str]:
        """`traceparent`, `tracestate` and `baggage` of `_meta`, those that are there (SEP-414)."""
        meta = self.message.meta
        return {key: meta[key] for key in _TRACE_KEYS if type(meta.get(key)) is str} if meta else {}


def route(inbound: Inbound, message: Message, server: ServerFace, headers: Headers) -> Reply | ToolCall:
    """The answer to a message of `inbound`, or the call to make. `headers` are the request's as the policies left them."""
    if inbound.foreign_origin is not None:
        return rejected(message, FOREIGN_ORIGIN)
    if message.rejection is not None:
        return rejected(message, message.rejection)
    if message.kind != "request":
        return Reply(message, None, status=202)
    method = _METHODS[message.revision.stateless].get(message.method)
    if method is None:
        return error_reply(message, METHOD_NOT_FOUND, f"Method not found: {message.method:.100}")
    return method(message, server, headers)


def _initialize(message: Message, server: ServerFace, _headers: Headers) -> Reply | ToolCall:
    if type(message.params.get("protocolVersion")) is not str:
        return error_reply(message, INVALID_PARAMS, 'Invalid params: "protocolVersion" must be a text')
    return result_reply(message, server.initialize_result(message.revision))


def _ping(message: Message, _server: ServerFace, _headers: Headers) -> Reply | ToolCall:
    return result_reply(message, b"{}")


def _discover(message: Message, server: ServerFace, _headers: Headers) -> Reply | ToolCall:
    return result_reply(message, server.discover_result(message.revision))


def _list_tools(message: Message, server: ServerFace, _headers: Headers) -> Reply | ToolCall:
    cursor = message.params.get("cursor")
    page = server.list_result(message.revision, cursor) if cursor is None or type(cursor) is str else None
    if page is None:
        return error_reply(message, INVALID_PARAMS, "Invalid params: the cursor is not one of this list: start again without")
    return result_reply(message, *page)


def _call_tool(message: Message, server: ServerFace, headers: Headers) -> Reply | ToolCall:
    name, arguments = message.params.get("name"), message.params.get("arguments")
    if type(name) is not str:
        return error_reply(message, INVALID_PARAMS, 'Invalid params: "name" must be the name of a tool')
    tool = server.tool(name)
    if tool is None:
        return error_reply(message, INVALID_PARAMS, f"Unknown tool: {name:.200}")
    if arguments is None:
        arguments = _NO_ARGUMENTS
    elif type(arguments) is not dict:
        return error_reply(message, INVALID_PARAMS, 'Invalid params: "arguments" must be an object')
    if message.revision.stateless:
        parameters = server.mirrored(tool)
        rejection: Rejection | None = mismatch(parameters, arguments, headers) if parameters else None
        if rejection is not None:
            return rejected(message, rejection)
    return ToolCall(message, server, tool, arguments)


def _empty_list(member: str) -> _Method:
    """A list of something that no server here has. Since 2026-07-28 an empty list may be kept by its client (SEP-2549),
    while "not found" is asked for again and again; so these capabilities are declared there, and only there."""

    def answer(message: Message, server: ServerFace, _headers: Headers) -> Reply | ToolCall:
        if message.params.get("cursor") is not None:
            return error_reply(message, INVALID_PARAMS, "Invalid params: the cursor is not one of this list")
        return result_reply(message, b'{"%b":[]%b}' % (member.encode(), server.cacheable_tail(message.revision)))

    return answer


def _none_of(kind: str, member: str) -> _Method:
    """One of what no server here has, by its name or URI (SEP-2164)."""

    def answer(message: Message, _server: ServerFace, _headers: Headers) -> Reply | ToolCall:
        wanted = message.params.get(member)
        if type(wanted) is not str:
            return error_reply(message, INVALID_PARAMS, f'Invalid params: "{member}" must be a text')
        return error_reply(message, INVALID_PARAMS, f"{kind} not found", {member: wanted[:1_000]})

    return answer


_Method = Callable[[Message, ServerFace, Headers], Reply | ToolCall]

_BOTH_ERAS: Mapping[str, _Method] = {"tools/list": _list_tools, "tools/call": _call_tool}
_METHODS: Mapping[bool, Mapping[str, _Method]] = {
    True: {
        "server/discover": _discover,
        "resources/list": _empty_list("resources"),
        "resources/templates/list": _empty_list("resourceTemplates"),
        "resources/read": _none_of("Resource", "uri"),
        "prompts/list": _empty_list("prompts"),
        "prompts/get": _none_of("Prompt", "name"),
        **_BOTH_ERAS,
    },
    False: {"initialize": _initialize, "ping": _ping, **_BOTH_ERAS},
}
"""`Revision.stateless` → method → what answers it. A method of a capability that is not declared is not found."""
