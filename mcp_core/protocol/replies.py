"""From a decision to an HTTP response, in the form that the client's revision and `Accept` ask for.

The rule here: one message gives one `Response`, which the policies' outbound may change; `finish` puts the responses of a
request together and is the last to touch them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcp_core.protocol.inbound import Inbound
from mcp_core.protocol.jsonrpc import (
    INVALID_PARAMS,
    MalformedJson,
    TooDeep,
    decode,
    encode,
    error_envelope,
    result_envelope,
)
from mcp_core.protocol.message import Message
from mcp_core.protocol.rejections import Rejection
from mcp_core.protocol.results import ToolResult, resource_block, tool_error
from policies.messages import Headers, Response
from policies.records import Record

if TYPE_CHECKING:
    from mcp_core.protocol.ladder import ToolCall

__all__ = [
    "Reply",
    "argument_error",
    "error_reply",
    "finish",
    "refusal",
    "rejected",
    "respond",
    "result_reply",
    "tool_reply",
]

_JSON = "application/json"


class Reply(Record):
    """The answer to one message: a whole JSON-RPC response, None where the sender expects none (202)."""

    message: Message
    body: bytes | None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def result_reply(message: Message, *result: bytes) -> Reply:
    """The answer that carries this result, given in pieces of JSON."""
    return Reply(message, result_envelope(message.id_json, *result))


def error_reply(message: Message, code: int, text: str, data: object | None = None) -> Reply:
    """The answer that carries this error, under the HTTP status that the message's revision gives the code."""
    status = message.revision.statuses.get(code, 200)
    return Reply(message, error_envelope(message.id_json, code, text, data), status)


def rejected(message: Message, rejection: Rejection) -> Reply:
    """The answer to a message that did not pass a rung. In a batch the error stands for itself; alone it has its status."""
    body = error_envelope(message.id_json, rejection.code, rejection.message, rejection.data)
    return Reply(message, body, rejection.status, rejection.headers)


def tool_reply(call: ToolCall, result: ToolResult) -> Reply:
    """CallToolResult."""
    message = call.message
    revision = message.revision
    content = result.content if revision.audio else [_without_audio(block) for block in result.content]
    parts = [b'{"jsonrpc":"2.0","id":', message.id_json, b',"result":{"content":', encode(content)]
    structured = result.structured
    if structured is not None and (
        revision.structured == "anything" or (revision.structured == "objects" and isinstance(structured, dict))
    ):
        with suppress(TooDeep):  # its text is in the content
            parts += (b',"structuredContent":', encode(structured))
    parts += (b',"isError":true' if result.is_error else b',"isError":false', call.server.tail(revision), b"}}")
    return Reply(message, b"".join(parts))


def argument_error(call: ToolCall, problem: str) -> Reply:
    """Arguments that the tool's schema refuses: since 2025-11-25 a result that the model can learn from (SEP-1303), before
    that an Invalid params error. `problem` names the argument."""
    if call.message.revision.argument_errors_as_results:
        return tool_reply(call, tool_error(problem))
    return error_reply(call.message, INVALID_PARAMS, f"Invalid params: {problem}")


def refusal(message: Message, status: int, headers: Headers, text: str, reason: str) -> Response:
    """A policy's refusal that set no body (D7): its status and headers, and a JSON-RPC error with the request's id, the
    policy's message and `data: {statusCode, reason}`. The code is the HTTP status: MCP asks for codes outside the range
    that JSON-RPC reserves."""
    headers = headers.copy()
    headers.set("Content-Type", _JSON)
    body = error_envelope(message.id_json, status, text, {"statusCode": status, "reason": reason})
    return Response(status, headers, body)


def respond(reply: Reply) -> Response:
    """A reply as a response: JSON, or empty where the sender expects nothing."""
    headers = Headers(reply.headers)
    if reply.body is None:
        return Response(reply.status, headers)
    headers.set("Content-Type", _JSON)
    return Response(reply.status, headers, reply.body)


def finish(inbound: Inbound, responses: Sequence[Response]) -> Response:
    """The response to the whole request, from one response a message (in order): the array of a batch, and events for a
    client that takes nothing else. Bodies that a policy made a stream pass as they are."""
    response = _merged(inbound.messages, responses) if inbound.is_batch else responses[0]
    return _as_event(response) if inbound.as_events else response


def _merged(messages: Sequence[Message], responses: Sequence[Response]) -> Response:
    """JSON-RPC 2.0 §6: the answers in one array, none for notifications, no content at all when there are none. Where
    every message was refused alike, the batch is; else its status is 200 and each error stands in its place."""
    items: list[bytes] = []
    headers = Headers()
    for message, response in zip(messages, responses, strict=True):
        for name in response.headers:
            headers.set(name, *response.headers.get_all(name))
        expects_answer = message.kind in {"request", "invalid"}
        if expects_answer:
            items.append(_batch_item(message, response))
    statuses = {response.status for response in responses}
    alike = statuses.pop() if len(statuses) == 1 else 200
    headers.remove("Content-Length")
    if not items:
        headers.remove("Content-Type")
        return Response(alike if alike >= 400 else 202, headers)
    headers.set("Content-Type", _JSON)
    return Response(alike if alike >= 400 else 200, headers, b"[" + b",".join(items) + b"]")


def _batch_item(message: Message, response: Response) -> bytes:
    """A response's body where it is a JSON-RPC response; else (a policy's own text) an error that carries it."""
    body = response.body.data if response.body.is_buffered else b""
    content: Any = None
    if body.startswith(b'{"jsonrpc":"2.0",'):
        return body
    try:
        content = decode(body)
    except MalformedJson:
        content = body.decode("utf-8", "replace")
    if isinstance(content, dict) and content.get("jsonrpc") == "2.0":
        return encode(content)
    data = {"statusCode": response.status, "body": content}
    return error_envelope(message.id_json, response.status, response.reason or "Answered by a policy", data)


def _as_event(response: Response) -> Response:
    """A JSON answer as one server-sent event. Errors of HTTP keep their JSON: no client reads a 4xx as events."""
    headers = response.headers
    is_json = (headers.get("Content-Type") or "").partition(";")[0].strip().lower() == _JSON
    if response.status != 200 or not is_json or not response.body.is_buffered:
        return response
    headers = headers.copy()
    headers.remove("Content-Length")
    headers.set("Content-Type", "text/event-stream")
    headers.set("Cache-Control", "no-cache")
    headers.set("X-Accel-Buffering", "no")
    lines = response.body.data.splitlines() or [b""]
    return Response(200, headers, b"event: message\r\n" + b"".join(b"data: %b\r\n" % line for line in lines) + b"\r\n")


def _without_audio(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("type") != "audio":
        return block
    resource = resource_block("data:," + block["mimeType"], block["mimeType"], b"")
    resource["resource"]["blob"] = block["data"]
    return resource
