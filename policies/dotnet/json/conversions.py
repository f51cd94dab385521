"""Tokens as .NET values: the explicit conversions, Value<T>(), ToObject<T>() and what JsonConvert reads.

The rule here: `System.Convert` of the value with the invariant culture, and Newtonsoft's own refusals before it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from policies.dotnet import arithmetic, numbers, values
from policies.dotnet.dates import parsing, spans
from policies.dotnet.dates.moments import DateTime, DateTimeOffset, with_offset
from policies.dotnet.dates.spans import TimeSpan
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    FormatException,
    InvalidCastException,
    OverflowException,
)
from policies.dotnet.guids import Guid, from_bytes
from policies.dotnet.guids import parse as parse_guid
from policies.dotnet.json.containers import JProperty
from policies.dotnet.json.kinds import KIND, NULL, UNDEFINED
from policies.dotnet.json.model import JToken
from policies.dotnet.json.scalars import JValue
from policies.dotnet.objects import default_of
from policies.dotnet.types import NetType
from policies.dotnet.uris import Uri

__all__ = ["CONVERTED", "change_type", "explicit", "value_as"]

_BASIC: Final = "Integer Float String Comment Raw Boolean"
_SHORT_NAMES: Final = {
    "bool": "Boolean", "char": "Char", "byte": "Byte", "sbyte": "SByte", "short": "Int16", "ushort": "UInt16", "int": "Int32",
    "uint": "UInt32", "long": "Int64", "ulong": "UInt64", "float": "Single", "double": "Double", "decimal": "Decimal",
    "string": "String", "DateTime": "DateTime", "DateTimeOffset": "DateTimeOffset", "TimeSpan": "TimeSpan", "Guid": "Guid",
    "Uri": "Uri", "byte[]": "byte array",
}  # fmt: skip
_ALLOWED: Final = {
    "string": "Date Integer Float String Comment Raw Boolean Bytes Guid TimeSpan Uri",
    "Guid": "String Comment Raw Guid Bytes",
    "TimeSpan": "String Comment Raw TimeSpan",
    "Uri": "String Comment Raw Uri",
    "char": "Integer Float String Comment Raw",
    "DateTime": "Date String Comment Raw",
    "DateTimeOffset": "Date String Comment Raw",
    "byte[]": "Bytes String Comment Raw Integer",
}
_NOTHING: Final = frozenset((NULL, UNDEFINED))
_TOO_LARGE: Final = {
    "System.Byte": "an unsigned byte",
    "System.SByte": "a signed byte",
    **{f"System.{name}": f"an {name}" for name in ("Int16", "Int32", "Int64")},
    **{f"System.{name}": f"a {name}" for name in ("UInt16", "UInt32", "UInt64")},
}


def _integer(name: str) -> Callable[[Any], int]:
    low, high = arithmetic.RANGES[name]
    what = _TOO_LARGE[name]

    def convert(value: Any) -> int:
        if isinstance(value, int):
            number = int(value)
            if low <= number <= high:
                return number
        if isinstance(value, str):
            return numbers.parse_integer(name, value)
        try:
            number = round(value) if isinstance(value, float | Decimal) else int(value)
        except (ValueError, OverflowError, TypeError):
            if not isinstance(value, float):
                raise _invalid_cast(value, name) from None
            number = high + 1
        if not low <= number <= high:
            raise OverflowException(f"Value was either too large or too small for {what}.")
        return number

    return convert


def _boolean(value: Any) -> bool:
    return numbers.parse_bool(value) if isinstance(value, str) else bool(value)


def _real(value: Any) -> float:
    return numbers.parse_double(value) if isinstance(value, str) else float(value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, values.Single):
        return arithmetic.single_to_decimal(value)
    return numbers.parse_decimal(value) if isinstance(value, str) else arithmetic.to_decimal(value)


def _text(value: Any) -> str:
    if value.__class__ is str:
        return value
    return base64.b64encode(value).decode() if isinstance(value, bytearray) else values.to_text(value)


def _char(value: Any) -> str:
    if isinstance(value, str):
        if len(value) != 1:
            raise FormatException("String must be exactly one character long.")
        return value
    return chr(_integer("System.UInt16")(value))


def _moment(value: Any) -> DateTime:
    if isinstance(value, DateTimeOffset):
        return value.clock
    return parsing.parse(value) if isinstance(value, str) else value


def _offset_moment(value: Any) -> DateTimeOffset:
    if isinstance(value, str):
        return parsing.parse_offset(value)
    return with_offset(value) if isinstance(value, DateTime) else value


def _span(value: Any) -> TimeSpan:
    return value if isinstance(value, TimeSpan) else spans.parse(values.to_text(value))


def _guid(value: Any) -> Guid:
    if isinstance(value, bytearray):
        return from_bytes(value)
    return value if isinstance(value, Guid) else parse_guid(values.to_text(value))


def _uri(value: Any) -> Any:
    return value if isinstance(value, Uri) else Uri.relative_or_absolute(values.to_text(value))


def _bytes(value: Any) -> bytearray:
    if isinstance(value, str):
        try:
            return bytearray(base64.b64decode(value, validate=True))
        except (binascii.Error, ValueError):
            raise FormatException("The input is not a valid Base-64 string.") from None
    if isinstance(value, bytearray):
        return value
    raise ArgumentException(f"Can not convert {values.type_name(value)} to byte array.")


CONVERTED: Final[dict[str, Callable[[Any], Any]]] = {
    "bool": _boolean,
    "char": _char,
    **{
        keyword: _integer(f"System.{_SHORT_NAMES[keyword]}")
        for keyword in ("byte", "sbyte", "short", "ushort", "int", "uint", "long", "ulong")
    },
    "float": lambda value: arithmetic.single(_real(value)),
    "double": _real,
    "decimal": _decimal,
    "string": _text,
    "DateTime": _moment,
    "DateTimeOffset": _offset_moment,
    "TimeSpan": _span,
    "Guid": _guid,
    "Uri": _uri,
    "byte[]": _bytes,
}
"""What converts a value, by the type's name as C# writes it."""


def explicit(name: str, *, optional: bool) -> Callable[[JToken | None], Any]:
    """The conversion `(name)token`; `optional` when the target can be null."""
    allowed = frozenset(KIND.values[kind] for kind in _ALLOWED.get(name, _BASIC).split())
    convert = CONVERTED[name]
    shown = _SHORT_NAMES[name]

    def operator(token: Any) -> Any:
        if token.__class__ is JValue and token.value is not None and token.kind in allowed:  # as it mostly is
            return convert(token.value)
        return unusual(token)

    def unusual(token: JToken | None) -> Any:
        if token is None:
            if optional:
                return None
            raise ArgumentNullException("value")
        found = token.value if isinstance(token, JProperty) else token
        if isinstance(found, JValue):
            if found.value is not None and found.kind in allowed:
                return convert(found.value)
            if found.value is None and optional and (found.kind in allowed or found.kind in _NOTHING):
                return None
        raise ArgumentException(f"Can not convert {found.kind} to {shown}.")

    return operator


def value_as(types: tuple[NetType, ...], token: JToken | None) -> Any:
    """`Value<T>()`: a token or value that is a T as it is, else `Convert.ChangeType`."""
    target = types[-1]
    if token is None:
        return default_of(target)
    if values.is_instance(token, target):
        return token
    if not isinstance(token, JValue):
        raise InvalidCastException(f"Cannot cast {token.type_name} to Newtonsoft.Json.Linq.JToken.")
    value = token.value
    if values.is_instance(value, target):
        return values.cast(value, target)
    if target.is_nullable:
        if value is None:
            return None
        target = target.args[0]
    return change_type(value, target)


def change_type(value: Any, target: NetType) -> Any:
    """`Convert.ChangeType(value, target)`: between the simple types, DateTime and string."""
    if value is None:
        if target.is_value_type:
            raise InvalidCastException("Null object cannot be converted to a value type.")
        return None
    if values.is_instance(value, target):
        return values.cast(value, target)
    name = str(target)
    dated = isinstance(value, DateTime) != (name == "DateTime") and not isinstance(value, str) and name != "string"
    simple = isinstance(value, str | int | float | Decimal | DateTime)
    if name not in _CHANGEABLE or dated or not simple:
        raise InvalidCastException(f"Invalid cast from '{values.type_name(value)}' to '{target.name}'.")
    return CONVERTED[name](value)


_CHANGEABLE: Final = frozenset(_SHORT_NAMES) - {"DateTimeOffset", "TimeSpan", "Guid", "Uri", "byte[]"}


def _invalid_cast(value: Any, name: str) -> InvalidCastException:
    return InvalidCastException(f"Invalid cast from '{values.type_name(value)}' to '{name}'.")
