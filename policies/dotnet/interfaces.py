"""The interfaces that the root types implement: enumeration, lists, formats, disposal.

The rule here: a value that is IEnumerable is a Python iterable, so enumeration itself needs no members.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policies.dotnet.exceptions import ArgumentException, ArgumentOutOfRangeException, NotSupportedException
from policies.dotnet.types import Inline, Interface
from policies.dotnet.values import compare, equals

__all__ = ["TYPES", "compare_to", "copy_to"]


def item_at(items: Any, index: int) -> Any:
    """`items[index]` of anything with a length and an order."""
    if not 0 <= index < len(items):
        raise ArgumentOutOfRangeException("index", "Index was out of range. Must be non-negative and less than the size.")
    return items[index]


def _set_item(items: Any, index: int, value: Any) -> None:
    item_at(items, index)
    items[index] = value


def _index_of(items: Any, item: Any) -> int:
    return next((at for at, own in enumerate(items) if equals(own, item)), -1)


def _contains(items: Any, item: Any) -> bool:
    has = getattr(items, "has", None)
    return _index_of(items, item) >= 0 if has is None else has(item)


def _changed_by(method: str) -> Callable[..., Any]:
    """Calls the method of the collection's own class; one without it is an array or a read-only view."""

    def change(items: Any, *arguments: Any) -> Any:
        own = getattr(items, method, None)
        if own is None or not hasattr(items, "discard"):
            raise NotSupportedException("Collection was of a fixed size.")
        return own(*arguments)

    return change


def _enumerator(items: Any) -> Any:
    from policies.dotnet.collections.tables import Enumerator

    return Enumerator(items)


def compare_to(name: str, own: type, box: Callable[[Any], Any] | None = None) -> Callable[[Any, Any], int]:
    """`CompareTo(object)` of a structure, which takes boxed values of its own type alone."""

    def compared(value: Any, other: Any) -> int:
        if other is None:
            return 1
        if type(other) is not own:
            raise ArgumentException(f"Object must be of type {name.rpartition('.')[2]}.")
        return compare(value if box is None else box(value), other)

    return compared


def copy_to(items: Any, array: Any, index: int) -> None:
    """CopyTo of any collection."""
    if index < 0 or index + len(items) > len(array):
        raise ArgumentException("Destination array was not long enough.")
    for at, item in enumerate(items):
        array[index + at] = item


TYPES = (
    Interface("System.IDisposable", members={"void Dispose()": Inline("None")}),
    Interface("System.IFormatProvider", nameable=False),
    Interface("System.IComparable"),
    Interface("System.Collections.IEnumerable"),
    Interface(
        "System.Collections.Generic.IEnumerable<out T>",
        bases=("System.Collections.IEnumerable",),
        members={"IEnumerator<T> GetEnumerator()": _enumerator},
    ),
    Interface(
        "System.Collections.Generic.IReadOnlyCollection<out T>",
        bases=("IEnumerable<T>",),
        members={"int Count": Inline("len(self)", len=len)},
    ),
    Interface(
        "System.Collections.Generic.IReadOnlyList<out T>",
        bases=("IReadOnlyCollection<T>",),
        members={"T this[int index]": item_at},
    ),
    Interface(
        "System.Collections.Generic.ICollection<T>",
        bases=("IEnumerable<T>",),
        members={
            "int Count": Inline("len(self)", len=len),
            "bool IsReadOnly": Inline("False"),
            "bool Contains(T item)": _contains,
            "void Add(T item)": _changed_by("add"),
            "bool Remove(T item)": _changed_by("discard"),
            "void Clear()": _changed_by("clear"),
            "void CopyTo(T[] array, int arrayIndex)": copy_to,
        },
    ),
    Interface(
        "System.Collections.Generic.IList<T>",
        bases=("ICollection<T>",),
        members={
            "T this[int index]": (item_at, _set_item),
            "int IndexOf(T item)": _index_of,
            "void Insert(int index, T item)": _changed_by("put"),
            "void RemoveAt(int index)": _changed_by("drop"),
        },
    ),
)
