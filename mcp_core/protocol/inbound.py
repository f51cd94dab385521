"""From an HTTP request to JSON-RPC messages: the first rungs of the ladder, those that need no server.

The rule here: `read` never raises and never waits. The first rung that fails is kept as a `Rejection` on the message it
concerns (a message of kind "invalid" stands for a body that holds none), so that policies run before it is answered.
"""

from __future__ import annotations

from typing import Any

from mcp_core.protocol import http_rungs
from mcp_core.protocol.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    MalformedJson,
    decode,
    is_request_id,
)
from mcp_core.protocol.message import Message
from mcp_core.protocol.rejections import EndpointRules, Rejection
from mcp_core.protocol.revisions import ASSUMED, BY_NAME, Revision
from mcp_core.protocol.speaking import spoken
from policies.messages import Request
from policies.records import Record

__all__ = ["EndpointRules", "Inbound", "Message", "Rejection", "read"]


class Inbound(Record, frozen=False):
    """What `read` found. `messages` is never empty. `foreign_origin` is an `Origin` that the rules do not allow; an
    application whose `cors` policy admitted it sets it to None. `as_events`: the client takes only `text/event-stream`."""

    messages: tuple[Message, ...]
    is_batch: bool = False
    as_events: bool = False
    foreign_origin: str | None = None


def read(request: Request, rules: EndpointRules) -> Inbound:
    """Read an HTTP request to an MCP endpoint. Its body must be buffered. Give a request that a policy changed in again."""
    headers = request.headers
    foreign = http_rungs.foreign_origin(headers, rules)
    as_events = False
    rejection = http_rungs.refused(request, rules)
    if rejection is None:
        accepted = http_rungs.accepted(headers.get("accept"))
        if accepted == "nothing":
            rejection = http_rungs.NOT_ACCEPTABLE
        as_events = accepted == "events"
    if rejection is None:
        try:
            content = decode(request.body.data)
        except MalformedJson as error:
            rejection = Rejection(PARSE_ERROR, f"Parse error: the body is not JSON: {error}", status=400)
    if rejection is not None:
        return Inbound((Message("invalid", rejection=rejection),), False, as_events, foreign)
    version = headers.get("mcp-protocol-version")
    if version is not None:
        version = version.strip(" \t")
    if type(content) is list:
        messages, is_batch = _batch(content, version, rules)
        return Inbound(messages, is_batch, as_events, foreign)
    return Inbound((_message(content, request, version),), False, as_events, foreign)


def _batch(content: list[Any], version: str | None, rules: EndpointRules) -> tuple[tuple[Message, ...], bool]:
    """The messages of an array, or one invalid message where there may be none (2025-06-18 removed batching)."""
    revision = ASSUMED if version is None else BY_NAME.get(version)
    problem = ""
    if revision is None or not revision.batches:
        problem = f"protocol version {version!r:.40} has no batches: send one message per request"
    elif not content:
        problem = "a batch must hold at least one message"
    elif len(content) > rules.max_batch:
        problem = f"a batch may hold at most {rules.max_batch} messages, this one has {len(content)}"
    if problem:
        return (_invalid(problem),), False
    assert revision is not None
    return tuple(_batched(item, revision) for item in content), True


def _batched(raw: Any, revision: Revision) -> Message:
    message = _envelope(raw)
    message.revision = revision
    if message.method == "initialize" and message.rejection is None:
        message.rejection = Rejection(INVALID_REQUEST, "Invalid request: initialize must not be part of a batch", status=400)
    return message


def _message(raw: Any, request: Request, version: str | None) -> Message:
    """A message that stands alone: its envelope, then the revision it speaks."""
    message = _envelope(raw)
    if message.rejection is None:
        found = spoken(message, version, request.headers)
        if type(found) is Revision:
            message.revision = found
            if found.stateless and message.kind == "response":
                message.rejection = _invalid("clients send no responses since 2026-07-28").rejection
        else:
            assert type(found) is Rejection
            message.rejection = found
    return message


def _envelope(raw: Any) -> Message:
    """A value → message, by the envelope alone (JSON-RPC 2.0 §4; MCP narrows ids and parameters)."""
    if type(raw) is not dict:
        return _invalid("a message must be a JSON object")
    has_id = "id" in raw
    identifier = raw.get("id")
    method = raw.get("method")
    if raw.get("jsonrpc") != "2.0":
        return _invalid('"jsonrpc" must be "2.0"', raw)
    if type(method) is not str or not method:
        if method is None and has_id and ("result" in raw or "error" in raw):
            return Message("response", raw=raw)
        return _invalid('"method" must be the name of a method', raw)
    if has_id and not is_request_id(identifier):
        return _invalid('"id" must be a text or a whole number of at most 256 characters, and not null', raw)
    message = Message("request" if has_id else "notification", raw=raw, identifier=identifier, method=method)
    _take_params(message, raw.get("params"))
    return message


def _take_params(message: Message, params: Any) -> None:
    """Put `params` and its `_meta` into the message. `null` is taken for absent: writers in typed languages send it."""
    problem = ""
    if type(params) is dict:
        message.params = params
        meta = params.get("_meta")
        if type(meta) is dict:
            message.meta = meta
        elif meta is not None:
            problem = '"_meta" must be an object'
    elif params is not None:
        problem = '"params" must be an object'
    if problem:
        message.rejection = Rejection(INVALID_PARAMS, f"Invalid params: {problem}", status=400)


def _invalid(problem: str, raw: Any = None) -> Message:
    """A message that cannot be answered by its rules; its id is given back where it is one."""
    identifier = raw.get("id") if type(raw) is dict else None
    return Message(
        "invalid",
        raw=raw,
        identifier=identifier if is_request_id(identifier) else None,
        rejection=Rejection(INVALID_REQUEST, f"Invalid request: {problem}", status=400),
    )
