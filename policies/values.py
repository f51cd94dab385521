"""The values that a document gives to its policies: literal text or C#, of a kind.

The rule here: a literal is checked and converted once, when the document is compiled; an expression's result is converted
to the same kind each time it is evaluated. A policy sees only `Value.get(context)`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from policies.records import Record

if TYPE_CHECKING:
    from policies.context import PolicyContext

__all__ = [
    "ANY",
    "BOOLEAN",
    "CONTENT",
    "DURATION",
    "HEADER_VALUE",
    "INTEGER",
    "NAME_TEXT",
    "NO_READS",
    "NUMBER",
    "POSITIVE",
    "STRING",
    "Kind",
    "Reads",
    "Value",
    "choice",
    "constant",
    "whole_number",
]

T = TypeVar("T")


class Kind(Record, Generic[T]):
    """What a value must be. `wanted` ends the sentence "must be …"; `parse` takes literal text and `convert` an
    expression's result; both raise ValueError when it is not of the kind. `choices` are the allowed words, if it has any.
    `types` are the .NET types that an expression here may have when that is known beforehand; none means any."""

    wanted: str
    parse: Callable[[str], T]
    convert: Callable[[object], T]
    choices: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()


class Reads(Record):
    """Which bodies expressions look into."""

    request: bool = False
    response: bool = False

    def __or__(self, other: Reads) -> Reads:
        if other is NO_READS:  # as it mostly is
            return self
        return Reads(self.request or other.request, self.response or other.response)

    def __bool__(self) -> bool:
        return self.request or self.response

    def buffer(self, context: PolicyContext) -> Awaitable[None] | None:
        """Bring those bodies into memory; None when they are there already. A step's own are brought before it runs; a
        policy that evaluates an expression later (`retry`, an increment-condition) does it anew."""
        if self.request and not context.request.body.is_buffered:
            return self._read(context)
        if self.response and context.response is not None and not context.response.body.is_buffered:
            return self._read(context)
        return None

    async def _read(self, context: PolicyContext) -> None:
        if self.request:
            await context.request.body.read()
        if self.response and context.response is not None:
            await context.response.body.read()


NO_READS = Reads()


class Value(Generic[T]):
    """A compiled value. `get(context)` gives it, when the bodies that it `reads` are in memory; `literal` is it when
    `is_literal`."""

    __slots__ = ("_literal", "get", "is_literal", "reads")

    def __init__(
        self, get: Callable[[PolicyContext], T], reads: Reads = NO_READS, *, literal: Any = None, is_literal: bool = False
    ) -> None:
        self.get = get
        self.reads = reads
        self.is_literal = is_literal
        self._literal = literal

    @property
    def literal(self) -> T:
        """The value itself. Raises ValueError when it depends on the request."""
        if not self.is_literal:
            raise ValueError("not a literal")
        literal: T = self._literal
        return literal


def constant(value: T) -> Value[T]:
    """A value that is the same for every request."""
    return Value(lambda context: value, literal=value, is_literal=True)


_OPEN = frozenset({"System.Object", "System.String", "Newtonsoft.Json.Linq.JToken", "Newtonsoft.Json.Linq.JValue"})
_INTEGERS = ("SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Single", "Double", "Decimal")
_NUMERIC = _OPEN | {f"System.{name}" for name in _INTEGERS} | {f"System.Nullable`1[System.{name}]" for name in _INTEGERS}
_LOGICAL = _OPEN | {"System.Boolean", "System.Nullable`1[System.Boolean]"}


def _text(value: object) -> str:
    """.NET's ToString, null as "", as text that can leave the gateway."""
    if type(value) is str and value.isascii():
        return value
    from policies.dotnet.meter import BudgetExceeded  # late: only documents with expressions need these
    from policies.dotnet.values import scalars, to_text

    try:
        return scalars(to_text(value))
    except BudgetExceeded:
        raise ValueError("is too large a value") from None


def _unlike(kind: str, value: object) -> ValueError:
    return ValueError(f"must be {kind}, not {value!r}")


def whole_number(minimum: int | None = None, maximum: int | None = None) -> Kind[int]:
    """A kind of 32- or 64-bit whole numbers within bounds."""
    wanted = "a whole number"
    if minimum is not None:
        wanted += f" from {minimum}"
    if maximum is not None:
        wanted += f" up to {maximum}"

    def within(number: int) -> int:
        if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
            raise _unlike(wanted, number)
        return number

    def parse(text: str) -> int:
        digits = text.strip()
        if not digits.removeprefix("-").removeprefix("+").isdecimal() or not digits.isascii() or len(digits) > 20:
            raise _unlike(wanted, text)
        return within(int(digits))

    def convert(value: object) -> int:
        if isinstance(value, bool) or value is None:
            raise _unlike(wanted, value)
        if isinstance(value, int):
            return within(int(value))
        if isinstance(value, float) and value.is_integer():
            return within(int(value))
        return parse(_text(value))

    return Kind(wanted, parse, convert, types=_NUMERIC)


def _parse_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _unlike("a number", text) from None
    if not math.isfinite(number) or "_" in text:
        raise _unlike("a number", text)
    return number


def _convert_number(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return _parse_number(_text(value))


def _parse_duration(text: str) -> float:
    seconds = _parse_number(text)
    if seconds < 0:
        raise _unlike("a number of seconds, 0 or more", text)
    return seconds


def _convert_duration(value: object) -> float:
    return _parse_duration(repr(_convert_number(value)))


def _parse_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in {"true", "false", "1", "0"}:
        raise _unlike("true or false", text)
    return word in {"true", "1"}


def _convert_boolean(value: object) -> bool:
    return value if isinstance(value, bool) else _parse_boolean(_text(value))


def choice(*words: str) -> Kind[str]:
    """A kind of which only these words are; upper and lower case are told apart, as APIM's schema does."""
    wanted = f'"{words[0]}"' if len(words) == 1 else ", ".join(f'"{w}"' for w in words[:-1]) + f' or "{words[-1]}"'

    def parse(text: str) -> str:
        word = text.strip()
        if word not in words:
            raise _unlike(wanted, text)
        return word

    return Kind(wanted, parse, lambda value: parse(_text(value)), choices=words)


def _content(value: object) -> str | bytes:
    return bytes(value) if isinstance(value, (bytes, bytearray)) else _text(value)


_NO_HEADER_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _header_value(text: str) -> str:
    value = text.strip()
    if _NO_HEADER_VALUE.search(value):
        raise ValueError("must be a header's value, without line breaks and control characters")
    return value


def _to_header_value(value: object) -> str:
    if type(value) is str and value.isascii() and value.isprintable():
        return value.strip()
    return _header_value(_text(value))


def _parse_name(text: str) -> str:
    name = text.strip()
    if not name:
        raise ValueError("must not be empty")
    return name


def _same(value: Any) -> Any:
    return value


STRING: Kind[str] = Kind("text", str, _text)
"""Text as written; an expression's result as .NET's ToString gives it, null as ""."""
CONTENT: Kind[str | bytes] = Kind("the content of a body", str, _content)
"""What a body is to hold: text, byte[] as it is, null as nothing."""
HEADER_VALUE: Kind[str] = Kind("a header's value", _header_value, _to_header_value)
"""A field's value (RFC 9110 §5.5): white space around it does not count, and it cannot begin another field."""
NAME_TEXT: Kind[str] = Kind("a name", _parse_name, lambda value: _parse_name(_text(value)))
"""A name: not empty, white space around it does not count."""
ANY: Kind[Any] = Kind("a value", _same, _same)
"""Literal text, or an expression's result untouched."""
INTEGER = whole_number()
POSITIVE = whole_number(1)
NUMBER: Kind[float] = Kind("a number", _parse_number, _convert_number, types=_NUMERIC)
DURATION: Kind[float] = Kind("a number of seconds, 0 or more", _parse_duration, _convert_duration, types=_NUMERIC)
BOOLEAN: Kind[bool] = Kind("true or false", _parse_boolean, _convert_boolean, types=_LOGICAL)
