"""Bytes inside JSON: files and binary bodies, which a tool's arguments carry as base64.

The rule here: bytes arrive as they were meant or not at all; a text that is not base64 is refused.
"""

from __future__ import annotations

import binascii
import re
from typing import Any

from mcp_core.calls.escapes import Unsendable

__all__ = ["decode_file", "sniff"]

_DATA_URL = re.compile(r"data:([^,;]*)((?:;[^,;]*)*);base64,", re.IGNORECASE)  # RFC 2397
_BLANKS = re.compile(r"[ \t\r\n]+")
_URL_SAFE = str.maketrans("-_", "+/")

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
)


def decode_file(value: Any) -> tuple[bytes, str]:
    """The bytes of a base64 text and the media type that it names, "" for none.

    A `data:` URL, line breaks, the URL-safe alphabet and missing padding are taken too, since models write them.
    """
    if not isinstance(value, str):
        raise Unsendable("must be a string with the file's bytes in base64.")
    media_type = ""
    match = _DATA_URL.match(value)
    if match:
        media_type, value = match[1].strip().lower(), value[match.end() :]
    text = _BLANKS.sub("", value).translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True), media_type
    except (binascii.Error, ValueError):
        raise Unsendable("must be the file's bytes in base64.") from None


def sniff(content: bytes) -> str:
    """The media type that the first bytes show beyond doubt; "" for none."""
    for offset, magic, media_type in _MAGIC:
        if content.startswith(magic, offset) and (offset == 0 or content.startswith(b"RIFF")):
            return media_type
    return ""
