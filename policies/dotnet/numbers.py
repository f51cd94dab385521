"""The numeric types and bool: their limits, parsing and formats.

The rule here: one table makes all integer types, since they differ in range and box only. Operators and casts between
them belong to the compiler. Source: learn.microsoft.com/dotnet/api/system.int32 and its siblings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from policies.dotnet import arithmetic, decimals, formatting, number_styles
from policies.dotnet.enums import type_code
from policies.dotnet.exceptions import ArgumentNullException, FormatException, OverflowException
from policies.dotnet.interfaces import compare_to
from policies.dotnet.types import Const, Implementation, Inline, Struct, TypeDefinition
from policies.dotnet.values import (
    Byte,
    Int16,
    Int64,
    SByte,
    Single,
    UInt16,
    UInt32,
    UInt64,
    compare,
    equals,
    hash_code,
    to_text,
)

__all__ = ["TYPES", "parse_decimal", "parse_double", "parse_integer"]

_INTEGER = re.compile(r"[\t-\r ]*([+-]?\d+)[\t-\r ]*\0*$", re.ASCII)
_REAL = re.compile(
    r"[\t-\r ]*(?P<sign>[+-])?(?P<whole>\d[\d,]*)?(?P<fraction>\.\d*)?(?P<exponent>[eE][+-]?\d+)?(?P<after>[+-])?[\t-\r ]*\0*$",
    re.ASCII,
)
_WORDS = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf, "+infinity": math.inf, "-nan": math.nan}
_FORMAT = "The input string '{}' was not in a correct format."


def parse_integer(name: str, text: str | None) -> int:
    """`T.Parse(text)` for the integer type with this full name."""
    if text is None:
        raise ArgumentNullException("s")
    match = _INTEGER.match(text)
    if match is None:
        raise FormatException(_FORMAT.format(text))
    digits = match[1]
    low, high = arithmetic.RANGES[name]
    if len(digits.lstrip("+-0")) > 20 or not low <= (number := int(digits)) <= high:
        raise arithmetic.too_large(name)
    return number


def _real_text(text: str | None) -> str:
    if text is None:
        raise ArgumentNullException("s")
    match = _REAL.match(text)
    if match is None or not ((match["whole"] or "") + (match["fraction"] or "")).strip(".,"):
        raise FormatException(_FORMAT.format(text))
    if match["sign"] and match["after"]:
        raise FormatException(_FORMAT.format(text))
    sign = "-" if "-" in (match["sign"], match["after"]) else ""
    whole = (match["whole"] or "0").replace(",", "")
    return f"{sign}{whole}{match['fraction'] or ''}{match['exponent'] or ''}"


def parse_double(text: str | None) -> float:
    """Double.Parse. What is too large is infinite, as in .NET since Core 3.0."""
    word = _WORDS.get((text or "").strip().lower())
    if word is not None:
        return word
    plain = _real_text(text)
    if text is not None and text.rstrip("\0\t\n\v\f\r ")[-1:] in "+-":
        raise FormatException(_FORMAT.format(text))
    return float(plain)


def _parse_single(text: str | None) -> float:
    return arithmetic.single(parse_double(text))


def parse_decimal(text: str | None) -> Decimal:
    """Decimal.Parse: no exponent, a sign before or after."""
    plain = _real_text(text)
    if "e" in plain.lower():
        raise FormatException(_FORMAT.format(text))
    return arithmetic.to_decimal(Decimal(plain[:2000]))


def parse_bool(text: str | None) -> bool:
    """Boolean.Parse."""
    if text is None:
        raise ArgumentNullException("value")
    word = text.strip("\0\t\n\v\f\r \x85\xa0").lower()
    if word not in ("true", "false"):
        raise FormatException(f"String '{text}' was not recognized as a valid Boolean.")
    return word == "true"


def _trying(parse: Callable[[str | None], Any], zero: Any) -> Callable[[str | None], tuple[bool, Any]]:
    def attempt(text: str | None) -> tuple[bool, Any]:
        try:
            return True, parse(text)
        except (FormatException, OverflowException, ArgumentNullException):
            return False, zero

    return attempt


def _format(box: Callable[[Any], Any] | None) -> Callable[..., str]:
    def to_string(value: Any, spec: str | None = None, _provider: object = None) -> str:
        return formatting.format_number(value if box is None else box(value), spec or "")

    return to_string


def _number(
    keyword: str,
    name: str,
    parse: Callable[[str | None], Any],
    zero: Any,
    own: type,
    box: type | None,
    extra: dict[str, Implementation],
) -> TypeDefinition:
    to_string = _format(box)
    return Struct(
        name,
        keyword=keyword,
        bases=("IComparable",),
        box=box,
        unbox=None if box is None else float if box is Single else int,
        zero=zero,
        members={
            f"static {keyword} Parse(string s, IFormatProvider provider = null)": lambda text, _provider: parse(text),
            f"static bool TryParse(string s, out {keyword} result)": _trying(parse, zero),
            f"static {keyword} Parse(string s, NumberStyles style, IFormatProvider provider = null)": (
                lambda text, style, _provider: number_styles.parse(name, text, int(style))
            ),
            f"static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out {keyword} result)": (
                number_styles.trying(name, zero)
            ),
            "TypeCode GetTypeCode()": type_code(name.rpartition(".")[2]),
            "string ToString()": Inline("text(self)", text=to_text) if box is None else to_string,
            "string ToString(string format, IFormatProvider provider = null)": to_string,
            "string ToString(IFormatProvider provider)": lambda value, _provider: to_string(value),
            f"int CompareTo({keyword} value)": compare,
            "int CompareTo(object value)": compare_to(name, own),
            f"bool Equals({keyword} obj)": equals if own in (float, Single) else Inline("self == obj"),
            "bool Equals(object obj)": (lambda value, other: equals(box(value), other)) if box else equals,
            "int GetHashCode()": hash_code,
            **extra,
        },
    )


def _integers() -> list[TypeDefinition]:
    rows: list[tuple[str, str, type | None]] = [
        ("byte", "System.Byte", Byte),
        ("sbyte", "System.SByte", SByte),
        ("short", "System.Int16", Int16),
        ("ushort", "System.UInt16", UInt16),
        ("int", "System.Int32", None),
        ("uint", "System.UInt32", UInt32),
        ("long", "System.Int64", Int64),
        ("ulong", "System.UInt64", UInt64),
    ]
    made = []
    for keyword, name, box in rows:
        low, high = arithmetic.RANGES[name]
        limits = {
            f"static {keyword} MinValue": Const(low),
            f"static {keyword} MaxValue": Const(high),
        }
        made.append(_number(keyword, name, partial(parse_integer, name), 0, box or int, box, limits))
    return made


def _reals(keyword: str, greatest: float, epsilon: float, least_normal: float) -> dict[str, Implementation]:
    return {
        f"static {keyword} MinValue": Const(-greatest),
        f"static {keyword} MaxValue": Const(greatest),
        f"static {keyword} Epsilon": Const(epsilon),
        f"static {keyword} NaN": Const(math.nan),
        f"static {keyword} PositiveInfinity": Const(math.inf),
        f"static {keyword} NegativeInfinity": Const(-math.inf),
        f"static bool IsNaN({keyword} d)": math.isnan,
        f"static bool IsInfinity({keyword} d)": math.isinf,
        f"static bool IsPositiveInfinity({keyword} d)": Inline("d == inf", inf=math.inf),
        f"static bool IsNegativeInfinity({keyword} d)": Inline("d == -inf", inf=math.inf),
        f"static bool IsFinite({keyword} d)": math.isfinite,
        f"static bool IsNegative({keyword} d)": lambda value: math.copysign(1.0, value) < 0,
        f"static bool IsNormal({keyword} d)": lambda value: math.isfinite(value) and abs(value) >= least_normal,
        f"static bool IsSubnormal({keyword} d)": lambda value: 0 < abs(value) < least_normal,
    }


def _decimal_places(value: Decimal, decimals: int = 0, mode: int = 0) -> Decimal:
    from policies.dotnet import maths

    return maths.round_decimal(value, decimals, mode)


_DECIMALS: dict[str, Implementation] = {
    "static decimal MinValue": Const(-Decimal(2**96 - 1)),
    "static decimal MaxValue": Const(Decimal(2**96 - 1)),
    "static decimal Zero": Const(Decimal(0)),
    "static decimal One": Const(Decimal(1)),
    "static decimal MinusOne": Const(Decimal(-1)),
    "static decimal Add(decimal d1, decimal d2)": arithmetic.decimal_add,
    "static decimal Subtract(decimal d1, decimal d2)": arithmetic.decimal_subtract,
    "static decimal Multiply(decimal d1, decimal d2)": arithmetic.decimal_multiply,
    "static decimal Divide(decimal d1, decimal d2)": arithmetic.decimal_divide,
    "static decimal Remainder(decimal d1, decimal d2)": arithmetic.decimal_remainder,
    "static decimal Negate(decimal d)": arithmetic.decimal_negate,
    "static int Compare(decimal d1, decimal d2)": compare,
    "static decimal Truncate(decimal d)": lambda value: value.to_integral_value("ROUND_DOWN"),
    "static decimal Floor(decimal d)": lambda value: value.to_integral_value("ROUND_FLOOR"),
    "static decimal Ceiling(decimal d)": lambda value: value.to_integral_value("ROUND_CEILING"),
    "static decimal Round(decimal d, int decimals = 0)": _decimal_places,
    "static decimal Round(decimal d, MidpointRounding mode)": lambda value, mode: _decimal_places(value, 0, mode),
    "static decimal Round(decimal d, int decimals, MidpointRounding mode)": _decimal_places,
    **decimals.MEMBERS,
}

TYPES = (
    *_integers(),
    _number(
        "float",
        "System.Single",
        _parse_single,
        0.0,
        Single,
        Single,
        _reals("float", 3.4028234663852886e38, 1.401298464324817e-45, 2.0**-126),
    ),
    _number(
        "double", "System.Double", parse_double, 0.0, float, None, _reals("double", 1.7976931348623157e308, 5e-324, 2.0**-1022)
    ),
    _number("decimal", "System.Decimal", parse_decimal, Decimal(0), Decimal, None, _DECIMALS),
    Struct(
        "System.Boolean",
        keyword="bool",
        bases=("IComparable",),
        zero=False,
        members={
            "static string TrueString": Const("True"),
            "static string FalseString": Const("False"),
            "static bool Parse(string value)": parse_bool,
            "static bool TryParse(string value, out bool result)": _trying(parse_bool, False),
            "TypeCode GetTypeCode()": type_code("Boolean"),
            "string ToString()": Inline("('True' if self else 'False')"),
            "string ToString(IFormatProvider provider)": Inline("('True' if self else 'False')"),
            "int CompareTo(bool value)": compare,
            "int CompareTo(object value)": compare_to("System.Boolean", bool),
            "bool Equals(bool obj)": Inline("self == obj"),
            "bool Equals(object obj)": equals,
            "int GetHashCode()": Inline("int(self)", int=int),
        },
    ),
)
