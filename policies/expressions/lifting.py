"""What the operators share: promotion of numbers, operators as templates, `T?` taken apart.

The rule here: an operator on constants is done at once; an operand that is tested for null is evaluated once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from policies.dotnet.exceptions import NetException
from policies.dotnet.types import Inline, NetType, net
from policies.expressions import bound as b
from policies.expressions.conversions import keyword, retype, template

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["PLAIN", "PYTHON", "Fold", "apply", "hold", "is_null", "promoted", "underlying"]

Fold = Callable[[Any, Any], Any]

PYTHON: dict[str, Fold] = {
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
PLAIN = {sign: Inline(f"(a {sign} b)") for sign in PYTHON}


def promoted(left: b.Value, right: b.Value) -> str | None:
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


def apply(inline: Inline | None, function: Fold, kind: NetType, left: b.Value, right: b.Value, offset: int) -> b.Value:
    if isinstance(left, b.Constant) and isinstance(right, b.Constant):
        try:
            return b.Constant(offset, kind, function(left.value, right.value))
        except NetException:
            return b.Apply(offset, kind, function, [left, right], is_light=True)
    if inline is None:
        return b.Apply(offset, kind, function, [left, right], is_light=True)
    return b.Template(offset, kind, inline, ("a", "b"), [left, right])


def underlying(kind: NetType) -> NetType:
    return kind.args[0] if kind.is_nullable else kind


def hold(binder: Binder, value: b.Value, effects: list[b.Value]) -> tuple[b.Value, list[b.Value]]:
    """The operand in a temporary (so that it is evaluated once), and the test whether it is null."""
    if isinstance(value, b.Constant) and value.value is not None:
        return retype(value, underlying(value.type)), []
    temporary = binder.temporary(underlying(value.type))
    effects.append(b.Store(value.offset, value.type, temporary, value))
    load = b.Load(value.offset, temporary.type, temporary)
    tests = [is_null(load)] if value.type.is_nullable else []
    return load, tests


def is_null(value: b.Value) -> b.Value:
    """`value == null` by identity."""
    if isinstance(value, b.Constant):
        return b.Constant(value.offset, net("bool"), value.value is None)
    return template(Inline("(value is None)"), net("bool"), value)
