"""JSON text, written as Newtonsoft.Json writes it.

The rule here: whatever is written is a token tree; .NET values become one first (`objects.to_token`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from policies.dotnet import formatting, values
from policies.dotnet.dates.moments import LOCAL, UTC, DateTime, DateTimeOffset
from policies.dotnet.dates.spans import SECOND
from policies.dotnet.json.containers import JArray, JConstructor, JObject, JProperty
from policies.dotnet.json.kinds import COMMENT, RAW, UNDEFINED
from policies.dotnet.json.model import JToken
from policies.dotnet.json.scalars import JValue
from policies.dotnet.meter import charge, check_size
from policies.dotnet.newline import NEW_LINE
from policies.dotnet.types import EnumValue

__all__ = ["date_text", "number_text", "quote", "write"]

_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def write(token: JToken, *, indented: bool) -> str:
    """The token's text."""
    parts: list[str] = []
    _write(token, parts, f"{NEW_LINE}" if indented else "", ": " if indented else ":")
    text = "".join(parts)
    check_size(len(text))
    return text


def _write(token: JToken, parts: list[str], line: str, colon: str) -> None:
    """`line` is what starts a line at this depth; empty when nothing is indented."""
    if isinstance(token, JValue):
        parts.append(value_text(token))
    elif isinstance(token, JProperty):
        parts.append(quote(token.name) + colon)
        _write(token.value, parts, line, colon)
    else:
        charge(len(token))
        open_, close = _brackets(token)
        inner = f"{line}  " if line else ""
        children = token.properties.values() if isinstance(token, JObject) else token
        separator = open_
        for child in children:
            if child.kind == COMMENT:  # it is no item: no comma comes before it
                parts.append((separator if separator == open_ else "") + inner)
                _write(child, parts, inner, colon)
                separator = "" if separator == open_ else separator
                continue
            parts.append(separator + inner)
            _write(child, parts, inner, colon)
            separator = ","
        parts.append(f"{line}{close}" if separator != open_ else open_ + close)


def _brackets(token: JToken) -> tuple[str, str]:
    if isinstance(token, JConstructor):
        return f"new {token.name}(", ")"
    return ("[", "]") if isinstance(token, JArray) else ("{", "}")


def value_text(token: JValue) -> str:
    """A value as JSON."""
    value = token.value
    if token.kind == COMMENT:
        return f"/*{value or ''}*/"
    if isinstance(value, str):
        return value if token.kind == RAW else quote(value)
    if value is None:
        return "undefined" if token.kind == UNDEFINED else "null"
    return next((write_ for python, write_ in _WRITERS if isinstance(value, python)), quote_text)(value)


def quote_text(value: Any) -> str:
    """Anything else as a JSON string."""
    return quote(str(value))


def quote(text: str) -> str:
    """A JSON string: what Newtonsoft escapes by default, and nothing else."""
    quoted: str = encode_basestring(text)
    return quoted if quoted.isascii() else quoted.translate(_LINE_ENDS)


def number_text(value: Any) -> str:
    """A number, with a decimal point where its type has one."""
    if isinstance(value, EnumValue):
        return int.__repr__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Decimal):
        text = format(value, "f")
    elif isinstance(value, values.Single):
        text = formatting.shortest_single(value)
    else:
        text = formatting.shortest_double(value)
    if not text[-1].isdigit():
        return f'"{text}"'  # NaN and the infinities
    return text if "." in text or "E" in text else f"{text}.0"


def date_text(value: DateTime | DateTimeOffset) -> str:
    """ISO 8601 with as many digits of a second as are needed."""
    text = value.to_string("s")
    fraction = value.ticks % SECOND
    if fraction:
        text += f".{fraction:07}".rstrip("0")
    if isinstance(value, DateTimeOffset):
        return text + value.to_string("zzz")
    return text + ("Z" if value.kind == UTC else "+00:00" if value.kind == LOCAL else "")


_WRITERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (int | float | Decimal, number_text),
    (DateTime | DateTimeOffset, lambda value: f'"{date_text(value)}"'),
    (bytearray, lambda value: f'"{base64.b64encode(value).decode()}"'),
)
