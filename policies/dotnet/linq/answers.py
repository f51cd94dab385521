"""LINQ operators that give one value: they read the sequence at once.

The rule here: an empty sequence is an InvalidOperationException where .NET has one, and the element type's default else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from decimal import Decimal
from itertools import islice
from typing import Any

from policies.dotnet import arithmetic, values
from policies.dotnet.collections.maps import Dictionary, HashSet
from policies.dotnet.collections.sequences import List, metered, needed, sort_key
from policies.dotnet.exceptions import ArgumentNullException, ArgumentOutOfRangeException, InvalidOperationException
from policies.dotnet.linq.queries import Function, Lookup, Types
from policies.dotnet.objects import array_of_items, default_of
from policies.dotnet.types import NetType, net

__all__ = ["NO_ELEMENTS", "average", "total"]

NO_ELEMENTS = "Sequence contains no elements"
_NO_MATCH = "Sequence contains no matching element"
_END: Any = object()


def _matching(source: Any, predicate: tuple[Function, ...]) -> Iterable[Any]:
    items: Iterable[Any] = needed(source, "source")
    if not predicate:
        return items if isinstance(items, Sized) else metered(items)
    return filter(needed(predicate[0], "predicate"), items)


def _nothing(predicate: tuple[Function, ...]) -> InvalidOperationException:
    return InvalidOperationException(_NO_MATCH if predicate else NO_ELEMENTS)


def first(source: Any, *predicate: Function) -> Any:
    """First."""
    found = next(iter(_matching(source, predicate)), _END)
    if found is _END:
        raise _nothing(predicate)
    return found


def first_or_default(types: Types, source: Any, *predicate: Function) -> Any:
    """FirstOrDefault."""
    found = next(iter(_matching(source, predicate)), _END)
    return default_of(types[0]) if found is _END else found


def _last(source: Any, predicate: tuple[Function, ...]) -> Any:
    found = _END
    for found in _matching(source, predicate):  # noqa: B007  # the last one stays
        pass
    return found


def last(source: Any, *predicate: Function) -> Any:
    """Last."""
    found = _last(source, predicate)
    if found is _END:
        raise _nothing(predicate)
    return found


def last_or_default(types: Types, source: Any, *predicate: Function) -> Any:
    """LastOrDefault."""
    found = _last(source, predicate)
    return default_of(types[0]) if found is _END else found


def _only(source: Any, predicate: tuple[Function, ...]) -> Any:
    found = list(islice(iter(_matching(source, predicate)), 2))
    if len(found) > 1:
        raise InvalidOperationException(f"Sequence contains more than one {'matching ' if predicate else ''}element")
    return found[0] if found else _END


def single(source: Any, *predicate: Function) -> Any:
    """Single."""
    found = _only(source, predicate)
    if found is _END:
        raise _nothing(predicate)
    return found


def single_or_default(types: Types, source: Any, *predicate: Function) -> Any:
    """SingleOrDefault."""
    found = _only(source, predicate)
    return default_of(types[0]) if found is _END else found


def element_at(source: Any, index: int) -> Any:
    """ElementAt."""
    found = next(islice(iter(needed(source, "source")), index, None), _END) if index >= 0 else _END
    if found is _END:
        raise ArgumentOutOfRangeException(
            "index", "Index was out of range. Must be non-negative and less than the size of the collection."
        )
    return found


def element_at_or_default(types: Types, source: Any, index: int) -> Any:
    """ElementAtOrDefault."""
    found = next(islice(iter(needed(source, "source")), index, None), _END) if index >= 0 else _END
    return default_of(types[0]) if found is _END else found


def any_(source: Any, *predicate: Function) -> bool:
    """Any."""
    return next(iter(_matching(source, predicate)), _END) is not _END


def all_(source: Any, predicate: Function) -> bool:
    """All."""
    return all(predicate(item) for item in needed(source, "source"))


def count(source: Any, *predicate: Function) -> int:
    """Count and LongCount."""
    items = _matching(source, predicate)
    return len(items) if isinstance(items, Sized) else sum(1 for _ in items)


def contains(types: Types, source: Any, value: Any, comparer: Any = None) -> bool:
    """Contains."""
    if comparer is not None:
        return any(comparer.equals(item, value) for item in needed(source, "source"))
    own = getattr(source, "has", None)
    if own is not None and isinstance(source, HashSet):
        return bool(own(value))
    equals = values.equals
    return any(equals(item, value) for item in metered(needed(source, "source")))


def sequence_equal(types: Types, source: Any, other: Any, comparer: Any = None) -> bool:
    """SequenceEqual."""
    mine, others = list(metered(needed(source, "first"))), list(metered(needed(other, "second")))
    equals = values.equals if comparer is None else comparer.equals
    return len(mine) == len(others) and all(equals(left, right) for left, right in zip(mine, others, strict=True))


def aggregate(source: Any, function: Function) -> Any:
    """Aggregate(func)."""
    items = iter(needed(source, "source"))
    result = next(items, _END)
    if result is _END:
        raise InvalidOperationException(NO_ELEMENTS)
    for item in items:
        result = function(result, item)
    return result


def aggregate_from(source: Any, seed: Any, function: Function, *finish: Function) -> Any:
    """Aggregate(seed, func[, resultSelector])."""
    result = seed
    for item in needed(source, "source"):
        result = function(result, item)
    return finish[0](result) if finish else result


# ---- numbers ---------------------------------------------------------------------------------------------------------


def total(kind: str) -> Callable[..., Any]:
    """Sum of a numeric type: integers overflow, nulls are skipped."""

    def add(source: Any, *selector: Function) -> Any:
        numbers = [number for number in _selected(source, selector) if number is not None]
        if kind == "decimal":
            result = Decimal(0)
            for number in numbers:
                result = arithmetic.decimal_add(result, number)
            return result
        if kind in ("int", "long"):
            low, high = arithmetic.RANGES[net(kind).name]
            return arithmetic.check(sum(numbers), low, high)
        return arithmetic.single(_plain_sum(numbers)) if kind == "float" else _plain_sum(numbers)

    return add


def _plain_sum(numbers: list[float]) -> float:
    """One addition after the other: Python's own sum() compensates since 3.12, .NET does not."""
    result = 0.0
    for number in numbers:
        result += number
    return result


def average(kind: str, *, optional: bool) -> Callable[..., Any]:
    """Average of a numeric type: double for integers; null of nothing when the type is nullable."""

    def mean(source: Any, *selector: Function) -> Any:
        numbers = [number for number in _selected(source, selector) if number is not None]
        if not numbers:
            if optional:
                return None
            raise InvalidOperationException(NO_ELEMENTS)
        if kind == "decimal":
            return arithmetic.decimal_divide(total("decimal")(numbers), Decimal(len(numbers)))
        if kind in ("int", "long"):
            return sum(numbers) / len(numbers)
        result = _plain_sum(numbers) / len(numbers)
        return arithmetic.single(result) if kind == "float" else result

    return mean


def _selected(source: Any, selector: tuple[Function, ...]) -> Iterable[Any]:
    items: Iterable[Any] = needed(source, "source")
    if not selector:
        return metered(items)
    select = selector[0]
    return (select(item) for item in items)


def extreme(*, greatest: bool) -> Callable[..., Any]:
    """Min and Max: of the items' own type, or of what a selector makes of them."""

    def find(types: Types, source: Any, *selector: Function) -> Any:
        static: NetType = types[-1]
        numbers = [item for item in _selected(source, selector) if item is not None]
        if not numbers:
            if static.is_value_type and not static.is_nullable:
                raise InvalidOperationException(NO_ELEMENTS)
            return None
        real = [number for number in numbers if not (isinstance(number, float) and number != number)]  # noqa: PLR0124  # NaN
        if len(real) < len(numbers) and (not greatest or not real):
            return float("nan")
        key = sort_key(None, static)
        return max(real, key=key) if greatest else min(real, key=key)

    return find


# ---- collections -----------------------------------------------------------------------------------------------------


def to_list(types: Types, source: Any) -> List:
    """ToList."""
    return List(net("List<object>").definition.of(types[0]), metered(needed(source, "source")))


def to_array(types: Types, source: Any) -> Any:
    """ToArray."""
    return array_of_items(types[0], list(metered(needed(source, "source"))))


def to_hash_set(types: Types, source: Any, comparer: Any = None) -> HashSet:
    """ToHashSet."""
    return HashSet(net("HashSet<object>").definition.of(types[0]), metered(needed(source, "source")), comparer)


def to_dictionary(types: Types, source: Any, key: Function, comparer: Any = None) -> Dictionary:
    """ToDictionary(key)."""
    return _dictionary((types[1], types[0]), source, key, None, comparer)


def to_dictionary_of(types: Types, source: Any, key: Function, element: Function, comparer: Any = None) -> Dictionary:
    """ToDictionary(key, element)."""
    return _dictionary((types[1], types[2]), source, key, element, comparer)


def _dictionary(types: Types, source: Any, key: Function, element: Function | None, comparer: Any) -> Dictionary:
    result = Dictionary(net("Dictionary<object, object>").definition.of(*types), comparer)
    for item in needed(source, "source"):
        name = key(item)
        if name is None:
            raise ArgumentNullException("key")
        result.add(name, item if element is None else element(item))
    return result


def to_lookup(types: Types, source: Any, key: Function, comparer: Any = None) -> Lookup:
    """ToLookup(key)."""
    return Lookup.of((types[1], types[0]), needed(source, "source"), key, comparer=comparer)


def to_lookup_of(types: Types, source: Any, key: Function, element: Function, comparer: Any = None) -> Lookup:
    """ToLookup(key, element)."""
    return Lookup.of((types[1], types[2]), needed(source, "source"), key, element, comparer)


def as_enumerable(_types: Types, source: Any) -> Any:
    """AsEnumerable."""
    return source
