"""Request bodies: which encoder writes which media type.

The rule here: an encoder is made once an operation; it gives the bytes and the Content-Type that goes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcp_core.calls.escapes import Unsendable, json_text, scalar_text
from mcp_core.calls.files import decode_file, sniff
from mcp_core.calls.forms import BodyEncoder, multipart_body, urlencoded_body
from mcp_core.calls.media import charset_of, is_json, is_textual, is_xml
from mcp_core.calls.xml_body import XmlWriter
from mcp_core.catalog.operations import BodyContent, Schema

__all__ = ["compile_body"]


def compile_body(content: BodyContent, definitions: Mapping[str, Schema]) -> BodyEncoder:
    """The encoder for one media type of an operation."""
    essence = content.media_type.partition(";")[0].strip().lower()
    if content.base64:
        return _binary_body(content)
    for matches, make in _ENCODERS:
        if matches(essence):
            return make(content, definitions)
    return _plain_body(content)


def _json_body(content: BodyContent, _: Mapping[str, Schema]) -> BodyEncoder:
    media_type = "application/json" if "*" in content.media_type else content.media_type
    return lambda value: (json_text(value).encode(), media_type)


def _json_lines_body(content: BodyContent, _: Mapping[str, Schema]) -> BodyEncoder:
    before = "\x1e" if content.media_type.lower().startswith("application/json-seq") else ""  # RFC 7464

    def encode(value: Any) -> tuple[bytes, str]:
        items = value if isinstance(value, list) else [value]
        return "".join(f"{before}{json_text(item)}\n" for item in items).encode(), content.media_type

    return encode


def _text_body(content: BodyContent, _: Mapping[str, Schema]) -> BodyEncoder:
    charset = charset_of(content.media_type)
    media_type = content.media_type if charset else f"{content.media_type}; charset=utf-8"

    def encode(value: Any) -> tuple[bytes, str]:
        try:
            return scalar_text(value).encode(charset or "utf-8"), media_type
        except UnicodeEncodeError:
            raise Unsendable(f"must have only characters of {charset or 'utf-8'}, in which it is sent.") from None

    return encode


def _plain_body(content: BodyContent) -> BodyEncoder:
    """A media type without a rule of its own: a string as it is, anything else as JSON."""
    return lambda value: (scalar_text(value).encode(), content.media_type)


def _binary_body(content: BodyContent) -> BodyEncoder:
    is_range = "*" in content.media_type

    def encode(value: Any) -> tuple[bytes, str]:
        data, named = decode_file(value)
        return data, (named or sniff(data) or "application/octet-stream") if is_range else content.media_type

    return encode


_Maker = Callable[[BodyContent, Mapping[str, Schema]], BodyEncoder]

_ENCODERS: tuple[tuple[Callable[[str], bool], _Maker], ...] = (
    (lambda essence: is_json(essence) or essence in {"*/*", "application/*"}, _json_body),
    (lambda essence: essence == "application/x-www-form-urlencoded", lambda content, _: urlencoded_body(content)),
    (lambda essence: essence.startswith("multipart/"), lambda content, _: multipart_body(content)),
    (is_xml, lambda content, definitions: XmlWriter(content, definitions).encode),
    (lambda essence: essence in {"application/x-ndjson", "application/jsonl", "application/json-seq"}, _json_lines_body),
    (is_textual, _text_body),
)
