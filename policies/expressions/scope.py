"""Names of variables and local functions, and how far they reach.

The rule here: as in C#, a name is declared once in a function's nested blocks, and is not used before its declaration; local
functions are known in their whole block.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.expressions import bound as b

__all__ = ["Scope"]


class Scope:
    """One block's names within those of the blocks around it. `function` counts lambdas and local functions around,
    `loop` loops."""

    __slots__ = ("function", "labels", "loop", "names", "parent", "pending")

    def __init__(self, parent: Scope | None = None, *, is_function: bool = False, is_loop: bool = False) -> None:
        self.parent = parent
        self.names: dict[str, b.Variable | b.Function | b.Alias] = {}
        self.pending: set[str] = set()
        self.labels: dict[str, b.Label] = {}
        self.function: int = (parent.function if parent else 0) + is_function
        self.loop: int = (parent.loop if parent else 0) + is_loop

    def chain(self) -> Iterator[Scope]:
        """This scope, then those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, name: str) -> b.Variable | b.Function | b.Alias | None:
        """What the name means here."""
        return next((scope.names[name] for scope in self.chain() if name in scope.names), None)

    def label(self, name: str) -> b.Label | None:
        """The label of this name that can be reached from here: of this block or one around it, within the same function."""
        return next(
            (scope.labels[name] for scope in self.chain() if scope.function == self.function and name in scope.labels), None
        )

    def is_pending(self, name: str) -> bool:
        """Whether the name is declared further down in a block around."""
        return any(name in scope.pending for scope in self.chain())

    def visible(self) -> list[str]:
        """Every name that can be used here."""
        return [name for scope in self.chain() for name in scope.names]
