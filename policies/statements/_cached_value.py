"""A value of an expression as bytes, for caches.

The rule here: a value comes back as the .NET type that it went in as. Numbers, texts, flags, byte arrays, JSON and whole
responses can be kept; bytes that are none of these give no value, so that a damaged entry is a miss.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.messages import Response
from policies.statements._cached_response import pack_response, unpack_response

__all__ = ["MISSING", "pack_value", "unpack_value"]

MISSING: object = object()
"""What `unpack_value` gives for bytes that are no value."""


def pack_value(value: object) -> bytes | None:
    """The bytes; None for a value that cannot be kept. A response's body must be in memory."""
    if hasattr(value, "deep_equals"):
        return _token_bytes(value)
    for kinds, tag, write in _WRITERS:
        if isinstance(value, kinds):
            return tag + write(value)
    return None


def unpack_value(data: bytes) -> object:
    """What `pack_value` was given."""
    read = _READERS.get(data[:1])
    if read is None:
        return MISSING
    try:
        return read(data[1:])
    except (ValueError, TypeError, InvalidOperation):
        return MISSING


def _integer(data: bytes) -> object:
    from policies.dotnet import values

    name, number = json.loads(data)
    box: Any = int if name == "int" else getattr(values, name) if name in _BOXES else None
    return MISSING if box is None else box(number)


def _token_bytes(value: object) -> bytes | None:
    from policies.dotnet.json.model import JToken
    from policies.dotnet.json.writer import write

    return b"j" + write(value, indented=False).encode("utf-8", "surrogatepass") if isinstance(value, JToken) else None


def _token(data: bytes) -> object:
    from policies.dotnet.exceptions import NetException
    from policies.dotnet.json.reader import parse

    try:
        return parse(data.decode("utf-8", "surrogatepass"))
    except NetException:
        return MISSING


def _response(data: bytes) -> object:
    response = unpack_response(data)
    return MISSING if response is None else response


_WRITERS: tuple[tuple[tuple[type, ...], bytes, Callable[[Any], bytes]], ...] = (
    ((str,), b"s", lambda value: value.encode("utf-8", "surrogatepass")),
    ((bool,), b"b", lambda value: b"1" if value else b"0"),
    ((int,), b"i", lambda value: json.dumps([type(value).__name__, int(value)]).encode()),
    ((float,), b"f", lambda value: repr(float(value)).encode()),
    ((Decimal,), b"d", lambda value: str(value).encode()),
    ((bytes, bytearray), b"x", base64.b64encode),
    ((Response,), b"r", pack_response),
)
_BOXES = frozenset({"Byte", "Int16", "Int64", "SByte", "UInt16", "UInt32", "UInt64"})
_READERS: dict[bytes, Callable[[bytes], object]] = {
    b"s": lambda data: data.decode("utf-8", "surrogatepass"),
    b"b": lambda data: data == b"1",
    b"i": _integer,
    b"f": float,
    b"d": lambda data: Decimal(data.decode()),
    b"x": lambda data: bytearray(base64.b64decode(data, validate=True)),
    b"j": _token,
    b"r": _response,
}
