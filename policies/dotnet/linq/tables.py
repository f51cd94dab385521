"""System.Linq.Enumerable and the interfaces that its results have.

The rule here: one row an overload, in the order of the documentation; the work is in `queries` (sequences, lazily) and
`answers` (one value, at once). Source: learn.microsoft.com/dotnet/api/system.linq.enumerable.
"""

from __future__ import annotations

from policies.dotnet.linq import answers, queries
from policies.dotnet.types import Implementation, Inline, Interface, Static, Typed

__all__ = ["TYPES"]

_SOURCE = "this IEnumerable<T> source"
_PREDICATE = "Func<T, bool> predicate"
_COMPARER = "IEqualityComparer<T> comparer"
_KEY = "Func<T, K> keySelector"


def _rows(result: str, name: str, implementation: Implementation, *parameters: str) -> dict[str, Implementation]:
    """One row for each list of further parameters."""
    return {f"static {result} {name}({', '.join(filter(None, (_SOURCE, more)))})": implementation for more in parameters}


def _sequences() -> dict[str, Implementation]:
    many = "IEnumerable<T>"
    return {
        **_rows(many, "Where<T>", queries.where, _PREDICATE),
        **_rows(many, "Where<T>", queries.where_indexed, "Func<T, int, bool> predicate"),
        **_rows("IEnumerable<R>", "Select<T, R>", queries.select, "Func<T, R> selector"),
        **_rows("IEnumerable<R>", "Select<T, R>", queries.select_indexed, "Func<T, int, R> selector"),
        **_rows("IEnumerable<R>", "SelectMany<T, R>", queries.select_many, "Func<T, IEnumerable<R>> selector"),
        **_rows("IEnumerable<R>", "SelectMany<T, R>", queries.select_many_indexed, "Func<T, int, IEnumerable<R>> selector"),
        **_rows(
            "IEnumerable<R>",
            "SelectMany<T, C, R>",
            queries.select_many_into,
            "Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector",
        ),
        **_rows(
            "IEnumerable<R>",
            "SelectMany<T, C, R>",
            queries.select_many_into_indexed,
            "Func<T, int, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector",
        ),
        **_rows(many, "Take<T>", queries.take, "int count"),
        **_rows(many, "Skip<T>", queries.skip, "int count"),
        **_rows(many, "TakeLast<T>", queries.take_last, "int count"),
        **_rows(many, "SkipLast<T>", queries.skip_last, "int count"),
        **_rows(many, "TakeWhile<T>", queries.take_while, _PREDICATE),
        **_rows(many, "TakeWhile<T>", queries.take_while_indexed, "Func<T, int, bool> predicate"),
        **_rows(many, "SkipWhile<T>", queries.skip_while, _PREDICATE),
        **_rows(many, "SkipWhile<T>", queries.skip_while_indexed, "Func<T, int, bool> predicate"),
        **_rows(many, "Reverse<T>", queries.reverse, ""),
        **_rows(many, "Append<T>", queries.append, "T element"),
        **_rows(many, "Prepend<T>", queries.prepend, "T element"),
        **_rows(many, "DefaultIfEmpty<T>", queries.default_if_empty, "", "T defaultValue"),
        "static IEnumerable<R> Cast<R>(this System.Collections.IEnumerable source)": queries.cast,
        "static IEnumerable<R> OfType<R>(this System.Collections.IEnumerable source)": queries.of_type,
        **_rows(many, "AsEnumerable<T>", Typed(answers.as_enumerable), ""),
    }


def _pairs() -> dict[str, Implementation]:
    second = "IEnumerable<T> second"
    joined = "IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, "
    to_one, to_many = f"{joined}Func<T, I, R> resultSelector", f"{joined}Func<T, IEnumerable<I>, R> resultSelector"
    by = "IEqualityComparer<K> comparer"
    return {
        **_rows("IEnumerable<T>", "Concat<T>", queries.concat, second),
        **_rows("IEnumerable<T>", "Distinct<T>", queries.distinct, "", _COMPARER),
        **_rows("IEnumerable<T>", "Union<T>", queries.union, second, f"{second}, {_COMPARER}"),
        **_rows("IEnumerable<T>", "Except<T>", queries.except_, second, f"{second}, {_COMPARER}"),
        **_rows("IEnumerable<T>", "Intersect<T>", queries.intersect, second, f"{second}, {_COMPARER}"),
        **_rows("IEnumerable<R>", "Zip<T, S, R>", queries.zip_, "IEnumerable<S> second, Func<T, S, R> resultSelector"),
        **_rows("IEnumerable<R>", "Join<T, I, K, R>", queries.join, to_one, f"{to_one}, {by}"),
        **_rows("IEnumerable<R>", "GroupJoin<T, I, K, R>", queries.group_join, to_many, f"{to_many}, {by}"),
        **_rows("bool", "SequenceEqual<T>", Typed(answers.sequence_equal), second, f"{second}, {_COMPARER}"),
    }


def _groups() -> dict[str, Implementation]:
    by = "IEqualityComparer<K> comparer"
    element = f"{_KEY}, Func<T, E> elementSelector"
    into = f"{_KEY}, Func<K, IEnumerable<T>, R> resultSelector"
    elements_into = f"{element}, Func<K, IEnumerable<E>, R> resultSelector"
    return {
        **_rows("IEnumerable<IGrouping<K, T>>", "GroupBy<T, K>", Typed(queries.group_by), _KEY, f"{_KEY}, {by}"),
        **_rows("IEnumerable<IGrouping<K, E>>", "GroupBy<T, K, E>", Typed(queries.group_elements), element, f"{element}, {by}"),
        **_rows("IEnumerable<R>", "GroupBy<T, K, R>", Typed(queries.group_into), into, f"{into}, {by}"),
        **_rows(
            "IEnumerable<R>",
            "GroupBy<T, K, E, R>",
            Typed(queries.group_elements_into),
            elements_into,
            f"{elements_into}, {by}",
        ),
        **_rows("ILookup<K, T>", "ToLookup<T, K>", Typed(answers.to_lookup), _KEY, f"{_KEY}, {by}"),
        **_rows("ILookup<K, E>", "ToLookup<T, K, E>", Typed(answers.to_lookup_of), element, f"{element}, {by}"),
        **_rows("Dictionary<K, T>", "ToDictionary<T, K>", Typed(answers.to_dictionary), _KEY, f"{_KEY}, {by}"),
        **_rows("Dictionary<K, E>", "ToDictionary<T, K, E>", Typed(answers.to_dictionary_of), element, f"{element}, {by}"),
        **_rows("List<T>", "ToList<T>", Typed(answers.to_list), ""),
        **_rows("T[]", "ToArray<T>", Typed(answers.to_array), ""),
        **_rows("HashSet<T>", "ToHashSet<T>", Typed(answers.to_hash_set), "", _COMPARER),
    }


def _order() -> dict[str, Implementation]:
    rows: dict[str, Implementation] = {}
    for name, descending in (("", False), ("Descending", True)):
        for comparer in ("", ", IComparer<K> comparer"):
            rows |= _rows(
                "IOrderedEnumerable<T>", f"OrderBy{name}<T, K>", queries.order(descending=descending), _KEY + comparer
            )
            signature = f"ThenBy{name}<T, K>(this IOrderedEnumerable<T> source, {_KEY}{comparer})"
            rows[f"static IOrderedEnumerable<T> {signature}"] = queries.order(descending=descending, then=True)
    return rows


def _single_values() -> dict[str, Implementation]:
    return {
        **_rows("T", "First<T>", answers.first, "", _PREDICATE),
        **_rows("T", "FirstOrDefault<T>", Typed(answers.first_or_default), "", _PREDICATE),
        **_rows("T", "Last<T>", answers.last, "", _PREDICATE),
        **_rows("T", "LastOrDefault<T>", Typed(answers.last_or_default), "", _PREDICATE),
        **_rows("T", "Single<T>", answers.single, "", _PREDICATE),
        **_rows("T", "SingleOrDefault<T>", Typed(answers.single_or_default), "", _PREDICATE),
        **_rows("T", "ElementAt<T>", answers.element_at, "int index"),
        **_rows("T", "ElementAtOrDefault<T>", Typed(answers.element_at_or_default), "int index"),
        **_rows("bool", "Any<T>", answers.any_, "", _PREDICATE),
        **_rows("bool", "All<T>", answers.all_, _PREDICATE),
        **_rows("int", "Count<T>", answers.count, "", _PREDICATE),
        **_rows("long", "LongCount<T>", answers.count, "", _PREDICATE),
        **_rows("bool", "Contains<T>", Typed(answers.contains), "T value", f"T value, {_COMPARER}"),
        **_rows("T", "Aggregate<T>", answers.aggregate, "Func<T, T, T> func"),
        **_rows("A", "Aggregate<T, A>", answers.aggregate_from, "A seed, Func<A, T, A> func"),
        **_rows("R", "Aggregate<T, A, R>", answers.aggregate_from, "A seed, Func<A, T, A> func, Func<A, R> resultSelector"),
        **_rows("T", "Min<T>", Typed(answers.extreme(greatest=False)), ""),
        **_rows("T", "Max<T>", Typed(answers.extreme(greatest=True)), ""),
        **_rows("R", "Min<T, R>", Typed(answers.extreme(greatest=False)), "Func<T, R> selector"),
        **_rows("R", "Max<T, R>", Typed(answers.extreme(greatest=True)), "Func<T, R> selector"),
    }


def _numbers() -> dict[str, Implementation]:
    rows: dict[str, Implementation] = {}
    for kind in ("int", "long", "float", "double", "decimal"):
        for suffix in ("", "?"):
            static, mean = kind + suffix, ("double" if kind in ("int", "long") else kind) + suffix
            add, middle = answers.total(kind), answers.average(kind, optional=bool(suffix))
            rows[f"static {static} Sum(this IEnumerable<{static}> source)"] = add
            rows[f"static {mean} Average(this IEnumerable<{static}> source)"] = middle
            rows |= _rows(static, "Sum<T>", add, f"Func<T, {static}> selector")
            rows |= _rows(mean, "Average<T>", middle, f"Func<T, {static}> selector")
    return rows


TYPES = (
    Interface(
        "System.Linq.IGrouping<out TKey, out TElement>",
        bases=("IEnumerable<TElement>",),
        members={"TKey Key": Inline("self.key")},
    ),
    Interface("System.Linq.IOrderedEnumerable<out TElement>", bases=("IEnumerable<TElement>",)),
    Interface(
        "System.Linq.ILookup<TKey, TElement>",
        bases=("IEnumerable<IGrouping<TKey, TElement>>",),
        members={
            "int Count": Inline("len(self)", len=len),
            "IEnumerable<TElement> this[TKey key]": Inline("self.get(key)"),
            "bool Contains(TKey key)": Inline("self.has(key)"),
        },
    ),
    Static(
        "System.Linq.Enumerable",
        members={
            **_sequences(),
            **_pairs(),
            **_groups(),
            **_order(),
            **_single_values(),
            **_numbers(),
            "static IEnumerable<int> Range(int start, int count)": queries.sequence,
            "static IEnumerable<T> Repeat<T>(T element, int count)": Typed(queries.repeat),
            "static IEnumerable<T> Empty<T>()": Typed(queries.empty),
        },
    ),
)
