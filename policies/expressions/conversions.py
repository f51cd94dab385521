"""C#'s conversions (specification, "Conversions"): which exist, which are implicit, and what each does.

The rule here: a conversion takes a bound value and gives another of the target type, or None when there is none. Constants
are converted at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from policies.dotnet import arithmetic, values
from policies.dotnet.exceptions import InvalidOperationException, NetException
from policies.dotnet.types import Inline, Member, NetType, net
from policies.expressions import bound as b

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["better_type", "default_value", "explicit", "implicit", "implicit_type", "retype", "unboxed"]

INTEGERS = ("sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong")
_WIDER: dict[str, frozenset[str]] = {
    source: frozenset(wider.split())
    for source, wider in {
        "sbyte": "short int long float double decimal",
        "byte": "short ushort int uint long ulong float double decimal",
        "short": "int long float double decimal",
        "ushort": "int uint long ulong float double decimal",
        "int": "long float double decimal",
        "uint": "long ulong float double decimal",
        "long": "float double decimal",
        "ulong": "float double decimal",
        "char": "ushort int uint long ulong float double decimal",
        "float": "double",
    }.items()
}
_NUMERIC = frozenset((*INTEGERS, "char", "float", "double", "decimal"))
_SAME = Inline("value")
_ORD = Inline("ord(value)", ord=ord)
_CHR = Inline("chr(value & 65535)", chr=chr)
_REAL = Inline("(value + 0.0)")
_FLOAT = Inline("float(value)", float=float)
_DECIMAL = Inline("Decimal(value)", Decimal=Decimal)
_INT = Inline("int(value)", int=int)


def keyword(kind: NetType) -> str:
    """The C# keyword of a simple type, "" for others."""
    return kind.definition.keyword


def is_numeric(kind: NetType) -> bool:
    """Whether arithmetic is defined on it: numbers and char."""
    return kind.definition.keyword in _NUMERIC


def retype(value: b.Value, kind: NetType) -> b.Value:
    """The same value with another static type."""
    if value.type is kind:
        return value
    if isinstance(value, b.Constant):
        return b.Constant(value.offset, kind, value.value)
    return template(_SAME, kind, value)


def template(inline: Inline, kind: NetType, value: b.Value) -> b.Value:
    """An inline of one name."""
    return b.Template(value.offset, kind, inline, ("value",), [value])


def default_value(kind: NetType, offset: int) -> b.Value:
    """`default(T)`."""
    zero = kind.definition.zero
    return b.Apply(offset, kind, zero, [], is_light=True) if callable(zero) else b.Constant(offset, kind, zero)


# ---- implicit --------------------------------------------------------------------------------------------------------


@cache
def implicit_type(source: NetType, target: NetType) -> bool:
    """Whether any value of `source` converts implicitly to `target` (no constants, no lambdas)."""
    if source is target or target.kind == "pseudo":
        return source is target
    if source is b.NULL:
        return not target.is_value_type or target.is_nullable
    if source in (b.DEFAULT, b.NEVER):
        return True
    if source.kind == "pseudo":
        return False
    if target.is_nullable:
        inner = source.args[0] if source.is_nullable else source
        if implicit_type(inner, target.args[0]):
            return True
    if keyword(target) in _WIDER.get(keyword(source), ()):
        return True
    return values.assignable(source, target) or _user_defined(source, target, ("implicit",)) is not None


def implicit(binder: Binder, value: b.Value, target: NetType) -> b.Value | None:
    """The value as `target`, if that needs no cast."""
    source = value.type
    if source is target:
        return value
    if source.kind == "pseudo":
        return _from_pseudo(binder, value, target)
    if isinstance(value, b.Constant):
        fitting = _constant(value, target)
        if fitting is not None:
            return fitting
    if target.is_nullable:
        found = _to_nullable(binder, value, target, implicit)
        if found is not None:
            return found
    if keyword(target) in _WIDER.get(keyword(source), ()):
        return _numeric(value, target, is_checked=False)
    if values.assignable(source, target):
        return _reference(value, target)
    if source.kind == target.kind == "struct" and source.name.startswith("System.ValueTuple"):
        from policies.expressions.tuples import convert_tuple

        return convert_tuple(binder, value, target)
    member = _user_defined(source, target, ("implicit",))
    return None if member is None else _call_user_defined(binder, member, value, target)


def _from_pseudo(binder: Binder, value: b.Value, target: NetType) -> b.Value | None:
    if value.type is b.NULL:
        return None if target.is_value_type and not target.is_nullable else b.Constant(value.offset, target, None)
    if value.type is b.DEFAULT:
        return default_value(target, value.offset)
    if value.type is b.NEVER:
        assert isinstance(value, b.Raise)
        return b.Raise(value.offset, target, value.operand)
    if target.kind == "delegate":
        return binder.to_delegate(value, target)
    return None


def _constant(value: b.Constant, target: NetType) -> b.Value | None:
    """Constant expressions that fit convert to smaller integers; the literal 0 to any enum."""
    source, number = keyword(value.type), value.value
    if target.is_nullable:
        target = target.args[0]
    if target.kind == "enum" and value.is_literal and number == 0 and source in ("int", "uint", "long", "ulong"):
        return b.Constant(value.offset, target, target.definition.zero)
    if source not in ("int", "long") or keyword(target) not in INTEGERS:
        return None
    if source == "long" and keyword(target) != "ulong":
        return None
    low, high = arithmetic.RANGES[target.name]
    return b.Constant(value.offset, target, number) if low <= number <= high else None


def _reference(value: b.Value, target: NetType) -> b.Value:
    """To a base type, an interface, or object: boxed if the source has another form there."""
    source = value.type.args[0] if value.type.is_nullable else value.type
    make = source.definition.box
    if make is None:
        return retype(value, target)
    if isinstance(value, b.Constant) and value.value is not None:
        return b.Constant(value.offset, target, make(value.value))
    if value.type.is_value_type and not value.type.is_nullable:
        return template(Inline("box(value)", box=make), target, value)
    return template(Inline("(None if value is None else box(value))", box=make), target, value)


def _to_nullable(
    binder: Binder, value: b.Value, target: NetType, convert: Callable[[Binder, b.Value, NetType], b.Value | None]
) -> b.Value | None:
    if not value.type.is_nullable:
        inner = convert(binder, value, target.args[0]) if value.type.is_value_type or convert is explicit else None
        return None if inner is None else retype(inner, target)
    inner_type = value.type.args[0]
    if inner_type is target.args[0]:
        return retype(value, target)
    temporary = binder.temporary(inner_type)
    inner = convert(binder, b.Load(value.offset, inner_type, temporary), target.args[0])
    if inner is None:
        return None
    return b.Chain(value.offset, target, temporary, value, inner, if_null=False)


# ---- explicit --------------------------------------------------------------------------------------------------------


def explicit(binder: Binder, value: b.Value, target: NetType) -> b.Value | None:
    """The value as `target` by a cast."""
    found = implicit(binder, value, target)
    if found is not None:
        return found
    source = value.type
    if source.kind == "pseudo":
        return None
    if is_numeric(source) and is_numeric(target):
        if isinstance(value, b.Constant):
            return _cast_constant(binder, value, target)
        return _numeric(value, target, is_checked=binder.is_checked)
    if source.kind == "enum" and (is_numeric(target) or target.kind == "enum"):
        number = _fold(template(_INT, net("int"), value), int)
        return explicit(binder, number, target)
    if target.kind == "enum" and is_numeric(source):
        number = _numeric(value, net("int"), is_checked=binder.is_checked)
        python = type(target.definition.zero)
        return _fold(template(Inline("enum(value)", enum=python), target, number), python)
    if target.is_nullable:
        exact = _user_defined(source, target, ("explicit", "implicit"))
        if exact is not None and exact.returns is target:  # (int?)token knows what a null token is, (int)token does not
            return _call_user_defined(binder, exact, value, target)
    if target.is_nullable and (source.is_nullable or not values.assignable(target, source)):
        found = _to_nullable(binder, value, target, explicit)
        if found is not None:
            return found
    if source.is_nullable and target.is_value_type and not target.is_nullable:
        inner = b.Apply(value.offset, source.args[0], _needs_value, [value], is_light=True)
        return explicit(binder, inner, target)
    if values.assignable(target, source) or _could_be(source, target):
        return unboxed(value, target)
    member = _user_defined(source, target, ("explicit", "implicit"))
    return None if member is None else _call_user_defined(binder, member, value, target)


def _needs_value(value: object) -> object:
    if value is None:
        raise InvalidOperationException("Nullable object must have a value.")
    return value


def _could_be(source: NetType, target: NetType) -> bool:
    """Whether an object of the one type may also be of the other, so that only running can tell: interfaces and classes
    that are not sealed, and generic interfaces whose arguments differ."""
    if source.is_value_type or target.is_value_type:
        return False
    sealed = any(kind.name == "System.String" or kind.is_array or kind.kind == "delegate" for kind in (source, target))
    if source.is_array and target.is_array:
        return values.assignable(target.args[0], source.args[0]) and not source.args[0].is_value_type
    return "interface" in (source.kind, target.kind) and not sealed


_QUICK = {
    "string": Inline("(value if value is None or value.__class__ is own else cast(value, target))", own=str),
    "int": Inline("(value if value.__class__ is own else cast(value, target))", own=int),
    "bool": Inline("(value if value.__class__ is own else cast(value, target))", own=bool),
    "double": Inline("(value if value.__class__ is own else cast(value, target))", own=float),
}


def unboxed(value: b.Value, target: NetType) -> b.Value:
    """A cast that is checked when it runs."""
    quick = _QUICK.get(keyword(target))
    if quick is not None:
        return template(Inline(quick.template, own=quick.names["own"], cast=values.cast, target=target), target, value)
    target_constant = b.Constant(value.offset, net("object"), target)
    return b.Apply(value.offset, target, values.cast, [value, target_constant], is_light=True)


# ---- numbers ---------------------------------------------------------------------------------------------------------


def _cast_constant(binder: Binder, value: b.Constant, target: NetType) -> b.Value:
    """A constant cast to a number that cannot hold it is a mistake, unless `unchecked` says that it is not."""
    if not binder.is_unchecked:
        limits = arithmetic.RANGES.get(target.name)
        plain = ord(value.value) if keyword(value.type) == "char" else value.value
        if limits is not None and not limits[0] <= (int(plain) if math.isfinite(plain) else limits[1] + 1) <= limits[1]:
            shown = values.to_text(value.value)
            raise binder.error(
                value.offset,
                f"the constant {shown} cannot be converted to '{target}'",
                f"it does not fit; write unchecked(({target}){shown}) to cut it",
            )
    return _numeric(value, target, is_checked=binder.is_checked)


def _numeric(value: b.Value, target: NetType, *, is_checked: bool) -> b.Value:
    source, wanted = keyword(value.type), keyword(target)
    if isinstance(value, b.Constant):
        return _numeric_constant(value, target, is_checked=is_checked)
    if source == wanted:
        return value
    if source == "char":
        value = template(_ORD, net("ushort"), value)
        source = "ushort"
    if wanted == "char":
        number = _numeric(value, net("ushort"), is_checked=is_checked)
        return template(_CHR, target, number)
    if wanted == "decimal":
        if source in INTEGERS:
            return template(_DECIMAL, target, value)
        convert_real = arithmetic.single_to_decimal if source == "float" else arithmetic.to_decimal
        return template(Inline("to_decimal(value)", to_decimal=convert_real), target, value)
    if wanted in ("double", "float"):
        real = template(_FLOAT if source == "decimal" else _REAL, target, value) if source != "float" else value
        if wanted == "double":
            return retype(real, target)
        return template(Inline("single(value)", single=arithmetic.single), target, real)
    low, high = arithmetic.RANGES[target.name]
    if source not in INTEGERS:
        convert = arithmetic.real_to_integer_checked if is_checked else arithmetic.real_to_integer
        limits = [b.Constant(value.offset, net("object"), limit) for limit in (low, high)]
        return b.Apply(value.offset, target, convert, [value, *limits], is_light=True)
    own_low, own_high = arithmetic.RANGES[value.type.name]
    if low <= own_low and own_high <= high:
        return retype(value, target)
    return b.Narrow(value.offset, target, value, low, high, is_checked)


def _numeric_constant(value: b.Constant, target: NetType, *, is_checked: bool) -> b.Value:
    plain: Any = ord(value.value) if keyword(value.type) == "char" else value.value
    wanted = keyword(target)
    try:
        if wanted == "decimal":
            plain = arithmetic.to_decimal(plain, 7 if keyword(value.type) == "float" else 15)
        elif wanted == "double":
            plain = float(plain)
        elif wanted == "float":
            plain = arithmetic.single(float(plain))
        else:
            low, high = arithmetic.RANGES[target.name]
            plain = (
                arithmetic.real_to_integer(plain, low, high, checked=is_checked)
                if not isinstance(plain, int)
                else arithmetic.check(plain, low, high)
                if is_checked
                else arithmetic.wrap(plain, low, high)
            )
    except NetException:
        limits = [b.Constant(value.offset, net("object"), limit) for limit in arithmetic.RANGES.get(target.name, ())]
        failing = arithmetic.to_decimal if wanted == "decimal" else arithmetic.real_to_integer_checked
        return b.Apply(value.offset, target, failing, [b.Constant(value.offset, value.type, plain), *limits], is_light=True)
    return b.Constant(value.offset, target, chr(plain) if wanted == "char" else plain)


def _fold(value: b.Value, convert: Callable[[Any], Any]) -> b.Value:
    """A template of one constant, done now."""
    if isinstance(value, b.Template) and isinstance(value.arguments[0], b.Constant):
        return b.Constant(value.offset, value.type, convert(value.arguments[0].value))
    return value


# ---- user-defined ----------------------------------------------------------------------------------------------------


@cache
def _user_defined(source: NetType, target: NetType, kinds: tuple[str, ...]) -> Member | None:
    """The conversion operator that goes from `source` to `target` most directly, of either type's own."""
    allowed = _explicit_standard if "explicit" in kinds else _implicit_standard
    best: tuple[int, Member] | None = None
    for owner in _owners(source, target):
        for kind in kinds:
            for member in owner.members(kind):
                given, result = member.parameters[0].type, member.returns
                if allowed(source, given) and allowed(result, target):
                    distance = _distance(source, given) + _distance(result, target)
                    if best is None or distance < best[0]:
                        best = (distance, member)
    return None if best is None else best[1]


def _owners(source: NetType, target: NetType) -> list[NetType]:
    found: list[NetType] = []
    for kind in (source, target):
        inner = kind.args[0] if kind.is_nullable else kind
        if inner.kind in ("class", "struct"):
            found += [each for each in inner.ancestry() if each.kind in ("class", "struct") and each not in found]
    return found


def _distance(source: NetType, target: NetType) -> int:
    if source is target:
        return 0
    return 1 if _implicit_standard(source, target) else 10


def _implicit_standard(source: NetType, target: NetType) -> bool:
    if source is target:
        return True
    if target.is_nullable:
        inner = source.args[0] if source.is_nullable else source
        return _implicit_standard(inner, target.args[0])
    return keyword(target) in _WIDER.get(keyword(source), ()) or values.assignable(source, target)


def _explicit_standard(source: NetType, target: NetType) -> bool:
    if _implicit_standard(source, target) or _implicit_standard(target, source):
        return True
    return is_numeric(source) and is_numeric(target)


def _call_user_defined(binder: Binder, member: Member, value: b.Value, target: NetType) -> b.Value | None:
    given = explicit(binder, value, member.parameters[0].type)
    if given is None:
        return None
    return explicit(binder, binder.call_member(member, None, [given], value.offset), target)


# ---- choosing --------------------------------------------------------------------------------------------------------


def better_type(first: NetType, second: NetType) -> int:
    """-1 when converting to the first is better, 1 for the second, 0 when neither is (specification, "Better conversion
    target")."""
    if first is second:
        return 0
    forth, back = implicit_type(first, second), implicit_type(second, first)
    if forth != back:
        return -1 if forth else 1
    signed, unsigned = ("sbyte", "short", "int", "long"), ("byte", "ushort", "uint", "ulong")
    if keyword(first) in signed and keyword(second) in unsigned:
        return -1
    if keyword(second) in signed and keyword(first) in unsigned:
        return 1
    return 0
