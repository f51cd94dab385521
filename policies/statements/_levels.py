"""The nested `<api>` and `<operation>` limits of `rate-limit` and `quota`.

The rule here: each level counts by itself, for one subscription, and applies where the request's API and operation are the ones
it names; an `id` goes before a `name` (articles "Limit call rate by subscription", "Set usage quota by subscription").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from policies.context import ApiInfo, OperationInfo, PolicyContext, SubscriptionInfo
from policies.records import Record
from policies.registry import Attribute, Child
from policies.statement import Statement
from policies.steps import Place
from policies.values import STRING

__all__ = ["Level", "Levels", "children", "counter_key"]

T = TypeVar("T")

ID = Attribute("id", STRING)
NAME = Attribute("name", STRING)


class Level(Record, Generic[T]):
    """One limit. `api` and `operation` are (id, name) of what it is for; None for every one."""

    limit: T
    path: str
    api: tuple[str, str] | None = None
    operation: tuple[str, str] | None = None

    def applies(self, context: PolicyContext) -> bool:
        """Whether the request is one that this limit is for."""
        return _is(self.api, context.api) and (self.operation is None or _is(self.operation, context.operation))


def _is(wanted: tuple[str, str] | None, found: ApiInfo | OperationInfo | None) -> bool:
    if wanted is None:
        return True
    identity, name = wanted
    return found is not None and (found.id == identity if identity else found.name == name)


class Levels(Generic[T]):
    """The limits of one statement, its own first."""

    def __init__(self, statement: Statement, api: Child, read: Callable[[Statement, T | None], T]) -> None:
        own = read(statement, None)
        self._levels = [Level(own, "")]
        operation = api.children[0]
        for inner in statement.children(api):
            named = _named(inner)
            path = f"/api/{named[0] or named[1]}"
            self._levels.append(Level(read(inner, own), path, named))
            for innermost in inner.children(operation):
                other = _named(innermost)
                place = f"{path}/operation/{other[0] or other[1]}"
                self._levels.append(Level(read(innermost, own), place, named, other))

    def of(self, context: PolicyContext) -> list[Level[T]]:
        """Those that the request falls under, the statement's own first."""
        return [level for level in self._levels if level.applies(context)]

    def __iter__(self) -> Iterator[Level[T]]:
        return iter(self._levels)


def _named(statement: Statement) -> tuple[str, str]:
    identity, name = statement.get(ID), statement.get(NAME)
    given = (identity.literal if identity else "", name.literal if name else "")
    if not any(given):
        raise statement.error(f"<{statement.name}> names no {statement.name}", hint='write id="…" or name="…"')
    return given


def children(*attributes: Attribute[int]) -> Child:
    """The declaration of `<api>` with its `<operation>`s, both with these attributes."""
    operation = Child(name="operation", many=True, attributes=(ID, NAME, *attributes))
    return Child(name="api", many=True, attributes=(ID, NAME, *attributes), children=(operation,))


def counter_key(place: Place, context: PolicyContext, subscription: SubscriptionInfo, path: str) -> str:
    """What one limit of one subscription is counted under. A fragment counts for each place that includes it."""
    scope = place.origin
    if scope.startswith("fragment/"):
        around = {"product": context.product, "api": context.api, "operation": context.operation}.get(place.scope)
        scope = f"{scope}@{place.scope}/{around.id if around is not None else ''}"
    return f"subscription/{subscription.id}/{scope}{path}"
