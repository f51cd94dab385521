"""The interfaces that the root types implement: enumeration, lists, formats, disposal.

The rule here: a value that is IEnumerable is a Python iterable, so enumeration itself needs no members.
"""

from __future__ import annotations

from typing import Any

from policies.dotnet.exceptions import ArgumentOutOfRangeException, NotSupportedException
from policies.dotnet.types import Inline, Interface
from policies.dotnet.values import equals

__all__ = ["TYPES"]


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


def _fixed(items: Any, *_rest: Any) -> None:
    raise NotSupportedException("Collection was of a fixed size.")


TYPES = (
    Interface("System.IDisposable", members={"void Dispose()": Inline("None")}),
    Interface("System.IFormatProvider", nameable=False),
    Interface("System.IComparable"),
    Interface("System.Collections.IEnumerable"),
    Interface("System.Collections.Generic.IEnumerable<out T>", bases=("System.Collections.IEnumerable",)),
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
            "bool Contains(T item)": lambda items, item: _index_of(items, item) >= 0,
            "void Add(T item)": _fixed,
            "bool Remove(T item)": _fixed,
            "void Clear()": _fixed,
        },
    ),
    Interface(
        "System.Collections.Generic.IList<T>",
        bases=("ICollection<T>",),
        members={
            "T this[int index]": (item_at, _set_item),
            "int IndexOf(T item)": _index_of,
            "void Insert(int index, T item)": _fixed,
            "void RemoveAt(int index)": _fixed,
        },
    ),
)
