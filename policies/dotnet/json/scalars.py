"""Newtonsoft.Json.Linq: JValue and JRaw.

The rule here: `value` is boxed as `values` has it, so that its .NET type can always be told.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from policies.dotnet import values
from policies.dotnet.dates.moments import DateTime, DateTimeOffset
from policies.dotnet.dates.spans import TimeSpan
from policies.dotnet.exceptions import ArgumentException
from policies.dotnet.guids import Guid
from policies.dotnet.json.kinds import BOOLEAN, BYTES, DATE, FLOAT, GUID, INTEGER, NULL, RAW, STRING, TIME_SPAN, UNDEFINED, URI
from policies.dotnet.json.model import JToken
from policies.dotnet.types import EnumValue
from policies.dotnet.uris import Uri

__all__ = ["BigInteger", "JRaw", "JValue", "kind_of", "token_of"]


class BigInteger(int):
    """An integer of a JSON text that a long cannot hold."""

    __slots__ = ()

    def __str__(self) -> str:
        return int.__repr__(self)


class JValue(JToken):
    """A value: text, number, truth, date, null and their kin."""

    __slots__ = ("kind", "value")

    value: Any

    def __init__(self, value: Any = None, kind: EnumValue | None = None) -> None:
        super().__init__()
        if isinstance(value, JValue):
            value, kind = value.value, value.kind
        self.value = value
        self.kind = kind_of(value) if kind is None else kind

    def assign(self, value: Any) -> None:
        """`token.Value = value`."""
        self.kind = kind_of(value)
        self.value = value

    def clone(self) -> JValue:
        return JValue(self.value, self.kind)

    def deep_equals(self, other: JToken) -> bool:
        return self == other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JValue):
            return False
        if self.value is None or other.value is None:
            return self.value is other.value and (self.kind == other.kind or {NULL, UNDEFINED} != {self.kind, other.kind})
        return self.kind == other.kind and self.compare(other) == 0

    def __hash__(self) -> int:
        return 0 if self.value is None else hash(self.value) if not isinstance(self.value, bytearray) else len(self.value)

    def compare(self, other: Any) -> int:
        """CompareTo: numbers by value, texts by code unit."""
        theirs = other.value if isinstance(other, JValue) else other
        mine = self.value
        if mine is None or theirs is None:
            return (mine is not None) - (theirs is not None)
        if isinstance(mine, bytearray):
            mine, theirs = bytes(mine), bytes(theirs) if isinstance(theirs, bytearray) else theirs
        if isinstance(mine, str) != isinstance(theirs, str):
            mine, theirs = values.to_text(mine), values.to_text(theirs)
        try:
            return bool(mine > theirs) - bool(mine < theirs)
        except TypeError:
            raise ArgumentException("Object must be of the same type to compare.") from None

    def __lt__(self, other: JValue) -> bool:
        return self.compare(other) < 0

    def __gt__(self, other: JValue) -> bool:
        return self.compare(other) > 0

    def __str__(self) -> str:
        if isinstance(self.value, bytearray):
            return "System.Byte[]"
        return values.to_text(self.value)

    def to_string(self, spec: str | None) -> str:
        """ToString(format)."""
        return values.format_value(self.value, spec)


class JRaw(JValue):
    """Text that is written as it is."""

    __slots__ = ()

    def __init__(self, text: Any) -> None:
        super().__init__(text, RAW)

    def clone(self) -> JRaw:
        return JRaw(self.value)


def kind_of(value: Any) -> EnumValue:
    """The JTokenType of a boxed .NET value; ArgumentException for one that is no JSON value."""
    if value is None:
        return NULL
    for python, kind in _KINDS:
        if isinstance(value, python):
            return kind
    raise ArgumentException(f"Could not determine JSON object type for type {values.type_name(value)}.")


_KINDS: tuple[tuple[Any, EnumValue], ...] = (
    (str, STRING),
    (bool, BOOLEAN),
    (int, INTEGER),
    (float | Decimal, FLOAT),
    (DateTime | DateTimeOffset, DATE),
    (bytearray, BYTES),
    (Guid, GUID),
    (TimeSpan, TIME_SPAN),
    (Uri, URI),
)


def token_of(content: Any) -> JToken:
    """A token as it is, null as a null value, anything else as a value (CreateFromContent)."""
    if isinstance(content, JToken):
        return content
    return JValue(content)
