"""C#'s operators (specification, "Operators"): which one two operands select, and what it does.

The rule here: user-defined operators come first, then the predefined ones by promotion of numbers; operators on `T?` are
lifted from those on T. Operators on constants are done at once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from policies.dotnet import arithmetic, values
from policies.dotnet.exceptions import NetException
from policies.dotnet.types import EnumValue, Inline, NetType, net, nullable
from policies.expressions import bound as b
from policies.expressions.conversions import INTEGERS, implicit_type, is_numeric, keyword, retype, template

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["binary", "equality", "text_part", "unary"]

Fold = Callable[[Any, Any], Any]
_ARITHMETIC = frozenset(["+", "-", "*", "/", "%"])
_BITS = frozenset(["&", "|", "^"])
_SHIFTS = frozenset(("<<", ">>"))
_ORDER = frozenset(["<", ">", "<=", ">="])

_PYTHON: dict[str, Fold] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_PLAIN = {sign: Inline(f"(a {sign} b)") for sign in _PYTHON}
_DECIMAL: dict[str, Fold] = {
    "+": arithmetic.decimal_add,
    "-": arithmetic.decimal_subtract,
    "*": arithmetic.decimal_multiply,
    "/": arithmetic.decimal_divide,
    "%": arithmetic.decimal_remainder,
}
_INTEGER: dict[str, Fold] = {"/": arithmetic.divide, "%": arithmetic.remainder}
_REAL: dict[str, Fold] = {"/": arithmetic.float_divide, "%": arithmetic.float_remainder}


# ---- binary ----------------------------------------------------------------------------------------------------------


def binary(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value:
    """`left sign right`, without `&&`, `||` and `??`. Raises ExpressionError."""
    found = _user_defined(binder, sign, left, right, offset)
    if found is None and sign in ("==", "!="):
        found = equality(binder, sign, left, right, offset)
    if found is None:
        found = _predefined(binder, sign, left, right, offset)
    if found is None:
        shown = f"operator '{sign}' cannot be applied to '{left.type}' and '{right.type}'"
        raise binder.error(offset, shown, _hint(sign, left.type, right.type))
    return found


def _hint(sign: str, left: NetType, right: NetType) -> str:
    objects = [kind for kind in (left, right) if kind.name == "System.Object"]
    if objects:
        other = right if left in objects else left
        return f"cast the object first: ({other if other not in objects else 'string'})value {sign} …"
    if "decimal" in (keyword(left), keyword(right)) and {keyword(left), keyword(right)} & {"float", "double"}:
        return "cast one side: decimal and double do not mix"
    return ""


def _predefined(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    string = net("string")
    if sign == "+" and string in (left.type, right.type):
        return _concatenate(binder, left, right, offset)
    if left.type.is_nullable or right.type.is_nullable:
        return _lifted(binder, sign, left, right, offset)
    if b.NULL in (left.type, right.type) and sign != "+":
        return _with_null(sign, left, right, offset)
    if "enum" in (left.type.kind, right.type.kind):
        return _enums(binder, sign, left, right, offset)
    if left.type is right.type and keyword(left.type) == "bool" and sign in _BITS:
        return _apply(_PLAIN[sign], _PYTHON[sign], left.type, left, right, offset)
    if is_numeric(left.type) and is_numeric(right.type):
        return _numbers(binder, sign, left, right, offset)
    return None


def _numbers(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    if sign in _SHIFTS:
        return _shift(binder, sign, left, right, offset)
    if sign in _ORDER and keyword(left.type) == keyword(right.type) == "char":
        return _apply(_PLAIN[sign], _PYTHON[sign], net("bool"), left, right, offset)
    name = _promoted(left, right)
    if name is None or (sign in _BITS and name not in INTEGERS):
        return None
    kind = net(name)
    first, second = binder.implicit(left, kind), binder.implicit(right, kind)
    if first is None or second is None:
        return None
    if sign in _ORDER:
        return _apply(_PLAIN[sign], _PYTHON[sign], net("bool"), first, second, offset)
    return _calculate(binder, sign, kind, first, second, offset)


def _calculate(binder: Binder, sign: str, kind: NetType, first: b.Value, second: b.Value, offset: int) -> b.Value | None:
    name = keyword(kind)
    if name == "decimal":
        function = _DECIMAL.get(sign)
        return None if function is None else _apply(None, function, kind, first, second, offset)
    if name in ("float", "double"):
        function = _REAL.get(sign)
        made = _apply(None if function else _PLAIN[sign], function or _PYTHON[sign], kind, first, second, offset)
        return made if name == "double" else _single(made)
    function = _INTEGER.get(sign)
    if sign in "+-*" and not binder.is_checked:
        first, second = _unnarrowed(sign, first), _unnarrowed(sign, second)
    made = _apply(None if function else _PLAIN[sign], function or _PYTHON[sign], kind, first, second, offset)
    return made if sign in _BITS or sign == "%" else narrowed(binder, made, kind)


def _unnarrowed(sign: str, value: b.Value) -> b.Value:
    """An operand of +, - or * before it is cut to its width: the result is cut anyway, and is the same modulo the width.
    Products of products are cut, so that no number grows long."""
    if not isinstance(value, b.Narrow) or value.is_checked or not isinstance(value.operand, b.Template):
        return value
    inner = value.operand.inline.template
    allowed = ("(a + b)", "(a - b)") if sign == "*" else ("(a + b)", "(a - b)", "(a * b)")
    return value.operand if inner in allowed and value.operand.type is value.type else value


def _single(value: b.Value) -> b.Value:
    if isinstance(value, b.Constant):
        return b.Constant(value.offset, value.type, arithmetic.single(value.value))
    return template(Inline("single(value)", single=arithmetic.single), value.type, value)


def narrowed(binder: Binder, value: b.Value, kind: NetType) -> b.Value:
    """An integer result held to its type's width."""
    low, high = arithmetic.RANGES[kind.name]
    if not isinstance(value, b.Constant):
        return b.Narrow(value.offset, kind, value, low, high, binder.is_checked)
    if not low <= value.value <= high and not binder.is_unchecked:
        raise binder.error(
            value.offset,
            "the operation overflows at compile time",
            f"the result does not fit {kind}; write unchecked(…) or use a wider type",
        )
    return b.Constant(value.offset, kind, arithmetic.wrap(value.value, low, high))


def _promoted(left: b.Value, right: b.Value) -> str | None:
    """Binary numeric promotion."""
    names = {keyword(left.type), keyword(right.type)}
    if "decimal" in names:
        return None if names & {"float", "double"} else "decimal"
    for name in ("double", "float"):
        if name in names:
            return name
    if "ulong" in names:
        signed = [value for value in (left, right) if keyword(value.type) in ("sbyte", "short", "int", "long")]
        return "ulong" if all(isinstance(value, b.Constant) and value.value >= 0 for value in signed) else None
    if "long" in names:
        return "long"
    if "uint" in names:
        signed = [value for value in (left, right) if keyword(value.type) in ("sbyte", "short", "int")]
        if any(not (isinstance(v, b.Constant) and v.value >= 0 and keyword(v.type) == "int") for v in signed):
            return "long"
        return "uint"
    return "int"


def _shift(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    promoted = keyword(left.type) if keyword(left.type) in ("uint", "long", "ulong") else "int"
    kind = net(promoted)
    first, second = binder.implicit(left, kind), binder.implicit(right, net("int"))
    if first is None or second is None:
        return None
    mask = 63 if promoted in ("long", "ulong") else 31
    function: Fold = (lambda a, n: a << (n & mask)) if sign == "<<" else (lambda a, n: a >> (n & mask))
    made = _apply(Inline(f"(a {sign} (b & {mask}))"), function, kind, first, second, offset)
    low, high = arithmetic.RANGES[kind.name]
    if sign == ">>":
        return made
    if isinstance(made, b.Constant):
        return b.Constant(offset, kind, arithmetic.wrap(made.value, low, high))
    return b.Narrow(offset, kind, made, low, high, is_checked=False)


def _apply(inline: Inline | None, function: Fold, kind: NetType, left: b.Value, right: b.Value, offset: int) -> b.Value:
    if isinstance(left, b.Constant) and isinstance(right, b.Constant):
        try:
            return b.Constant(offset, kind, function(left.value, right.value))
        except NetException:
            return b.Apply(offset, kind, function, [left, right], is_light=True)
    if inline is None:
        return b.Apply(offset, kind, function, [left, right], is_light=True)
    return b.Template(offset, kind, inline, ("a", "b"), [left, right])


# ---- enums, null, lifting --------------------------------------------------------------------------------------------


def _enums(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    kind = left.type if left.type.kind == "enum" else right.type
    first, second = binder.implicit(left, kind), binder.implicit(right, kind)
    if first is not None and second is not None:
        if sign in _ORDER:
            return _apply(_PLAIN[sign], _PYTHON[sign], net("bool"), first, second, offset)
        if sign in _BITS:
            python = _enum_class(kind)
            combine = _PYTHON[sign]
            return _apply(None, lambda a, c: python(combine(int(a), int(c))), kind, first, second, offset)
        if sign == "-":
            return _apply(None, lambda a, c: int(a) - int(c), net("int"), first, second, offset)
    number = right if kind is left.type else left
    if sign in ("+", "-") and keyword(number.type) in INTEGERS:
        python = _enum_class(kind)
        move = _PYTHON[sign]
        return _apply(None, lambda a, c: python(move(int(a), int(c))), kind, left, right, offset)
    return None


def _enum_class(kind: NetType) -> type[EnumValue]:
    zero = kind.definition.zero
    assert isinstance(zero, EnumValue)
    return type(zero)


def _with_null(sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    """`null < 1` and the like: lifted to false or null."""
    other = right if left.type is b.NULL else left
    if not (is_numeric(other.type) or other.type.kind == "enum"):
        return None
    if sign in _ORDER:
        return b.Constant(offset, net("bool"), False)
    return b.Constant(offset, nullable(other.type), None)


def _lifted(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    if b.NULL in (left.type, right.type):
        known = left.type if left.type.is_nullable else right.type
        if sign in _ORDER:
            return b.Constant(offset, net("bool"), False)
        return b.Constant(offset, known, None)
    if keyword(_inner(left.type)) == keyword(_inner(right.type)) == "bool" and sign in ("&", "|"):
        function = _three_valued_and if sign == "&" else _three_valued_or
        return b.Apply(offset, nullable(net("bool")), function, [left, right], is_light=True)
    effects: list[b.Value] = []
    operands, nulls = [], []
    for value in (left, right):
        inner, held = _held(binder, value, effects)
        operands.append(inner)
        nulls += held
    result = binary(binder, sign, operands[0], operands[1], offset)
    if not nulls:
        return result if sign in _ORDER else retype(result, nullable(result.type))
    is_null = b.Or(offset, net("bool"), nulls) if len(nulls) > 1 else nulls[0]
    missing = b.Constant(offset, net("bool"), False) if sign in _ORDER else b.Constant(offset, nullable(result.type), None)
    whole = b.If(offset, result.type if sign in _ORDER else nullable(result.type), is_null, missing, result)
    return b.Sequence(offset, whole.type, effects, whole)


def _inner(kind: NetType) -> NetType:
    return kind.args[0] if kind.is_nullable else kind


def _held(binder: Binder, value: b.Value, effects: list[b.Value]) -> tuple[b.Value, list[b.Value]]:
    """The operand in a temporary (so that it is evaluated once), and the test whether it is null."""
    if isinstance(value, b.Constant) and value.value is not None:
        return retype(value, _inner(value.type)), []
    temporary = binder.temporary(_inner(value.type))
    effects.append(b.Store(value.offset, value.type, temporary, value))
    load = b.Load(value.offset, temporary.type, temporary)
    tests = [is_null(load)] if value.type.is_nullable else []
    return load, tests


def is_null(value: b.Value) -> b.Value:
    """`value == null` by identity."""
    if isinstance(value, b.Constant):
        return b.Constant(value.offset, net("bool"), value.value is None)
    return template(Inline("(value is None)"), net("bool"), value)


def _three_valued_and(left: bool | None, right: bool | None) -> bool | None:
    return False if left is False or right is False else None if left is None or right is None else True


def _three_valued_or(left: bool | None, right: bool | None) -> bool | None:
    return True if left or right else None if left is None or right is None else False


# ---- user-defined ----------------------------------------------------------------------------------------------------


def _user_defined(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    owners = [_inner(kind) for kind in (left.type, right.type) if _inner(kind).kind in ("class", "struct")]
    members = [member for owner in dict.fromkeys(owners) for member in owner.members(sign) if len(member.parameters) == 2]
    if not members or (sign in ("==", "!=") and b.NULL in (left.type, right.type)):
        return None
    chosen = binder.choose_operator(members, [left, right])
    if chosen is not None:
        member, arguments = chosen
        return binder.call_member(member, None, arguments, offset)
    if not (left.type.is_nullable or right.type.is_nullable):
        return None
    if sign in ("==", "!="):
        return None
    return _lifted(binder, sign, left, right, offset)


# ---- equality --------------------------------------------------------------------------------------------------------


def equality(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    """`==` and `!=` where no operator is user-defined; None when the types cannot be compared."""
    boolean = net("bool")
    if b.NULL in (left.type, right.type):
        return _null_test(sign, left, right, offset)
    if left.type.is_nullable or right.type.is_nullable:
        return _nullable_equality(binder, sign, left, right, offset)
    names = {keyword(left.type), keyword(right.type)}
    if names in ({"bool"}, {"string"}, {"char"}) or (left.type is right.type and left.type.kind == "enum"):
        return _apply(_PLAIN[sign], _PYTHON[sign], boolean, left, right, offset)
    if is_numeric(left.type) and is_numeric(right.type):
        name = _promoted(left, right)
        if name is None:
            return None
        first, second = binder.implicit(left, net(name)), binder.implicit(right, net(name))
        if first is None or second is None:
            return None
        return _apply(_PLAIN[sign], _PYTHON[sign], boolean, first, second, offset)
    if "enum" in (left.type.kind, right.type.kind):
        kind = left.type if left.type.kind == "enum" else right.type
        first, second = binder.implicit(left, kind), binder.implicit(right, kind)
        if first is None or second is None:
            return None
        return _apply(_PLAIN[sign], _PYTHON[sign], boolean, first, second, offset)
    return _references(sign, left, right, offset)


def _null_test(sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    other = right if left.type is b.NULL else left
    if other.type is b.NULL:
        return b.Constant(offset, net("bool"), sign == "==")
    if other.type.kind == "pseudo":
        return None
    if other.type.is_value_type and not other.type.is_nullable:
        return b.Constant(offset, net("bool"), sign == "!=")
    if isinstance(other, b.Constant):
        return b.Constant(offset, net("bool"), (other.value is None) == (sign == "=="))
    return template(Inline("(value is None)" if sign == "==" else "(value is not None)"), net("bool"), other)


def _nullable_equality(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    """Two nulls are equal, null and a value are not."""
    inner_left, inner_right = _inner(left.type), _inner(right.type)
    if inner_left is inner_right and not inner_left.members(sign):
        return b.Template(offset, net("bool"), _PLAIN[sign], ("a", "b"), [left, right])
    effects: list[b.Value] = []
    (first, first_null), (second, second_null) = _held(binder, left, effects), _held(binder, right, effects)
    compared = binary(binder, sign, first, second, offset)
    unequal = b.Constant(offset, net("bool"), sign == "!=")
    if first_null and second_null:
        both = template(Inline(f"(value {'is' if sign == '==' else 'is not'} None)"), net("bool"), second)
        compared = b.If(offset, net("bool"), second_null[0], unequal, compared)
        compared = b.If(offset, net("bool"), first_null[0], both, compared)
    else:
        for test in (*first_null, *second_null):
            compared = b.If(offset, net("bool"), test, unequal, compared)
    return b.Sequence(offset, net("bool"), effects, compared)


def _references(sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    """Identity of objects. Texts are compared by value also as objects: which equal texts are one object is chance."""
    if left.type.is_value_type or right.type.is_value_type or "pseudo" in (left.type.kind, right.type.kind):
        return None
    related = (
        implicit_type(left.type, right.type)
        or implicit_type(right.type, left.type)
        or "interface" in (left.type.kind, right.type.kind)
    )
    if not related:
        return None
    same = b.Apply(offset, net("bool"), _same, [left, right], is_light=True)
    return same if sign == "==" else b.Not(offset, net("bool"), same)


def _same(left: object, right: object) -> bool:
    return (left is right and type(left) not in _BOXES) or (type(left) is str and left == right)


_BOXES = frozenset({int, bool, float, values.Char, values.Single, values.Int64})


# ---- text ------------------------------------------------------------------------------------------------------------


def _concatenate(binder: Binder, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    string, parts = net("string"), []
    for value in (left, right):
        if isinstance(value, b.Text):
            parts += value.parts
            continue
        part = text_part(binder, value)
        if part is None:
            return None
        parts.append(part)
    merged: list[b.Value] = []
    for part in parts:
        previous = merged[-1] if merged else None
        if isinstance(part, b.Constant) and isinstance(previous, b.Constant):
            merged[-1] = b.Constant(previous.offset, string, previous.value + part.value)
        else:
            merged.append(part)
    return merged[0] if len(merged) == 1 and isinstance(merged[0], b.Constant) else b.Text(offset, string, merged)


def text_part(binder: Binder, value: b.Value) -> b.Value | None:
    """A value as part of a text: a string that may be null, or a constant text; None when it is no value."""
    string, name = net("string"), keyword(value.type)
    if value.type is b.NULL:
        return b.Constant(value.offset, string, "")
    if value.type.kind == "pseudo" or value.type.name == "System.Void":
        return None
    if isinstance(value, b.Constant):
        return b.Constant(value.offset, string, values.to_text(values.box(value.value, value.type)))
    if name == "string":
        return value
    if name in INTEGERS:
        return template(Inline("str(value)", str=int.__repr__), string, value)
    if name == "char":
        return template(Inline("(value)"), string, value)
    if name == "bool":
        return template(Inline("('True' if value else 'False')"), string, value)
    boxed = binder.implicit(value, net("object"))
    return None if boxed is None else template(Inline("text(value)", text=values.to_text), string, boxed)


# ---- unary -----------------------------------------------------------------------------------------------------------


def unary(binder: Binder, sign: str, operand: b.Value, offset: int) -> b.Value:
    """`sign operand` for + - ! ~. Raises ExpressionError."""
    inner = _inner(operand.type)
    members = [m for m in inner.members(sign) if len(m.parameters) == 1] if inner.kind in ("class", "struct") else []
    chosen = binder.choose_operator(members, [operand]) if members else None
    if chosen is not None:
        return binder.call_member(chosen[0], None, chosen[1], offset)
    if operand.type.is_nullable:
        temporary = binder.temporary(inner)
        result = unary(binder, sign, b.Load(offset, inner, temporary), offset)
        return b.Chain(offset, nullable(result.type), temporary, operand, retype(result, nullable(result.type)), if_null=False)
    name = keyword(inner)
    if sign == "!" and name == "bool":
        return (
            b.Constant(offset, inner, not operand.value) if isinstance(operand, b.Constant) else b.Not(offset, inner, operand)
        )
    if sign == "~" and inner.kind == "enum":
        python = _enum_class(inner)
        return b.Apply(offset, inner, lambda value: python(~int(value)), [operand], is_light=True)
    found = _unary_number(binder, sign, operand, offset) if is_numeric(inner) else None
    if found is None:
        raise binder.error(offset, f"operator '{sign}' cannot be applied to '{operand.type}'")
    return found


def _unary_number(binder: Binder, sign: str, operand: b.Value, offset: int) -> b.Value | None:
    name = keyword(operand.type)
    if sign == "!" or (sign == "~" and name not in (*INTEGERS, "char")):
        return None
    if isinstance(operand, b.Constant) and operand.is_literal and sign == "-" and operand.value in (2**31, 2**63):
        smallest = net("int") if operand.value == 2**31 else net("long")
        if name in ("uint", "ulong"):
            return b.Constant(offset, smallest, -operand.value)
    promoted = name if name in ("long", "ulong", "float", "double", "decimal") else "int"
    if name == "uint":
        promoted = "long" if sign == "-" else "uint"
    if sign == "-" and promoted == "ulong":
        return None
    kind = net(promoted)
    value = binder.implicit(operand, kind)
    if value is None:
        return None
    if sign == "+":
        return value
    if isinstance(value, b.Constant):
        made: b.Value = b.Constant(offset, kind, -value.value if sign == "-" else ~value.value)
    else:
        made = template(Inline(f"({sign}value)"), kind, value)
    if promoted not in INTEGERS:
        return made
    if sign == "~":
        low, high = arithmetic.RANGES[kind.name]
        return made if low < 0 else b.Narrow(offset, kind, made, low, high, is_checked=False)
    return narrowed(binder, made, kind)
