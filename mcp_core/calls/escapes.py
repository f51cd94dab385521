"""How a text is written in each place of a request: query, form, path segment, header, cookie.

The rule here: whatever the text is, it stays inside its place. A place that cannot hold it says so (`Unsendable`) instead of
changing it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from json import JSONEncoder
from typing import Any
from urllib.parse import quote, quote_plus, unquote

__all__ = [
    "Escape",
    "Unsendable",
    "form_text",
    "header_text",
    "json_text",
    "label_text",
    "path_text",
    "query_reserved",
    "query_text",
    "refuse_dot_segments",
    "reserved_path_text",
    "scalar_text",
]

Escape = Callable[[str], str]


class Unsendable(ValueError):
    """A value that its place cannot hold; `str()` is the sentence that follows the argument's name."""


_encode_json = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_encode_ascii_json = JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_EXACT = 2**53


def json_text(value: Any, *, ascii_only: bool = False) -> str:
    """Compact JSON. Half a surrogate pair, which UTF-8 cannot hold, is written as an escape."""
    try:
        if ascii_only:
            return _encode_ascii_json(value)
        text = _encode_json(value)
    except ValueError:
        raise Unsendable("must have only finite numbers, since JSON has no others.") from None
    try:
        text.encode()
    except UnicodeEncodeError:
        return _encode_ascii_json(value)
    return text


def scalar_text(value: Any) -> str:
    """A single value as OpenAPI writes it outside JSON: `true`, `5`, `1.5`; a whole float without its fraction, since
    many servers read an integer; an object or array, for which no style has a rule at this depth, as JSON."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unsendable("must be a finite number.")
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    return "" if value is None else json_text(value)


def query_text(text: str) -> str:
    """RFC 3986 §3.4 with everything but unreserved characters encoded; a space is %20."""
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def form_text(text: str) -> str:
    """application/x-www-form-urlencoded: as `query_text`, but a space is "+"."""
    return text if text.isalnum() and text.isascii() else quote_plus(text)


_TRIPLE = re.compile(r"%[0-9A-Fa-f]{2}")


def query_reserved(text: str) -> str:
    """allowReserved (RFC 6570 §3.2.3): reserved characters and percent-encoded triples pass, except those that would end
    the value or the query (`&`, `#`), be read as a space (`+`), or may not stand in a query (`[`, `]`)."""
    pieces, end = [], 0
    for match in _TRIPLE.finditer(text):
        pieces += [quote(text[end : match.start()], safe=_QUERY_RESERVED), match[0]]
        end = match.end()
    return "".join(pieces) + quote(text[end:], safe=_QUERY_RESERVED)


_QUERY_RESERVED = ":/?@!$'()*,;="


def path_text(text: str) -> str:
    """One path segment, or a part of one: `/`, `?`, `#`, `%` and the like are encoded."""
    if text.isalnum() and text.isascii():
        return text
    if "." in text or "%" in text:
        refuse_dot_segments(text)
    return quote(text, safe="")


def reserved_path_text(text: str) -> str:
    """allowReserved in a path: what RFC 3986 §3.3 lets stand in a segment passes."""
    refuse_dot_segments(text)
    return quote(text, safe=":@!$&'()*+,;=")


def label_text(text: str) -> str:
    """An item of an exploded label array, whose separator is the dot: its own dots are encoded."""
    return path_text(text).replace(".", "%2E")


_SEPARATORS = re.compile(r"[/\\]")
_DECODINGS = 8


def refuse_dot_segments(text: str) -> None:
    """`..` between separators would climb out of the segment at any server or proxy that decodes before it normalises
    (RFC 3986 §5.2.4), once or again; `..;x` does it where `;` starts path parameters."""
    for _ in range(_DECODINGS):
        for piece in _SEPARATORS.split(text):
            if "".join(piece.partition(";")[0].replace("\0", "").split()) in {".", ".."}:
                raise Unsendable('must not be or contain the path segments "." or "..": it is one segment of the address.')
        decoded = unquote(text)
        if decoded == text:
            return
        text = decoded


_FIELD_VALUE = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?|")


def header_text(text: str) -> str:
    """A header field's value (RFC 9110 §5.5), unchanged: visible ASCII, spaces and tabs inside."""
    if _FIELD_VALUE.fullmatch(text):
        return text
    if any(character in text for character in "\r\n\0"):
        raise Unsendable("must not contain line breaks or NUL: it is sent as a header.")
    if not text.isascii():
        raise Unsendable("must have only ASCII characters: it is sent as a header.")
    if text != text.strip(" \t"):
        raise Unsendable("must not begin or end with white space: it is sent as a header, which would lose it.")
    raise Unsendable("must not contain control characters: it is sent as a header.")
