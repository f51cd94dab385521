"""Binding of statements.

The rule here: a block's local functions are declared before its statements are bound, so that they may call each other; a
`break` or `continue` knows what it leads out of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policies.dotnet.types import NetType, net
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.binder import Binder
from policies.expressions.creation import best_common_type

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
    if kind.is_value_type and any(value.type is not kind for value in values):
        kind = net("object")  # each value leaves as what it is
    for statement in returns:
        assert statement.value is not None
        if binder.implicit(statement.value, kind) is None:
            kind = net("object")
    for statement in returns:
        assert statement.value is not None
        statement.value = leaving(binder, binder.converted(statement.value, kind, statement.offset))
    return block, kind


def function_body(
    binder: Binder, node: s.Block, returns: NetType | None, *, is_known: bool, element: NetType | None = None
) -> b.Block:
    """A function's block in the current scope. `returns` is void's NetType for functions that give nothing; when it is not
    known yet the returns are left as they are, and collected in `binder.returned`. `element`: what an iterator yields."""
    binder.returns.append((returns if is_known else None, []))
    outer = binder.jumps, binder.finals, binder.guards, binder.element, binder.cases
    binder.jumps, binder.finals, binder.guards, binder.element, binder.cases = [], 0, 0, element, []
    try:
        block = bind_block(binder, node)
    finally:
        binder.jumps, binder.finals, binder.guards, binder.element, binder.cases = outer
        _, binder.returned = binder.returns.pop()
    return block


# ---- blocks and declarations -----------------------------------------------------------------------------------------


def bind_block(binder: Binder, node: s.Block) -> b.Block:
    with binder.nested() as scope:
        return b.Block(node.offset, bind_statements(binder, node.statements, scope.pending))


def bind_statements(binder: Binder, nodes: list[s.Statement], pending: set[str]) -> list[b.Statement]:
    functions = {id(node): _declare_function(binder, node) for node in nodes if isinstance(node, s.LocalFunction)}
    for node in nodes:
        if isinstance(node, s.LocalDeclaration):
            pending.update(declarator.name for declarator in node.declarators)
        elif isinstance(node, s.Label):
            if binder.scope.label(node.name) is not None:
                raise binder.error(node.offset, f"the label '{node.name}' stands here already", "choose another name")
            binder.scope.labels[node.name] = b.Label(binder.finals)
    done: list[b.Statement] = []
    for node in nodes:
        if isinstance(node, s.LocalFunction):
            done.append(_bind_function(binder, node, functions[id(node)]))
        elif isinstance(node, s.LocalDeclaration):
            done += _declaration(binder, node)
        else:
            done.append(bind_statement(binder, node))
    return done


def bind_statement(binder: Binder, node: s.Statement) -> b.Statement:
    return STATEMENTS[type(node)](binder, node)


def bind_embedded(binder: Binder, node: s.Statement) -> b.Statement:
    """A loop's or a condition's statement, in a scope of its own."""
    if isinstance(node, s.LocalDeclaration | s.LocalFunction | s.Label):
        what = "a label" if isinstance(node, s.Label) else "a declaration"
        raise binder.error(node.offset, f"{what} cannot stand here", "put it in a block { … }")
    with binder.nested():
        return bind_statement(binder, node)


def _declaration(binder: Binder, node: s.LocalDeclaration) -> list[b.Statement]:
    done: list[b.Statement] = []
    stated = None if node.type is None else binder.type(node.type)
    if stated is not None and (stated.name == "System.Void" or stated.kind == "static"):
        raise binder.error(node.offset, f"a variable cannot be of type '{stated}'")
    for declarator in node.declarators:
        done += _declarator(binder, node, declarator, stated)
    return done


def _declarator(
    binder: Binder, node: s.LocalDeclaration, declarator: s.Declarator, stated: NetType | None
) -> list[b.Statement]:
    name, offset = declarator.name, declarator.offset
    if declarator.value is None:
        if stated is None or node.is_const:
            raise binder.error(offset, f"'{name}' needs a value", "write var name = value;")
        return _renewed(binder, binder.declare(name, stated, offset))
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
        if kind.kind == "struct" and not kind.definition.keyword:
            raise binder.error(offset, f"a constant cannot be of type '{kind}'", "declare it without const")
        if not isinstance(value, b.Constant) or isinstance(declarator.value, s.Interpolated):
            raise binder.error(declarator.value.offset, f"the value of the constant '{name}' must be a constant")
        binder.declare(name, kind, offset, constant=value.value, is_constant=True)
        return []
    variable = binder.declare(name, kind, offset, stores=1)
    return [*_renewed(binder, variable), b.Evaluate(node.offset, b.Store(offset, kind, variable, value))]


def _renewed(binder: Binder, variable: b.Variable) -> list[b.Statement]:
    variable.is_renewed = binder.scope.loop > 0
    return [b.Renew(0, variable)] if variable.is_renewed else []


def _declare_function(binder: Binder, node: s.LocalFunction) -> b.Function:
    returns = None if node.type is None else binder.type(node.type)
    variable = binder.declare(node.name, net("object"), node.offset, is_readonly=True, stores=1, never_null=True)
    with binder.nested(is_function=True):
        parameters: list[b.Variable] = []
        defaults: list[b.Value | None] = []
        for each in node.parameters:
            assert each.type is not None
            kind = binder.type(each.type)
            stores = 2 if each.mode in ("out", "ref") else 1
            parameters.append(b.Variable(each.name, kind, binder.scope.function, binder.scope.loop, stores=stores))
            if each.mode == "params" and not kind.is_array:
                raise binder.error(each.offset, "a 'params' parameter is an array", f"write params {kind}[] {each.name}")
            default = None if each.default is None else binder.bind_as(each.default, kind)
            if default is None and any(defaults) and each.mode != "params":
                raise binder.error(each.offset, f"'{each.name}' needs a default, since one before it has one")
            if default is not None and not isinstance(default, b.Constant):
                raise binder.error(each.offset, "a parameter's default must be a constant")
            defaults.append(default)
    modes = [each.mode for each in node.parameters]
    function = b.Function(node.offset, variable, parameters, defaults, modes, returns)
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
        if isinstance(node.body, s.Block) and _yields(node.body):
            function.is_iterator = True
            function.body = function_body(binder, node.body, returns, is_known=True, element=_element(binder, function, node))
        elif isinstance(node.body, s.Block):
            function.body = function_body(binder, node.body, returns, is_known=True)
        else:
            value = binder.bind(node.body) if function.returns is None else binder.bind_as(node.body, returns)
            last: b.Statement = b.Evaluate(node.offset, value) if function.returns is None else b.Return(node.offset, value)
            function.body = b.Block(node.offset, [last])
            binder.returned = [last] if isinstance(last, b.Return) else []
        if function.outputs:
            _give_back(function, function.body, binder.returned, node.offset)
    binder.handlers = handlers
    return function


def _yields(node: s.Node) -> bool:
    """Whether a function's body is an iterator's; what stands in inner functions belongs to those."""
    return any(
        isinstance(child, s.Yield) or (not isinstance(child, s.Lambda | s.LocalFunction) and _yields(child))
        for child in node.children()
    )


def _element(binder: Binder, function: b.Function, node: s.LocalFunction) -> NetType:
    """What the iterator yields, by the type that it returns."""
    returns = net("void") if function.returns is None else function.returns
    if function.outputs:
        raise binder.error(node.offset, "an iterator has no 'out' or 'ref' parameters")
    if returns.definition.key in ("System.Collections.Generic.IEnumerable`1", "System.Collections.Generic.IEnumerator`1"):
        return returns.args[0]
    if returns.name != "System.Collections.IEnumerable":
        hint = "write IEnumerable<…>"
        raise binder.error(node.offset, f"'{node.name}' cannot yield values: it returns '{returns}'", hint)
    return net("object")


def _yield(binder: Binder, node: s.Yield) -> b.Statement:
    if binder.element is None:
        raise binder.error(node.offset, "'yield' stands in a local function that returns IEnumerable<…> only")
    if node.value is None:
        if binder.finals:
            raise binder.error(node.offset, "a finally block cannot be left by yield")
        return b.Yield(node.offset, None)
    if binder.guards or binder.handlers or binder.finals:
        where = "a finally block" if binder.finals else "a catch" if binder.handlers else "a try that has a catch"
        raise binder.error(node.offset, f"a value cannot be yielded in {where}")
    return b.Yield(node.offset, binder.bind_as(node.value, binder.element))


def _give_back(function: b.Function, whole: b.Block, returns: list[b.Return], offset: int) -> None:
    """Each return gives the values of `out` and `ref` parameters too; so does the end of a function without a value."""
    anything = net("object")
    if function.returns is None:
        returns.append(b.Return(whole.offset, None))
        whole.statements.append(returns[-1])
    for statement in returns:
        at = statement.offset
        result = b.Constant(at, anything, None) if statement.value is None else statement.value
        stored = [b.Load(at, each.type, each) for each in function.outputs]
        statement.value = b.Items(at, anything, [result, *stored], is_tuple=True)


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
    found = bind_block(binder, node.body)
    binder.is_checked, binder.is_unchecked = outer
    return found


STATEMENTS: dict[type[s.Statement], Callable[[Binder, Any], b.Statement]] = {
    s.Block: bind_block,
    s.CheckedBlock: _checked,
    s.Empty: _empty,
    s.ExpressionStatement: _expression,
    s.Yield: _yield,
}
"""Kind of statement → what binds it; `control` adds the others."""
