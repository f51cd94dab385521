"""`==` and `!=` where no operator is user-defined (C# specification, "Equality operators").

The rule here: null is equal to null only; values of different types are compared after promotion; references by identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.dotnet import values
from policies.dotnet.types import Inline, net
from policies.expressions import bound as b
from policies.expressions.conversions import is_numeric, keyword, template
from policies.expressions.lifting import PLAIN, PYTHON, apply, hold, promoted, underlying

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["equality"]


def equality(binder: Binder, sign: str, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    """`==` and `!=` where no operator is user-defined; None when the types cannot be compared."""
    boolean = net("bool")
    if b.NULL in (left.type, right.type):
        return _null_test(sign, left, right, offset)
    if left.type.is_nullable or right.type.is_nullable:
        return _nullable_equality(binder, sign, left, right, offset)
    names = {keyword(left.type), keyword(right.type)}
    if names in ({"bool"}, {"string"}, {"char"}) or (left.type is right.type and left.type.kind == "enum"):
        return apply(PLAIN[sign], PYTHON[sign], boolean, left, right, offset)
    if is_numeric(left.type) and is_numeric(right.type):
        name = promoted(left, right)
        if name is None:
            return None
        first, second = binder.implicit(left, net(name)), binder.implicit(right, net(name))
        if first is None or second is None:
            return None
        return apply(PLAIN[sign], PYTHON[sign], boolean, first, second, offset)
    if "enum" in (left.type.kind, right.type.kind):
        kind = left.type if left.type.kind == "enum" else right.type
        first, second = binder.implicit(left, kind), binder.implicit(right, kind)
        if first is None or second is None:
            return None
        return apply(PLAIN[sign], PYTHON[sign], boolean, first, second, offset)
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
    inner_left, inner_right = underlying(left.type), underlying(right.type)
    if inner_left is inner_right and not inner_left.members(sign):
        return b.Template(offset, net("bool"), PLAIN[sign], ("a", "b"), [left, right])
    effects: list[b.Value] = []
    (first, first_null), (second, second_null) = hold(binder, left, effects), hold(binder, right, effects)
    from policies.expressions.operators import binary

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
        values.assignable(left.type, right.type)
        or values.assignable(right.type, left.type)
        or "interface" in (left.type.kind, right.type.kind)
    )
    if not related:
        return None
    same = b.Apply(offset, net("bool"), _same, [left, right], is_light=True)
    return same if sign == "==" else b.Not(offset, net("bool"), same)


def _same(left: object, right: object) -> bool:
    return (left is right and type(left) not in _BOXES) or (type(left) is str and left == right)


_BOXES = frozenset({int, bool, float, values.Char, values.Single, values.Int64})
