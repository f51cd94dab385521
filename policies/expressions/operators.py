"""C#'s operators (specification, "Operators"): which one two operands select, and what it does.

The rule here: user-defined operators come first, then the predefined ones by promotion of numbers; operators on `T?` are
lifted from those on T. Operators on constants are done at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.dotnet import arithmetic
from policies.dotnet.types import EnumValue, Inline, NetType, net, nullable
from policies.expressions import bound as b
from policies.expressions.conversions import INTEGERS, is_numeric, keyword, retype, template
from policies.expressions.equality import equality
from policies.expressions.lifting import PLAIN, PYTHON, Fold, apply, hold, promoted, underlying
from policies.expressions.texts import concatenate

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["binary", "narrowed", "unary"]

_BITS = frozenset(["&", "|", "^"])
_SHIFTS = frozenset(("<<", ">>"))
_ORDER = frozenset(["<", ">", "<=", ">="])

_DECIMAL: dict[str, Fold] = {
    "+": arithmetic.decimal_add,
    "-": arithmetic.decimal_subtract,
    "*": arithmetic.decimal_multiply,
    "/": arithmetic.decimal_divide,
    "%": arithmetic.decimal_remainder,
}
_INTEGER: dict[str, Fold] = {"/": arithmetic.divide, "%": arithmetic.remainder}


_SIGNED: dict[tuple[str, str], Fold] = {
    (name, sign): make(arithmetic.RANGES[full][0])
    for name, full in (("int", "System.Int32"), ("long", "System.Int64"))
    for sign, make in (("/", arithmetic.signed_division), ("%", arithmetic.signed_remainder))
}
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
    tokens = [kind for kind in (left, right) if kind.name.startswith("Newtonsoft.Json.Linq.")]
    if len(tokens) == 1:
        return f"cast the token first: ({right if left in tokens else left})token {sign} …"
    if "decimal" in (keyword(left), keyword(right)) and {keyword(left), keyword(right)} & {"float", "double"}:
        return "cast one side: decimal and double do not mix"
    return ""


def _predefined(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    string = net("string")
    if sign == "+" and string in (left.type, right.type):
        return concatenate(binder, left, right, offset)
    if left.type.is_nullable or right.type.is_nullable:
        return _lifted(binder, sign, left, right, offset)
    if b.NULL in (left.type, right.type):
        return _with_null(binder, sign, left, right, offset)
    if "enum" in (left.type.kind, right.type.kind):
        return _enums(binder, sign, left, right, offset)
    if left.type is right.type and keyword(left.type) == "bool" and sign in _BITS:
        return apply(PLAIN[sign], PYTHON[sign], left.type, left, right, offset)
    if is_numeric(left.type) and is_numeric(right.type):
        return _numbers(binder, sign, left, right, offset)
    return None


def _numbers(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    if sign in _SHIFTS:
        return _shift(binder, sign, left, right, offset)
    if sign in _ORDER and keyword(left.type) == keyword(right.type) == "char":
        return apply(PLAIN[sign], PYTHON[sign], net("bool"), left, right, offset)
    name = promoted(left, right)
    if name is None or (sign in _BITS and name not in INTEGERS):
        return None
    kind = net(name)
    first, second = binder.implicit(left, kind), binder.implicit(right, kind)
    if first is None or second is None:
        return None
    if sign in _ORDER:
        return apply(PLAIN[sign], PYTHON[sign], net("bool"), first, second, offset)
    return _calculate(binder, sign, kind, first, second, offset)


def _calculate(binder: Binder, sign: str, kind: NetType, first: b.Value, second: b.Value, offset: int) -> b.Value | None:
    name = keyword(kind)
    divisor = second.value if isinstance(second, b.Constant) else None
    is_constant = isinstance(first, b.Constant) and divisor is not None
    if sign in ("/", "%") and name not in ("float", "double") and is_constant and not divisor:
        raise binder.error(offset, "division by the constant zero", "dividing by 0 always fails; 0.0 gives Infinity")
    if name == "decimal":
        function = _DECIMAL.get(sign)
        found = None if function is None else apply(None, function, kind, first, second, offset)
        if isinstance(found, b.Apply) and is_constant:
            raise binder.error(offset, "the operation overflows at compile time", "the result does not fit decimal")
        return found
    if name in ("float", "double"):
        function = _REAL.get(sign)
        made = apply(None if function else PLAIN[sign], function or PYTHON[sign], kind, first, second, offset)
        return made if name == "double" else _single(made)
    function = _INTEGER.get(sign)
    if divisor is None or divisor == -1:
        function = _SIGNED.get((name, sign), function)
    if sign in "+-*" and not binder.is_checked:
        first, second = _unnarrowed(sign, first), _unnarrowed(sign, second)
    made = apply(None if function else PLAIN[sign], function or PYTHON[sign], kind, first, second, offset)
    if isinstance(made, b.Apply) and is_constant:
        raise binder.error(offset, "the operation overflows at compile time", f"the result does not fit {kind}")
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


def _shift(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    promoted = keyword(left.type) if keyword(left.type) in ("uint", "long", "ulong") else "int"
    kind = net(promoted)
    first, second = binder.implicit(left, kind), binder.implicit(right, net("int"))
    if first is None or second is None:
        return None
    mask = 63 if promoted in ("long", "ulong") else 31
    function: Fold = (lambda a, n: a << (n & mask)) if sign == "<<" else (lambda a, n: a >> (n & mask))
    made = apply(Inline(f"(a {sign} (b & {mask}))"), function, kind, first, second, offset)
    low, high = arithmetic.RANGES[kind.name]
    if sign == ">>":
        return made
    if isinstance(made, b.Constant):
        return b.Constant(offset, kind, arithmetic.wrap(made.value, low, high))
    return b.Narrow(offset, kind, made, low, high, is_checked=False)


# ---- enums, null, lifting --------------------------------------------------------------------------------------------


def _enums(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    kind = left.type if left.type.kind == "enum" else right.type
    first, second = binder.implicit(left, kind), binder.implicit(right, kind)
    if first is not None and second is not None:
        if sign in _ORDER:
            return apply(PLAIN[sign], PYTHON[sign], net("bool"), first, second, offset)
        if sign in _BITS:
            python = _enum_class(kind)
            combine = PYTHON[sign]
            return apply(None, lambda a, c: python(combine(int(a), int(c))), kind, first, second, offset)
        if sign == "-":
            return apply(None, lambda a, c: int(a) - int(c), net("int"), first, second, offset)
    number = right if kind is left.type else left
    if sign in ("+", "-") and keyword(number.type) in INTEGERS:
        python = _enum_class(kind)
        move = PYTHON[sign]
        return apply(None, lambda a, c: python(move(int(a), int(c))), kind, left, right, offset)
    return None


def _enum_class(kind: NetType) -> type[EnumValue]:
    zero = kind.definition.zero
    assert isinstance(zero, EnumValue)
    return type(zero)


def _with_null(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    """`null < 1` and the like: lifted to false or null. `null + anything else` is a text."""
    other = right if left.type is b.NULL else left
    if keyword(other.type) == "bool" and sign in _BITS:
        null = b.Constant(offset, nullable(other.type), None)
        left, right = (null, right) if other is right else (left, null)
        return _lifted(binder, sign, left, right, offset)
    if not (is_numeric(other.type) or other.type.kind == "enum"):
        return concatenate(binder, left, right, offset) if sign == "+" and other.type is not b.NULL else None
    if sign in _ORDER:
        return b.Constant(offset, net("bool"), False)
    return b.Constant(offset, nullable(other.type), None)


def _lifted(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    if b.NULL in (left.type, right.type):
        known = left.type if left.type.is_nullable else right.type
        if sign in _ORDER:
            return b.Constant(offset, net("bool"), False)
        return b.Constant(offset, known, None)
    if keyword(underlying(left.type)) == keyword(underlying(right.type)) == "bool" and sign in ("&", "|"):
        function = _three_valued_and if sign == "&" else _three_valued_or
        return b.Apply(offset, nullable(net("bool")), function, [left, right], is_light=True)
    effects: list[b.Value] = []
    operands, nulls = [], []
    for value in (left, right):
        inner, held = hold(binder, value, effects)
        operands.append(inner)
        nulls += held
    result = binary(binder, sign, operands[0], operands[1], offset)
    if not nulls:
        return result if sign in _ORDER else retype(result, nullable(result.type))
    is_null = b.Or(offset, net("bool"), nulls) if len(nulls) > 1 else nulls[0]
    missing = b.Constant(offset, net("bool"), False) if sign in _ORDER else b.Constant(offset, nullable(result.type), None)
    whole = b.If(offset, result.type if sign in _ORDER else nullable(result.type), is_null, missing, result)
    return b.Sequence(offset, whole.type, effects, whole)


def _three_valued_and(left: bool | None, right: bool | None) -> bool | None:
    return False if left is False or right is False else None if left is None or right is None else True


def _three_valued_or(left: bool | None, right: bool | None) -> bool | None:
    return True if left or right else None if left is None or right is None else False


# ---- user-defined ----------------------------------------------------------------------------------------------------


def _user_defined(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    owners = [underlying(kind) for kind in (left.type, right.type) if underlying(kind).kind in ("class", "struct")]
    members = [member for owner in dict.fromkeys(owners) for member in owner.members(sign) if len(member.parameters) == 2]
    if not members or (sign in ("==", "!=") and b.NULL in (left.type, right.type)):
        return None
    chosen = binder.choose_operator(members, [left, right])
    if chosen is not None:
        member, arguments = chosen
        return binder.call_member(member, None, arguments, offset)
    if not (left.type.is_nullable or right.type.is_nullable) or net("string") in (left.type, right.type):
        return None  # a text is put together with it, null or not: nothing is lifted
    if sign in ("==", "!="):
        return None
    return _lifted(binder, sign, left, right, offset)


def _negated(value: b.Value, kind: NetType, offset: int) -> b.Value:
    """`-value` of a decimal."""
    if isinstance(value, b.Constant):
        return b.Constant(offset, kind, arithmetic.decimal_negate(value.value))
    return template(Inline("negate(value)", negate=arithmetic.decimal_negate), kind, value)


# ---- unary -----------------------------------------------------------------------------------------------------------


def unary(binder: Binder, sign: str, operand: b.Value, offset: int) -> b.Value:
    """`sign operand` for + - ! ~. Raises ExpressionError."""
    inner = underlying(operand.type)
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
    if promoted == "decimal":
        return _negated(value, kind, offset)
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
