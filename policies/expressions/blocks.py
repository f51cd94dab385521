"""Binding of statements.

The rule here: a block's local functions are declared before its statements are bound, so that they may call each other; a
`break` or `continue` knows what it leads out of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policies.dotnet.types import NetType, net
from policies.dotnet.values import assignable
from policies.expressions import bound as b
from policies.expressions import operators
from policies.expressions import syntax as s
from policies.expressions.binder import Binder
from policies.expressions.creation import best_common_type
from policies.expressions.patterns import pattern_test

__all__ = ["body", "function_body"]


def body(binder: Binder, node: s.Block, leaving: Callable[[Binder, b.Value], b.Value]) -> tuple[b.Block, NetType]:
    """The text of `@{ … }`, and the type of what it returns: the common type of its returns, else object. `leaving` is
    done to each returned value."""
    block = function_body(binder, node, None, is_known=False)
    returns = binder.returned
    for statement in returns:
        if statement.value is None:
            raise binder.error(statement.offset, "a value must be returned", "write return value;")
    values = [statement.value for statement in returns if statement.value is not None]
    kind = best_common_type(values) or net("object")
    for statement in returns:
        assert statement.value is not None
        if binder.implicit(statement.value, kind) is None:
            kind = net("object")
    for statement in returns:
        assert statement.value is not None
        statement.value = leaving(binder, binder.converted(statement.value, kind, statement.offset))
    return block, kind


def function_body(binder: Binder, node: s.Block, returns: NetType | None, *, is_known: bool) -> b.Block:
    """A function's block in the current scope. `returns` is void's NetType for functions that give nothing; when it is not
    known yet the returns are left as they are, and collected in `binder.returned`."""
    binder.returns.append((returns if is_known else None, []))
    jumps, binder.jumps = binder.jumps, []
    try:
        block = _block(binder, node)
    finally:
        binder.jumps = jumps
        _, binder.returned = binder.returns.pop()
    return block


# ---- blocks and declarations -----------------------------------------------------------------------------------------


def _block(binder: Binder, node: s.Block) -> b.Block:
    with binder.nested() as scope:
        return b.Block(node.offset, _statements(binder, node.statements, scope.pending))


def _statements(binder: Binder, nodes: list[s.Statement], pending: set[str]) -> list[b.Statement]:
    functions = {id(node): _declare_function(binder, node) for node in nodes if isinstance(node, s.LocalFunction)}
    for node in nodes:
        if isinstance(node, s.LocalDeclaration):
            pending.update(declarator.name for declarator in node.declarators)
    done: list[b.Statement] = []
    for node in nodes:
        if isinstance(node, s.LocalFunction):
            done.append(_bind_function(binder, node, functions[id(node)]))
        elif isinstance(node, s.LocalDeclaration):
            done += _declaration(binder, node)
        else:
            done.append(_statement(binder, node))
    return done


def _statement(binder: Binder, node: s.Statement) -> b.Statement:
    return _STATEMENTS[type(node)](binder, node)


def _embedded(binder: Binder, node: s.Statement) -> b.Statement:
    """A loop's or a condition's statement, in a scope of its own."""
    if isinstance(node, s.LocalDeclaration | s.LocalFunction):
        raise binder.error(node.offset, "a declaration cannot stand here", "put it in a block { … }")
    with binder.nested():
        return _statement(binder, node)


def _declaration(binder: Binder, node: s.LocalDeclaration) -> list[b.Statement]:
    done: list[b.Statement] = []
    stated = None if node.type is None else binder.type(node.type)
    if stated is not None and (stated.name == "System.Void" or stated.kind == "static"):
        raise binder.error(node.offset, f"a variable cannot be of type '{stated}'")
    for declarator in node.declarators:
        statement = _declarator(binder, node, declarator, stated)
        if statement is not None:
            done.append(statement)
    return done


def _declarator(
    binder: Binder, node: s.LocalDeclaration, declarator: s.Declarator, stated: NetType | None
) -> b.Statement | None:
    name, offset = declarator.name, declarator.offset
    if declarator.value is None:
        if stated is None or node.is_const:
            raise binder.error(offset, f"'{name}' needs a value", "write var name = value;")
        binder.declare(name, stated, offset)
        return None
    if stated is None:
        value = binder.bind(declarator.value)
        if value.type.kind == "pseudo" or value.type.name == "System.Void":
            what = "null" if value.type is b.NULL else f"a {value.type}"
            raise binder.error(offset, f"'{name}' cannot take its type from {what}", "write the type instead of var")
        kind = value.type
    else:
        kind = stated
        value = binder.bind_as(declarator.value, stated)
    if node.is_const:
        if not isinstance(value, b.Constant):
            raise binder.error(declarator.value.offset, f"the value of the constant '{name}' must be a constant")
        binder.declare(name, kind, offset, constant=value.value, is_constant=True)
        return None
    variable = binder.declare(name, kind, offset, stores=1)
    return b.Evaluate(node.offset, b.Store(offset, kind, variable, value))


def _declare_function(binder: Binder, node: s.LocalFunction) -> b.Function:
    returns = None if node.type is None else binder.type(node.type)
    variable = binder.declare(node.name, net("object"), node.offset, is_readonly=True, stores=1, never_null=True)
    with binder.nested(is_function=True):
        parameters, defaults = [], []
        for each in node.parameters:
            assert each.type is not None
            kind = binder.type(each.type)
            parameters.append(b.Variable(each.name, kind, binder.scope.function, binder.scope.loop, stores=1))
            default = None if each.default is None else binder.bind_as(each.default, kind)
            if default is not None and not isinstance(default, b.Constant):
                raise binder.error(each.offset, "a parameter's default must be a constant")
            defaults.append(default)
    function = b.Function(node.offset, variable, parameters, defaults, returns)
    binder.scope.names[node.name] = function
    return function


def _bind_function(binder: Binder, node: s.LocalFunction, function: b.Function) -> b.Function:
    handlers, binder.handlers = binder.handlers, 0
    with binder.nested(is_function=True) as scope:
        for parameter, each in zip(function.parameters, node.parameters, strict=True):
            if scope.find(parameter.name) is not None:
                raise binder.error(each.offset, f"a variable named '{parameter.name}' is already declared here")
            scope.names[parameter.name] = parameter
        returns = function.returns or net("void")
        if isinstance(node.body, s.Block):
            function.body = function_body(binder, node.body, returns, is_known=True)
        else:
            value = binder.bind(node.body) if function.returns is None else binder.bind_as(node.body, returns)
            last: b.Statement = b.Evaluate(node.offset, value) if function.returns is None else b.Return(node.offset, value)
            function.body = b.Block(node.offset, [last])
    binder.handlers = handlers
    return function


def _expression(binder: Binder, node: s.ExpressionStatement) -> b.Statement:
    expression = node.expression
    if isinstance(expression, s.Increment):  # nobody sees the old value of x++ here
        expression = s.Increment(expression.offset, expression.operator, expression.operand, is_prefix=True)
    value = binder.bind(expression)
    if value.type.kind == "pseudo":
        raise binder.error(node.offset, f"a {value.type} cannot stand as a statement", "a call needs its arguments in ( )")
    return b.Evaluate(node.offset, value)


def _empty(binder: Binder, node: s.Empty) -> b.Statement:
    return b.Block(node.offset, [])


def _checked(binder: Binder, node: s.CheckedBlock) -> b.Statement:
    outer = binder.is_checked, binder.is_unchecked
    binder.is_checked, binder.is_unchecked = node.is_checked, not node.is_checked
    found = _block(binder, node.body)
    binder.is_checked, binder.is_unchecked = outer
    return found


# ---- conditions and loops --------------------------------------------------------------------------------------------


def _if(binder: Binder, node: s.If) -> b.Statement:
    """A chain of `else if` is walked in a loop, from its end."""
    links: list[tuple[s.If, b.Value, b.Statement]] = []
    current: s.Statement | None = node
    while isinstance(current, s.If):
        links.append((current, binder.condition(current.condition), _embedded(binder, current.then)))
        current = current.otherwise
    done = None if current is None else _embedded(binder, current)
    for link, test, then in reversed(links):
        done = b.Test(link.offset, test, then, done)
    assert done is not None
    return done


def _in_loop(binder: Binder, node: s.Statement) -> tuple[b.Statement, b.Jump]:
    jump = b.Jump(is_loop=True)
    binder.jumps.append(jump)
    done = _embedded(binder, node)
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
        first = _statements(binder, node.initializers, scope.pending)
        with binder.nested(is_loop=True):
            test = None if node.condition is None else binder.condition(node.condition)
            done, jump = _in_loop(binder, node.body)
            steps = [_statement(binder, step) for step in node.steps]
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
    with binder.nested():
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
                sections.append(b.Block(section.offset, _statements(binder, section.statements, scope.pending)))
    binder.jumps.pop()
    store = b.Store(node.offset, subject.type, temporary, subject)
    return b.Switch(node.offset, store, tests, sections, default, jump)


def _labels(binder: Binder, section: s.SwitchSection, load: b.Value, seen: dict[object, int]) -> tuple[b.Value | None, bool]:
    tests: list[b.Value] = []
    is_default = False
    for case in section.cases:
        if case.pattern is None:
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
    tried = _block(binder, node.body)
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
        last = _block(binder, node.last)
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
        done = _block(binder, node.body)
        binder.handlers -= 1
    return b.Catch(node.offset, kind, variable, when, done)


def _using(binder: Binder, node: s.Using) -> b.Statement:
    with binder.nested() as scope:
        if isinstance(node.resource, s.LocalDeclaration):
            first = _statements(binder, [node.resource], scope.pending)
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
        done = _embedded(binder, node.body)
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
    test = operators.is_null(load)
    return b.Test(offset, b.Not(offset, net("bool"), test), b.Evaluate(offset, call), None)


_STATEMENTS: dict[type[s.Statement], Callable[[Binder, Any], b.Statement]] = {
    s.Block: _block,
    s.Break: _break,
    s.CheckedBlock: _checked,
    s.Continue: _continue,
    s.DoWhile: _do,
    s.Empty: _empty,
    s.ExpressionStatement: _expression,
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
