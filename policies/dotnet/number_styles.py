"""Numbers read with a NumberStyles: `int.Parse("1F", NumberStyles.HexNumber)`.

The rule here: a style says what may stand in the text; what may not makes a FormatException. Symbols are the invariant
culture's. Source: learn.microsoft.com/dotnet/api/system.globalization.numberstyles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final

from policies.dotnet import arithmetic
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, FormatException, OverflowException

__all__ = ["parse", "trying"]

_LEADING_WHITE, _TRAILING_WHITE, _LEADING_SIGN, _TRAILING_SIGN = 1, 2, 4, 8
_PARENTHESES, _POINT, _THOUSANDS, _EXPONENT, _CURRENCY, _HEX = 16, 32, 64, 128, 256, 512
_WHITE: Final = r"[\t-\r ]*"
_WORDS: Final = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf, "+infinity": math.inf}


@cache
def _pattern(style: int) -> re.Pattern[str]:
    """What a text of this style looks like."""
    before, after = (_WHITE if style & flag else "" for flag in (_LEADING_WHITE, _TRAILING_WHITE))
    if style & _HEX:
        return re.compile(rf"{before}(?P<hex>[0-9a-fA-F]+){after}\0*$", re.ASCII)
    sign = r"(?P<sign>[+-])?" if style & _LEADING_SIGN else "(?P<sign>(?!))?"
    opening = r"(?P<opening>\()?" if style & _PARENTHESES else "(?P<opening>(?!))?"
    currency = "¤?" if style & _CURRENCY else ""
    whole = r"(?P<whole>\d[\d,]*)?" if style & _THOUSANDS else r"(?P<whole>\d+)?"
    fraction = r"(?P<fraction>\.\d*)?" if style & _POINT else "(?P<fraction>(?!))?"
    exponent = r"(?P<exponent>[eE][+-]?\d+)?" if style & _EXPONENT else "(?P<exponent>(?!))?"
    last = r"(?P<last>[+-])?" if style & _TRAILING_SIGN else "(?P<last>(?!))?"
    closing = r"(?(opening)\))"
    return re.compile(
        rf"{before}{currency}{opening}{sign}{before if style & _LEADING_SIGN else ''}{currency}{whole}{fraction}{exponent}"
        rf"{after}{currency}{last}{closing}{after}\0*$",
        re.ASCII,
    )


def parse(full: str, text: str | None, style: int) -> Any:
    """`T.Parse(text, style)` for the numeric type with this full name."""
    if text is None:
        raise ArgumentNullException("s")
    if style & _HEX and style & ~0x203:
        raise ArgumentException(
            "With the AllowHexSpecifier bit set in the enum bit field, the only other valid bits that can be combined into "
            "the enum value must be a subset of those in HexNumber.",
            "style",
        )
    real = full in ("System.Single", "System.Double")
    if style & _HEX and full not in arithmetic.RANGES:
        raise ArgumentException("The number style AllowHexSpecifier is not supported on floating point data types.", "style")
    word = _WORDS.get(text.strip().lower()) if real else None
    if word is not None:
        return word
    found = _pattern(style).match(text)
    if found is None or not (style & _HEX or ((found["whole"] or "") + (found["fraction"] or "")).strip(".,")):
        raise FormatException(f"The input string '{text}' was not in a correct format.")
    if style & _HEX:
        return _of_bits(full, found["hex"])
    return _of_parts(full, found)


def _of_bits(full: str, digits: str) -> int:
    """Hexadecimal digits are the bits, not the magnitude: "FF" is -1 as an sbyte."""
    low, high = arithmetic.RANGES[full]
    digits = digits.lstrip("0") or "0"
    number = int(digits, 16) if len(digits) <= 16 else high - low + 1
    if number > high - low:
        raise arithmetic.too_large(full)
    return arithmetic.wrap(number, low, high)


def _of_parts(full: str, found: re.Match[str]) -> Any:
    sign = "-" if found["opening"] or "-" in (found["sign"], found["last"]) else ""
    whole = (found["whole"] or "0").replace(",", "")
    plain = f"{sign}{whole}{found['fraction'] or ''}{found['exponent'] or ''}"[:2000]
    if full == "System.Double":
        return float(plain)
    if full == "System.Single":
        return arithmetic.single(float(plain))
    if int((found["exponent"] or "e0")[1:][:8]) > 400:
        raise arithmetic.too_large(full)
    number = Decimal(plain)
    if full == "System.Decimal":
        return arithmetic.to_decimal(number)
    low, high = arithmetic.RANGES[full]
    if number != int(number) or not low <= number <= high:
        raise arithmetic.too_large(full)
    return int(number)


def trying(full: str, zero: Any) -> Callable[[str | None, Any, object], tuple[bool, Any]]:
    """`T.TryParse(text, style, provider, out result)`."""

    def attempt(text: str | None, style: Any, _provider: object) -> tuple[bool, Any]:
        try:
            return True, parse(full, text, int(style))
        except (FormatException, OverflowException, ArgumentNullException):
            return False, zero

    return attempt
