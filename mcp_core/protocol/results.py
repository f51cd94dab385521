"""What a tool call gives, before any revision of the protocol has shaped it.

The rule here: content blocks are plain dicts exactly as the newest revision writes them; `replies` drops or rewrites what an
older client would not know.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from policies.records import Record, field

__all__ = ["ToolResult", "audio_block", "image_block", "resource_block", "text_block", "tool_error"]


class ToolResult(Record):
    """A tool's result: content blocks, structured content (None for none), and whether it failed.

    Revisions before 2026-07-28 know only objects as structured content; another value is left out for their clients.
    """

    content: list[dict[str, Any]] = field(default_factory=list)
    structured: object | None = None
    is_error: bool = False


def text_block(text: str) -> dict[str, Any]:
    """TextContent."""
    return {"type": "text", "text": text}


def image_block(data: bytes, media_type: str) -> dict[str, Any]:
    """ImageContent; the bytes are written in base64."""
    return {"type": "image", "data": b64encode(data).decode("ascii"), "mimeType": media_type}


def audio_block(data: bytes, media_type: str) -> dict[str, Any]:
    """AudioContent; a client of 2024-11-05, which has none, gets it as an embedded resource."""
    return {"type": "audio", "data": b64encode(data).decode("ascii"), "mimeType": media_type}


def resource_block(uri: str, media_type: str, content: bytes | str) -> dict[str, Any]:
    """EmbeddedResource: text as `text`, bytes as a base64 `blob`."""
    resource: dict[str, Any] = {"uri": uri, "mimeType": media_type}
    if isinstance(content, str):
        resource["text"] = content
    else:
        resource["blob"] = b64encode(content).decode("ascii")
    return {"type": "resource", "resource": resource}


def tool_error(text: str) -> ToolResult:
    """A failed result with one text that tells the model what to do differently."""
    return ToolResult([text_block(text)], is_error=True)
