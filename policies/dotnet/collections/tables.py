"""System.Collections.Generic: lists, dictionaries, sets, queues, stacks, and the interfaces over them.

The rule here: one function a member; what a class and the interfaces it implements have in common is called by the same
method name (`find`, `item`, `add`, `discard`, `has`), so that an interface's row works for every class behind it.
Source: learn.microsoft.com/dotnet/api/system.collections.generic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policies.dotnet import values
from policies.dotnet.collections.maps import Dictionary, HashSet, Keyed, KeyValuePair, pair_of
from policies.dotnet.collections.sequences import (
    List,
    Queue,
    Stack,
    find_index,
    find_last_index,
    index_of,
    last_index_of,
    metered,
    needed,
    sort_key,
)
from policies.dotnet.exceptions import ArgumentOutOfRangeException, InvalidOperationException
from policies.dotnet.interfaces import copy_to
from policies.dotnet.meter import charge, check_size
from policies.dotnet.objects import array_of_items, default_of
from policies.dotnet.types import Class, Implementation, Inline, Interface, NetType, Struct, Typed, find_type

__all__ = ["TYPES", "Enumerator", "try_get"]

Types = tuple[NetType, ...]


def _made(name: str, make: Callable[..., Any]) -> Callable[..., Any]:
    """A constructor that hands the constructed type to the runtime class."""

    def construct(types: Types, *arguments: Any) -> Any:
        definition = find_type(f"System.Collections.Generic.{name}", len(types))
        assert definition is not None
        return make(definition.of(*types), *arguments)

    return construct


def _from_items(kind: type[List]) -> Callable[..., Any]:
    def make(static: NetType, items: Iterable[Any] | None) -> Any:
        return kind(static, metered(needed(items, "collection")))

    return make


def _with_capacity(kind: type) -> Callable[..., Any]:
    def make(static: NetType, capacity: int) -> Any:
        if capacity < 0:
            raise ArgumentOutOfRangeException("capacity", "Non-negative number required.")
        made = kind(static)
        if isinstance(made, List):
            made.set_capacity(capacity)
        return made

    return make


# ---- List ------------------------------------------------------------------------------------------------------------


def _add_range(items: List, more: Iterable[Any] | None) -> None:
    added = list(metered(needed(more, "collection")))
    check_size(len(items) + len(added))
    items.extend(added)


def _insert_range(items: List, index: int, more: Iterable[Any] | None) -> None:
    added = list(metered(needed(more, "collection")))
    if not 0 <= index <= len(items):
        raise ArgumentOutOfRangeException("index", "Index was out of range.")
    check_size(len(items) + len(added))
    items[index:index] = added


def _remove_all(items: List, match: Callable[[Any], bool]) -> int:
    kept = [item for item in items if not match(item)]
    removed = len(items) - len(kept)
    items[:] = kept
    return removed


def _find(types: Types, items: List, match: Callable[[Any], bool]) -> Any:
    return next((item for item in items if match(item)), default_of(types[0]))


def _find_last(types: Types, items: List, match: Callable[[Any], bool]) -> Any:
    return next((item for item in items[::-1] if match(item)), default_of(types[0]))


def _sort(types: Types, items: List, comparer: Any = None) -> None:
    charge(len(items))
    items[:] = sorted(items, key=sort_key(comparer, types[0]))


def _sort_range(types: Types, items: List, index: int, count: int, comparer: Any) -> None:
    part = items.slice(index, count)
    _sort(types, part, comparer)
    items[index : index + count] = part


def _sort_by(items: List, comparison: Callable[[Any, Any], int]) -> None:
    from functools import cmp_to_key

    items[:] = sorted(items, key=cmp_to_key(comparison))


def _reverse(items: List) -> None:
    charge(len(items) >> 8)
    items.reverse()


def _reverse_range(items: List, index: int, count: int) -> None:
    items[index : index + count] = items.slice(index, count)[::-1]


def _to_array(types: Types, items: Iterable[Any]) -> Any:
    return array_of_items(types[0], list(metered(items)))


def _for_each(items: List, action: Callable[[Any], Any]) -> None:
    for item in items:
        action(item)


def _convert_all(types: Types, items: List, converter: Callable[[Any], Any]) -> List:
    definition = find_type("System.Collections.Generic.List", 1)
    assert definition is not None
    return List(definition.of(types[-1]), [converter(item) for item in items])


def _binary_search(types: Types, items: List, value: Any, comparer: Any = None) -> int:
    key = sort_key(comparer, types[0])
    low, high, wanted = 0, len(items), key(value)
    while low < high:
        middle = (low + high) // 2
        if key(items[middle]) < wanted:
            low = middle + 1
        else:
            high = middle
    found = low < len(items) and not wanted < key(items[low])
    return low if found else ~low


def _binary_search_range(types: Types, items: List, index: int, count: int, value: Any, comparer: Any) -> int:
    found = _binary_search(types, items.slice(index, count), value, comparer)
    return found + index if found >= 0 else found - index


def _copy_range(items: List, index: int, target: Any, to: int, count: int) -> None:
    copy_to(items.slice(index, count), target, to)


_WITHIN = ("", "int startIndex, ", "int startIndex, int count, ")

_LIST: dict[str, Implementation] = {
    "new()": Typed(_made("List", List)),
    "new(int capacity)": Typed(_made("List", _with_capacity(List))),
    "new(IEnumerable<T> collection)": Typed(_made("List", _from_items(List))),
    "int Count": Inline("len(self)", len=len),
    "int Capacity": (Inline("self.capacity"), Inline("self.set_capacity(value)")),
    "T this[int index]": (Inline("self.item(index)"), Inline("self.set_item(index, value)")),
    "void Add(T item)": Inline("self.add(item)"),
    "void AddRange(IEnumerable<T> collection)": _add_range,
    "void Insert(int index, T item)": Inline("self.put(index, item)"),
    "void InsertRange(int index, IEnumerable<T> collection)": _insert_range,
    "bool Remove(T item)": Inline("self.discard(item)"),
    "void RemoveAt(int index)": Inline("self.drop(index)"),
    "void RemoveRange(int index, int count)": Inline("self.drop(index, count)"),
    "int RemoveAll(Predicate<T> match)": _remove_all,
    "void Clear()": Inline("self.clear()"),
    "void TrimExcess()": Inline("self.trim()"),
    "IReadOnlyList<T> AsReadOnly()": Inline("self"),
    "bool Contains(T item)": Inline("self.find_index(item) >= 0"),
    "int IndexOf(T item)": Inline("self.find_index(item)"),
    **{f"int IndexOf(T item, int index{count})": index_of for count in ("", ", int count")},
    **{f"int LastIndexOf(T item{within})": last_index_of for within in ("", ", int index", ", int index, int count")},
    **{f"int FindIndex({within}Predicate<T> match)": find_index for within in _WITHIN},
    **{f"int FindLastIndex({within}Predicate<T> match)": find_last_index for within in _WITHIN},
    "bool Exists(Predicate<T> match)": lambda items, match: find_index(items, match) >= 0,
    "T Find(Predicate<T> match)": Typed(_find),
    "T FindLast(Predicate<T> match)": Typed(_find_last),
    "List<T> FindAll(Predicate<T> match)": lambda items, match: List(items.net_type, [i for i in items if match(i)]),
    "bool TrueForAll(Predicate<T> match)": lambda items, match: all(match(item) for item in items),
    "void ForEach(Action<T> action)": _for_each,
    "void Sort()": Typed(_sort),
    "void Sort(IComparer<T> comparer)": Typed(_sort),
    "void Sort(Comparison<T> comparison)": _sort_by,
    "void Sort(int index, int count, IComparer<T> comparer)": Typed(_sort_range),
    "int BinarySearch(T item)": Typed(_binary_search),
    "int BinarySearch(T item, IComparer<T> comparer)": Typed(_binary_search),
    "int BinarySearch(int index, int count, T item, IComparer<T> comparer)": Typed(_binary_search_range),
    "void Reverse()": _reverse,
    "void Reverse(int index, int count)": _reverse_range,
    "void CopyTo(T[] array)": lambda items, target: copy_to(items, target, 0),
    "void CopyTo(int index, T[] array, int arrayIndex, int count)": _copy_range,
    "T[] ToArray()": Typed(_to_array),
    "List<T> GetRange(int index, int count)": Inline("self.slice(index, count)"),
    "List<TOutput> ConvertAll<TOutput>(Converter<T, TOutput> converter)": Typed(_convert_all),
}


class PlainComparer:
    """EqualityComparer<T>.Default."""

    __slots__ = ()

    def equals(self, left: Any, right: Any) -> bool:
        """Equals."""
        return values.equals(left, right)

    def hash(self, item: Any) -> int:
        """GetHashCode."""
        return hash(item) & 0x7FFFFFFF

    def key(self, item: Any) -> Any:
        """What equal items share."""
        return item


# ---- dictionaries ----------------------------------------------------------------------------------------------------


def _from_pairs(static: NetType, source: Iterable[Any] | None, comparer: Any = None) -> Dictionary:
    return Dictionary(static, comparer, needed(source, "dictionary"))


def try_get(types: Types, source: Keyed, key: Any) -> tuple[bool, Any]:
    """TryGetValue."""
    pair = source.find(key)
    return (False, default_of(types[1])) if pair is None else (True, pair.value)


def _or_default(types: Types, source: Keyed, key: Any, *otherwise: Any) -> Any:
    pair = source.find(key)
    if pair is not None:
        return pair.value
    return otherwise[0] if otherwise else default_of(types[1])


def _remove_out(types: Types, source: Dictionary, key: Any) -> tuple[bool, Any]:
    return source.take(key, default_of(types[1]))


def _contains_value(source: Keyed, value: Any) -> bool:
    return any(values.equals(pair.value, value) for pair in source)


_READ: dict[str, Implementation] = {
    "bool ContainsKey(TKey key)": Inline("self.has(key)"),
    "bool TryGetValue(TKey key, out TValue value)": Typed(try_get),
}

_DICTIONARY: dict[str, Implementation] = {
    "new()": Typed(_made("Dictionary", Dictionary)),
    "new(int capacity)": Typed(_made("Dictionary", _with_capacity(Dictionary))),
    "new(IEqualityComparer<TKey> comparer)": Typed(_made("Dictionary", Dictionary)),
    "new(int capacity, IEqualityComparer<TKey> comparer)": Typed(_made("Dictionary", lambda t, _n, c: Dictionary(t, c))),
    "new(IDictionary<TKey, TValue> dictionary)": Typed(_made("Dictionary", _from_pairs)),
    "new(IDictionary<TKey, TValue> dictionary, IEqualityComparer<TKey> comparer)": Typed(_made("Dictionary", _from_pairs)),
    "new(IEnumerable<KeyValuePair<TKey, TValue>> collection)": Typed(_made("Dictionary", _from_pairs)),
    "new(IEnumerable<KeyValuePair<TKey, TValue>> collection, IEqualityComparer<TKey> comparer)": Typed(
        _made("Dictionary", _from_pairs)
    ),
    "int Count": Inline("len(self)", len=len),
    "TValue this[TKey key]": (Inline("self.item(key)"), Inline("self.set_item(key, value)")),
    **_READ,
    "ICollection<TKey> Keys": Typed(lambda types, source: source.keys(types[0])),
    "ICollection<TValue> Values": Typed(lambda types, source: source.values(types[1])),
    "void Add(TKey key, TValue value)": Inline("self.add(key, value)"),
    "bool TryAdd(TKey key, TValue value)": Inline("self.try_add(key, value)"),
    "bool Remove(TKey key)": Inline("self.discard(key)"),
    "bool Remove(TKey key, out TValue value)": Typed(_remove_out),
    "void Clear()": Inline("self.clear()"),
    "bool ContainsValue(TValue value)": _contains_value,
    "IEqualityComparer<TKey> Comparer": Inline("self.comparer or plain", plain=PlainComparer()),
    "int EnsureCapacity(int capacity)": Inline("capacity"),
    "void TrimExcess()": Inline("None"),
    "void TrimExcess(int capacity)": Inline("None"),
    "TValue GetValueOrDefault(TKey key)": Typed(_or_default),
    "TValue GetValueOrDefault(TKey key, TValue defaultValue)": Typed(_or_default),
}


def _own_pair(pair: Any) -> KeyValuePair:
    """A JObject's properties serve as pairs as long as they are not looked at as objects."""
    return pair if isinstance(pair, KeyValuePair) else KeyValuePair(pair.key, pair.value)


def _pair(types: Types, key: Any, value: Any) -> KeyValuePair:
    return KeyValuePair(key, value, pair_of(*types))


# ---- sets ------------------------------------------------------------------------------------------------------------


def _set_from(static: NetType, items: Iterable[Any] | None, comparer: Any = None) -> HashSet:
    return HashSet(static, needed(items, "collection"), comparer)


def _union(own: HashSet, other: Iterable[Any] | None) -> None:
    for key, item in own.others(other).items():
        own.items.setdefault(key, item)


def _except(own: HashSet, other: Iterable[Any] | None) -> None:
    gone = own.others(other)
    own.keep(lambda key: key not in gone)


def _symmetric(own: HashSet, other: Iterable[Any] | None) -> None:
    more = own.others(other)
    new = {key: item for key, item in more.items() if key not in own.items}
    own.keep(lambda key: key not in more)
    own.items.update(new)


_SET: dict[str, Implementation] = {
    "int Count": Inline("len(self)", len=len),
    "bool Add(T item)": Inline("self.add(item)"),
    "bool Remove(T item)": Inline("self.discard(item)"),
    "bool Contains(T item)": Inline("self.has(item)"),
    "void Clear()": Inline("self.clear()"),
    "void UnionWith(IEnumerable<T> other)": _union,
    "void IntersectWith(IEnumerable<T> other)": lambda own, other: own.keep(own.others(other).__contains__),
    "void ExceptWith(IEnumerable<T> other)": _except,
    "void SymmetricExceptWith(IEnumerable<T> other)": _symmetric,
    "bool IsSubsetOf(IEnumerable<T> other)": lambda own, other: own.items.keys() <= own.others(other).keys(),
    "bool IsSupersetOf(IEnumerable<T> other)": lambda own, other: own.items.keys() >= own.others(other).keys(),
    "bool IsProperSubsetOf(IEnumerable<T> other)": lambda own, other: own.items.keys() < own.others(other).keys(),
    "bool IsProperSupersetOf(IEnumerable<T> other)": lambda own, other: own.items.keys() > own.others(other).keys(),
    "bool Overlaps(IEnumerable<T> other)": lambda own, other: not own.items.keys().isdisjoint(own.others(other)),
    "bool SetEquals(IEnumerable<T> other)": lambda own, other: own.items.keys() == own.others(other).keys(),
}


def _try_get_item(types: Types, own: HashSet, item: Any) -> tuple[bool, Any]:
    key = own.folded(item)
    return (True, own.items[key]) if key in own.items else (False, default_of(types[0]))


def _remove_where(own: HashSet, match: Callable[[Any], bool]) -> int:
    before = len(own)
    own.items = {key: item for key, item in own.items.items() if not match(item)}
    return before - len(own)


# ---- queues and stacks -----------------------------------------------------------------------------------------------


def _line(name: str, kind: type[List], put: str, take: str) -> dict[str, Implementation]:
    return {
        "new()": Typed(_made(name, kind)),
        "new(int capacity)": Typed(_made(name, _with_capacity(kind))),
        "new(IEnumerable<T> collection)": Typed(_made(name, _from_items(kind))),
        "int Count": Inline("len(self)", len=len),
        f"void {put}(T item)": Inline("self.add(item)"),
        f"T {take}()": Inline("self.take()"),
        "T Peek()": Inline("self.peek()"),
        f"bool Try{take}(out T result)": Typed(lambda types, line: line.try_take(default_of(types[0]))),
        "bool TryPeek(out T result)": Typed(lambda types, line: line.try_peek(default_of(types[0]))),
        "bool Contains(T item)": Inline("self.find_index(item) >= 0"),
        "void Clear()": Inline("self.clear()"),
        "void TrimExcess()": Inline("None"),
        "void CopyTo(T[] array, int arrayIndex)": copy_to,
        "T[] ToArray()": Typed(_to_array),
    }


# ---- enumerators -----------------------------------------------------------------------------------------------------


_END = object()


class Enumerator:
    """IEnumerator<T> over any sequence."""

    __slots__ = ("_items", "_started", "current")

    def __init__(self, items: Iterable[Any]) -> None:
        self._items: Iterator[Any] = iter(items)
        self._started = False
        self.current: Any = None

    def move(self) -> bool:
        """MoveNext."""
        self._started = True
        self.current = next(self._items, _END)
        if self.current is not _END:
            return True
        self._started = False
        return False

    def value(self) -> Any:
        """Current."""
        if not self._started:
            raise InvalidOperationException("Enumeration has either not started or has already finished.")
        return self.current


TYPES = (
    Struct(
        "System.Collections.Generic.KeyValuePair<TKey, TValue>",
        zero=KeyValuePair(None, None),
        box=_own_pair,
        members={
            "new(TKey key, TValue value)": Typed(_pair),
            "TKey Key": Inline("self.key"),
            "TValue Value": Inline("self.value"),
            "void Deconstruct(out TKey key, out TValue value)": Inline("(None, self.key, self.value)"),
        },
    ),
    Interface(
        "System.Collections.Generic.IEnumerator<out T>",
        bases=("IDisposable",),
        members={"bool MoveNext()": Inline("self.move()"), "T Current": Inline("self.value()")},
    ),
    Interface(
        "System.Collections.Generic.IEqualityComparer<in T>",
        nameable=False,
        members={"bool Equals(T x, T y)": Inline("self.equals(x, y)"), "int GetHashCode(T obj)": Inline("self.hash(obj)")},
    ),
    Interface(
        "System.Collections.Generic.IComparer<in T>",
        nameable=False,
        members={"int Compare(T x, T y)": Inline("self.compare(x, y)")},
    ),
    Interface(
        "System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>",
        bases=("IReadOnlyCollection<KeyValuePair<TKey, TValue>>",),
        members={
            "TValue this[TKey key]": Inline("self.item(key)"),
            **_READ,
            "IEnumerable<TKey> Keys": Typed(lambda types, source: source.keys(types[0])),
            "IEnumerable<TValue> Values": Typed(lambda types, source: source.values(types[1])),
        },
    ),
    Interface(
        "System.Collections.Generic.IDictionary<TKey, TValue>",
        bases=("ICollection<KeyValuePair<TKey, TValue>>",),
        members={
            "TValue this[TKey key]": (Inline("self.item(key)"), Inline("self.set_item(key, value)")),
            **_READ,
            "ICollection<TKey> Keys": Typed(lambda types, source: source.keys(types[0])),
            "ICollection<TValue> Values": Typed(lambda types, source: source.values(types[1])),
            "void Add(TKey key, TValue value)": Inline("self.add(key, value)"),
            "bool Remove(TKey key)": Inline("self.discard(key)"),
        },
    ),
    Interface("System.Collections.Generic.ISet<T>", bases=("ICollection<T>",), members=_SET),
    Class(
        "System.Collections.Generic.List<T>",
        bases=("IList<T>", "IReadOnlyList<T>"),
        members=_LIST,
    ),
    Class(
        "System.Collections.Generic.Dictionary<TKey, TValue>",
        bases=("IDictionary<TKey, TValue>", "IReadOnlyDictionary<TKey, TValue>"),
        members=_DICTIONARY,
    ),
    Class(
        "System.Collections.Generic.HashSet<T>",
        bases=("ISet<T>", "IReadOnlyCollection<T>"),
        members={
            "new()": Typed(_made("HashSet", HashSet)),
            "new(int capacity)": Typed(_made("HashSet", _with_capacity(HashSet))),
            "new(IEqualityComparer<T> comparer)": Typed(_made("HashSet", lambda t, c: HashSet(t, (), c))),
            "new(int capacity, IEqualityComparer<T> comparer)": Typed(_made("HashSet", lambda t, _n, c: HashSet(t, (), c))),
            "new(IEnumerable<T> collection)": Typed(_made("HashSet", _set_from)),
            "new(IEnumerable<T> collection, IEqualityComparer<T> comparer)": Typed(_made("HashSet", _set_from)),
            **_SET,
            "int EnsureCapacity(int capacity)": Inline("max(capacity, len(self))", max=max, len=len),
            "int RemoveWhere(Predicate<T> match)": _remove_where,
            "bool TryGetValue(T equalValue, out T actualValue)": Typed(_try_get_item),
            "IEqualityComparer<T> Comparer": Inline("self.comparer or plain", plain=PlainComparer()),
            "void TrimExcess()": Inline("None"),
        },
    ),
    Class(
        "System.Collections.Generic.Queue<T>",
        bases=("IReadOnlyCollection<T>",),
        members=_line("Queue", Queue, "Enqueue", "Dequeue"),
    ),
    Class(
        "System.Collections.Generic.Stack<T>",
        bases=("IReadOnlyCollection<T>",),
        members=_line("Stack", Stack, "Push", "Pop"),
    ),
)
