"""System.Array: what its static methods do, and what every array has of it.

The rule here: elements are plain values of the array's element type; where one becomes an object it is boxed, and where an
object becomes one it is cast. Source: learn.microsoft.com/dotnet/api/system.array.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from policies.dotnet import values
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    IndexOutOfRangeException,
    InvalidCastException,
)
from policies.dotnet.meter import made
from policies.dotnet.objects import TypeName, array_get, array_of_items, array_set, default_of, new_array
from policies.dotnet.types import Class, Inline, NetType, Typed
from policies.dotnet.values import NetArray

__all__ = ["TYPES"]


def _needed(array: Any, name: str = "array") -> Any:
    if array is None:
        raise ArgumentNullException(name)
    return array


def _element(array: Any) -> NetType:
    return values.type_of(array).args[0]


def _within(array: Any, index: int, count: int) -> None:
    if index < 0 or count < 0:
        name = "index" if index < 0 else "length"
        raise ArgumentOutOfRangeException(name, "Non-negative number required.")
    if index + count > len(_needed(array)):
        raise ArgumentException("Offset and length were out of bounds for the array.")


# ---- copies ----------------------------------------------------------------------------------------------------------


def _too_short(which: str, index: str, name: str) -> ArgumentException:
    text = f"{which} array was not long enough. Check the {index} index, length, and the array's lower bounds."
    return ArgumentException(text, name)


def _copy(source: Any, target: Any, length: int) -> None:
    copy_range(source, 0, target, 0, length)


def copy_range(source: Any, start: int, target: Any, to: int, length: int) -> None:
    """Array.Copy."""
    _needed(source, "sourceArray")
    _needed(target, "destinationArray")
    if min(start, to, length) < 0:
        raise ArgumentOutOfRangeException("length", "Non-negative number required.")
    if start + length > len(source):
        raise _too_short("Source", "source", "sourceArray")
    if to + length > len(target):
        raise _too_short("Destination", "destination", "destinationArray")
    made(length)
    target[to : to + length] = source[start : start + length]


def copy_to(source: Any, target: Any, index: int) -> None:
    """`array.CopyTo(target, index)`."""
    copy_range(source, 0, target, index, len(source))


def twin(array: Any) -> Any:
    """`array.Clone()`."""
    made(len(array) * 8)
    return bytearray(array) if isinstance(array, bytearray) else NetArray(array.element, array)


def _resize(types: tuple[NetType], array: Any, length: int) -> tuple[None, Any]:
    if length < 0:
        raise ArgumentOutOfRangeException("newSize", "Non-negative number required.")
    found = new_array(types[0], length)
    kept = min(length, len(array or ()))
    if kept:
        found[:kept] = array[:kept]
    return None, found


# ---- search ----------------------------------------------------------------------------------------------------------


def _index_of(_types: object, array: Any, value: Any, start: int = 0, count: int = -1) -> int:
    count = len(_needed(array)) - start if count == -1 else count
    if start < 0 or count < 0 or start + count > len(array):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range.")
    made(count)
    return next((at for at in range(start, start + count) if values.equals(array[at], value)), -1)


def _last_index_of(_types: object, array: Any, value: Any) -> int:
    made(len(_needed(array)))
    return next((at for at in reversed(range(len(array))) if values.equals(array[at], value)), -1)


def _find(_types: object, array: Any, match: Any) -> Any:
    return next((item for item in _needed(array) if match(item)), default_of(_element(array)))


def _find_last(_types: object, array: Any, match: Any) -> Any:
    return next((item for item in reversed(_needed(array)) if match(item)), default_of(_element(array)))


def _find_index(_types: object, array: Any, match: Any) -> int:
    return next((at for at, item in enumerate(_needed(array)) if match(item)), -1)


def _find_last_index(_types: object, array: Any, match: Any) -> int:
    return next((at for at in reversed(range(len(_needed(array)))) if match(array[at])), -1)


def _find_all(_types: object, array: Any, match: Any) -> Any:
    return array_of_items(_element(array), [item for item in _needed(array) if match(item)])


def _binary_search(array: Any, value: Any, start: int = 0, count: int = -1, comparer: Any = None) -> int:
    """The place of a value in a sorted array; where it belongs, inverted, when it is not there."""
    low = start
    high = start + (len(_needed(array)) - start if count == -1 else count) - 1
    _within(array, start, high - start + 1)
    kind = _element(array)
    order = values.compare if comparer is None else comparer.compare
    while low <= high:
        middle = low + (high - low) // 2
        found = order(values.box(array[middle], kind) if comparer is None else array[middle], value)
        if not found:
            return middle
        low, high = (middle + 1, high) if found < 0 else (low, middle - 1)
    return ~low


def _binary_search_of(types: tuple[NetType], array: Any, value: Any, comparer: Any = None) -> int:
    return _binary_search(array, values.box(value, types[0]) if comparer is None else value, comparer=comparer)


# ---- changes ---------------------------------------------------------------------------------------------------------


def _reverse(array: Any) -> None:
    made(len(_needed(array)))
    array.reverse()


def _reverse_range(array: Any, index: int, length: int) -> None:
    _within(array, index, length)
    made(length)
    array[index : index + length] = array[index : index + length][::-1]


def _sort(array: Any) -> None:
    made(len(_needed(array)) * 64)
    array[:] = sorted(array, key=cmp_to_key(values.compare))


def _sort_by(_types: object, array: Any, comparison: Any) -> None:
    made(len(_needed(array)) * 64)
    array[:] = sorted(array, key=cmp_to_key(_needed(comparison, "comparison")))


def _sort_comparing(_types: object, array: Any, comparer: Any) -> None:
    made(len(_needed(array)) * 64)
    array[:] = sorted(array, key=cmp_to_key(values.compare if comparer is None else comparer.compare))


def _clear(array: Any, index: int, length: int) -> None:
    if index < 0 or length < 0 or index + length > len(_needed(array)):
        raise IndexOutOfRangeException
    made(length)
    array[index : index + length] = [default_of(_element(array))] * length


def _fill(_types: object, array: Any, value: Any, start: int = 0, count: int = -1) -> None:
    count = len(_needed(array)) - start if count == -1 else count
    if start < 0 or count < 0 or start + count > len(array):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range.")
    made(count)
    array[start : start + count] = [value] * count


# ---- the rest --------------------------------------------------------------------------------------------------------


def _convert_all(types: tuple[NetType, NetType], array: Any, converter: Any) -> Any:
    return array_of_items(types[1], [converter(item) for item in _needed(array)])


def _for_each(_types: object, array: Any, action: Any) -> None:
    for item in _needed(array):
        action(item)


def _create(kind: TypeName | None, length: int) -> Any:
    return new_array(_needed(kind, "elementType").of, length)


def _get(array: Any, index: int) -> Any:
    return values.box(array_get(array, index), _element(array))


def _set(array: Any, value: Any, index: int) -> None:
    kind = _element(array)
    if value is None:
        array_set(array, index, default_of(kind))
        return
    if not values.is_instance(value, kind):
        raise InvalidCastException("Object cannot be stored in an array of this type.")
    array_set(array, index, values.cast(value, kind))


def _dimension(measure: Callable[[Any], int]) -> Callable[[Any, int], int]:
    def measured(array: Any, dimension: int) -> int:
        if dimension:
            raise IndexOutOfRangeException("Array does not have that many dimensions.")
        return measure(array)

    return measured


_FROM_TO = "System.Array sourceArray, int sourceIndex, System.Array destinationArray, int destinationIndex, int length"

TYPES = (
    Class(
        "System.Array",
        bases=("System.Collections.IEnumerable",),
        members={
            "static void Copy(System.Array sourceArray, System.Array destinationArray, int length)": _copy,
            f"static void Copy({_FROM_TO})": copy_range,
            f"static void ConstrainedCopy({_FROM_TO})": copy_range,
            "static void Resize<T>(ref T[] array, int newSize)": Typed(_resize),
            "static void Reverse(System.Array array)": _reverse,
            "static void Reverse(System.Array array, int index, int length)": _reverse_range,
            "static void Sort(System.Array array)": _sort,
            "static void Sort<T>(T[] array, Comparison<T> comparison)": Typed(_sort_by),
            "static void Sort<T>(T[] array, IComparer<T> comparer)": Typed(_sort_comparing),
            "static void Clear(System.Array array, int index, int length)": _clear,
            "static void Fill<T>(T[] array, T value)": Typed(_fill),
            "static void Fill<T>(T[] array, T value, int startIndex, int count)": Typed(_fill),
            "static int IndexOf<T>(T[] array, T value)": Typed(_index_of),
            "static int IndexOf<T>(T[] array, T value, int startIndex)": Typed(_index_of),
            "static int IndexOf<T>(T[] array, T value, int startIndex, int count)": Typed(_index_of),
            "static int LastIndexOf<T>(T[] array, T value)": Typed(_last_index_of),
            "static int BinarySearch(System.Array array, object value)": _binary_search,
            "static int BinarySearch(System.Array array, int index, int length, object value)": (
                lambda array, index, length, value: _binary_search(array, value, index, length)
            ),
            "static int BinarySearch<T>(T[] array, T value)": Typed(_binary_search_of),
            "static int BinarySearch<T>(T[] array, T value, IComparer<T> comparer)": Typed(_binary_search_of),
            "static bool Exists<T>(T[] array, Predicate<T> match)": Typed(lambda t, a, m: _find_index(t, a, m) >= 0),
            "static T Find<T>(T[] array, Predicate<T> match)": Typed(_find),
            "static T FindLast<T>(T[] array, Predicate<T> match)": Typed(_find_last),
            "static int FindIndex<T>(T[] array, Predicate<T> match)": Typed(_find_index),
            "static int FindLastIndex<T>(T[] array, Predicate<T> match)": Typed(_find_last_index),
            "static T[] FindAll<T>(T[] array, Predicate<T> match)": Typed(_find_all),
            "static bool TrueForAll<T>(T[] array, Predicate<T> match)": Typed(
                lambda _types, array, match: all(match(item) for item in _needed(array))
            ),
            "static R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)": Typed(_convert_all),
            "static void ForEach<T>(T[] array, Action<T> action)": Typed(_for_each),
            "static T[] Empty<T>()": Typed(lambda types: new_array(types[0], 0)),
            "static System.Array CreateInstance(Type elementType, int length)": _create,
            "static IReadOnlyList<T> AsReadOnly<T>(T[] array)": Typed(lambda _types, array: _needed(array)),
            "int Length": Inline("len(self)", len=len),
            "long LongLength": Inline("len(self)", len=len),
            "int Rank": Inline("1"),
            "bool IsFixedSize": Inline("True"),
            "bool IsReadOnly": Inline("False"),
            "bool IsSynchronized": Inline("False"),
            "object SyncRoot": Inline("self"),
            "object Clone()": twin,
            "void CopyTo(System.Array array, int index)": copy_to,
            "int GetLength(int dimension)": _dimension(len),
            "long GetLongLength(int dimension)": _dimension(len),
            "int GetUpperBound(int dimension)": _dimension(lambda array: len(array) - 1),
            "int GetLowerBound(int dimension)": _dimension(lambda array: 0),
            "object GetValue(int index)": _get,
            "void SetValue(object value, int index)": _set,
            "void Initialize()": lambda array: None,
        },
    ),
)
