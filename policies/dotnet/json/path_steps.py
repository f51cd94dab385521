"""What a JSONPath does: its steps, and the comparisons of its filters.

The rule here: a step turns tokens into tokens, lazily; with `strict` it says why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policies.dotnet.exceptions import JsonException
from policies.dotnet.json.containers import JArray, JObject, JProperty
from policies.dotnet.json.model import JContainer, JToken
from policies.dotnet.json.scalars import JValue
from policies.dotnet.meter import charge

__all__ = ["SIGNS", "Step", "Test", "Tokens", "after", "field", "fields", "filter_", "indexes", "scan", "scan_all", "slice_"]

Tokens = Iterable[JToken]
Step = Callable[[JToken, Tokens, bool], Iterator[JToken]]
Test = Callable[[JToken, JToken], bool]


def _kind(token: JToken) -> str:
    return type(token).__name__


def field(name: str | None) -> Step:
    def step(_root: JToken, tokens: Tokens, strict: bool) -> Iterator[JToken]:
        for token in tokens:
            if isinstance(token, JObject):
                if name is None:
                    yield from token.values()
                    continue
                found = token.item(name)
                if found is not None:
                    yield found
                elif strict:
                    raise JsonException(f"Property '{name}' does not exist on JObject.")
            elif strict:
                raise JsonException(f"Property '{name or '*'}' not valid on {_kind(token)}.")

    return step


def fields(names: tuple[str, ...]) -> Step:
    def step(_root: JToken, tokens: Tokens, strict: bool) -> Iterator[JToken]:
        for token in tokens:
            if isinstance(token, JObject):
                for name in names:
                    found = token.item(name)
                    if found is not None:
                        yield found
                    elif strict:
                        raise JsonException(f"Property '{name}' does not exist on JObject.")
            elif strict:
                shown = ", ".join(f"'{name}'" for name in names)
                raise JsonException(f"Properties {shown} not valid on {_kind(token)}.")

    return step


def indexes(indexes: tuple[int, ...] | None) -> Step:
    def step(_root: JToken, tokens: Tokens, strict: bool) -> Iterator[JToken]:
        for token in tokens:
            if indexes is None:
                if isinstance(token, JArray):
                    yield from token.children()
                elif isinstance(token, JObject):
                    yield from token.values()
                elif strict:
                    raise JsonException(f"Index * not valid on {_kind(token)}.")
                continue
            for index in indexes:
                if isinstance(token, JArray):
                    if index < len(token.items):
                        yield token.item(index)
                    elif strict:
                        raise JsonException(f"Index {index} outside the bounds of JArray.")
                elif strict:
                    raise JsonException(f"Index {index} not valid on {_kind(token)}.")

    return step


def slice_(start: int | None, end: int | None, stride: int | None) -> Step:
    if stride == 0:
        raise JsonException("Step cannot be zero.")

    def step(_root: JToken, tokens: Tokens, strict: bool) -> Iterator[JToken]:
        for token in tokens:
            if isinstance(token, JArray):
                found = token.items[start:end:stride]
                if not found and strict:
                    shown = " to ".join("*" if bound is None else str(bound) for bound in (start, end))
                    raise JsonException(f"Array slice of {shown} returned no results.")
                yield from found
            elif strict:
                raise JsonException(f"Array slice is not valid on {_kind(token)}.")

    return step


def scan(name: str | None) -> Step:
    def step(_root: JToken, tokens: Tokens, _strict: bool) -> Iterator[JToken]:
        for token in tokens:
            if name is None:
                yield token
            for below in token.descendants() if isinstance(token, JContainer) else ():
                charge(1)
                if isinstance(below, JProperty):
                    if below.name == name:
                        yield below.value
                elif name is None:
                    yield below

    return step


def scan_all(_root: JToken, tokens: Tokens, _strict: bool) -> Iterator[JToken]:
    for token in tokens:
        for below in token.descendants(with_self=True) if isinstance(token, JContainer) else (token,):
            charge(1)
            if not isinstance(below, JProperty):
                yield below


def filter_(test: Test, scan: bool) -> Step:
    def step(root: JToken, tokens: Tokens, _strict: bool) -> Iterator[JToken]:
        for token in tokens:
            for child in _filtered(token, scan):
                charge(1)
                if test(root, child):
                    yield child

    return step


def _filtered(token: JToken, scan: bool) -> Iterator[JToken]:
    if scan and isinstance(token, JContainer):
        return (below for below in token.descendants() if not isinstance(below, JProperty))
    children = token.values() if isinstance(token, JObject) else token.children()
    return iter(children)


def after(first: Step, second: Step) -> Step:
    return lambda root, tokens, strict: second(root, first(root, tokens, strict), False)


# ---- comparisons -----------------------------------------------------------------------------------------------------


def _equal(left: Any, right: Any) -> bool:
    if not isinstance(left, JValue) or not isinstance(right, JValue):
        return isinstance(left, JToken) and isinstance(right, JToken) and left.deep_equals(right)
    if _is_number(left) and _is_number(right):
        return left.compare(right) == 0
    if left.kind == right.kind:
        return left == right
    if left.value is None or right.value is None:
        return False
    mixed = isinstance(left.value, str) or isinstance(right.value, str)
    return mixed and not (_is_number(left) or _is_number(right)) and str(left) == str(right)


def _strictly_equal(left: Any, right: Any) -> bool:
    if isinstance(left, JValue) and isinstance(right, JValue) and _is_number(left) and _is_number(right):
        return left.compare(right) == 0
    return isinstance(left, JToken) and isinstance(right, JToken) and left.kind == right.kind and left.deep_equals(right)


def _is_number(value: JValue) -> bool:
    return isinstance(value.value, int | float) and not isinstance(value.value, bool)


def _ordered(test: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if not isinstance(left, JValue) or not isinstance(right, JValue):
            return False
        if left.value is None or right.value is None:
            return False
        return test(left.compare(right))

    return compare


def _matches(left: Any, right: Any) -> bool:
    return isinstance(left, JValue) and isinstance(left.value, str) and right.search(left.value) is not None


SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<>": lambda left, right: not _equal(left, right),
    "===": _strictly_equal,
    "!==": lambda left, right: not _strictly_equal(left, right),
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "=~": _matches,
}
