"""Binding of statements that hold others: conditions, loops, exceptions, resources.

The rule here: a loop is a jump's target while its body is bound; a `finally` block is left by its end only.
"""

from __future__ import annotations

from policies.dotnet.exceptions import ArgumentNullException
from policies.dotnet.types import NetType, net
from policies.dotnet.values import assignable
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.binder import Binder
from policies.expressions.blocks import STATEMENTS, bind_block, bind_embedded, bind_statement, bind_statements
from policies.expressions.lifting import is_null

__all__: list[str] = []


# ---- conditions and loops --------------------------------------------------------------------------------------------


def _if(binder: Binder, node: s.If) -> b.Statement:
    """A chain of `else if` is walked in a loop, from its end."""
    links: list[tuple[s.If, b.Value, b.Statement]] = []
    current: s.Statement | None = node
    while isinstance(current, s.If):
        links.append((current, binder.condition(current.condition), bind_embedded(binder, current.then)))
        current = current.otherwise
    done = None if current is None else bind_embedded(binder, current)
    for link, test, then in reversed(links):
        done = b.Test(link.offset, test, then, done)
    assert done is not None
    return done


def _in_loop(binder: Binder, node: s.Statement) -> tuple[b.Statement, b.Jump]:
    jump = b.Jump(is_loop=True)
    binder.jumps.append(jump)
    done = bind_embedded(binder, node)
    binder.jumps.pop()
    return done, jump


def _while(binder: Binder, node: s.While) -> b.Statement:
    with binder.nested(is_loop=True):
        test = binder.condition(node.condition)
        done, jump = _in_loop(binder, node.body)
    return b.Loop(node.offset, test, done, [], jump)


def _do(binder: Binder, node: s.DoWhile) -> b.Statement:
    with binder.nested(is_loop=True):
        done, jump = _in_loop(binder, node.body)
        test = binder.condition(node.condition)
    return b.Loop(node.offset, test, done, [], jump, tests_first=False)


def _for(binder: Binder, node: s.For) -> b.Statement:
    with binder.nested() as scope:
        first = bind_statements(binder, node.initializers, scope.pending)
        with binder.nested(is_loop=True):
            test = None if node.condition is None else binder.condition(node.condition)
            done, jump = _in_loop(binder, node.body)
            steps = [bind_statement(binder, step) for step in node.steps]
    return b.Block(node.offset, [*first, b.Loop(node.offset, test, done, steps, jump)])


def _foreach(binder: Binder, node: s.ForEach) -> b.Statement:
    items = binder.bind(node.items)
    element = _element_type(items.type)
    if element is None:
        shown = "null" if items.type is b.NULL else f"'{items.type}'"
        hint = "cast it first: (IEnumerable<…>)value, or (JArray)value" if items.type.name == "System.Object" else ""
        raise binder.error(node.items.offset, f"foreach cannot go through {shown}", hint)
    view = items.type.definition.box
    iterable = binder.not_null(items)
    if view is not None:
        iterable = b.Apply(items.offset, items.type, view, [iterable])
    with binder.nested(is_loop=True):
        each = binder.temporary(element)
        load = b.Load(node.offset, element, each)
        kind = element if node.type is None else binder.type(node.type)
        value = binder.explicit(load, kind)
        if value is None:
            raise binder.error(node.offset, f"cannot convert type '{element}' to '{kind}'")
        variable = binder.declare(node.name, kind, node.offset, is_readonly=True, stores=1)
        done, jump = _in_loop(binder, node.body)
    return b.ForEach(node.offset, each, iterable, variable, value, done, jump)


def _element_type(kind: NetType) -> NetType | None:
    if kind.kind == "pseudo":
        return None
    if kind.rank:
        return kind.args[0]
    for ancestor in kind.ancestry():
        if ancestor.definition.key == "System.Collections.Generic.IEnumerable`1":
            return ancestor.args[0]
    return net("object") if assignable(kind, net("System.Collections.IEnumerable")) else None


# ---- exceptions and resources ----------------------------------------------------------------------------------------


def _throw(binder: Binder, node: s.ThrowStatement) -> b.Statement:
    if node.operand is None:
        if not binder.handlers:
            raise binder.error(node.offset, "'throw;' stands in a catch only", "write throw new Exception(…);")
        return b.Throw(node.offset, None)
    return b.Throw(node.offset, binder.bind_as(node.operand, net("Exception")))


def _try(binder: Binder, node: s.Try) -> b.Statement:
    binder.guards += bool(node.catches)
    tried = bind_block(binder, node.body)
    binder.guards -= bool(node.catches)
    catches: list[b.Catch] = []
    caught_all = False
    for each in node.catches:
        if caught_all:
            raise binder.error(each.offset, "a catch before this one catches everything already")
        found = _catch(binder, each)
        catches.append(found)
        caught_all = found.when is None and (found.type is None or found.type.name == "System.Exception")
    last = None
    if node.last is not None:
        jumps, binder.jumps = binder.jumps, []
        binder.finals += 1
        last = bind_block(binder, node.last)
        binder.finals -= 1
        binder.jumps = jumps
    return b.Try(node.offset, tried, catches, last)


def _catch(binder: Binder, node: s.Catch) -> b.Catch:
    with binder.nested():
        kind = None if node.type is None else binder.type(node.type)
        if kind is not None and not assignable(kind, net("Exception")):
            raise binder.error(node.offset, f"'{kind}' is no exception")
        variable = None
        if node.name and kind is not None:
            variable = binder.declare(node.name, kind, node.offset, stores=1, never_null=True)
        binder.handlers += 1
        when = None if node.when is None else binder.condition(node.when)
        done = bind_block(binder, node.body)
        binder.handlers -= 1
    return b.Catch(node.offset, kind, variable, when, done)


def _lock(binder: Binder, node: s.Lock) -> b.Statement:
    """Nothing is shared between expressions: only null is told."""
    subject = binder.bind(node.subject)
    if subject.type.is_value_type or subject.type.kind == "pseudo":
        raise binder.error(node.subject.offset, f"a lock is held on an object, not on '{subject.type}'")
    held = b.Apply(node.offset, net("void"), _locked, [subject], is_light=True)
    return b.Block(node.offset, [b.Evaluate(node.offset, held), bind_embedded(binder, node.body)])


def _locked(subject: object) -> None:
    if subject is None:
        raise ArgumentNullException("obj")


def _using(binder: Binder, node: s.Using) -> b.Statement:
    with binder.nested() as scope:
        if isinstance(node.resource, s.LocalDeclaration):
            first = bind_statements(binder, [node.resource], scope.pending)
            resources = [scope.names[each.name] for each in node.resource.declarators]
        else:
            assert isinstance(node.resource, s.ExpressionStatement)
            value = binder.bind(node.resource.expression)
            held = binder.temporary(value.type)
            first = [b.Evaluate(node.offset, b.Store(node.offset, value.type, held, value))]
            resources = [held]
        last: list[b.Statement] = []
        for resource in resources:
            assert isinstance(resource, b.Variable)
            resource.is_readonly = True
            last.append(_dispose(binder, resource, node.offset))
        done = bind_embedded(binder, node.body)
    block = done if isinstance(done, b.Block) else b.Block(node.offset, [done])
    return b.Block(node.offset, [*first, b.Try(node.offset, block, [], b.Block(node.offset, last))])


def _dispose(binder: Binder, resource: b.Variable, offset: int) -> b.Statement:
    load = b.Load(offset, resource.type, resource)
    members = [] if resource.type.kind == "pseudo" else list(resource.type.members("Dispose"))
    if not members:
        raise binder.error(
            offset, f"'{resource.type}' cannot be used in 'using': it has no Dispose()", "declare it without using"
        )
    call = binder.call_member(members[0], load, [], offset)
    if isinstance(call, b.Template | b.Apply):
        call.arguments = [argument.operand if isinstance(argument, b.NotNull) else argument for argument in call.arguments]
    test = is_null(load)
    return b.Test(offset, b.Not(offset, net("bool"), test), b.Evaluate(offset, call), None)


STATEMENTS.update(
    {
        s.DoWhile: _do,
        s.For: _for,
        s.ForEach: _foreach,
        s.If: _if,
        s.Lock: _lock,
        s.ThrowStatement: _throw,
        s.Try: _try,
        s.Using: _using,
        s.While: _while,
    }
)
