"""How .NET values live in Python, and what every one of them can do: name its type, become text, compare, convert.

The rule here: a value whose static type is known is plain (an int, a str of one unit for a char); where it becomes
`object` it is boxed so that its type travels with it. Int32, Boolean, String, Double and Decimal are their own boxes.
A box is a valid plain value too, but casting takes it off, so that no tag ever leaks into another type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn
from zlib import crc32

from policies.dotnet.exceptions import ArgumentException, InvalidCastException, NullReferenceException
from policies.dotnet.types import RUNTIME, NetType, array_of, net

__all__ = [
    "ArrayItems",
    "Byte",
    "Char",
    "Int16",
    "Int64",
    "NetArray",
    "SByte",
    "Single",
    "UInt16",
    "UInt32",
    "UInt64",
    "assignable",
    "box",
    "cast",
    "compare",
    "equals",
    "format_value",
    "hash_code",
    "is_instance",
    "scalars",
    "throw_null",
    "to_text",
    "type_name",
    "type_of",
    "units",
]


class _Tag(int):
    """An integer in a box that names its type."""

    __slots__ = ()


class Int64(_Tag):
    """A boxed long."""

    __slots__ = ()


class Int16(_Tag):
    """A boxed short."""

    __slots__ = ()


class Byte(_Tag):
    """A boxed byte."""

    __slots__ = ()


class SByte(_Tag):
    """A boxed sbyte."""

    __slots__ = ()


class UInt16(_Tag):
    """A boxed ushort."""

    __slots__ = ()


class UInt32(_Tag):
    """A boxed uint."""

    __slots__ = ()


class UInt64(_Tag):
    """A boxed ulong."""

    __slots__ = ()


class Single(float):
    """A boxed float."""

    __slots__ = ()


class Char(str):
    """A boxed char."""

    __slots__ = ()


class ArrayItems(list[Any]):
    """The elements of an array, plain values of its element type; an array is equal to itself alone."""

    __slots__ = ()

    net_type: Any

    def __str__(self) -> str:
        return str(self.net_type.name)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:  # type: ignore[override]  # a list has no hash, an array its identity
        return id(self)


class NetArray(ArrayItems):
    """An array of one dimension other than byte[]: its length never changes."""

    __slots__ = ("element",)

    def __init__(self, element: NetType | str, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.element = net(element) if isinstance(element, str) else element

    @property
    def net_type(self) -> NetType:
        """`element[]`."""
        return array_of(self.element)


def type_of(value: object) -> NetType:
    """The type that a boxed value has at run time. Null has none: raises NullReferenceException."""
    python = type(value)
    found = _TYPES.get(python)
    if found is not None:
        return found
    own: NetType | None = getattr(value, "net_type", None)  # our own runtime classes: see "Values" in types.py
    if own is not None:
        return own
    if value is None:
        raise NullReferenceException
    if python in _OWN:
        found = _TYPES[python] = net(_OWN[python])
        return found
    for ancestor in python.__mro__:
        if ancestor in RUNTIME:
            found = _TYPES[python] = RUNTIME[ancestor].of()
            return found
    return net("object")


_TYPES: dict[type, NetType] = {}


def type_name(value: object) -> str:
    """The full .NET name of a boxed value's type, "System.Int32"; "null" for null."""
    return "null" if value is None else type_of(value).name


def throw_null() -> NoReturn:
    """For `x if x is not None else throw_null()`."""
    raise NullReferenceException


# ---- conversions -----------------------------------------------------------------------------------------------------


_TUPLE = "System.ValueTuple`"
"""In the name of a tuple's type, and of types made of it: there the names of items do not count, though they make types that
differ."""


@cache
def assignable(source: NetType, target: NetType) -> bool:
    """Whether a value of type `source` is a `target` without any change: identity, base types and interfaces, variance
    (C# specification, "Implicit reference conversions"). Boxing counts, numeric conversions do not."""
    if source is target or (source.name == target.name and _TUPLE in source.name):
        return True
    if target.name == "System.Object":
        return source.kind != "static"
    if source.is_array and target.is_array:
        inner, wanted = source.args[0], target.args[0]
        return not inner.is_value_type and not wanted.is_value_type and assignable(inner, wanted)
    for ancestor in source.ancestry():
        if ancestor is target:
            return True
        if ancestor.definition is target.definition and _variant(ancestor, target):
            return True
    return False


def _variant(source: NetType, target: NetType) -> bool:
    for given, wanted, variance in zip(source.args, target.args, target.definition.variance, strict=True):
        if given is wanted or (given.name == wanted.name and _TUPLE in given.name):
            continue
        if given.is_value_type or wanted.is_value_type or not variance:
            return False
        if not (assignable(given, wanted) if variance == "out" else assignable(wanted, given)):
            return False
    return bool(target.args)


def is_instance(value: object, target: NetType) -> bool:
    """C#'s `value is target`, for a boxed value; null is nothing."""
    if value is None:
        return False
    if target.is_nullable:
        target = target.args[0]
    return assignable(type_of(value), target)


def cast(value: Any, target: NetType) -> Any:
    """C#'s `(target)value` from object or another reference type: checks, and takes the box off."""
    if value is None:
        if target.is_value_type and not target.is_nullable:
            raise NullReferenceException
        return None
    if target.is_nullable:
        target = target.args[0]
    source = type_of(value)
    if source is not target and not assignable(source, target):
        raise InvalidCastException(f"Unable to cast object of type '{source.name}' to type '{target.name}'.")
    unbox = target.definition.unbox
    return value if unbox is None else unbox(value)


def box(value: Any, static: NetType) -> Any:
    """The value of static type `static` as an object."""
    if value is None:
        return None
    if static.is_nullable:
        static = static.args[0]
    convert = static.definition.box
    return value if convert is None else convert(value)


# ---- text ------------------------------------------------------------------------------------------------------------


def to_text(value: object) -> str:
    """ToString() of a boxed value with the invariant culture; "" for null, as concatenation has it."""
    python = type(value)
    if python is str:
        return value  # type: ignore[return-value]  # the line above says so
    if value is None:
        return ""
    convert = _TEXTS.get(python)
    if convert is not None:
        return convert(value)
    if python.__str__ is object.__str__ or isinstance(value, list | dict | tuple | bytearray):
        return value.__str__() if isinstance(value, NetArray) else type_of(value).name
    return str(value)


def format_value(value: object, spec: str | None) -> str:
    """IFormattable.ToString(spec) with the invariant culture; values without formats ignore the spec."""
    if not spec:
        return to_text(value)
    from policies.dotnet import formatting

    return formatting.format_value(value, spec)


def _integer(value: int) -> str:
    return int.__repr__(value)


def _real(value: float) -> str:
    from policies.dotnet import formatting

    return formatting.shortest_double(value)


def _single(value: float) -> str:
    from policies.dotnet import formatting

    return formatting.shortest_single(value)


def _decimal(value: Decimal) -> str:
    return format(value, "f")


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "True" if value else "False",
    int: _integer,
    float: _real,
    Single: _single,
    Decimal: _decimal,
    Char: str.__str__,
    **dict.fromkeys((Int64, Int16, Byte, SByte, UInt16, UInt32, UInt64), _integer),
}


def units(text: str) -> str:
    """Text from outside as UTF-16 code units, which is what .NET counts and indexes."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(
        char if char <= "\uffff" else chr(0xD7C0 + (ord(char) >> 10)) + chr(0xDC00 + (ord(char) & 0x3FF)) for char in text
    )


def scalars(text: str) -> str:
    """Text on its way out: surrogate pairs joined, lone surrogates replaced by U+FFFD as .NET's encoders do."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


# ---- comparison ------------------------------------------------------------------------------------------------------


def equals(left: Any, right: Any) -> bool:
    """object.Equals(left, right) of boxed values: different types are never equal (1 is not 1L)."""
    if left is None or right is None:
        return left is right
    kind, other = type(left), type(right)
    if kind is not other and (kind in _STRICT or other in _STRICT):
        return False
    if kind is float and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)


_STRICT = frozenset({int, bool, float, str, *_TEXTS})


def compare(left: Any, right: Any) -> int:
    """Comparer<object>.Default: null first, texts by the invariant culture, else the values' own order."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if isinstance(left, str) and isinstance(right, str):
        if len(left) == 1 and type(left) is Char:
            return (left > right) - (left < right)
        from policies.dotnet import collation

        return collation.compare(left, right)
    if isinstance(left, float) and math.isnan(left):
        return 0 if math.isnan(right) else -1
    try:
        return bool(left > right) - bool(left < right)
    except TypeError:
        raise ArgumentException("At least one object must implement IComparable.") from None


def hash_code(value: Any) -> int:
    """GetHashCode() of a boxed value: the same in every process, so that what a document makes a key of it is shared by all
    instances (.NET Framework's was; .NET's own number is not promised)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (int(value) ^ (int(value) >> 32)) & 0x7FFFFFFF
    if isinstance(value, str) or type_of(value).is_value_type:
        return crc32(to_text(value).encode("utf-16-le", "surrogatepass")) & 0x7FFFFFFF
    return hash(value) & 0x7FFFFFFF


# ---- what the tables say of Python's own classes ---------------------------------------------------------------------

_OWN: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "double",
    Decimal: "decimal",
    Int64: "long",
    Int16: "short",
    Byte: "byte",
    SByte: "sbyte",
    UInt16: "ushort",
    UInt32: "uint",
    UInt64: "ulong",
    Single: "float",
    Char: "char",
    bytearray: "byte[]",
    bytes: "byte[]",
}
