"""Binding of lambdas and method groups, once a delegate's type says what they take and give.

The rule here: a body is bound once for each row of parameter types, however many overloads ask; block bodies again for each
result type.
"""

from __future__ import annotations

from policies.dotnet.types import NetType, net
from policies.errors import ExpressionError
from policies.expressions import bound as b
from policies.expressions import overloads
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.creation import best_common_type

__all__ = ["result_of", "stated_types", "to_delegate", "wrong_result"]


def _lambda(binder: Binder, node: s.Lambda) -> b.Value:
    names = [parameter.name for parameter in node.parameters]
    for parameter in node.parameters:
        if parameter.mode:
            hint = "write a local function"
            raise binder.error(parameter.offset, f"a lambda's parameter cannot be '{parameter.mode}' here", hint)
        if names.count(parameter.name) > 1:
            raise binder.error(parameter.offset, f"two parameters are named '{parameter.name}'")
    return b.Untyped(node.offset, b.LAMBDA, node, binder.scope, binder.lambda_inputs)


def stated_types(binder: Binder, value: b.Value) -> list[NetType] | None:
    """The parameter types that a lambda states itself, if it states all."""
    if not isinstance(value, b.Untyped):
        return None
    if value.node.takes_any:
        return None
    kinds = [binder.type(parameter.type) for parameter in value.node.parameters if parameter.type is not None]
    return kinds if len(kinds) == len(value.node.parameters) else None


def _parameters(node: s.Lambda, count: int) -> list[s.LambdaParameter] | None:
    """As many parameters as the delegate has; None when the lambda has another number."""
    if node.takes_any:
        return [s.LambdaParameter(node.offset, None, "") for _ in range(count)]
    return node.parameters if len(node.parameters) == count else None


def wrong_result(binder: Binder, value: b.Untyped, kind: NetType) -> ExpressionError | None:
    """The error at a lambda's body whose value does not convert to what the delegate gives; None when that is not why."""
    invoke = kind.members("Invoke")[0]
    inputs = [parameter.type for parameter in invoke.parameters]
    body = value.node.body
    if isinstance(body, s.Block) or invoke.returns.is_open or any(each.is_open for each in inputs):
        return None
    given = result_of(binder, value, inputs)
    if given is None or invoke.returns.name == "System.Void":
        return None
    shown = f"the lambda gives '{given}', and '{invoke.returns}' is needed"
    return binder.error(body.offset, shown, f"it is to be a {kind}")


# ---- what it gives ---------------------------------------------------------------------------------------------------


def result_of(binder: Binder, value: b.Value, inputs: list[NetType]) -> NetType | None:
    """The type of the result for these inputs; None when it gives nothing, or cannot take them."""
    match value:
        case b.Untyped():
            if _parameters(value.node, len(inputs)) is None:
                return None
            body = _bind(binder, value, tuple(inputs), None).body
            if isinstance(body, b.Block):
                return _result_of_block(binder, body)
            return None if body.type.name == "System.Void" or body.type.kind == "pseudo" else body.type
        case b.MethodGroup():
            choice = _choose(binder, value, inputs)
            return None if choice is None else choice.returns
        case b.FunctionReference():
            return value.function.returns
    return None


def _result_of_block(binder: Binder, body: b.Block) -> NetType | None:
    values = [statement.value for statement in _returns(body) if statement.value is not None]
    return best_common_type(values)


def _returns(node: b.Bound) -> list[b.Return]:
    """The block's own returns; what stands in inner functions belongs to those."""
    found: list[b.Return] = []
    for child in node.children():
        if isinstance(child, b.Return):
            found.append(child)
        elif isinstance(child, b.Statement | b.Catch) and not isinstance(child, b.Function):
            found += _returns(child)
    return found


# ---- as a delegate ---------------------------------------------------------------------------------------------------


def to_delegate(binder: Binder, value: b.Value, kind: NetType) -> b.Value | None:
    """The lambda, method group or local function as a delegate of this type; None when it has another shape. Raises
    ExpressionError for what is wrong within a lambda's body."""
    invoke = kind.members("Invoke")[0]
    inputs = [parameter.type for parameter in invoke.parameters]
    if any(each.is_open for each in inputs):
        return None
    match value:
        case b.Untyped():
            return _from_lambda(binder, value, kind, inputs, invoke.returns)
        case b.FunctionReference():
            own = value.function
            same = [parameter.type for parameter in own.parameters] == inputs
            if not same or any(own.modes) or (own.returns or net("void")) is not invoke.returns:
                return None
            return b.Load(value.offset, kind, own.variable)
        case b.MethodGroup():
            return _from_methods(binder, value, kind, inputs, invoke.returns)
    return None


def _from_lambda(binder: Binder, value: b.Untyped, kind: NetType, inputs: list[NetType], returns: NetType) -> b.Value | None:
    node = value.node
    if _parameters(node, len(inputs)) is None or returns.is_open:
        return None
    is_void = returns.name == "System.Void"
    if isinstance(node.body, s.Block):
        made = _bind(binder, value, tuple(inputs), returns)
        return b.Lambda(node.offset, kind, made.parameters, made.body)
    made = _bind(binder, value, tuple(inputs), None)
    assert isinstance(made.body, b.Value)
    if is_void:
        if not isinstance(node.body, s.Call | s.Assign | s.Increment | s.New | s.ConditionalAccess):
            return None
        return b.Lambda(node.offset, kind, made.parameters, made.body)
    body = binder.implicit(made.body, returns)
    return None if body is None else b.Lambda(node.offset, kind, made.parameters, body)


def _bind(binder: Binder, value: b.Untyped, inputs: tuple[NetType, ...], returns: NetType | None) -> b.Lambda:
    """The lambda for these parameter types. A block whose result is not known (`returns` None) collects its returns."""
    node = value.node
    key = (id(node), value.inputs, inputs, returns)
    found = binder.results.get(key)
    if found is not None:
        return found
    outer, binder.lambda_inputs = binder.lambda_inputs, (*value.inputs, *inputs)
    scope, binder.scope = binder.scope, value.scope
    jumps, binder.jumps = binder.jumps, []
    handlers, binder.handlers = binder.handlers, 0
    try:
        with binder.nested(is_function=True):
            written = _parameters(node, len(inputs)) or []
            parameters = [_parameter(binder, each, kind) for each, kind in zip(written, inputs, strict=True)]
            body: b.Value | b.Block
            if isinstance(node.body, s.Block):
                from policies.expressions import blocks

                body = blocks.function_body(binder, node.body, returns, is_known=returns is not None)
            else:
                body = binder.bind(node.body)
    finally:
        binder.lambda_inputs, binder.jumps, binder.handlers, binder.scope = outer, jumps, handlers, scope
    made = b.Lambda(node.offset, b.LAMBDA, parameters, body)
    binder.results[key] = made
    return made


def _parameter(binder: Binder, node: s.LambdaParameter, kind: NetType) -> b.Variable:
    if node.type is not None and binder.type(node.type) is not kind:
        raise binder.error(node.offset, f"the parameter '{node.name}' must be of type '{kind}'")
    if not node.name:
        return b.Variable("", kind, binder.scope.function, binder.scope.loop, stores=1)
    variable = binder.declare(node.name, kind, node.offset, stores=1)
    for name in node.opens or ():
        if binder.scope.find(name) is not None:
            raise binder.error(node.offset, f"a variable named '{name}' is already declared here", "choose another name")
        binder.scope.names[name] = b.Alias(variable, name)
    return variable


# ---- methods as delegates --------------------------------------------------------------------------------------------


def _choose(binder: Binder, group: b.MethodGroup, inputs: list[NetType]) -> overloads.Choice | None:
    parameters = [binder.temporary(kind) for kind in inputs]
    given = [overloads.Given("", "", b.Load(group.offset, each.type, each), group.offset) for each in parameters]
    try:
        return overloads.choose(binder, group.members, given, group.arguments, group.offset, group.name)
    except ExpressionError:
        return None


def _from_methods(
    binder: Binder, group: b.MethodGroup, kind: NetType, inputs: list[NetType], returns: NetType
) -> b.Value | None:
    """`Parse` as `x => Parse(x)`, its target evaluated once."""
    with binder.nested(is_function=True):
        parameters = [binder.temporary(each) for each in inputs]
        given = [overloads.Given("", "", b.Load(group.offset, each.type, each), group.offset) for each in parameters]
        target = group.target
        held = None
        if target is not None:
            held = b.Variable("", target.type, binder.scope.function - 1, binder.scope.loop, stores=1, never_null=True)
            target = b.Load(group.offset, held.type, held)
        try:
            choice = overloads.choose(binder, group.members, given, group.arguments, group.offset, group.name)
        except ExpressionError:
            return None
        call = binder.call_choice(choice, target, group.offset)
        if returns.name != "System.Void":
            converted = binder.implicit(call, returns)
            if converted is None or returns.is_open:
                return None
            call = converted
    made = b.Lambda(group.offset, kind, parameters, call)
    if held is None or group.target is None:
        return made
    store = b.Store(group.offset, held.type, held, binder.not_null(group.target))
    return b.Sequence(group.offset, kind, [store], made)


EXPRESSIONS[s.Lambda] = _lambda
