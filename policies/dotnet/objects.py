"""The types at the root: object, void, arrays, nullable values, enums.

The rule here: what every value can do is written once, over `values`; families override it in their own tables.
"""

from __future__ import annotations

import operator
from typing import Any

from policies.dotnet import values
from policies.dotnet.enums import type_code
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    IndexOutOfRangeException,
    InvalidOperationException,
    OverflowException,
)
from policies.dotnet.meter import check_size, made
from policies.dotnet.types import Class, EnumValue, Inline, NetType, Static, Struct, Typed
from policies.dotnet.values import NetArray

__all__ = ["TYPES", "TypeName", "array_get", "array_set", "new_array"]


def new_array(element: NetType, length: int) -> NetArray | bytearray:
    """`new element[length]`: zeros, or nulls."""
    if length < 0:
        raise OverflowException("Arithmetic operation resulted in an overflow.")
    check_size(length)
    made(length * (1 if element.name == "System.Byte" else 8))
    if element.name == "System.Byte":
        return bytearray(length)
    return NetArray(element, [default_of(element)] * length)


def default_of(static: NetType) -> Any:
    """`default(static)`."""
    zero = static.definition.zero
    return zero() if callable(zero) else zero


def array_get(array: Any, index: int) -> Any:
    """`array[index]`."""
    if index < 0:
        raise IndexOutOfRangeException
    try:
        return array[index]
    except IndexError:
        raise IndexOutOfRangeException from None


def array_set(array: Any, index: int, value: Any) -> None:
    """`array[index] = value`."""
    if not 0 <= index < len(array):
        raise IndexOutOfRangeException
    array[index] = value


def array_of_items(element: NetType, items: list[Any]) -> NetArray | bytearray:
    """`new element[] { items }`."""
    return bytearray(items) if element.name == "System.Byte" else NetArray(element, items)


class TypeName:
    """What `typeof(T)` and `GetType()` give: a type's names, and nothing that they would lead to."""

    __slots__ = ("of",)

    def __init__(self, of: NetType) -> None:
        self.of = of

    def __str__(self) -> str:
        return self.of.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeName) and self.of is other.of

    def __hash__(self) -> int:
        return hash(self.of.name)

    @property
    def short(self) -> str:
        """The name without its namespace: "Int32", "List`1", "String[]"."""
        if self.of.rank:
            return f"{TypeName(self.of.args[0]).short}{self.of.brackets}"
        return self.of.definition.key.partition("[")[0].rpartition(".")[2]


def _namespace(kind: TypeName) -> str:
    inner = kind.of
    while inner.rank:
        inner = inner.args[0]
    return inner.definition.name.rpartition(".")[0]


def _underlying(kind: TypeName | None) -> TypeName | None:
    """Nullable.GetUnderlyingType: the T of `T?`, null of any other type."""
    if kind is None:
        raise ArgumentNullException("nullableType")
    return TypeName(kind.of.args[0]) if kind.of.is_nullable else None


def _nullable_value(value: Any) -> Any:
    if value is None:
        raise InvalidOperationException("Nullable object must have a value.")
    return value


def _nullable_or_default(types: tuple[NetType], value: Any) -> Any:
    return default_of(types[0]) if value is None else value


def _compare_enums(value: EnumValue, other: Any) -> int:
    if other is None:
        return 1
    if type(other) is not type(value):
        raise ArgumentException("Object must be the same type as the enum.")
    return (int(value) > int(other)) - (int(value) < int(other))


def _has_flag(value: EnumValue, flag: EnumValue) -> bool:
    return int(value) & int(flag) == int(flag)


TYPES = (
    Class(
        "System.Object",
        keyword="object",
        members={
            "new()": object,
            "string ToString()": values.to_text,
            "bool Equals(object obj)": values.equals,
            "static bool Equals(object objA, object objB)": values.equals,
            "static bool ReferenceEquals(object objA, object objB)": operator.is_,
            "int GetHashCode()": values.hash_code,
            "Type GetType()": lambda value: TypeName(values.type_of(value)),
        },
    ),
    Class(
        "System.Type",
        nameable=False,
        runtime=TypeName,
        members={
            "string Name": Inline("self.short"),
            "string FullName": Inline("str(self)", str=str),
            "string Namespace": _namespace,
            "string ToString()": Inline("str(self)", str=str),
            "bool Equals(object o)": Inline("self == o"),
            "bool operator ==(Type left, Type right)": Inline("left == right"),
            "bool operator !=(Type left, Type right)": Inline("left != right"),
        },
    ),
    Class("System.Void", keyword="void", nameable=False),
    Class("System.ValueType", nameable=False),
    Class(
        "System.Enum",
        nameable=False,
        bases=("IComparable",),
        members={
            "bool HasFlag(Enum flag)": _has_flag,
            "int CompareTo(object target)": _compare_enums,
            "string ToString(string format)": lambda value, spec: values.format_value(value, spec or "G"),
            "TypeCode GetTypeCode()": type_code("Int32"),
        },
    ),
    Struct(
        "System.Nullable<T>",
        null_safe=True,
        members={
            "bool HasValue": Inline("self is not None"),
            "T Value": _nullable_value,
            "T GetValueOrDefault()": Typed(_nullable_or_default),
            "T GetValueOrDefault(T defaultValue)": Inline("defaultValue if self is None else self"),
            "string ToString()": values.to_text,
        },
    ),
    Static(
        "System.Nullable",
        members={
            "static int Compare<T>(System.Nullable<T> n1, System.Nullable<T> n2)": Typed(
                lambda types, one, two: values.compare(values.box(one, types[0]), values.box(two, types[0]))
            ),
            "static bool Equals<T>(System.Nullable<T> n1, System.Nullable<T> n2)": Typed(
                lambda types, one, two: values.equals(values.box(one, types[0]), values.box(two, types[0]))
            ),
            "static Type GetUnderlyingType(Type nullableType)": _underlying,
        },
    ),
    Class(
        "System.Array<T>",
        bases=("System.Array", "IList<T>", "IReadOnlyList<T>"),
        members={
            "int Length": Inline("len(self)", len=len),
            "long LongLength": Inline("len(self)", len=len),
            "int Rank": Inline("1"),
            **{f"T this[{kind} index]": (array_get, array_set) for kind in ("int", "long", "ulong")},
        },
    ),
)
