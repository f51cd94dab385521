"""Anonymous objects and tuples: types that the compiler makes from names and types of members.

The rule here: members are kept boxed, in order, under their names, so that a serializer sees what reflection would show it.
Two objects of the same names and types have the same type, and are equal when their members are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from policies.dotnet.objects import default_of
from policies.dotnet.types import Inline, Member, NetType, TypeDefinition
from policies.dotnet.values import box, equals, to_text

__all__ = ["Anonymous", "anonymous_type", "item_number", "item_types", "tuple_type"]


class Anonymous:
    """An anonymous object or a tuple; `items` are its members' values, boxed."""

    __slots__ = ("items", "net_type")

    def __init__(self, net_type: NetType, items: tuple[object, ...]) -> None:
        self.net_type = net_type
        self.items = items

    def members(self) -> Iterator[tuple[str, object]]:
        """Names with boxed values, in order."""
        return zip(self.net_type.definition.own, self.items, strict=False)

    def replaced(self, number: int, item: object) -> Anonymous:
        """The same with another boxed item: how an item of a tuple is assigned, since nobody else sees the one before."""
        return Anonymous(self.net_type, (*self.items[:number], item, *self.items[number + 1 :]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Anonymous) or self.net_type.name != other.net_type.name:
            return False
        if self.net_type.kind == "class" and self.net_type is not other.net_type:
            return False
        return all(equals(own, its) for own, its in zip(self.items, other.items, strict=True))

    def __hash__(self) -> int:
        return hash(self.items)

    def __str__(self) -> str:
        if self.net_type.kind == "struct":
            return f"({', '.join(map(to_text, self.items))})"
        shown = ", ".join(f"{name} = {to_text(value)}" for name, value in self.members())
        return f"{{ {shown} }}" if shown else "{ }"


@cache
def anonymous_type(names: tuple[str, ...], kinds: tuple[NetType, ...]) -> NetType:
    """The type of `new { name = …, … }`."""
    shown = ", ".join(f"{kind} {name}" for name, kind in zip(names, kinds, strict=True))
    definition = TypeDefinition("class", "AnonymousType", nameable=False)
    arguments = f"`{len(kinds)}[{','.join(kind.name for kind in kinds)}]" if kinds else ""
    definition.name = f"<>f__AnonymousType0{arguments}"
    definition.keyword = f"<anonymous: {shown}>"
    return _with_members(definition, names, kinds)


@cache
def tuple_type(names: tuple[str, ...], kinds: tuple[NetType, ...]) -> NetType:
    """`(kind name, …)`: Item1 … under their own names too. Tuples of the same types differ here by their names."""
    shown = ",".join(kind.name for kind in kinds)
    definition = TypeDefinition("struct", "System.ValueTuple", nameable=False)
    definition.name = f"System.ValueTuple`{len(kinds)}[{shown}]"
    definition.keyword = f"({', '.join(f'{kind} {name}'.rstrip() for kind, name in zip(kinds, names, strict=True))})"
    items = tuple(f"Item{number}" for number in range(1, len(kinds) + 1))
    found = _with_members(definition, items, kinds)
    definition.zero = lambda: Anonymous(found, tuple(box(default_of(kind), kind) for kind in kinds))
    for name, item in zip(names, items, strict=True):
        if name:
            definition.own.setdefault(name, definition.own[item])
    return found


def _with_members(definition: TypeDefinition, names: tuple[str, ...], kinds: tuple[NetType, ...]) -> NetType:
    found = definition.of()
    for number, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        unbox = kind.definition.unbox
        inner = kind.args[0].definition.unbox if kind.is_nullable else None
        if unbox is not None:
            work = Inline(f"unbox(self.items[{number}])", unbox=unbox)
        elif inner is not None:
            work = Inline(f"unbox(self.items[{number}])", unbox=_optional(inner))
        else:
            work = Inline(f"self.items[{number}]")
        definition.own[name] = (Member("property", name, False, (), (), kind, found, work),)
    return found


def _optional(unbox: object) -> object:
    assert callable(unbox)
    return lambda value: None if value is None else unbox(value)


def item_number(kind: NetType, name: str) -> int:
    """Which item of a tuple a name means, counted from 0; -1 for none, and for types that are no tuples."""
    own = kind.definition.own.get(name) if kind.kind == "struct" else None
    items = [kind.definition.own.get(f"Item{number}") for number in range(1, len(kind.definition.own) + 1)]
    return -1 if own is None else items.index(own)


def item_types(kind: NetType) -> list[NetType]:
    """The types of a tuple's items; none for other types."""
    names = (f"Item{number}" for number in range(1, 9))
    return [kind.definition.own[name][0].returns for name in names if name in kind.definition.own]
