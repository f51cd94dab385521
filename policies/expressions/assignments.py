"""Binding of assignments and increments: to variables, properties and indexes.

The rule here: what a target names is evaluated once, whatever is done to it; the result of an assignment is the value assigned.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.dotnet.anonymous import item_number
from policies.dotnet.types import Inline, NetType, net
from policies.expressions import bound as b
from policies.expressions import operators
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.calls import index_choice
from policies.expressions.conversions import INTEGERS, is_numeric, keyword
from policies.expressions.tuples import items_of
from policies.records import Record, field

__all__: list[str] = []


class _Target(Record, frozen=False):
    """Something that can be assigned: `prepare` are effects that come first, once. `parts` are the values that name it: what
    is written before them is what they were before the value was."""

    type: NetType
    prepare: list[b.Value]
    read: Callable[[], b.Value]
    write: Callable[[b.Value], b.Value]
    parts: list[b.Value] = field(default_factory=list)

    def settle(self, binder: Binder, value: b.Value | None) -> None:
        """Keep the variables among the parts that `value` may change (None: any) as they are now."""
        for at, part in enumerate(self.parts):
            if isinstance(part, b.Load) and part.variable.name and (value is None or _may_change(part.variable, value)):
                temporary = binder.temporary(part.type)
                self.prepare.append(b.Store(part.offset, part.type, temporary, part))
                self.parts[at] = b.Load(part.offset, part.type, temporary)


def _may_change(variable: b.Variable, node: b.Bound) -> bool:
    """Whether a node stores into the variable, or calls a function that might."""
    if isinstance(node, b.Invoke) or (isinstance(node, b.Store) and node.variable is variable):
        return True
    return any(_may_change(variable, child) for child in node.children())


def _assign(binder: Binder, node: s.Assign) -> b.Value:
    if isinstance(node.target, s.Name) and node.target.name == "_" and node.operator == "=" and binder.scope.find("_") is None:
        return binder.bind(node.value)
    if isinstance(node.target, s.TupleLiteral) and node.operator == "=":
        return _assign_each(binder, node, node.target)
    target = _target(binder, node.target)
    if node.operator == "=":
        value = binder.bind_as(node.value, target.type)
        target.settle(binder, value)
        return _done(target, target.write(value), node.offset)
    value = binder.bind(node.value)
    target.settle(binder, value)
    result = _compound(binder, node.operator, target, value, node.at)
    return _done(target, target.write(result), node.offset)


def _assign_each(binder: Binder, node: s.Assign, targets: s.TupleLiteral) -> b.Value:
    """`(a, b) = value`: what names the targets first, then the value whole, then its items from left to right."""
    written = [_target(binder, each) for each in targets.items]
    value = binder.bind(node.value)
    store, items = items_of(binder, value, len(targets.items), node.offset)
    for target in written:
        target.settle(binder, None)
    effects = [*(effect for target in written for effect in target.prepare), store]
    for each, target, item in zip(targets.items, written, items, strict=True):
        effects.append(target.write(binder.converted(item, target.type, each.offset)))
    assert isinstance(store, b.Store)
    return b.Sequence(node.offset, value.type, effects, b.Load(node.offset, value.type, store.variable))


def _compound(binder: Binder, sign: str, target: _Target, value: b.Value, offset: int) -> b.Value:
    """`target sign value`, brought back to the target's type as C# does it."""
    result = operators.binary(binder, sign, target.read(), value, offset)
    found = binder.implicit(result, target.type)
    if found is None and _may_narrow(binder, sign, target.type, value):
        found = binder.explicit(result, target.type)
    if found is None:
        raise binder.error(
            offset, f"cannot convert type '{result.type}' to '{target.type}'", f"a cast is needed: ({target.type})(…)"
        )
    return found


def _may_narrow(binder: Binder, sign: str, kind: NetType, value: b.Value) -> bool:
    return binder.implicit(value, kind) is not None or sign in ("<<", ">>")


def _done(target: _Target, write: b.Value, offset: int) -> b.Value:
    return b.Sequence(offset, write.type, target.prepare, write) if target.prepare else write


# ---- increments ------------------------------------------------------------------------------------------------------


def _increment(binder: Binder, node: s.Increment) -> b.Value:
    target = _target(binder, node.operand)
    inner = target.type.args[0] if target.type.is_nullable else target.type
    if not (is_numeric(inner) or inner.kind == "enum"):
        raise binder.error(node.offset, f"operator '{node.operator * 2}' cannot be applied to '{target.type}'")
    kind = "int" if keyword(inner) in (*INTEGERS, "char", "") else keyword(inner)
    one = binder.converted(b.Constant(node.offset, net("int"), 1), net(kind), node.offset)
    before = target.read()
    if node.is_prefix:
        return _done(target, target.write(_stepped(binder, node, target, before, one)), node.offset)
    held = binder.temporary(target.type)
    load = b.Load(node.offset, target.type, held)
    store = b.Store(node.offset, target.type, held, before)
    write = target.write(_stepped(binder, node, target, load, one))
    return b.Sequence(node.offset, target.type, [*target.prepare, store, write], load)


def _stepped(binder: Binder, node: s.Increment, target: _Target, before: b.Value, one: b.Value) -> b.Value:
    result = operators.binary(binder, node.operator, before, one, node.offset)
    found = binder.explicit(result, target.type)
    assert found is not None
    return found


# ---- targets ---------------------------------------------------------------------------------------------------------


def _target(binder: Binder, node: s.Expression) -> _Target:
    match node:
        case s.Name():
            return _variable(binder, node)
        case s.Member():
            return _property(binder, node)
        case s.Index():
            return _element(binder, node)
    raise binder.error(node.offset, "only a variable, a property or an index can be assigned")


def _variable(binder: Binder, node: s.Name) -> _Target:
    variable = binder.scope.find(node.name)
    if not isinstance(variable, b.Variable):
        binder.bind(node)
        raise binder.error(node.offset, f"'{node.name}' cannot be assigned")
    binder.assignable(variable, node.offset)
    return _Target(
        variable.type,
        [],
        lambda: b.Load(node.offset, variable.type, variable),
        lambda value: b.Store(node.offset, variable.type, variable, value),
    )


def _held(binder: Binder, value: b.Value, prepare: list[b.Value]) -> b.Value:
    """The value in a temporary, unless it can be evaluated again."""
    if isinstance(value, b.Constant | b.Load):
        return value
    temporary = binder.temporary(value.type)
    prepare.append(b.Store(value.offset, value.type, temporary, value))
    return b.Load(value.offset, value.type, temporary)


def _property(binder: Binder, node: s.Member) -> _Target:
    owner = binder.bind(node.target) if not _is_type(binder, node.target) else None
    members = owner.type.members(node.name) if owner is not None else ()
    member = next((each for each in members if each.kind == "property" and not each.static), None)
    if owner is None or member is None:
        binder.bind(node)
        raise binder.error(node.at, f"'{node.name}' cannot be assigned")
    number = item_number(owner.type, node.name)
    if number >= 0 and isinstance(owner, b.Load):
        return _item(binder, owner, member.returns, number, node)
    if member.setter is None:
        raise binder.error(
            node.at, f"'{owner.type}.{node.name}' is read-only", "policies such as set-header change the message"
        )
    prepare: list[b.Value] = []
    parts = [_held(binder, owner, prepare)]
    kind = member.returns

    def write(value: b.Value) -> b.Value:
        return _write(
            binder, kind, value, lambda stored: binder.work(member.setter, member, parts[0], [stored], node.at, net("void"))
        )

    return _Target(kind, prepare, lambda: binder.call_member(member, parts[0], [], node.at), write, parts)


def _item(binder: Binder, owner: b.Load, kind: NetType, number: int, node: s.Member) -> _Target:
    """An item of a tuple in a variable: the variable takes a tuple with another item."""
    binder.assignable(owner.variable, node.offset)
    replaced = Inline(f"self.replaced({number}, item)")

    def write(value: b.Value) -> b.Value:
        def store(stored: b.Value) -> b.Value:
            boxed = binder.converted(stored, net("object"), node.at)
            made = b.Template(node.at, owner.type, replaced, ("self", "item"), [owner, boxed])
            return b.Store(node.at, owner.type, owner.variable, made)

        return _write(binder, kind, value, store)

    def read() -> b.Value:
        return binder.call_member(owner.type.members(node.name)[0], owner, [], node.at)

    return _Target(kind, [], read, write)


def _is_type(binder: Binder, node: s.Expression) -> bool:
    return isinstance(binder.bind_any(node), b.TypeReference | b.Namespace)


def _element(binder: Binder, node: s.Index) -> _Target:
    owner = binder.bind(node.target)
    choice = index_choice(binder, owner, node.arguments, node.offset)
    member = choice.member
    if member.setter is None:
        hint = "the set-variable policy sets context.Variables" if owner.type.definition.short_name == "Variables" else ""
        raise binder.error(node.offset, f"'{owner.type}' cannot be changed by index: it is read-only", hint)
    prepare: list[b.Value] = []
    keys = [argument for argument in choice.arguments if argument is not None]
    parts = [_held(binder, part, prepare) for part in (owner, *keys)]
    kind = choice.returns

    def write(value: b.Value) -> b.Value:
        return _write(
            binder,
            kind,
            value,
            lambda stored: binder.work(member.setter, member, parts[0], [*parts[1:], stored], node.offset, net("void")),
        )

    def read() -> b.Value:
        return binder.call_member(member, parts[0], parts[1:], node.offset, (), kind)

    return _Target(kind, prepare, read, write, parts)


def _write(binder: Binder, kind: NetType, value: b.Value, make: Callable[[b.Value], b.Value]) -> b.Value:
    """The setter's call; the whole has the value that was set."""
    if isinstance(value, b.Constant | b.Load):
        return b.Sequence(value.offset, kind, [make(value)], value)
    temporary = binder.temporary(kind)
    load = b.Load(value.offset, kind, temporary)
    return b.Sequence(value.offset, kind, [b.Store(value.offset, kind, temporary, value), make(load)], load)


EXPRESSIONS.update({s.Assign: _assign, s.Increment: _increment})
