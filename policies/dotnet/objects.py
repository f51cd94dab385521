"""The types at the root: object, void, arrays, nullable values, enums.

The rule here: what every value can do is written once, over `values`; families override it in their own tables.
"""

from __future__ import annotations

import operator
from typing import Any

from policies.dotnet import values
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    IndexOutOfRangeException,
    InvalidOperationException,
    OverflowException,
)
from policies.dotnet.meter import check_size, made
from policies.dotnet.types import Class, EnumValue, Inline, NetType, Struct, Typed
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


def _twin(array: Any) -> Any:
    return bytearray(array) if isinstance(array, bytearray) else NetArray(array.element, array)


def _copy(source: Any, target: Any, length: int) -> None:
    _copy_range(source, 0, target, 0, length)


def _copy_range(source: Any, start: int, target: Any, to: int, length: int) -> None:
    if source is None or target is None:
        raise ArgumentNullException("sourceArray" if source is None else "destinationArray")
    if min(start, to, length) < 0 or start + length > len(source) or to + length > len(target):
        raise ArgumentException("Source array or destination array was not long enough.")
    target[to : to + length] = source[start : start + length]


def _copy_to(source: Any, target: Any, index: int) -> None:
    _copy_range(source, 0, target, index, len(source))


def _index_of(_types: object, array: Any, value: Any) -> int:
    return next((at for at, item in enumerate(_needed(array)) if values.equals(item, value)), -1)


def _last_index_of(_types: object, array: Any, value: Any) -> int:
    return next((at for at in reversed(range(len(_needed(array)))) if values.equals(array[at], value)), -1)


def _needed(array: Any) -> Any:
    if array is None:
        raise ArgumentNullException("array")
    return array


def _reverse(array: Any) -> None:
    _needed(array).reverse()


def _sort(array: Any) -> None:
    from functools import cmp_to_key

    _needed(array)[:] = sorted(array, key=cmp_to_key(values.compare))


def _find(_types: object, array: Any, match: Any) -> Any:
    return next((item for item in _needed(array) if match(item)), default_of(_element(array)))


def _find_index(_types: object, array: Any, match: Any) -> int:
    return next((at for at, item in enumerate(_needed(array)) if match(item)), -1)


def _find_all(_types: object, array: Any, match: Any) -> Any:
    return array_of_items(_element(array), [item for item in _needed(array) if match(item)])


def _convert_all(types: tuple[NetType, NetType], array: Any, converter: Any) -> Any:
    return array_of_items(types[1], [converter(item) for item in _needed(array)])


def _for_each(_types: object, array: Any, action: Any) -> None:
    for item in _needed(array):
        action(item)


def _element(array: Any) -> NetType:
    return values.type_of(array).args[0]


def _empty(types: tuple[NetType]) -> Any:
    return new_array(types[0], 0)


def _fill_zero(array: Any, index: int, length: int) -> None:
    if index < 0 or length < 0 or index + length > len(_needed(array)):
        raise IndexOutOfRangeException
    array[index : index + length] = [default_of(_element(array))] * length


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
        if self.of.is_array:
            return f"{TypeName(self.of.args[0]).short}[]"
        return self.of.definition.key.rpartition(".")[2]


def _namespace(kind: TypeName) -> str:
    inner = kind.of
    while inner.is_array:
        inner = inner.args[0]
    return inner.definition.name.rpartition(".")[0]


def _nullable_value(value: Any) -> Any:
    if value is None:
        raise InvalidOperationException("Nullable object must have a value.")
    return value


def _nullable_or_default(types: tuple[NetType], value: Any) -> Any:
    return default_of(types[0]) if value is None else value


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
    Class("System.Enum", nameable=False, members={"bool HasFlag(Enum flag)": _has_flag}),
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
    Class(
        "System.Array<T>",
        bases=("System.Array", "IList<T>", "IReadOnlyList<T>"),
        members={
            "int Length": Inline("len(self)", len=len),
            "long LongLength": Inline("len(self)", len=len),
            "int Rank": Inline("1"),
            "T this[int index]": (array_get, array_set),
            "object Clone()": _twin,
            "void CopyTo(T[] array, int index)": _copy_to,
            "int GetLength(int dimension)": lambda array, dimension: len(array),
            "int GetUpperBound(int dimension)": lambda array, dimension: len(array) - 1,
            "int GetLowerBound(int dimension)": lambda array, dimension: 0,
        },
    ),
    Class(
        "System.Array",
        members={
            "static void Copy(object sourceArray, object destinationArray, int length)": _copy,
            "static void Copy(object sourceArray, int sourceIndex, object destinationArray, int destinationIndex, int n)": (
                _copy_range
            ),
            "static void Reverse(object array)": _reverse,
            "static void Sort(object array)": _sort,
            "static void Clear(object array, int index, int length)": _fill_zero,
            "static int IndexOf<T>(T[] array, T value)": Typed(_index_of),
            "static int LastIndexOf<T>(T[] array, T value)": Typed(_last_index_of),
            "static bool Exists<T>(T[] array, Predicate<T> match)": Typed(lambda t, a, m: _find_index(t, a, m) >= 0),
            "static T Find<T>(T[] array, Predicate<T> match)": Typed(_find),
            "static int FindIndex<T>(T[] array, Predicate<T> match)": Typed(_find_index),
            "static T[] FindAll<T>(T[] array, Predicate<T> match)": Typed(_find_all),
            "static bool TrueForAll<T>(T[] array, Predicate<T> match)": Typed(
                lambda _types, array, match: all(match(item) for item in _needed(array))
            ),
            "static R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)": Typed(_convert_all),
            "static void ForEach<T>(T[] array, Action<T> action)": Typed(_for_each),
            "static T[] Empty<T>()": Typed(_empty),
        },
    ),
)
