"""Binding of statements that lead elsewhere: conditions, loops, switches, jumps, exceptions, resources.

The rule here: a `break` or `continue` knows what it leads out of; a `finally` block is left by its end only.
"""

from __future__ import annotations

from policies.dotnet.types import NetType, net
from policies.dotnet.values import assignable
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.binder import Binder
from policies.expressions.blocks import STATEMENTS, bind_block, bind_embedded, bind_statement, bind_statements
from policies.expressions.lifting import is_null
from policies.expressions.patterns import pattern_test

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
    for ancestor in kind.ancestry():
        if ancestor.definition.key == "System.Collections.Generic.IEnumerable`1":
            return ancestor.args[0]
    return net("object") if assignable(kind, net("System.Collections.IEnumerable")) else None


# ---- switch and jumps ------------------------------------------------------------------------------------------------


def _switch(binder: Binder, node: s.Switch) -> b.Statement:
    subject = binder.bind(node.subject)
    if subject.type.kind == "pseudo":
        raise binder.error(node.subject.offset, f"a {subject.type} cannot be switched on")
    temporary = binder.temporary(subject.type)
    load = b.Load(node.offset, subject.type, temporary)
    jump = b.Jump(is_loop=False)
    tests: list[b.Value | None] = []
    sections: list[b.Block] = []
    default: int | None = None
    seen: dict[object, int] = {}
    binder.jumps.append(jump)
    with binder.nested() as whole:
        for number, section in enumerate(node.sections):
            if not section.statements:
                raise binder.error(section.offset, "a case has no statements", "end it with break;")
            with binder.nested() as scope:
                test, is_default = _labels(binder, section, load, seen)
                if is_default:
                    if default is not None:
                        raise binder.error(section.offset, "a switch has one 'default' only")
                    default = number
                tests.append(test)
                sections.append(b.Block(section.offset, bind_statements(binder, section.statements, scope.pending)))
            for name in scope.pending:  # a case's variables are the whole switch's, those of its patterns are not
                whole.names[name] = scope.names[name]
    binder.jumps.pop()
    store = b.Store(node.offset, subject.type, temporary, subject)
    return b.Switch(node.offset, store, tests, sections, default, jump)


def _labels(binder: Binder, section: s.SwitchSection, load: b.Value, seen: dict[object, int]) -> tuple[b.Value | None, bool]:
    tests: list[b.Value] = []
    is_default = False
    for case in section.cases:
        if case.pattern is None:
            if is_default:
                raise binder.error(case.offset, "a switch has one 'default' only")
            is_default = True
            continue
        test = pattern_test(binder, case.pattern, load)
        if case.when is not None:
            test = b.And(case.offset, net("bool"), [test, binder.condition(case.when)])
        elif isinstance(case.pattern, s.ConstantPattern) and isinstance(case.pattern.value, s.Literal):
            value = (case.pattern.value.type, case.pattern.value.value)
            if value in seen:
                raise binder.error(case.offset, "this case has occurred already")
            seen[value] = case.offset
        tests.append(test)
    if not tests:
        return None, is_default
    return (tests[0] if len(tests) == 1 else b.Or(section.offset, net("bool"), tests)), is_default


def _break(binder: Binder, node: s.Break) -> b.Statement:
    if not binder.jumps:
        raise binder.error(node.offset, "there is no loop or switch to break out of")
    binder.jumps[-1].breaks += 1
    return b.Break(node.offset, binder.jumps[-1])


def _continue(binder: Binder, node: s.Continue) -> b.Statement:
    target = next((jump for jump in reversed(binder.jumps) if jump.is_loop), None)
    if target is None:
        raise binder.error(node.offset, "there is no loop to continue")
    target.continues += 1
    return b.Continue(node.offset, target)


def _return(binder: Binder, node: s.Return) -> b.Statement:
    if binder.finals:
        raise binder.error(node.offset, "a finally block cannot be left by return")
    wanted, found = binder.returns[-1]
    if node.value is None:
        if wanted is not None and wanted.name != "System.Void":
            raise binder.error(node.offset, f"a value of type '{wanted}' must be returned", "write return value;")
        statement = b.Return(node.offset, None)
    elif wanted is None:
        value = binder.bind(node.value)
        if value.type is b.METHODS or value.type.name == "System.Void":
            raise binder.error(node.value.offset, "this gives no value to return", "a method's arguments stand in ( )")
        statement = b.Return(node.offset, value)
    elif wanted.name == "System.Void":
        raise binder.error(node.offset, "a function of type void returns no value")
    else:
        statement = b.Return(node.offset, binder.bind_as(node.value, wanted))
    found.append(statement)
    return statement


# ---- exceptions and resources ----------------------------------------------------------------------------------------


def _throw(binder: Binder, node: s.ThrowStatement) -> b.Statement:
    if node.operand is None:
        if not binder.handlers:
            raise binder.error(node.offset, "'throw;' stands in a catch only", "write throw new Exception(…);")
        return b.Throw(node.offset, None)
    return b.Throw(node.offset, binder.bind_as(node.operand, net("Exception")))


def _try(binder: Binder, node: s.Try) -> b.Statement:
    tried = bind_block(binder, node.body)
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
        s.Break: _break,
        s.Continue: _continue,
        s.DoWhile: _do,
        s.For: _for,
        s.ForEach: _foreach,
        s.If: _if,
        s.Return: _return,
        s.Switch: _switch,
        s.ThrowStatement: _throw,
        s.Try: _try,
        s.Using: _using,
        s.While: _while,
    }
)
