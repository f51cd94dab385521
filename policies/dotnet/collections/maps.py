"""Dictionary<K, V>, HashSet<T> and KeyValuePair<K, V>, at run time.

The rule here: one Python dict from what a key counts as (itself, or what a comparer folds it to) to the pair, in the order
of insertion. Read-only views of this project's own data (headers, queries, claims, variables) are `View`s.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sized
from typing import Any

from policies.dotnet import values
from policies.dotnet.collections.sequences import CHANGED, Query, metered, needed
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, InvalidOperationException, KeyNotFoundException
from policies.dotnet.meter import charge
from policies.dotnet.types import NetType, find_type

__all__ = ["Dictionary", "HashSet", "KeyValuePair", "Keyed", "View", "key_function"]


class KeyValuePair:
    """System.Collections.Generic.KeyValuePair<K, V>."""

    __slots__ = ("key", "net_type", "value")

    def __init__(self, key: Any, value: Any, net_type: NetType | None = None) -> None:
        self.key = key
        self.value = value
        self.net_type = net_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyValuePair) and values.equals(self.key, other.key) and values.equals(self.value, other.value)

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"[{values.to_text(self.key)}, {values.to_text(self.value)}]"


def pair_of(key: NetType, value: NetType) -> NetType:
    """`KeyValuePair<key, value>`."""
    definition = find_type("System.Collections.Generic.KeyValuePair", 2)
    assert definition is not None
    return definition.of(key, value)


def key_function(comparer: Any, static: NetType) -> Callable[[Any], Hashable] | None:
    """What a key counts as; None when it counts as itself."""
    if comparer is not None:
        fold: Callable[[Any], Hashable] = comparer.key
        return fold
    return _identity_key if not static.is_value_type and static.name != "System.String" else None


def _identity_key(key: Any) -> Hashable:
    """Boxed keys of different types differ, although Python holds 1 and True for the same."""
    if key is None:
        return None
    if isinstance(key, bytearray | list):
        return id(key)
    return (values.type_of(key), key)


class Part(Query):
    """What `Keys` and `Values` give: as long as its dictionary, and following its changes."""

    __slots__ = ("_owner",)

    def __init__(self, element: NetType, owner: Sized, source: Callable[[], Iterator[Any]]) -> None:
        definition = find_type("System.Collections.Generic.ICollection", 1)
        assert definition is not None
        super().__init__(definition.of(element), source)
        self._owner = owner

    def __len__(self) -> int:
        return len(self._owner)


class Keyed:
    """Lookups that every dictionary of ours offers, over `find`."""

    __slots__ = ()

    def find(self, key: Any) -> KeyValuePair | None:
        """The pair with this key."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[KeyValuePair]:
        raise NotImplementedError

    def item(self, key: Any) -> Any:
        """`dictionary[key]`: KeyNotFoundException when it is absent."""
        pair = self.find(key)
        if pair is None:
            raise KeyNotFoundException(f"The given key '{values.to_text(key)}' was not present in the dictionary.")
        return pair.value

    def has(self, key: Any) -> bool:
        """ContainsKey."""
        return self.find(key) is not None

    def __len__(self) -> int:
        raise NotImplementedError

    def keys(self, element: NetType) -> Part:
        """Keys, as a live view."""
        return Part(element, self, lambda: (pair.key for pair in self))

    def values(self, element: NetType) -> Part:
        """Values, as a live view."""
        return Part(element, self, lambda: (pair.value for pair in self))


class Dictionary(Keyed):
    """System.Collections.Generic.Dictionary<K, V>."""

    __slots__ = ("comparer", "fold", "net_type", "pair_type", "pairs")

    def __init__(self, net_type: NetType, comparer: Any = None, pairs: Iterable[Any] = ()) -> None:
        self.net_type = net_type
        self.comparer = comparer
        self.fold = key_function(comparer, net_type.args[0])
        self.pair_type = pair_of(*net_type.args)
        self.pairs: dict[Hashable, KeyValuePair] = {}
        for pair in pairs:
            self.add(pair.key, pair.value)

    def _fold(self, key: Any) -> Hashable:
        if key is None:
            raise ArgumentNullException("key")
        folded: Hashable = key if self.fold is None else self.fold(key)
        return folded

    def find(self, key: Any) -> KeyValuePair | None:
        return self.pairs.get(self._fold(key))

    def add(self, key: Any, value: Any) -> None:
        """Add: ArgumentException when the key is there."""
        folded = self._fold(key)
        if folded in self.pairs:
            raise ArgumentException(f"An item with the same key has already been added. Key: {values.to_text(key)}")
        self.pairs[folded] = KeyValuePair(key, value, self.pair_type)

    def try_add(self, key: Any, value: Any) -> bool:
        """TryAdd."""
        folded = self._fold(key)
        if folded in self.pairs:
            return False
        self.pairs[folded] = KeyValuePair(key, value, self.pair_type)
        return True

    def set_item(self, key: Any, value: Any) -> None:
        """`dictionary[key] = value`."""
        folded = self._fold(key)
        pair = self.pairs.get(folded)
        self.pairs[folded] = KeyValuePair(key if pair is None else pair.key, value, self.pair_type)

    def discard(self, key: Any) -> bool:
        """Remove: whether the key was there."""
        return self.pairs.pop(self._fold(key), None) is not None

    def take(self, key: Any, zero: Any) -> tuple[bool, Any]:
        """Remove(key, out value)."""
        pair = self.pairs.pop(self._fold(key), None)
        return (False, zero) if pair is None else (True, pair.value)

    def clear(self) -> None:
        """Clear."""
        self.pairs.clear()

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[KeyValuePair]:
        charge(len(self.pairs) >> 3)
        try:
            yield from self.pairs.values()
        except RuntimeError:  # Python's word for a dict that grew or shrank meanwhile
            raise InvalidOperationException(CHANGED) from None


class HashSet:
    """System.Collections.Generic.HashSet<T>."""

    __slots__ = ("comparer", "fold", "items", "net_type")

    def __init__(self, net_type: NetType, items: Iterable[Any] = (), comparer: Any = None) -> None:
        self.net_type = net_type
        self.comparer = comparer
        self.fold = key_function(comparer, net_type.args[0])
        self.items: dict[Hashable, Any] = {}
        for item in items:
            self.add(item)

    def folded(self, item: Any) -> Hashable:
        """What the item counts as; null is an item of its own."""
        key: Hashable = item if self.fold is None or item is None else self.fold(item)
        return key

    def add(self, item: Any) -> bool:
        """Add: whether it was new."""
        key = self.folded(item)
        if key in self.items:
            return False
        self.items[key] = item
        return True

    def discard(self, item: Any) -> bool:
        """Remove."""
        key = self.folded(item)
        if key in self.items:
            del self.items[key]
            return True
        return False

    def has(self, item: Any) -> bool:
        """Contains."""
        return self.folded(item) in self.items

    def clear(self) -> None:
        """Clear."""
        self.items.clear()

    def others(self, items: Iterable[Any] | None) -> dict[Hashable, Any]:
        """Another sequence's items by what they count as here."""
        found = {self.folded(item): item for item in metered(needed(items, "other"))}
        return found

    def keep(self, test: Callable[[Hashable], bool]) -> None:
        """Only the items that pass."""
        self.items = {key: item for key, item in self.items.items() if test(key)}

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        charge(len(self.items) >> 3)
        try:
            yield from self.items.values()
        except RuntimeError:  # as in Dictionary
            raise InvalidOperationException(CHANGED) from None


class View(Keyed):
    """A read-only dictionary over data that lives elsewhere: `get` gives a key's value or None, `pairs` all of them."""

    __slots__ = ("_get", "_pairs", "net_type")

    def __init__(self, net_type: NetType, get: Callable[[str], Any], pairs: Callable[[], Iterable[tuple[str, Any]]]) -> None:
        self.net_type = net_type
        self._get = get
        self._pairs = pairs

    def find(self, key: Any) -> KeyValuePair | None:
        value = self._get(needed(key, "key"))
        return None if value is None else KeyValuePair(key, value)

    def __iter__(self) -> Iterator[KeyValuePair]:
        return (KeyValuePair(key, value) for key, value in self._pairs())

    def __len__(self) -> int:
        return sum(1 for _ in self._pairs())
