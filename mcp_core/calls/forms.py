"""Form bodies: application/x-www-form-urlencoded and multipart/*.

The rule here (OAS 3.1 §4.8.15): a property with a media type of its own is written in it, one field or part an item where it is
an array; else by style, explode and allowReserved as a query parameter would be.
"""

from __future__ import annotations

import mimetypes
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mcp_core.calls.escapes import Unsendable, form_text, json_text, query_reserved, scalar_text
from mcp_core.calls.files import decode_file, sniff
from mcp_core.calls.styles import STYLES, deep_pairs, expansion
from mcp_core.catalog.operations import BodyContent, Encoding
from policies.records import Record

__all__ = ["multipart_body", "urlencoded_body"]

BodyEncoder = Callable[[Any], tuple[bytes, str]]
_DEFAULT = Encoding()
_ANY_BYTES = "application/octet-stream"


def urlencoded_body(content: BodyContent) -> BodyEncoder:
    """The encoder of a form; its argument is an object."""
    writers = {name: _field_writer(name, encoding) for name, encoding in content.encoding.items()}

    def encode(value: Any) -> tuple[bytes, str]:
        pieces: list[str] = []
        for name, member in _members(value):
            write = writers.get(name) or _field_writer(name, _DEFAULT)
            write(member, pieces)
        return "&".join(pieces).encode(), content.media_type

    return encode


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise Unsendable("must be an object: it is sent as a form.")
    return ((name, member) for name, member in value.items() if member is not None)


def _field_writer(name: str, encoding: Encoding) -> Callable[[Any, list[str]], None]:
    escaped = form_text(name)
    if encoding.content_type or encoding.base64:

        def write_content(value: Any, pieces: list[str]) -> None:
            for item in value if isinstance(value, list) else [value]:
                pieces.append(f"{escaped}={form_text(_content_text(item, encoding))}")

        return write_content
    escape = query_reserved if encoding.allow_reserved else form_text
    if encoding.style == "deepObject":
        return lambda value, pieces: pieces.extend(
            f"{key}={escape(scalar_text(member))}" for key, member in deep_pairs(escaped, value, form_text)
        )
    style = encoding.style if encoding.style in STYLES and STYLES[encoding.style].between == "&" else "form"
    listed = (lambda text: escape(text).replace(",", "%2C").replace("=", "%3D")) if encoding.allow_reserved else None
    expand = expansion(style, escaped, explode=encoding.explode, escape=escape, member_escape=listed)
    return lambda value, pieces: pieces.extend(expand(value))


def _content_text(value: Any, encoding: Encoding) -> str:
    if encoding.base64:  # a form of text cannot hold bytes other than as text
        return decode_file(value)[0].decode("latin-1")
    return json_text(value) if _is_json(encoding.content_type) else scalar_text(value)


def _is_json(content_type: str) -> bool:
    essence = content_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


class _Part(Record):
    name: str
    content: bytes
    content_type: str = ""
    filename: str = ""
    headers: Mapping[str, str] | None = None


def multipart_body(content: BodyContent) -> BodyEncoder:
    """The encoder of a multipart body; its argument is an object, each property a part (RFC 7578, RFC 2046 §5.1)."""
    essence = content.media_type.partition(";")[0].strip()
    is_form = essence.lower() == "multipart/form-data"

    def encode(value: Any) -> tuple[bytes, str]:
        boundary = os.urandom(16).hex()  # 128 random bits: no content has them
        pieces: list[bytes] = []
        for name, member in _members(value):
            for part in _parts(name, member, content.encoding.get(name, _DEFAULT)):
                pieces += (f"--{boundary}\r\n".encode(), _part_head(part, is_form), part.content, b"\r\n")
        pieces.append(f"--{boundary}--\r\n".encode())
        return b"".join(pieces), f"{essence}; boundary={boundary}"

    return encode


def _parts(name: str, value: Any, encoding: Encoding) -> Iterator[_Part]:
    headers = _fixed_headers(encoding)
    if encoding.base64:
        for item in value if isinstance(value, list) else [value]:
            data, named = decode_file(item)
            media_type = _first_media_type(encoding.content_type)
            if media_type in {"", _ANY_BYTES}:
                media_type = named or sniff(data) or _ANY_BYTES
            yield _Part(name, data, media_type, _filename(name, media_type), headers)
        return
    media_type = _first_media_type(encoding.content_type)
    if media_type:
        for item in value if isinstance(value, list) else [value]:
            text = json_text(item) if _is_json(media_type) else scalar_text(item)
            yield _Part(name, text.encode(), media_type, headers=headers)
        return
    for field, text in _styled(name, value, encoding):
        yield _Part(field, text.encode(), headers=headers)


def _styled(name: str, value: Any, encoding: Encoding) -> Iterator[tuple[str, str]]:
    """Name and text of each part by style; parts are not URLs, so that nothing is percent-encoded."""
    if encoding.style == "deepObject":
        for key, member in deep_pairs(name, value, lambda key: key):
            yield key.replace("%5B", "[").replace("%5D", "]"), scalar_text(member)
    elif isinstance(value, list) and not encoding.explode:
        yield name, _SEPARATORS[encoding.style].join(scalar_text(item) for item in value if item is not None)
    elif isinstance(value, list):
        for item in value:
            yield name, scalar_text(item)
    else:
        yield name, scalar_text(value)


_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "form": ","}


def _first_media_type(content_type: str) -> str:
    """The first of a list of types; a range such as `image/*` names none."""
    first = content_type.partition(",")[0].strip()
    return "" if "*" in first else first


def _filename(name: str, media_type: str) -> str:
    """A file part needs a name, or servers take it for a text field."""
    extension = mimetypes.guess_extension(media_type.partition(";")[0].strip()) or ""
    return name if name.lower().endswith(extension) else f"{name}{extension}"


def _fixed_headers(encoding: Encoding) -> Mapping[str, str]:
    """The part's headers whose value the document fixes: no argument gives one."""
    found: dict[str, str] = {}
    for name, schema in encoding.headers.items():
        if isinstance(schema, Mapping) and name.lower() not in {"content-type", "content-disposition"}:
            value = schema.get("const", schema.get("default"))
            options = schema.get("enum")
            if value is None and isinstance(options, list) and len(options) == 1:
                value = options[0]
            if value is not None and _FIELD.fullmatch(f"{name}: {scalar_text(value)}"):
                found[name] = scalar_text(value)
    return found


_FIELD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e]*")


def _part_head(part: _Part, is_form: bool) -> bytes:
    lines = []
    if is_form:
        filename = f'; filename="{_quoted(part.filename)}"' if part.filename else ""
        lines.append(f'Content-Disposition: form-data; name="{_quoted(part.name)}"{filename}')
    if part.content_type:
        lines.append(f"Content-Type: {part.content_type}")
    lines += [f"{name}: {value}" for name, value in (part.headers or {}).items()]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _quoted(text: str) -> str:
    """A name in Content-Disposition, as browsers write it (HTML § multipart/form-data encoding algorithm)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
