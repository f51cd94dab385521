"""System.Array: what its static methods do, and what every array has of it.

The rule here: elements are plain values of the array's element type; where one becomes an object it is boxed, and where an
object becomes one it is cast. Source: learn.microsoft.com/dotnet/api/system.array.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from policies.dotnet import values
from policies.dotnet.collections.sequences import find_index, find_last_index, index_of, last_index_of
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    IndexOutOfRangeException,
    InvalidCastException,
)
from policies.dotnet.grids import Grid, get_value, set_value
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


def _typed(find: Callable[..., int]) -> Typed:
    """A search, for arrays of the type that is asked for."""
    return Typed(lambda _types, array, *rest: find(_needed(array), *rest))


def _boxed_index_of(find: Callable[..., int]) -> Callable[..., int]:
    """The form for arrays of whatever type, which looks for a boxed value."""

    def found(array: Any, value: Any, *within: int) -> int:
        kind = _element(_needed(array))
        return find([values.box(item, kind) for item in array], value, *within)

    return found


def _find(_types: object, array: Any, match: Any) -> Any:
    return next((item for item in _needed(array) if match(item)), default_of(_element(array)))


def _find_last(_types: object, array: Any, match: Any) -> Any:
    return next((item for item in reversed(_needed(array)) if match(item)), default_of(_element(array)))


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
    return _binary_search_within(types, array, 0, len(_needed(array)), value, comparer)


def _binary_search_within(types: tuple[NetType], array: Any, index: int, length: int, value: Any, comparer: Any = None) -> int:
    wanted = values.box(value, types[0]) if comparer is None else value
    return _binary_search(array, wanted, index, length, comparer)


# ---- changes ---------------------------------------------------------------------------------------------------------


def _reverse(array: Any) -> None:
    made(len(_needed(array)))
    array.reverse()


def _reverse_range(array: Any, index: int, length: int) -> None:
    _within(array, index, length)
    made(length)
    array[index : index + length] = array[index : index + length][::-1]


def _sort(array: Any, index: int = 0, length: int | None = None, comparer: Any = None) -> None:
    _sort_with(array, None, index, length, comparer)


def _sort_with(keys: Any, items: Any, index: int = 0, length: int | None = None, comparer: Any = None) -> None:
    """Sort a part of `keys`, and put the same places of `items` into the same order."""
    length = len(_needed(keys, "keys")) - index if length is None else length
    _within(keys, index, length)
    if items is not None:
        _within(items, index, length)
    made(length * 64)
    order = cmp_to_key(values.compare if comparer is None else comparer.compare)
    places = sorted(range(index, index + length), key=lambda at: order(keys[at]))
    for array in (keys,) if items is None or items is keys else (keys, items):
        array[index : index + length] = [array[at] for at in places]


def _sort_pairs(_types: object, keys: Any, items: Any, *rest: Any) -> None:
    """`Sort(keys, items[, index, length][, comparer])`."""
    within, comparer = (rest[:2], rest[2:]) if len(rest) > 1 else ((), rest)
    _sort_with(keys, items, *(within or (0, None)), *comparer)


def _sort_by(_types: object, array: Any, comparison: Any) -> None:
    made(len(_needed(array)) * 64)
    array[:] = sorted(array, key=cmp_to_key(_needed(comparison, "comparison")))


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
    _flat(array)
    return values.box(array_get(array, index), _element(array))


def _set(array: Any, value: Any, index: int) -> None:
    _flat(array)
    kind = _element(array)
    if value is None:
        array_set(array, index, default_of(kind))
        return
    if not values.is_instance(value, kind):
        raise InvalidCastException("Object cannot be stored in an array of this type.")
    array_set(array, index, values.cast(value, kind))


def _flat(array: Any) -> None:
    if isinstance(array, Grid):
        raise ArgumentException("Array was not a one-dimensional array.")


def _ranked(array: Any, indexes: list[int]) -> None:
    if len(indexes) != (len(array.lengths) if isinstance(array, Grid) else 1):
        raise ArgumentException("Array was not the correct number of dimensions." if indexes else "Indices are missing.")


def _get_at(array: Any, indexes: list[int]) -> Any:
    _ranked(array, indexes)
    return get_value(array, *indexes) if isinstance(array, Grid) else _get(array, *indexes)


def _set_at(array: Any, value: Any, indexes: list[int]) -> None:
    _ranked(array, indexes)
    (set_value if isinstance(array, Grid) else _set)(array, value, *indexes)


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
            "static void Reverse<T>(T[] array)": Typed(lambda _types, array: _reverse(array)),
            "static void Reverse<T>(T[] array, int index, int length)": Typed(lambda _types, *rest: _reverse_range(*rest)),
            "static void Sort(System.Array array)": _sort,
            "static void Sort(System.Array array, int index, int length)": _sort,
            "static void Sort<T>(T[] array)": Typed(lambda _types, *rest: _sort(*rest)),
            "static void Sort<T>(T[] array, int index, int length)": Typed(lambda _types, *rest: _sort(*rest)),
            "static void Sort<T>(T[] array, int index, int length, IComparer<T> comparer)": Typed(
                lambda _types, *rest: _sort(*rest)
            ),
            "static void Sort(System.Array keys, System.Array items)": _sort_with,
            "static void Sort(System.Array keys, System.Array items, int index, int length)": _sort_with,
            **{
                f"static void Sort<K, V>(K[] keys, V[] items{within}{comparer})": Typed(_sort_pairs)
                for within in ("", ", int index, int length")
                for comparer in ("", ", IComparer<K> comparer")
            },
            "static void Sort<T>(T[] array, Comparison<T> comparison)": Typed(_sort_by),
            "static void Sort<T>(T[] array, IComparer<T> comparer)": Typed(
                lambda _types, array, comparer: _sort(array, comparer=comparer)
            ),
            "static void Clear(System.Array array, int index, int length)": _clear,
            "static void Fill<T>(T[] array, T value)": Typed(_fill),
            "static void Fill<T>(T[] array, T value, int startIndex, int count)": Typed(_fill),
            **{
                f"static int {name}{generic}({kind} array, {value} value{within})": function
                for name, find in (("IndexOf", index_of), ("LastIndexOf", last_index_of))
                for generic, kind, value, function in (
                    ("<T>", "T[]", "T", _typed(find)),
                    ("", "System.Array", "object", _boxed_index_of(find)),
                )
                for within in ("", ", int startIndex", ", int startIndex, int count")
            },
            "static int BinarySearch(System.Array array, object value)": _binary_search,
            "static int BinarySearch(System.Array array, int index, int length, object value)": (
                lambda array, index, length, value: _binary_search(array, value, index, length)
            ),
            "static int BinarySearch<T>(T[] array, T value)": Typed(_binary_search_of),
            "static int BinarySearch<T>(T[] array, T value, IComparer<T> comparer)": Typed(_binary_search_of),
            "static int BinarySearch<T>(T[] array, int index, int length, T value)": Typed(_binary_search_within),
            "static int BinarySearch<T>(T[] array, int index, int length, T value, IComparer<T> comparer)": Typed(
                _binary_search_within
            ),
            "static bool Exists<T>(T[] array, Predicate<T> match)": Typed(
                lambda _types, array, match: find_index(_needed(array), match) >= 0
            ),
            "static T Find<T>(T[] array, Predicate<T> match)": Typed(_find),
            "static T FindLast<T>(T[] array, Predicate<T> match)": Typed(_find_last),
            **{
                f"static int {name}<T>(T[] array, {within}Predicate<T> match)": _typed(find)
                for name, find in (("FindIndex", find_index), ("FindLastIndex", find_last_index))
                for within in ("", "int startIndex, ", "int startIndex, int count, ")
            },
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
            "object GetValue(params int[] indices)": _get_at,
            "void SetValue(object value, params int[] indices)": _set_at,
            "void Initialize()": lambda array: None,
        },
    ),
)
