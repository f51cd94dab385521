"""C#'s arithmetic where Python's differs: widths, truncating division, IEEE division, float and decimal precision.

The rule here: plain numbers in, plain numbers out; emitted code and number parsing share these. Source: C# specification,
"Arithmetic operators" and "Explicit numeric conversions".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from struct import pack, unpack

from policies.dotnet.exceptions import DivideByZeroException, OverflowException

__all__ = [
    "RANGES",
    "check",
    "decimal_add",
    "decimal_divide",
    "decimal_multiply",
    "decimal_negate",
    "decimal_remainder",
    "decimal_subtract",
    "divide",
    "float_divide",
    "float_remainder",
    "real_to_integer",
    "real_to_integer_checked",
    "remainder",
    "signed_division",
    "signed_remainder",
    "single",
    "single_to_decimal",
    "to_decimal",
    "too_large",
    "wrap",
]

RANGES: dict[str, tuple[int, int]] = {
    "System.SByte": (-(2**7), 2**7 - 1),
    "System.Byte": (0, 2**8 - 1),
    "System.Int16": (-(2**15), 2**15 - 1),
    "System.UInt16": (0, 2**16 - 1),
    "System.Char": (0, 2**16 - 1),
    "System.Int32": (-(2**31), 2**31 - 1),
    "System.UInt32": (0, 2**32 - 1),
    "System.Int64": (-(2**63), 2**63 - 1),
    "System.UInt64": (0, 2**64 - 1),
}
"""Type → its least and greatest value."""


def too_large(full: str) -> OverflowException:
    """What .NET says of a number that the integer type with this full name cannot hold."""
    short = full.rpartition(".")[2]
    shown = {"Byte": "an unsigned byte", "SByte": "a signed byte"}.get(short, f"{'an' if short[0] == 'I' else 'a'} {short}")
    return OverflowException(f"Value was either too large or too small for {shown}.")


def wrap(value: int, low: int, high: int) -> int:
    """The value cut to the width of [low, high]."""
    return (value - low) % (high - low + 1) + low


def check(value: int, low: int, high: int) -> int:
    """The value if it fits; raises OverflowException."""
    if low <= value <= high:
        return value
    raise OverflowException


def divide(left: int, right: int) -> int:
    """Integer division towards zero."""
    if right == 0:
        raise DivideByZeroException
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def remainder(left: int, right: int) -> int:
    """The rest, with the sign of the dividend."""
    if right == 0:
        raise DivideByZeroException
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def signed_division(low: int) -> Callable[[int, int], int]:
    """Division of int or long, whose least value is `low`: it has no counterpart, and dividing it by -1 throws, checked or
    not, as the processor does."""

    def divided(left: int, right: int) -> int:
        if right == 0:
            raise DivideByZeroException
        quotient = abs(left) // abs(right)
        if (left < 0) != (right < 0):
            return -quotient
        if quotient == -low:
            raise OverflowException
        return quotient

    return divided


def signed_remainder(low: int) -> Callable[[int, int], int]:
    """The rest of int or long; x64 computes it with the quotient, and throws as that does."""

    def rest_of(left: int, right: int) -> int:
        if right == -1 and left == low:
            raise OverflowException
        return remainder(left, right)

    return rest_of


def float_divide(left: float, right: float) -> float:
    """IEEE division: no exception."""
    if right:
        return left / right
    if not left or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def float_remainder(left: float, right: float) -> float:
    """IEEE remainder with the sign of the dividend."""
    return math.nan if right == 0 or not math.isfinite(left) else math.fmod(left, right)


def single(value: float) -> float:
    """The nearest float (32 bit)."""
    try:
        nearest: float = unpack("f", pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return nearest


def real_to_integer(value: float | Decimal, low: int, high: int, *, checked: bool = False) -> int:
    """A cast from double, float or decimal: towards zero. Outside the range a decimal and a checked cast throw; else the
    result is what .NET has on x64: cut for what fits a long, the least long for what does not."""
    if isinstance(value, float) and not math.isfinite(value):
        if checked:
            raise OverflowException
        whole = -(2**63)
    else:
        whole = int(value)
    if low <= whole <= high:
        return whole
    if checked or isinstance(value, Decimal):
        raise OverflowException
    if high - low < 2**32 - 1:
        return wrap(whole if -(2**31) <= whole < 2**31 else -(2**31), low, high)
    return low if low else wrap(whole if -(2**63) <= whole < 2**63 else -(2**63), low, high)


def real_to_integer_checked(value: float | Decimal, low: int, high: int) -> int:
    """The same cast in a checked context."""
    return real_to_integer(value, low, high, checked=True)


# ---- decimal ---------------------------------------------------------------------------------------------------------

_DECIMAL = Context(prec=28, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_LIMIT = Decimal(2**96 - 1)
_LEAST = Decimal(1).scaleb(-28)


def to_decimal(value: int | float | Decimal, digits: int = 15) -> Decimal:
    """The number as a decimal: 15 significant digits of a double, exact for integers and decimals."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OverflowException("Value was either too large or too small for a Decimal.")
        value = Decimal(f"{value:.{digits - 1}e}").normalize(_WIDE)
    return _kept(Decimal(value))


def single_to_decimal(value: float) -> Decimal:
    """A float as a decimal: 7 significant digits."""
    return to_decimal(value, 7)


def _kept(value: Decimal) -> Decimal:
    if value.copy_abs() > _LIMIT:  # abs() would round to 28 digits
        raise OverflowException("Value was either too large or too small for a Decimal.")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent > 0:
        return value.quantize(Decimal(1), context=_WIDE)
    if exponent < -28:
        value = value.quantize(_LEAST, context=_WIDE)
    while len(value.as_tuple().digits) > 29 or int("".join(map(str, value.as_tuple().digits))) > _LIMIT:
        value = _WIDE.create_decimal(value).quantize(Decimal(1).scaleb(int(value.as_tuple().exponent) + 1), context=_WIDE)
    return value


def _operation(apply: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Decimal, Decimal], Decimal]:
    def operation(left: Decimal, right: Decimal) -> Decimal:
        return _kept(apply(left, right))

    return operation


decimal_add = _operation(_WIDE.add)
decimal_subtract = _operation(_WIDE.subtract)
decimal_multiply = _operation(_WIDE.multiply)


def decimal_negate(value: Decimal) -> Decimal:
    """`-value`, of all its digits; zero has no sign."""
    return value.copy_negate() if value else value.copy_abs()


def decimal_divide(left: Decimal, right: Decimal) -> Decimal:
    """Decimal division."""
    if not right:
        raise DivideByZeroException
    return _kept(_DECIMAL.divide(left, right))


def decimal_remainder(left: Decimal, right: Decimal) -> Decimal:
    """Decimal remainder, with the sign of the dividend."""
    if not right:
        raise DivideByZeroException
    try:
        return _kept(_WIDE.remainder(left, right))
    except InvalidOperation:
        raise OverflowException from None
