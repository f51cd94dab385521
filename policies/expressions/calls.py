"""Binding of calls and indexes: methods, extension methods, delegates, local functions, indexers.

The rule here: a type's own methods are tried first; extension methods only when none of them applies.
"""

from __future__ import annotations

from collections.abc import Sequence

from policies.dotnet.types import NO_DEFAULT, Member, NetType, Parameter, net
from policies.errors import ExpressionError
from policies.expressions import bound as b
from policies.expressions import overloads
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.names import bind_member, extension_methods

__all__ = ["index_choice"]


def _call(binder: Binder, node: s.Call) -> b.Value:
    called = node.target
    target = bind_member(binder, called, is_called=True) if isinstance(called, s.Member) else binder.bind_any(called)
    match target:
        case b.MethodGroup():
            return _call_group(binder, target, node.arguments, node.offset)
        case b.FunctionReference():
            return _call_function(binder, target.function, node)
        case b.TypeReference():
            raise binder.error(node.offset, f"'{target.type}' is a type and cannot be called", f"write new {target.type}(…)")
        case b.Namespace():
            raise binder.error(node.offset, f"the name '{target.name}' does not exist here")
    if target.type.kind != "delegate":
        raise binder.error(node.offset, f"a value of type '{target.type}' cannot be called")
    return _invoke(binder, target, node)


def _call_group(binder: Binder, group: b.MethodGroup, nodes: list[s.Argument], offset: int) -> b.Value:
    """A method's call: its own overloads first, extension methods when none of them applies."""
    given = binder.arguments(nodes)
    if group.target is not None and group.name == "Invoke" and group.owner.kind == "delegate":
        arguments = _plain(binder, group.members[0], given, group.offset)
        return b.Invoke(offset, group.members[0].returns, binder.not_null(group.target), arguments)
    own: ExpressionError | None = None
    if group.members:
        try:
            choice = overloads.choose(binder, group.members, given, group.arguments, group.offset, group.name)
        except ExpressionError as error:
            own = error
        else:
            return binder.call_choice(choice, group.target, group.offset)
    if group.target is None:
        assert own is not None
        raise own
    extensions = extension_methods(group.name, group.target.type)
    if not extensions:
        assert own is not None
        raise own
    receiver = overloads.Given("", "", group.target, group.target.offset)
    try:
        choice = overloads.choose(binder, extensions, [receiver, *given], group.arguments, group.offset, group.name)
    except ExpressionError:
        if own is not None:
            raise own from None
        raise
    return binder.call_choice(choice, None, group.offset)


def _plain(binder: Binder, member: Member, given: list[overloads.Given], offset: int) -> list[b.Value]:
    choice = overloads.choose(binder, [member], given, (), offset, "Invoke")
    return [argument for argument in choice.arguments if argument is not None]


def _invoke(binder: Binder, target: b.Value, node: s.Call) -> b.Value:
    invoke = target.type.members("Invoke")[0]
    arguments = _plain(binder, invoke, binder.arguments(node.arguments), node.offset)
    return b.Invoke(node.offset, invoke.returns, binder.not_null(target), arguments)


def _call_function(binder: Binder, function: b.Function, node: s.Call) -> b.Value:
    given = binder.arguments(node.arguments)
    returns = function.returns or net("void")
    choice = overloads.choose(binder, [_as_member(function, returns)], given, (), node.offset, function.variable.name)
    load = b.Load(node.offset, function.variable.type, function.variable)
    arguments = [argument for argument in choice.arguments if argument is not None]
    if not function.outputs:
        return b.Invoke(node.offset, returns, load, arguments)
    return binder.stored_back(choice, b.Invoke(node.offset, net("object"), load, arguments), returns, node.offset)


def _as_member(function: b.Function, returns: NetType) -> Member:
    parameters = tuple(
        Parameter(variable.name, variable.type, mode, NO_DEFAULT if default is None else default.value)
        for variable, mode, default in zip(function.parameters, function.modes, function.defaults, strict=True)
    )
    return Member("method", function.variable.name, True, (), parameters, returns, net("object"), None)


def _index(binder: Binder, node: s.Index) -> b.Value:
    target = binder.bind(node.target)
    choice = index_choice(binder, target, node.arguments, node.offset)
    return binder.call_choice(choice, target, node.offset)


def index_choice(binder: Binder, target: b.Value, nodes: Sequence[s.Argument], offset: int) -> overloads.Choice:
    """The indexer that the arguments select."""
    members = () if target.type.kind == "pseudo" else target.type.members("this")
    if not members:
        hint = "cast it first: ((JObject)value)[…]" if target.type.name == "System.Object" else ""
        raise binder.error(offset, f"a value of type '{target.type}' cannot be indexed", hint)
    return overloads.choose(binder, members, binder.arguments(list(nodes)), (), offset, f"{target.type}[…]")


EXPRESSIONS.update({s.Call: _call, s.Index: _index})
