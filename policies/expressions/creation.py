"""Binding of `new`: objects with their initializers, arrays, anonymous objects, tuples.

The rule here: an initializer is a row of stores and calls on a temporary, in the order of the text.
"""

from __future__ import annotations

from policies.dotnet import objects
from policies.dotnet.anonymous import Anonymous, anonymous_type
from policies.dotnet.grids import Grid, new_grid
from policies.dotnet.types import Inline, Member, NetType, array_of, net
from policies.expressions import bound as b
from policies.expressions import overloads
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.conversions import default_value, implicit_type

__all__ = ["array_of_items", "best_common_type"]


def _new(binder: Binder, node: s.New) -> b.Value:
    """`new kind(arguments) { initializer }`."""
    kind = binder.type(node.type)
    members = kind.members("new")
    if kind.is_nullable and kind.args[0].kind in ("struct", "enum") and len(node.arguments) == 1:
        made: b.Value = binder.converted(binder.bind(node.arguments[0].value), kind, node.offset)
    elif members:
        if kind.is_value_type and not node.arguments and all(member.parameters for member in members):
            made = default_value(kind, node.offset)
        else:
            given = binder.arguments(node.arguments)
            made = binder.call_choice(
                overloads.choose(binder, members, given, (), node.offset, f"new {kind}"), None, node.offset
            )
    elif kind.is_value_type and not node.arguments:
        made = default_value(kind, node.offset)
    elif kind.kind == "delegate" and len(node.arguments) == 1:
        made = binder.bind_as(node.arguments[0].value, kind)
    else:
        what = "an interface" if kind.kind == "interface" else "a type"
        raise binder.error(
            node.offset, f"'{kind}' is {what} that cannot be created", _CREATABLE.get(kind.definition.short_name, "")
        )
    if node.initializer is None or not node.initializer.items:
        return made
    temporary = binder.temporary(kind)
    temporary.never_null = True
    effects: list[b.Value] = [b.Store(node.offset, kind, temporary, made)]
    load = b.Load(node.offset, kind, temporary)
    for item in node.initializer.items:
        effects += _initialize(binder, load, item)
    return b.Sequence(node.offset, kind, effects, load)


_CREATABLE = {
    "IDictionary": "write new Dictionary<…>()",
    "IList": "write new List<…>()",
    "ICollection": "write new List<…>()",
    "IEnumerable": "write new List<…>() or an array",
    "JToken": "write JToken.Parse(…), new JObject(…) or new JValue(…)",
}


def _initialize(binder: Binder, target: b.Value, item: s.MemberInitializer) -> list[b.Value]:
    if item.keys:
        from policies.expressions.calls import index_choice

        choice = index_choice(binder, target, item.keys, item.offset)
        return [_set(binder, choice.member, target, choice, item)]
    if item.name:
        members = [member for member in target.type.members(item.name) if member.kind == "property" and not member.static]
        if not members:
            names = [name for kind in target.type.ancestry() for name in kind.definition.member_names()]
            raise binder.error(item.offset, f"'{target.type}' has no property '{item.name}'", binder.near(item.name, names))
        return _set_property(binder, members[0], target, item)
    given = [overloads.Given("", "", binder.bind(value), value.offset) for value in _expressions(item)]
    members = [member for member in target.type.members("Add") if not member.static]
    if not members:
        raise binder.error(item.offset, f"'{target.type}' has no method 'Add', which a list of values needs")
    choice = overloads.choose(binder, members, given, (), item.offset, "Add")
    return [binder.call_choice(choice, target, item.offset)]


def _expressions(item: s.MemberInitializer) -> list[s.Expression]:
    return [value for value in item.values if isinstance(value, s.Expression)]


def _set_property(binder: Binder, member: Member, target: b.Value, item: s.MemberInitializer) -> list[b.Value]:
    value = item.values[0]
    if isinstance(value, s.Initializer):
        temporary = binder.temporary(member.returns)
        read = binder.call_member(member, target, [], item.offset)
        effects: list[b.Value] = [b.Store(item.offset, member.returns, temporary, read)]
        load = binder.not_null(b.Load(item.offset, member.returns, temporary))
        for inner in value.items:
            effects += _initialize(binder, load, inner)
        return effects
    assert isinstance(value, s.Expression)
    if member.setter is None:
        raise binder.error(item.offset, f"'{target.type}.{item.name}' is read-only")
    given = binder.bind_as(value, member.returns)
    return [binder.work(member.setter, member, target, [given], item.offset, net("void"))]


def _set(binder: Binder, member: Member, target: b.Value, choice: overloads.Choice, item: s.MemberInitializer) -> b.Value:
    if member.setter is None:
        raise binder.error(item.offset, f"'{target.type}' cannot be changed by index: it is read-only")
    value = item.values[0]
    if isinstance(value, s.Initializer):
        raise binder.error(item.offset, "an initializer cannot stand here", "write a value")
    assert isinstance(value, s.Expression)
    keys = [argument for argument in choice.arguments if argument is not None]
    given = binder.bind_as(value, choice.returns)
    return binder.work(member.setter, member, target, [*keys, given], item.offset, net("void"))


# ---- arrays ----------------------------------------------------------------------------------------------------------


def _new_array(binder: Binder, node: s.NewArray) -> b.Value:
    if node.is_bare:
        raise binder.error(node.offset, "items in { } stand in an array's declaration only", "write new[] { … }")
    if node.type is None:
        _, items = _laid_out(binder, node, node.rank)
        values = [binder.bind(item) for item in items]
        element = best_common_type(values)
        if element is None:
            raise binder.error(node.offset, "no type is common to all items of the array", "write new T[] { … }")
        return array_of_items(binder, node, array_of(element, node.rank))
    kind = array_of(binder.type(node.type), node.rank)
    if node.items is not None:
        return array_of_items(binder, node, kind)
    sizes = [_size(binder, size) for size in node.sizes]
    for size in sizes:
        if isinstance(size, b.Constant) and size.value < 0:
            raise binder.error(size.offset, "an array cannot have a negative size")
    made, constant = (objects.new_array, kind.args[0]) if node.rank == 1 else (new_grid, kind)
    return b.Apply(node.offset, kind, made, [b.Constant(node.offset, net("object"), constant), *sizes])


def _size(binder: Binder, node: s.Expression) -> b.Value:
    """An array's size: the first of int, long and ulong that the value converts to."""
    value = binder.bind(node)
    found = (binder.implicit(value, net(kind)) for kind in ("int", "long", "ulong"))
    size = next((each for each in found if each is not None), None)
    return binder.converted(value, net("int"), node.offset, "the array's size") if size is None else size


def array_of_items(binder: Binder, node: s.NewArray, kind: NetType) -> b.Value:
    """`new element[] { items }` of this type."""
    lengths, items = _laid_out(binder, node, kind.rank)
    bare = next((item for item in items if isinstance(item, s.NewArray) and item.is_bare), None)
    if bare is not None:
        raise binder.error(bare.offset, "items in { } stand in an array's declaration only", "write new[] { … }")
    values = [binder.bind_as(item, kind.args[0]) for item in items]
    sizes = [binder.bind_as(size, net("int")) for size in node.sizes]
    if sizes and [size.value if isinstance(size, b.Constant) else None for size in sizes] != lengths:
        shown = " by ".join(map(str, lengths))
        raise binder.error(node.offset, f"the array has {shown} items, which is not its size")
    if kind.rank == 1:
        return binder.array(kind.args[0], values, node.offset)
    anything = net("object")
    given = [b.Constant(node.offset, anything, kind), b.Constant(node.offset, anything, tuple(lengths))]
    return b.Apply(node.offset, kind, Grid, [*given, b.Items(node.offset, anything, values)], is_light=True)


def _laid_out(binder: Binder, node: s.NewArray, rank: int) -> tuple[list[int], list[s.Expression]]:
    """The lengths of an initializer with `rank` levels of braces, and its items in one row."""
    items = node.items or []
    if rank == 1:
        return [len(items)], items
    inner: list[int] = []
    row: list[s.Expression] = []
    for item in items:
        if not (isinstance(item, s.NewArray) and item.is_bare):
            raise binder.error(item.offset, "an array of several dimensions has its items in braces within braces")
        lengths, found = _laid_out(binder, item, rank - 1)
        if inner and lengths != inner:
            raise binder.error(item.offset, "the rows of an array of several dimensions are of one length")
        inner = lengths
        row += found
    return [len(items), *(inner or [0] * (rank - 1))], row


def best_common_type(values: list[b.Value]) -> NetType | None:
    """The one type among those of the values to which all of them convert."""
    kinds = [value.type for value in values if value.type.kind != "pseudo"]
    for kind in dict.fromkeys(kinds):
        if all(implicit_type(value.type, kind) for value in values):
            return kind
    return None


# ---- anonymous objects and tuples ------------------------------------------------------------------------------------


def _new_anonymous(binder: Binder, node: s.NewAnonymous) -> b.Value:
    if len(set(node.names)) != len(node.names):
        raise binder.error(node.offset, "an anonymous object cannot have two members of one name")
    values, boxed = [], []
    for value in node.values:
        found = binder.bind(value)
        if found.type.kind == "pseudo" or found.type.name == "System.Void":
            raise binder.error(value.offset, f"a member of an anonymous object cannot be {found.type}", "cast it: (string)null")
        values.append(found)
        boxed.append(binder.converted(found, net("object"), value.offset))
    kind = anonymous_type(tuple(node.names), tuple(value.type for value in values))
    inline = Inline("make(kind, items)", make=Anonymous)
    arguments = [b.Constant(node.offset, net("object"), kind), b.Items(node.offset, net("object"), boxed, is_tuple=True)]
    return b.Template(node.offset, kind, inline, ("kind", "items"), arguments)


EXPRESSIONS.update({s.New: _new, s.NewArray: _new_array, s.NewAnonymous: _new_anonymous})
