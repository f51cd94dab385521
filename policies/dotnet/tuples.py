"""System.Tuple: `Tuple.Create(a, b)` and `new Tuple<A, B>(a, b)`.

The rule here: items are kept boxed, as in anonymous objects, and read back as what their types say.
"""

from __future__ import annotations

from typing import Any

from policies.dotnet.types import Class, NetType, Static, Typed, TypeDefinition, find_type
from policies.dotnet.values import box, cast, equals, to_text

__all__ = ["TYPES", "Tuple"]

_LONGEST = 7


class Tuple:
    """A tuple of boxed items."""

    __slots__ = ("items", "net_type")

    def __init__(self, types: tuple[NetType, ...], *items: Any) -> None:
        definition = find_type("System.Tuple", len(types))
        assert definition is not None
        self.net_type = definition.of(*types)
        self.items = tuple(box(item, kind) for item, kind in zip(items, types, strict=True))

    def members(self) -> list[tuple[str, object]]:
        """Names with boxed items, as a serializer sees them."""
        return [(f"Item{number}", item) for number, item in enumerate(self.items, 1)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tuple) or self.net_type is not other.net_type:
            return False
        return all(equals(own, its) for own, its in zip(self.items, other.items, strict=True))

    def __hash__(self) -> int:
        return hash(self.items)

    def __str__(self) -> str:
        return f"({', '.join(map(to_text, self.items))})"


def _item(number: int) -> Typed:
    return Typed(lambda types, owner: cast(owner.items[number], types[number]) if owner.items[number] is not None else None)


def _declare(count: int) -> TypeDefinition:
    names = [f"T{number}" for number in range(1, count + 1)]
    parameters = ", ".join(f"{name} item{name[1:]}" for name in names)
    return Class(
        f"System.Tuple<{', '.join(names)}>",
        members={
            f"new({parameters})": Typed(Tuple),
            **{f"{name} Item{name[1:]}": _item(number) for number, name in enumerate(names)},
        },
    )


def _create(count: int) -> str:
    names = [f"T{number}" for number in range(1, count + 1)]
    generics, parameters = ", ".join(names), ", ".join(f"{name} item{name[1:]}" for name in names)
    return f"static Tuple<{generics}> Create<{generics}>({parameters})"


TYPES = (
    Static("System.Tuple", members={_create(count): Typed(Tuple) for count in range(1, _LONGEST + 1)}),
    *(_declare(count) for count in range(1, _LONGEST + 1)),
)
