"""Binding of tests and choices: operators, conditions, casts, `is`, `as`, `??`, patterns, `switch` expressions.

The rule here: a pattern becomes a test of a temporary that holds the subject; what it names is stored within the test, so that
flow analysis sees it assigned exactly where the test is true.
"""

from __future__ import annotations

from policies.dotnet import values
from policies.dotnet.objects import TypeName
from policies.dotnet.types import Inline, NetType, find_type, net, nullable
from policies.expressions import bound as b
from policies.expressions import operators
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.conversions import default_value, retype, template, unboxed
from policies.expressions.creation import best_common_type

__all__ = ["is_type_name", "pattern_test"]


# ---- operators -------------------------------------------------------------------------------------------------------


def _binary(binder: Binder, node: s.Binary) -> b.Value:
    """Chains such as a + b + c + … lean to the left: they are walked in a loop, however long."""
    chain = [node]
    while isinstance(chain[-1].left, s.Binary):
        chain.append(chain[-1].left)
    left: b.Value | None = None
    for each in reversed(chain):
        if left is None:
            left = binder.bind(each.left)
        left = _one(binder, each, left)
    assert left is not None
    return left


def _one(binder: Binder, node: s.Binary, left: b.Value) -> b.Value:
    if node.operator in ("&&", "||"):
        return _logical(binder, node, left)
    if node.operator == "??":
        return coalesce(binder, left, node.right, node.at)
    right = binder.bind(node.right)
    for value, side in ((left, node.left), (right, node.right)):
        if value.type in (b.METHODS, b.LAMBDA):
            raise binder.error(side.offset, f"operator '{node.operator}' cannot be applied to a {value.type}")
    return operators.binary(binder, node.operator, left, right, node.at)


def _logical(binder: Binder, node: s.Binary, left: b.Value) -> b.Value:
    boolean = net("bool")
    what = f"operator '{node.operator}'"
    first = binder.converted(left, boolean, node.left.offset, what)
    second = binder.converted(binder.bind(node.right), boolean, node.right.offset, what)
    make = b.And if node.operator == "&&" else b.Or
    if isinstance(first, b.Constant) and isinstance(second, b.Constant):
        both = first.value and second.value if make is b.And else first.value or second.value
        return b.Constant(node.at, boolean, both)
    flat = list(first.operands) if isinstance(first, b.And | b.Or) and type(first) is make else [first]
    return make(node.at, boolean, [*flat, second])


def coalesce(binder: Binder, left: b.Value, right_node: s.Expression, offset: int) -> b.Value:
    """`left ?? right`."""
    if left.type is b.NULL:
        right = binder.bind(right_node)
        if right.type is b.NULL or (right.type.is_value_type and not right.type.is_nullable):
            raise binder.error(offset, f"operator '??' cannot be applied to 'null' and '{right.type}'")
        return right
    if left.type.kind == "pseudo" or (left.type.is_value_type and not left.type.is_nullable):
        raise binder.error(offset, f"operator '??' cannot be applied to '{left.type}', which is never null")
    right = binder.bind(right_node)
    inner = left.type.args[0] if left.type.is_nullable else left.type
    temporary = binder.temporary(left.type)
    load = b.Load(offset, inner, temporary)
    for kind in dict.fromkeys((inner, left.type)):
        converted = binder.implicit(right, kind)
        if converted is not None:
            found = retype(load, kind)
            return b.Chain(offset, kind, temporary, left, converted, if_null=True, found=found)
    found_or_none = binder.implicit(load, right.type) if right.type.kind != "pseudo" else None
    if found_or_none is not None:
        return b.Chain(offset, right.type, temporary, left, right, if_null=True, found=found_or_none)
    raise binder.error(offset, f"operator '??' cannot be applied to '{left.type}' and '{right.type}'")


def _unary(binder: Binder, node: s.Unary) -> b.Value:
    return operators.unary(binder, node.operator, binder.bind(node.operand), node.offset)


def _checked(binder: Binder, node: s.Checked) -> b.Value:
    outer = binder.is_checked, binder.is_unchecked
    binder.is_checked, binder.is_unchecked = node.is_checked, not node.is_checked
    found = binder.bind(node.operand)
    binder.is_checked, binder.is_unchecked = outer
    return found


def _throw(binder: Binder, node: s.Throw) -> b.Value:
    return b.Raise(node.offset, b.NEVER, binder.bind_as(node.operand, net("Exception")))


def _type_of(binder: Binder, node: s.TypeOf) -> b.Value:
    return b.Constant(node.offset, net("System.Type"), TypeName(binder.type(node.type)))


def _default(binder: Binder, node: s.Default) -> b.Value:
    return default_value(binder.type(node.type), node.offset)


# ---- conditions ------------------------------------------------------------------------------------------------------


def _conditional(binder: Binder, node: s.Conditional) -> b.Value:
    """`test ? yes : no`"""
    test = binder.condition(node.condition)
    yes, no = binder.bind(node.yes), binder.bind(node.no)
    kind = _common(yes, no)
    if kind is None:
        if {yes.type, no.type} & {b.NULL, b.DEFAULT}:
            other = no.type if yes.type is b.NULL else yes.type
            hint = f"write ({nullable(other)})null" if other.kind != "pseudo" else "cast null to a type"
        else:
            hint = "cast one side: (object)value"
        raise binder.error(node.offset, f"'{yes.type}' and '{no.type}' have no common type for '? :'", hint)
    first = binder.converted(yes, kind, node.yes.offset)
    second = binder.converted(no, kind, node.no.offset)
    return b.If(node.offset, kind, test, first, second)


def _common(yes: b.Value, no: b.Value) -> NetType | None:
    if yes.type is no.type:
        return None if yes.type.kind == "pseudo" else yes.type
    found = best_common_type([yes, no])
    if found is None:
        for value, other in ((yes, no), (no, yes)):
            if isinstance(value, b.Constant) and other.type.kind != "pseudo" and _constant_fits(value, other.type):
                return other.type
    return found


def _constant_fits(value: b.Constant, kind: NetType) -> bool:
    from policies.dotnet.arithmetic import RANGES

    low, high = RANGES.get(kind.name, (1, 0))
    return value.type.definition.keyword == "int" and kind.name != "System.Char" and low <= value.value <= high


# ---- casts and types -------------------------------------------------------------------------------------------------


def _cast(binder: Binder, node: s.Cast) -> b.Value:
    kind = binder.type(node.type)
    operand = binder.bind(node.operand)
    found = binder.explicit(operand, kind)
    if found is None:
        if operand.type is b.METHODS:
            raise binder.error(node.operand.offset, "a method is named, not called", "write its arguments in ( )")
        shown = "null" if operand.type is b.NULL else f"type '{operand.type}'"
        raise binder.error(node.offset, f"cannot convert {shown} to '{kind}'", _cast_hint(operand.type, kind))
    return retype(found, kind)


def _cast_hint(source: NetType, target: NetType) -> str:
    parses = ("int", "long", "double", "decimal", "bool", "DateTime", "Guid", "TimeSpan", "DateTimeOffset")
    if source.definition.keyword == "string" and str(target) in parses:
        return f"write {target}.Parse(value)"
    if target.definition.keyword == "string":
        return "write value.ToString()"
    return ""


def _as(binder: Binder, node: s.As) -> b.Value:
    kind = binder.type(node.type)
    if kind.is_value_type and not kind.is_nullable:
        raise binder.error(node.offset, f"'as' needs a type that can be null, and '{kind}' cannot", f"write as {kind}?")
    operand = binder.bind(node.operand)
    if operand.type is b.NULL:
        return b.Constant(node.offset, kind, None)
    found = binder.implicit(operand, kind) if values.assignable(operand.type, kind) else None
    if found is not None:
        return retype(found, kind)
    if operand.type.kind == "pseudo" or binder.explicit(operand, kind) is None:
        raise binder.error(node.offset, f"'{operand.type}' can never be '{kind}'")
    return b.Apply(
        node.offset, kind, _as_type, [_boxed(binder, operand), b.Constant(node.offset, net("object"), kind)], is_light=True
    )


def _as_type(value: object, kind: NetType) -> object:
    return values.cast(value, kind) if values.is_instance(value, kind) else None


def _boxed(binder: Binder, value: b.Value) -> b.Value:
    return binder.converted(value, net("object"), value.offset)


def _is(binder: Binder, node: s.Is) -> b.Value:
    operand = binder.bind(node.operand)
    if operand.type.kind == "pseudo" and operand.type is not b.NULL:
        raise binder.error(node.offset, f"a {operand.type} cannot be tested with 'is'")
    if operand.type is b.NULL:
        operand = b.Constant(node.offset, net("object"), None)
    temporary = binder.temporary(operand.type)
    store = b.Store(node.offset, operand.type, temporary, operand)
    load = b.Load(node.offset, operand.type, temporary)
    tested = _tested_type(binder, node.pattern)
    if tested is not None and tested.is_nullable:
        tested = tested.args[0]
        return b.Sequence(node.offset, net("bool"), [store], _type_test(binder, node.pattern, tested, load))
    if tested is not None and not tested.is_nullable and binder.explicit(load, tested) is None:
        return b.Sequence(node.offset, net("bool"), [store], b.Constant(node.offset, net("bool"), False))
    return b.Sequence(node.offset, net("bool"), [store], pattern_test(binder, node.pattern, load))


def _tested_type(binder: Binder, node: s.Pattern) -> NetType | None:
    """The type of a plain `is T`, which may be one that the value can never have (C# warns of it, no more)."""
    match node:
        case s.TypePattern(name=""):
            return None if node.type is None else binder.type(node.type)
        case s.ConstantPattern():
            return _as_type_name(binder, node.value)
    return None


def is_type_name(binder: Binder, node: s.Pattern) -> bool:
    """Whether a pattern is nothing but a type, which `is` takes and `case` does not."""
    return _tested_type(binder, node) is not None


# ---- patterns --------------------------------------------------------------------------------------------------------


def pattern_test(binder: Binder, node: s.Pattern, subject: b.Value) -> b.Value:
    """The test of a subject (a variable) by a pattern."""
    boolean = net("bool")
    match node:
        case s.TypePattern(type=None):
            return _designate(binder, node, subject, subject.type, b.Constant(node.offset, boolean, True))
        case s.TypePattern():
            assert node.type is not None
            return _type_test(binder, node, binder.type(node.type), subject)
        case s.ConstantPattern():
            return _constant_test(binder, node, subject)
    raise binder.error(node.offset, "this pattern is not available in policy expressions")


def _type_test(binder: Binder, node: s.Pattern, kind: NetType, subject: b.Value) -> b.Value:
    if subject.type is not kind and binder.explicit(subject, kind) is None:
        raise binder.error(node.offset, f"'{subject.type}' can never be '{kind}'")
    boolean = net("bool")
    if kind.is_nullable:
        raise binder.error(node.offset, "a pattern cannot name a nullable type", f"write {kind.args[0]}")
    if values.assignable(subject.type, kind) and subject.type.is_value_type and not subject.type.is_nullable:
        test: b.Value = b.Constant(node.offset, boolean, True)
    elif values.assignable(subject.type, kind):
        test = template(Inline("(value is not None)"), boolean, subject)
    else:
        wanted = b.Constant(node.offset, net("object"), kind)
        test = b.Apply(node.offset, boolean, values.is_instance, [_boxed(binder, subject), wanted], is_light=True)
    if isinstance(node, s.TypePattern) and node.name:
        return _designate(binder, node, subject, kind, test)
    return test


def _designate(binder: Binder, node: s.TypePattern, subject: b.Value, kind: NetType, test: b.Value) -> b.Value:
    """The test, and when it is true the subject under its new name."""
    if node.name == "_":
        return test
    variable = binder.declare(node.name, kind, node.offset, stores=1)
    if values.assignable(subject.type, kind) or subject.type is kind:
        value = binder.converted(subject, kind, node.offset)
    elif subject.type.is_nullable:
        value = retype(subject, kind)
    else:
        value = unboxed(_boxed(binder, subject), kind)
    store = b.Store(node.offset, kind, variable, value)
    true = b.Constant(node.offset, net("bool"), True)
    return b.And(node.offset, net("bool"), [test, b.Sequence(node.offset, net("bool"), [store], true)])


def _constant_test(binder: Binder, node: s.ConstantPattern, subject: b.Value) -> b.Value:
    kind = _as_type_name(binder, node.value)
    if kind is not None:
        return _type_test(binder, node, kind, subject)
    value = binder.bind(node.value)
    if not isinstance(value, b.Constant):
        raise binder.error(node.offset, "a pattern needs a constant", "compare with == in a 'when' condition instead")
    if value.type is b.NULL:
        return operators.binary(binder, "==", subject, value, node.offset)
    if subject.type.kind in ("class", "interface") and subject.type.definition.keyword != "string":
        return b.Apply(node.offset, net("bool"), values.equals, [subject, _boxed(binder, value)], is_light=True)
    inner = subject.type.args[0] if subject.type.is_nullable else subject.type
    if binder.implicit(value, inner) is None:
        raise binder.error(node.offset, f"a constant of type '{value.type}' cannot match '{subject.type}'")
    return operators.binary(binder, "==", subject, binder.converted(value, inner, node.offset), node.offset)


def _as_type_name(binder: Binder, node: s.Expression) -> NetType | None:
    """The type that a pattern such as `JObject` or `System.Exception` names."""
    parts: list[str] = []
    inner = node
    while isinstance(inner, s.Member) and not inner.arguments:
        parts.insert(0, inner.name)
        inner = inner.target
    if not isinstance(inner, s.Name) or inner.arguments or binder.scope.find(inner.name) is not None:
        return None
    parts.insert(0, inner.name)
    if find_type(".".join(parts)) is None:
        return None
    return binder.type(s.TypeName(node.offset, [], parts, []))


EXPRESSIONS.update(
    {
        s.Binary: _binary,
        s.Unary: _unary,
        s.Checked: _checked,
        s.Throw: _throw,
        s.Default: _default,
        s.TypeOf: _type_of,
        s.Conditional: _conditional,
        s.Cast: _cast,
        s.As: _as,
        s.Is: _is,
    }
)
