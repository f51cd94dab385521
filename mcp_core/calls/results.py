"""Results: what a REST response becomes for the model. `docs/results.md` says it for users.

The rule here: what the backend said reaches the model as it said it. A wrong header changes the kind of block, never whether
there is one; what is too long is cut with a note, never refused.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from mcp_core.calls.media import decode_text, essence_of, is_json, is_textual, parameter_of
from mcp_core.calls.multipart import parts_of
from mcp_core.calls.recognise import is_text, media_type_of
from mcp_core.catalog.operations import Operation, Tool
from mcp_core.protocol.results import ToolResult, audio_block, image_block, resource_block, text_block
from policies.messages import Headers, Response
from policies.records import Record

__all__ = ["ResultMaker"]

Block = dict[str, Any]
_NO_VALUE: Any = object()
_MOST_PARTS = 64
_DEEPEST = 3


class _Content(Record, frozen=False):
    """A body, or one part of it. `essence` is what it is taken for, whatever its Content-Type says."""

    data: bytes
    content_type: str
    essence: str
    headers: Headers
    truncated: bool = False


class _Made(Record, frozen=False):
    """What has been made of a response so far. `value` is its JSON value or text, `room` the text bytes that are left."""

    room: int
    blocks: list[Block]
    value: Any = None
    is_json: bool = False
    was_cut: bool = False


class ResultMaker:
    """Makes the results of one tool. `max_text_bytes` bounds the text of a result."""

    __slots__ = ("_declared", "_json_declared", "_max_text_bytes", "_tool")

    def __init__(self, tool: Tool, operation: Operation, max_text_bytes: int) -> None:
        self._tool = tool
        self._max_text_bytes = max_text_bytes
        self._declared = tuple(
            essence_of(content.media_type)
            for response in operation.responses
            if response.status.startswith("2") or response.status == "default"
            for content in response.contents
        )
        self._json_declared = tool.output_schema is not None or any(is_json(essence) for essence in self._declared)

    async def make(self, response: Response) -> ToolResult:
        """The result of one response."""
        body = response.body
        data = body.data if body.is_buffered else await body.read()
        made = _Made(self._max_text_bytes, [])
        if response.status >= 300:
            return self._failure(response, data, made)
        if data:
            self._add(self._content(data, response.headers, truncated=body.truncated), made, depth=0)
        else:
            made.blocks.append(text_block(_empty_sentence(response)))
        if _is_used_up(response.headers):
            made.blocks.append(text_block("\n".join(_limit_lines(response.headers))))
        return ToolResult(made.blocks, self._structured(made))

    def _content(self, data: bytes, headers: Headers, *, truncated: bool = False) -> _Content:
        content_type = headers.get("Content-Type") or ""
        return _Content(data, content_type, media_type_of(data, essence_of(content_type), self._declared), headers, truncated)

    def _structured(self, made: _Made) -> object | None:
        """Structured content: with an output schema always, in the form that `Tool` documents; else a reply that is a JSON
        object or array."""
        if made.was_cut:
            made.value, made.is_json = "The reply is too long to be given whole; see the text.", False
        if self._tool.output_schema is None:
            return made.value if made.is_json and isinstance(made.value, dict | list) else None
        if isinstance(made.value, dict) and not self._tool.wraps_output:
            return made.value
        return {"result": made.value}

    def _failure(self, response: Response, data: bytes, made: _Made) -> ToolResult:
        """Status line, the headers that help, and the body."""
        reason = response.reason or _phrase(response.status)
        lines = [f"HTTP {response.status} {reason}".rstrip(), *_limit_lines(response.headers)]
        for name in ("Location", "Allow"):
            value = response.headers.get(name)
            if value and (name == "Allow" or response.status < 400):
                lines.append(f"{name}: {value[:2000]}")
        if 300 <= response.status < 400:
            lines.append("Redirects are followed only within the same origin, and only where a policy asks for it.")
        head = "\n".join(lines)
        if data:
            self._add(self._content(data, response.headers, truncated=response.body.truncated), made, depth=0)
        first = made.blocks[0] if made.blocks else None
        if first is not None and first["type"] == "text":
            made.blocks[0] = text_block(f"{head}\n\n{first['text']}")
        else:
            made.blocks.insert(0, text_block(head))
        return ToolResult(made.blocks, is_error=True)

    def _add(self, content: _Content, made: _Made, depth: int) -> None:
        """Append the blocks of one body or part."""
        essence = content.essence
        if essence.startswith("multipart/") and depth < _DEEPEST:
            parts = list(parts_of(content.data, parameter_of(content.content_type, "boundary")))[:_MOST_PARTS]
            if parts:
                for headers, data in parts:
                    self._add(self._content(data, headers), made, depth + 1)
                return
            essence = media_type_of(content.data, "", ())
        location = _resource_name(content.headers, is_part=depth > 0)
        if is_textual(essence) or is_text(content.data, essence):
            text = decode_text(content.data, content.content_type)
            value = self._json_value(text, essence) if depth == 0 else _NO_VALUE
            if location and value is _NO_VALUE:
                made.blocks.append(resource_block(location, essence or "text/plain", _cut(text, content, made)))
                return
            made.blocks.append(text_block(_cut(text, content, made)))
            if depth == 0:
                made.is_json = value is not _NO_VALUE
                made.value = value if made.is_json else text
        elif content.truncated:
            made.blocks.append(
                text_block(f"The reply ({essence}) is too large to be passed on: {len(content.data):,} bytes and more.")
            )
        elif essence.startswith("image/"):
            made.blocks.append(image_block(content.data, essence))
        elif essence.startswith("audio/"):
            made.blocks.append(audio_block(content.data, essence))
        else:
            made.blocks.append(resource_block(location or self._uri(content.headers), essence, content.data))

    def _json_value(self, text: str, essence: str) -> Any:
        """The JSON value, or _NO_VALUE. A reply that does not call itself JSON is read as such only where the operation
        documents JSON and it looks like an object or array: a text may be `5` and mean no number."""
        if not is_json(essence) and not (self._json_declared and text.lstrip()[:1] in {"{", "["}):
            return _NO_VALUE
        try:
            value = _decode_json(text)
            if _SURROGATE.search(text):  # half a pair, which no UTF-8 answer can hold
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return _NO_VALUE
        return value

    def _uri(self, headers: Headers) -> str:
        """A name for bytes that have none: resources need one, and the backend's address is nobody's business."""
        filename = parameter_of(headers.get("Content-Disposition") or "", "filename").replace("\\", "/").rpartition("/")[2]
        return f"tool:///{quote(self._tool.name)}/{quote(filename[:200]) or 'reply'}"


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decode_json = json.JSONDecoder(parse_constant=_no_constant).decode


_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):[!-~]{1,2000}")


def _resource_name(headers: Headers, *, is_part: bool) -> str:
    """The URI that a Content-Location gives to what it describes, which makes an embedded resource of it. A whole reply's
    http(s) address is only where it came from (RFC 9110 §8.7)."""
    location = headers.get("Content-Location")
    match = None if location is None else _URI.fullmatch(location.strip())
    if match is None or (not is_part and match[1].lower() in {"http", "https"}):
        return ""
    return match[0]


def _cut(text: str, content: _Content, made: _Made) -> str:
    """The text, or as much of it as there is room for, with a note."""
    encoded_size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    if encoded_size <= made.room and not content.truncated:
        made.room -= encoded_size
        return text
    beginning = text.encode("utf-8", "replace")[: made.room].decode("utf-8", "ignore")
    total = f"more than {encoded_size:,}" if content.truncated else f"{encoded_size:,}"
    made.was_cut, made.room = True, 0
    shown = len(beginning.encode("utf-8", "replace"))
    advice = "Ask for less, with a filter, fewer fields or a smaller page."
    return f"{beginning}\n\n[Cut: the first {shown:,} bytes of {total}. {advice}]"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _empty_sentence(response: Response) -> str:
    sentence = f"HTTP {response.status} {response.reason or _phrase(response.status)}".rstrip() + ": done, the reply is empty."
    location = response.headers.get("Location")
    return f"{sentence} Location: {location[:2000]}" if location else sentence


_LIMIT_NAME = re.compile(r"retry-after.*|(?:x-)?rate-?limit.*", re.IGNORECASE)
_REMAINING = re.compile(r".*remaining.*", re.IGNORECASE)


def _limit_lines(headers: Headers) -> list[str]:
    """Retry-After and whatever the backend calls its rate limit, as header lines."""
    return [f"{name}: {value[:200]}" for name, value in headers.items() if _LIMIT_NAME.fullmatch(name)]


def _is_used_up(headers: Headers) -> bool:
    """Whether a success says that the next call will fail: only then is the limit worth a model's attention."""
    if "Retry-After" in headers:
        return True
    spent = [name for name, value in headers.items() if value == "0"]
    return any(_LIMIT_NAME.fullmatch(name) and _REMAINING.fullmatch(name) for name in spent)
