"""Binding of tuples: `(a, name: b)` and `(int, string name)`.

The rule here: a tuple is an anonymous object with the names Item1, Item2 … and those that were written.
"""

from __future__ import annotations

from policies.dotnet import anonymous
from policies.dotnet.types import Inline, NetType, net
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.blocks import STATEMENTS

__all__ = ["convert_tuple", "items_of", "literal_as", "tuple_type"]


def tuple_type(kinds: list[NetType], names: list[str]) -> NetType:
    """The type `(kind name, …)`."""
    return anonymous.tuple_type(tuple(names), tuple(kinds))


def _tuple(binder: Binder, node: s.TupleLiteral) -> b.Value:
    items = [binder.bind(item) for item in node.items]
    for item in items:
        if item.type.kind == "pseudo" or item.type.name == "System.Void":
            raise binder.error(item.offset, f"an item of a tuple cannot be {item.type}", "cast it: (string)null")
    names = [name or _own_name(item) for name, item in zip(node.names, node.items, strict=True)]
    return _make(binder, items, tuple_type([item.type for item in items], names), node.offset)


def literal_as(binder: Binder, node: s.TupleLiteral, kind: NetType) -> b.Value:
    """`(a, b)` where a type is wanted: of a tuple's type each item is held to its own."""
    wanted = anonymous.item_types(kind)
    if len(wanted) != len(node.items):
        return binder.converted(_tuple(binder, node), kind, node.offset)
    items = [binder.bind_as(item, each) for item, each in zip(node.items, wanted, strict=True)]
    return _make(binder, items, kind, node.offset)


def _own_name(node: s.Expression) -> str:
    return node.name if isinstance(node, s.Name | s.Member) else ""


def _make(binder: Binder, items: list[b.Value], kind: NetType, offset: int) -> b.Value:
    boxed: list[b.Value] = [binder.converted(item, net("object"), item.offset) for item in items]
    inline = Inline("make(kind, items)", make=anonymous.Anonymous)
    arguments = [b.Constant(offset, net("object"), kind), b.Items(offset, net("object"), boxed, is_tuple=True)]
    return b.Template(offset, kind, inline, ("kind", "items"), arguments)


def convert_tuple(binder: Binder, value: b.Value, kind: NetType) -> b.Value | None:
    """A tuple as another tuple type, item by item."""
    own, wanted = anonymous.item_types(value.type), anonymous.item_types(kind)
    if not own or len(own) != len(wanted):
        return None
    temporary = binder.temporary(value.type)
    load = b.Load(value.offset, value.type, temporary)
    items: list[b.Value] = []
    for number, item_kind in enumerate(wanted, 1):
        member = value.type.members(f"Item{number}")[0]
        item = binder.implicit(binder.call_member(member, load, [], value.offset), item_kind)
        if item is None:
            return None
        items.append(item)
    store = b.Store(value.offset, value.type, temporary, value)
    return b.Sequence(value.offset, kind, [store], _make(binder, items, kind, value.offset))


def items_of(binder: Binder, value: b.Value, count: int, offset: int) -> tuple[b.Value, list[b.Value]]:
    """A tuple put into a temporary, and its items read from there."""
    names = _names(value.type)
    if len(names) != count:
        shown = f"a tuple of {len(names)} items" if names else f"a value of type '{value.type}'"
        raise binder.error(offset, f"{shown} cannot be taken apart into {count} variables")
    temporary = binder.temporary(value.type)
    load = b.Load(offset, value.type, temporary)
    members = [value.type.members(name)[0] for name in names]
    return b.Store(offset, value.type, temporary, value), [binder.call_member(each, load, [], offset) for each in members]


def _names(kind: NetType) -> list[str]:
    """The members that a value is taken apart into, as its type's `Deconstruct` does."""
    if kind.definition.key == "System.Collections.Generic.KeyValuePair`2":
        return ["Key", "Value"]
    count = len(kind.args) if kind.definition.name == "System.Tuple" else 0
    if kind.kind == "struct":
        count = len(anonymous.item_types(kind))
    return [f"Item{number}" for number in range(1, count + 1)]


def _deconstruct(binder: Binder, node: s.Deconstruction) -> b.Statement:
    store, items = items_of(binder, binder.bind(node.value), len(node.names), node.offset)
    effects = [store]
    for name, written, item in zip(node.names, node.types, items, strict=True):
        kind = item.type if written is None else binder.type(written)
        if name == "_":
            continue
        value = binder.converted(item, kind, node.offset)
        effects.append(b.Store(node.offset, kind, binder.declare(name, kind, node.offset, stores=1), value))
    return b.Evaluate(node.offset, b.Sequence(node.offset, store.type, effects[:-1], effects[-1]))


EXPRESSIONS[s.TupleLiteral] = _tuple
STATEMENTS[s.Deconstruction] = _deconstruct
