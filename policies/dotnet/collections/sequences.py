"""List<T>, Queue<T>, Stack<T> and what LINQ returns, at run time.

The rule here: items are plain values of the element type, which travels along as `net_type`; equality of the collections
themselves is identity, as .NET has it for classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cmp_to_key
from typing import Any

from policies.dotnet import values
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    InvalidOperationException,
)
from policies.dotnet.meter import charge, check_size
from policies.dotnet.types import NetType, net

__all__ = [
    "CHANGED",
    "List",
    "Query",
    "Queue",
    "Stack",
    "boxed_items",
    "element_of",
    "find_index",
    "find_last_index",
    "index_of",
    "last_index_of",
    "metered",
    "needed",
    "sort_key",
]

CHANGED = "Collection was modified; enumeration operation may not execute."
_RANGE = "Index was out of range. Must be non-negative and less than the size of the collection."


def _span_of(items: Any, start: int = 0, count: int | None = None) -> range:
    """The places from `start` on that a search goes through."""
    if not 0 <= start <= len(items):
        raise ArgumentOutOfRangeException("startIndex", _RANGE)
    if count is not None and not 0 <= count <= len(items) - start:
        raise ArgumentOutOfRangeException("count", "Count must be positive and must refer to a location within the collection.")
    found = range(start, len(items) if count is None else start + count)
    charge(len(found) >> 3)
    return found


def _span_before(items: Any, start: int | None = None, count: int | None = None) -> range:
    """The places from `start` back that a search from the end goes through."""
    last = len(items) - 1 if start is None else start
    if not -1 <= last < len(items) or (last < 0 < len(items)):
        raise ArgumentOutOfRangeException("startIndex", _RANGE)
    if count is not None and not 0 <= count <= last + 1:
        raise ArgumentOutOfRangeException("count", "Count must be positive and must refer to a location within the collection.")
    found = range(last, -1 if count is None else last - count, -1)
    charge(len(found) >> 3)
    return found


def index_of(items: Any, value: Any, *within: int) -> int:
    """IndexOf of a list or an array."""
    return next((at for at in _span_of(items, *within) if values.equals(items[at], value)), -1)


def last_index_of(items: Any, value: Any, *within: int) -> int:
    """LastIndexOf."""
    return next((at for at in _span_before(items, *within) if values.equals(items[at], value)), -1)


def find_index(items: Any, *within_and_match: Any) -> int:
    """FindIndex."""
    *within, match = within_and_match
    return next((at for at in _span_of(items, *within) if match(items[at])), -1)


def find_last_index(items: Any, *within_and_match: Any) -> int:
    """FindLastIndex."""
    *within, match = within_and_match
    return next((at for at in _span_before(items, *within) if match(items[at])), -1)


class Query:
    """A lazy IEnumerable<T>: every enumeration starts the generator anew. `kind` is what it is besides."""

    __slots__ = ("_source", "net_type")

    def __init__(self, net_type: NetType, source: Callable[[], Iterator[Any]]) -> None:
        self.net_type = net_type
        self._source = source

    def __iter__(self) -> Iterator[Any]:
        return self._source()


class List(list[Any]):
    """System.Collections.Generic.List<T>. Adding or removing while it is enumerated is noticed at the next item."""

    __slots__ = ("net_type", "room")

    def __init__(self, net_type: NetType, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.net_type = net_type
        self.room = len(self)

    @property
    def capacity(self) -> int:
        """Capacity: it doubles when it is full, from 4 on."""
        while self.room < len(self):
            self.room = max(self.room * 2, 4)
        return self.room

    def set_capacity(self, room: int) -> None:
        """`list.Capacity = room`."""
        if room < len(self):
            raise ArgumentOutOfRangeException("value", "capacity was less than the current size.")
        check_size(room)
        self.room = room

    def trim(self) -> None:
        """TrimExcess: where less than nine tenths are in use."""
        if len(self) < int(self.capacity * 0.9):
            self.room = len(self)

    def __iter__(self) -> Iterator[Any]:
        size = len(self)
        charge(size >> 3)
        for item in super().__iter__():
            yield item
            if len(self) != size:
                raise InvalidOperationException(CHANGED)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:  # type: ignore[override]  # by identity, as __eq__
        return id(self)

    def __str__(self) -> str:
        return self.net_type.name

    def item(self, index: int) -> Any:
        """`list[index]`."""
        if not 0 <= index < len(self):
            raise ArgumentOutOfRangeException("index", _RANGE)
        return self[index]

    def set_item(self, index: int, value: Any) -> None:
        """`list[index] = value`."""
        if not 0 <= index < len(self):
            raise ArgumentOutOfRangeException("index", _RANGE)
        self[index] = value

    def add(self, value: Any) -> None:
        """Add."""
        self.append(value)
        if not len(self) & 0xFFFF:
            check_size(len(self))

    def put(self, index: int, value: Any) -> None:
        """Insert."""
        if not 0 <= index <= len(self):
            raise ArgumentOutOfRangeException("index", "Index must be within the bounds of the List.")
        self.insert(index, value)

    def find_index(self, value: Any) -> int:
        """IndexOf."""
        equals = values.equals
        return next((at for at, own in enumerate(self) if equals(own, value)), -1)

    def discard(self, value: Any) -> bool:
        """Remove: whether the value was there."""
        at = self.find_index(value)
        if at >= 0:
            del self[at]
        return at >= 0

    def drop(self, index: int, count: int = 1) -> None:
        """RemoveAt and RemoveRange."""
        if index < 0 or (count == 1 and index >= len(self)):
            raise ArgumentOutOfRangeException("index", _RANGE)
        self.slice(index, count)
        del self[index : index + count]

    def slice(self, index: int, count: int) -> List:
        """GetRange."""
        if index < 0 or count < 0:
            raise ArgumentOutOfRangeException("index" if index < 0 else "count", "Non-negative number required.")
        if index + count > len(self):
            raise ArgumentException(
                "Offset and length were out of bounds for the array or count is greater than the number of elements."
            )
        return List(self.net_type, self[index : index + count])


class Queue(List):
    """System.Collections.Generic.Queue<T>: the first in is the first out."""

    __slots__ = ()

    def take(self) -> Any:
        """Dequeue."""
        return self.pop(0) if self else self.peek()

    def peek(self) -> Any:
        """Peek."""
        if not self:
            raise InvalidOperationException("Queue empty.")
        return self[0]

    def try_take(self, zero: Any) -> tuple[bool, Any]:
        """TryDequeue."""
        return (True, self.pop(0)) if self else (False, zero)

    def try_peek(self, zero: Any) -> tuple[bool, Any]:
        """TryPeek."""
        return (True, self[0]) if self else (False, zero)


class Stack(List):
    """System.Collections.Generic.Stack<T>: the last in is the first out, and the first to be enumerated. Kept with its top at
    the end."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        size = len(self)
        for at in range(size - 1, -1, -1):
            yield self[at]
            if len(self) != size:
                raise InvalidOperationException(CHANGED)

    def take(self) -> Any:
        """Pop."""
        return self.pop() if self else self.peek()

    def peek(self) -> Any:
        """Peek."""
        if not self:
            raise InvalidOperationException("Stack empty.")
        return self[-1]

    def try_take(self, zero: Any) -> tuple[bool, Any]:
        """TryPop."""
        return (True, self.pop()) if self else (False, zero)

    def try_peek(self, zero: Any) -> tuple[bool, Any]:
        """TryPeek."""
        return (True, self[-1]) if self else (False, zero)


def element_of(items: object) -> NetType | None:
    """The type of what enumerating a value gives; None when it is object already."""
    if isinstance(items, str):
        return net("char")
    if isinstance(items, bytes | bytearray):
        return net("byte")
    own: NetType | None = getattr(items, "net_type", None)
    if own is None:
        return None
    if own.rank:
        return own.args[0]
    for ancestor in own.ancestry():
        if ancestor.definition.key == "System.Collections.Generic.IEnumerable`1":
            return ancestor.args[0]
    return None


def boxed_items(items: Iterable[Any]) -> Iterable[Any]:
    """The items as objects: what a non-generic enumeration of the value gives."""
    element = element_of(items)
    if element is None or not element.is_value_type:
        return items
    return (values.box(item, element) for item in items)


def sort_key(comparer: Any = None, static: NetType | None = None) -> Callable[[Any], Any]:
    """A key for `sorted` by a comparer, or by the default order of a type."""
    if comparer is not None:
        return cmp_to_key(comparer.compare)
    name = "" if static is None else static.name
    if name in _PLAIN_ORDER:
        return _same
    return cmp_to_key(values.compare)


def _same(item: Any) -> Any:
    return item


_PLAIN_ORDER = frozenset(
    f"System.{name}" for name in ("Int32", "Int64", "Int16", "Byte", "SByte", "UInt16", "UInt32", "UInt64", "Boolean", "Char")
)


def metered(items: Iterable[Any]) -> Iterable[Any]:
    """The items, at the meter's expense: for work that calls no function of the document's."""
    if isinstance(items, list | str | bytearray):
        charge(len(items) >> 3)
        return items
    return _counted(items)


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for count, item in enumerate(items, 1):
        if not count & 63:
            charge(8)
        yield item


def needed(value: Any, parameter: str) -> Any:
    """The value, which must not be null."""
    if value is None:
        raise ArgumentNullException(parameter)
    return value
