"""LINQ operators that give sequences, each lazy: nothing is read before the result is enumerated, and each enumeration
reads anew.

The rule here: a null source or function is refused at once, as .NET does; what repeats items without calling a function of
the document's (Concat, Repeat, Range) spends the meter itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, wraps
from itertools import chain, islice
from typing import Any

from policies.dotnet import values
from policies.dotnet.collections.maps import key_function
from policies.dotnet.collections.sequences import Query, boxed_items, metered, needed, sort_key
from policies.dotnet.exceptions import ArgumentOutOfRangeException
from policies.dotnet.meter import charge
from policies.dotnet.objects import default_of
from policies.dotnet.types import NetType, Typed, net

__all__ = ["Grouping", "Lookup", "Ordered", "Types", "enumerable_of", "hashable", "lazy"]

Types = tuple[NetType, ...]
Function = Callable[..., Any]


@cache
def enumerable_of(element: NetType) -> NetType:
    """`IEnumerable<element>`."""
    return net("IEnumerable<object>").definition.of(element)


@cache
def _generic(name: str, *args: NetType) -> NetType:
    arity = ", ".join(["object"] * len(args))
    return net(f"System.Linq.{name}<{arity}>").definition.of(*args)


def lazy(result: int, *required: str) -> Callable[[Callable[..., Iterator[Any]]], Typed]:
    """Makes a generator function over (types, source, …) an operator whose elements are of the type argument `result`.
    `required` are the parameters after the source that must not be null."""

    def make(generate: Callable[..., Iterator[Any]]) -> Typed:
        @wraps(generate)
        def operator(types: Types, source: Iterable[Any] | None, *rest: Any) -> Query:
            needed(source, "source")
            for argument, parameter in zip(rest, required, strict=False):
                needed(argument, parameter)
            return Query(enumerable_of(types[result]), lambda: generate(types, source, *rest))

        return Typed(operator)

    return make


def hashable(comparer: Any, static: NetType) -> Function:
    """What items are compared by in a set."""
    return key_function(comparer, static) or _itself


def _itself(item: Any) -> Any:
    return item


# ---- one sequence ----------------------------------------------------------------------------------------------------


@lazy(0, "predicate")
def where(_types: Types, source: Iterable[Any], predicate: Function) -> Iterator[Any]:
    return filter(predicate, source)


@lazy(0, "predicate")
def where_indexed(_types: Types, source: Iterable[Any], predicate: Function) -> Iterator[Any]:
    return (item for at, item in enumerate(source) if predicate(item, at))


@lazy(1, "selector")
def select(_types: Types, source: Iterable[Any], selector: Function) -> Iterator[Any]:
    return map(selector, source)


@lazy(1, "selector")
def select_indexed(_types: Types, source: Iterable[Any], selector: Function) -> Iterator[Any]:
    return (selector(item, at) for at, item in enumerate(source))


@lazy(1, "selector")
def select_many(_types: Types, source: Iterable[Any], selector: Function) -> Iterator[Any]:
    return (inner for item in source for inner in _counted(selector(item)))


@lazy(1, "selector")
def select_many_indexed(_types: Types, source: Iterable[Any], selector: Function) -> Iterator[Any]:
    return (inner for at, item in enumerate(source) for inner in _counted(selector(item, at)))


@lazy(2, "collectionSelector", "resultSelector")
def select_many_into(_types: Types, source: Iterable[Any], selector: Function, result: Function) -> Iterator[Any]:
    return (result(item, inner) for item in source for inner in selector(item))


@lazy(2, "collectionSelector", "resultSelector")
def select_many_into_indexed(_types: Types, source: Iterable[Any], selector: Function, result: Function) -> Iterator[Any]:
    return (result(item, inner) for at, item in enumerate(source) for inner in selector(item, at))


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        charge(1)
        yield item


@lazy(0)
def take(_types: Types, source: Iterable[Any], count: int) -> Iterator[Any]:
    return islice(source, max(count, 0))


@lazy(0)
def skip(_types: Types, source: Iterable[Any], count: int) -> Iterator[Any]:
    return islice(source, max(count, 0), None)


@lazy(0)
def take_last(_types: Types, source: Iterable[Any], count: int) -> Iterator[Any]:
    return iter(list(metered(source))[-count:] if count > 0 else ())


@lazy(0)
def skip_last(_types: Types, source: Iterable[Any], count: int) -> Iterator[Any]:
    items = list(metered(source))
    return iter(items[: len(items) - max(count, 0)] if count < len(items) else ())


@lazy(0, "predicate")
def take_while(_types: Types, source: Iterable[Any], predicate: Function) -> Iterator[Any]:
    for item in source:
        if not predicate(item):
            return
        yield item


@lazy(0, "predicate")
def take_while_indexed(_types: Types, source: Iterable[Any], predicate: Function) -> Iterator[Any]:
    for at, item in enumerate(source):
        if not predicate(item, at):
            return
        yield item


@lazy(0, "predicate")
def skip_while(_types: Types, source: Iterable[Any], predicate: Function) -> Iterator[Any]:
    skipping = True
    for item in source:
        skipping = skipping and predicate(item)
        if not skipping:
            yield item


@lazy(0, "predicate")
def skip_while_indexed(_types: Types, source: Iterable[Any], predicate: Function) -> Iterator[Any]:
    skipping = True
    for at, item in enumerate(source):
        skipping = skipping and predicate(item, at)
        if not skipping:
            yield item


@lazy(0)
def reverse(_types: Types, source: Iterable[Any]) -> Iterator[Any]:
    return iter(list(metered(source))[::-1])


@lazy(0)
def append(_types: Types, source: Iterable[Any], element: Any) -> Iterator[Any]:
    return chain(source, (element,))


@lazy(0)
def prepend(_types: Types, source: Iterable[Any], element: Any) -> Iterator[Any]:
    return chain((element,), source)


@lazy(0)
def default_if_empty(types: Types, source: Iterable[Any], *otherwise: Any) -> Iterator[Any]:
    empty = True
    for item in source:
        empty = False
        yield item
    if empty:
        yield otherwise[0] if otherwise else default_of(types[0])


@lazy(0)
def cast(types: Types, source: Iterable[Any]) -> Iterator[Any]:
    return (values.cast(item, types[0]) for item in boxed_items(source))


@lazy(0)
def of_type(types: Types, source: Iterable[Any]) -> Iterator[Any]:
    return (values.cast(item, types[0]) for item in boxed_items(source) if values.is_instance(item, types[0]))


# ---- sets and pairs of sequences -------------------------------------------------------------------------------------


@lazy(0, "second")
def concat(_types: Types, first: Iterable[Any], second: Iterable[Any]) -> Iterator[Any]:
    return _counted(chain(first, second))


@lazy(0)
def distinct(types: Types, source: Iterable[Any], comparer: Any = None) -> Iterator[Any]:
    return _new_ones(source, hashable(comparer, types[0]), set())


@lazy(0, "second")
def union(types: Types, first: Iterable[Any], second: Iterable[Any], comparer: Any = None) -> Iterator[Any]:
    return _new_ones(chain(first, second), hashable(comparer, types[0]), set())


@lazy(0, "second")
def except_(types: Types, first: Iterable[Any], second: Iterable[Any], comparer: Any = None) -> Iterator[Any]:
    key = hashable(comparer, types[0])
    return _new_ones(first, key, {key(item) for item in metered(second)})


@lazy(0, "second")
def intersect(types: Types, first: Iterable[Any], second: Iterable[Any], comparer: Any = None) -> Iterator[Any]:
    key = hashable(comparer, types[0])
    wanted = {key(item) for item in metered(second)}
    return _new_ones((item for item in first if key(item) in wanted), key, set())


def _new_ones(items: Iterable[Any], key: Function, seen: set[Any]) -> Iterator[Any]:
    for item in items:
        folded = key(item)
        if folded not in seen:
            seen.add(folded)
            yield item


@lazy(2, "second", "resultSelector")
def zip_(_types: Types, first: Iterable[Any], second: Iterable[Any], result: Function) -> Iterator[Any]:
    return (result(left, right) for left, right in zip(first, second, strict=False))


@lazy(3, "inner", "outerKeySelector", "innerKeySelector", "resultSelector")
def join(
    types: Types,
    outer: Iterable[Any],
    inner: Iterable[Any],
    outer_key: Function,
    inner_key: Function,
    result: Function,
    comparer: Any = None,
) -> Iterator[Any]:
    groups = Lookup.of((types[2], types[1]), inner, inner_key, comparer=comparer)
    for item in outer:
        key = outer_key(item)
        if key is not None:
            for match in groups.get(key):
                yield result(item, match)


@lazy(3, "inner", "outerKeySelector", "innerKeySelector", "resultSelector")
def group_join(
    types: Types,
    outer: Iterable[Any],
    inner: Iterable[Any],
    outer_key: Function,
    inner_key: Function,
    result: Function,
    comparer: Any = None,
) -> Iterator[Any]:
    groups = Lookup.of((types[2], types[1]), inner, inner_key, comparer=comparer)
    return (result(item, groups.get(outer_key(item))) for item in outer)


# ---- groups ----------------------------------------------------------------------------------------------------------


class Grouping(list[Any]):
    """IGrouping<K, T>: items under one key."""

    __slots__ = ("key", "net_type")

    def __init__(self, net_type: NetType, key: Any) -> None:
        super().__init__()
        self.net_type = net_type
        self.key = key

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:  # type: ignore[override]  # by identity, as __eq__
        return id(self)

    def __str__(self) -> str:
        return self.net_type.name


class Lookup:
    """ILookup<K, T>: groups in the order of their first items."""

    __slots__ = ("_groups", "_key", "net_type", "types")

    def __init__(self, types: Types, comparer: Any = None) -> None:
        self.types = types
        self.net_type = _generic("ILookup", *types)
        self._key = hashable(comparer, types[0])
        self._groups: dict[Any, Grouping] = {}

    @classmethod
    def of(
        cls, types: Types, source: Iterable[Any], key: Function, element: Function = _itself, comparer: Any = None
    ) -> Lookup:
        """Every item under its key."""
        lookup = cls(types, comparer)
        for item in source:
            lookup.add(key(item), element(item))
        return lookup

    def add(self, key: Any, item: Any) -> None:
        """Put an item under a key, which may be null."""
        folded = None if key is None else self._key(key)
        group = self._groups.get(folded)
        if group is None:
            group = self._groups[folded] = Grouping(_generic("IGrouping", *self.types), key)
        group.append(item)

    def get(self, key: Any) -> Iterable[Any]:
        """`lookup[key]`: an empty sequence when it is absent."""
        found = self._groups.get(None if key is None else self._key(key))
        return Query(enumerable_of(self.types[1]), lambda: iter(())) if found is None else found

    def has(self, key: Any) -> bool:
        """Contains."""
        return (None if key is None else self._key(key)) in self._groups

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Grouping]:
        return iter(self._groups.values())


def _groups_of(types: Types) -> NetType:
    return enumerable_of(_generic("IGrouping", *types))


def group_by(types: Types, source: Iterable[Any] | None, key: Function, comparer: Any = None) -> Query:
    """GroupBy(key)."""
    items, pair = needed(source, "source"), (types[1], types[0])
    return Query(_groups_of(pair), lambda: iter(Lookup.of(pair, items, key, comparer=comparer)))


def group_elements(types: Types, source: Iterable[Any] | None, key: Function, element: Function, comparer: Any = None) -> Query:
    """GroupBy(key, element)."""
    items, pair = needed(source, "source"), (types[1], types[2])
    return Query(_groups_of(pair), lambda: iter(Lookup.of(pair, items, key, element, comparer)))


def group_into(types: Types, source: Iterable[Any] | None, key: Function, result: Function, comparer: Any = None) -> Query:
    """GroupBy(key, result)."""
    items, pair = needed(source, "source"), (types[1], types[0])
    return Query(
        enumerable_of(types[2]),
        lambda: (result(group.key, group) for group in Lookup.of(pair, items, key, comparer=comparer)),
    )


def group_elements_into(
    types: Types, source: Iterable[Any] | None, key: Function, element: Function, result: Function, comparer: Any = None
) -> Query:
    """GroupBy(key, element, result)."""
    items, pair = needed(source, "source"), (types[1], types[2])
    return Query(
        enumerable_of(types[3]),
        lambda: (result(group.key, group) for group in Lookup.of(pair, items, key, element, comparer)),
    )


# ---- order -----------------------------------------------------------------------------------------------------------


class Ordered(Query):
    """IOrderedEnumerable<T>: sorted, stably, when it is enumerated."""

    __slots__ = ("_criteria", "_items")

    def __init__(self, element: NetType, items: Iterable[Any], criteria: tuple[tuple[Function, Function, bool], ...]) -> None:
        super().__init__(_generic("IOrderedEnumerable", element), self._sorted)
        self._items = items
        self._criteria = criteria

    def _sorted(self) -> Iterator[Any]:
        items = list(self._items)
        charge(len(items) * len(self._criteria))
        for select_key, sort_by, descending in reversed(self._criteria):
            items.sort(key=_composed(select_key, sort_by), reverse=descending)
        return iter(items)

    def then(self, element: NetType, criterion: tuple[Function, Function, bool]) -> Ordered:
        """ThenBy."""
        return Ordered(element, self._items, (*self._criteria, criterion))


def _composed(select_key: Function, sort_by: Function) -> Function:
    return lambda item: sort_by(select_key(item))


def order(*, descending: bool, then: bool = False) -> Typed:
    """OrderBy and its kin: (source, keySelector[, comparer])."""

    def operator(types: Types, source: Any, select_key: Function, comparer: Any = None) -> Ordered:
        needed(source, "source")
        criterion = (select_key, sort_key(comparer, types[1]), descending)
        return source.then(types[0], criterion) if then else Ordered(types[0], source, (criterion,))

    return Typed(operator)


# ---- making ----------------------------------------------------------------------------------------------------------


def sequence(start: int, count: int) -> Query:
    """Enumerable.Range."""
    if count < 0 or start + count - 1 > 2**31 - 1:
        raise ArgumentOutOfRangeException("count")
    return Query(enumerable_of(net("int")), lambda: _counted(range(start, start + count)))


def repeat(types: Types, element: Any, count: int) -> Query:
    """Enumerable.Repeat."""
    if count < 0:
        raise ArgumentOutOfRangeException("count")
    return Query(enumerable_of(types[0]), lambda: _counted(element for _ in range(count)))


def empty(types: Types) -> Query:
    """Enumerable.Empty."""
    return Query(enumerable_of(types[0]), lambda: iter(()))
