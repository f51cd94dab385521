"""System.Math and MidpointRounding.

The rule here: rounding halves to even unless told otherwise; what Python raises as a domain error is NaN.
Source: learn.microsoft.com/dotnet/api/system.math.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from policies.dotnet import arithmetic
from policies.dotnet.exceptions import ArgumentException, ArgumentOutOfRangeException, OverflowException
from policies.dotnet.types import Const, Enum, Implementation, Static

__all__ = ["TYPES", "round_decimal"]

MIDPOINT = Enum("System.MidpointRounding", "ToEven AwayFromZero ToZero ToNegativeInfinity ToPositiveInfinity")
_MODES = (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN, ROUND_FLOOR, ROUND_CEILING)
_WIDE = Context(prec=400)
_INTEGERS = ("sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong")
_FULL = {
    "sbyte": "System.SByte",
    "short": "System.Int16",
    "int": "System.Int32",
    "long": "System.Int64",
}


def round_decimal(value: Decimal, decimals: int = 0, mode: int = 0) -> Decimal:
    """Math.Round of a decimal."""
    if not 0 <= decimals <= 28:
        raise ArgumentOutOfRangeException("decimals", "Decimal can only round to between 0 and 28 digits of precision.")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= decimals:
        return value
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=_MODES[mode], context=_WIDE)


def _round(value: float, digits: int = 0, mode: int = 0) -> float:
    if not 0 <= digits <= 15:
        raise ArgumentOutOfRangeException("digits", "Rounding digits must be between 0 and 15, inclusive.")
    if not math.isfinite(value) or abs(value) >= 1e16:
        return value
    power = 10.0**digits
    scaled = Decimal(value * power)
    return math.copysign(float(scaled.quantize(Decimal(1), rounding=_MODES[mode], context=_WIDE)) / power, value)


def _total(function: Callable[..., float]) -> Callable[..., float]:
    def total(*args: float) -> float:
        try:
            return function(*args)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return total


def _log(value: float, base: float | None = None) -> float:
    if base is not None:
        return arithmetic.float_divide(_log(value), _log(base)) if base not in (0.0, 1.0) else math.nan
    return -math.inf if value == 0 else _total(math.log)(value)


def _power(value: float, exponent: float) -> float:
    try:
        return math.pow(value, exponent)
    except OverflowError:
        return -math.inf if value < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        return math.inf if value == 0 else math.nan


def _atanh(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) == 1 else _total(math.atanh)(value)


def _sign(value: float | Decimal) -> int:
    if math.isnan(value):
        raise ArgumentException("Function does not accept floating point Not-a-Number values.")
    return (value > 0) - (value < 0)


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: math.copysign(float(function(value)), value) if math.isfinite(value) else value


def _extreme(choose: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def extreme(left: Any, right: Any) -> Any:
        return left if math.isnan(left) else right if math.isnan(right) else choose(left, right)

    return extreme


def _clamp(value: Any, low: Any, high: Any) -> Any:
    if low > high:
        raise ArgumentException(f"'{low}' cannot be greater than {high}.")
    return min(max(value, low), high)


def _absolute(low: int) -> Callable[[int], int]:
    def absolute(value: int) -> int:
        if value == low:
            raise OverflowException("Negating the minimum value of a twos complement number is invalid.")
        return abs(value)

    return absolute


def _div_rem(left: int, right: int) -> tuple[int, int]:
    return arithmetic.divide(left, right), arithmetic.remainder(left, right)


def _members() -> dict[str, Implementation]:
    members: dict[str, Implementation] = {
        "static double PI": Const(math.pi),
        "static double E": Const(math.e),
        "static double Abs(double value)": abs,
        "static float Abs(float value)": abs,
        "static decimal Abs(decimal value)": lambda value: value.copy_abs(),
        "static decimal Ceiling(decimal d)": lambda d: d.to_integral_value(ROUND_CEILING),
        "static double Ceiling(double a)": _whole(math.ceil),
        "static decimal Floor(decimal d)": lambda d: d.to_integral_value(ROUND_FLOOR),
        "static double Floor(double d)": _whole(math.floor),
        "static decimal Truncate(decimal d)": lambda d: d.to_integral_value(ROUND_DOWN),
        "static double Truncate(double d)": _whole(math.trunc),
        "static decimal Round(decimal d, int decimals = 0)": round_decimal,
        "static decimal Round(decimal d, MidpointRounding mode)": lambda d, mode: round_decimal(d, 0, mode),
        "static decimal Round(decimal d, int decimals, MidpointRounding mode)": round_decimal,
        "static double Round(double a, int digits = 0)": _round,
        "static double Round(double a, MidpointRounding mode)": lambda a, mode: _round(a, 0, mode),
        "static double Round(double a, int digits, MidpointRounding mode)": _round,
        "static double Pow(double x, double y)": _power,
        "static double Log(double d)": _log,
        "static double Log(double a, double newBase)": _log,
        "static double Log10(double d)": lambda d: -math.inf if d == 0 else _total(math.log10)(d),
        "static double Log2(double d)": lambda d: -math.inf if d == 0 else _total(math.log2)(d),
        "static double Atan2(double y, double x)": math.atan2,
        "static double IEEERemainder(double x, double y)": _total(math.remainder),
        "static double Cbrt(double d)": lambda d: math.copysign(round(abs(d) ** (1 / 3), 15), d),
        "static int DivRem(int a, int b, out int result)": _div_rem,
        "static long DivRem(long a, long b, out long result)": _div_rem,
        "static long BigMul(int a, int b)": lambda a, b: a * b,
    }
    members["static double Atanh(double d)"] = _atanh
    for name in ("Sqrt", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Tanh", "Exp", "Acosh", "Asinh"):
        members[f"static double {name}(double d)"] = _total(getattr(math, name.lower()))
    for keyword, full in _FULL.items():
        members[f"static {keyword} Abs({keyword} value)"] = _absolute(arithmetic.RANGES[full][0])
    for keyword in (*_INTEGERS, "float", "double", "decimal"):
        members[f"static {keyword} Max({keyword} val1, {keyword} val2)"] = _extreme(max)
        members[f"static {keyword} Min({keyword} val1, {keyword} val2)"] = _extreme(min)
        members[f"static {keyword} Clamp({keyword} value, {keyword} min, {keyword} max)"] = _clamp
    for keyword in ("sbyte", "short", "int", "long", "float", "double", "decimal"):
        members[f"static int Sign({keyword} value)"] = _sign
    return members


TYPES = (MIDPOINT, Static("System.Math", members=_members()))
