"""ToString with formats, `string.Format` and interpolation, by the invariant culture.

The rule here: digits are made from the exact value and rounded half away from zero, as .NET does since Core 3.0.
Sources: learn.microsoft.com/dotnet/standard/base-types/{standard-numeric-format-strings,composite-formatting}.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from struct import pack, unpack
from typing import Any

from policies.dotnet.exceptions import ArgumentNullException, FormatException
from policies.dotnet.meter import check_size
from policies.dotnet.types import EnumValue
from policies.dotnet.values import Byte, Int16, Int64, SByte, Single, UInt16, UInt32, UInt64, to_text

__all__ = ["composite", "format_number", "format_value", "formatted", "group", "shortest_double", "shortest_single"]

_EXACT = Context(prec=1100, rounding=ROUND_HALF_UP)
# Patterns as texts: `re` compiles and keeps those that are used, which few expressions do.
_STANDARD = r"([A-Za-z])(\d{0,9})$"
_WIDTHS = {int: 32, Int64: 64, Int16: 16, Byte: 8, SByte: 8, UInt16: 16, UInt32: 32, UInt64: 64}


def format_value(value: Any, spec: str) -> str:
    """IFormattable.ToString(spec). Types that are not formattable ignore the spec."""
    if isinstance(value, bool | str) or value is None:
        return to_text(value)
    if isinstance(value, EnumValue):
        return _enum(value, spec)
    if isinstance(value, int | float | Decimal):
        return format_number(value, spec)
    own: Callable[[str], str] | None = getattr(value, "to_string", None)  # our runtime classes: "Values" in types.py
    return to_text(value) if own is None else own(spec)


def formatted(value: Any, spec: str | None, width: int = 0) -> str:
    """One hole of an interpolated string: text by the format, then padded: to the left when the width is negative."""
    text = format_value(value, spec) if spec else to_text(value)
    if width:
        check_size(abs(width))
        return text.rjust(width) if width > 0 else text.ljust(-width)
    return text


def composite(text: str | None, args: Iterable[Any] | None) -> str:
    """string.Format."""
    if text is None or args is None:
        raise ArgumentNullException("format" if text is None else "args")
    values = list(args)
    parts: list[str] = []
    at = 0
    for match in re.finditer(_HOLES, text):
        parts.append(_literal(text[at : match.start()]))
        at = match.end()
        if match["brace"]:
            parts.append(match["brace"][0])
            continue
        index = int(match["index"])
        if index >= len(values):
            raise FormatException(_NO_ARGUMENT)
        spec = (match["spec"] or "").replace("{{", "{").replace("}}", "}")
        parts.append(formatted(values[index], spec, int(match["width"] or 0)))
    parts.append(_literal(text[at:]))
    check_size(sum(map(len, parts)))
    return "".join(parts)


_NO_ARGUMENT = "Index (zero based) must be greater than or equal to zero and less than the size of the argument list."
_HOLES = r"(?P<brace>\{\{|\}\})|\{(?P<index>\d{1,7}) *(?:, *(?P<width>-?\d{1,7}) *)?(?::(?P<spec>(?:\{\{|\}\}|[^{}])*))?\}"


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise FormatException("Input string was not in a correct format.")
    return text


def _enum(value: EnumValue, spec: str) -> str:
    match spec:
        case "D" | "d":
            return int.__repr__(value)
        case "X" | "x":
            return f"{int(value) & 0xFFFFFFFF:08X}"
        case "G" | "g" | "F" | "f":
            return str(value)
    raise FormatException('Format String can be only "G", "g", "X", "x", "F", "f", "D" or "d".')


# ---- numbers ---------------------------------------------------------------------------------------------------------


def shortest_double(value: float) -> str:
    """Double.ToString(): the shortest text that reads back as the same number."""
    if not math.isfinite(value):
        return _not_finite(value)
    return _general(*_digits(repr(value)), least=17, negative=math.copysign(1, value) < 0)


def shortest_single(value: float) -> str:
    """Single.ToString()."""
    if not math.isfinite(value):
        return _not_finite(value)
    for precision in range(1, 10):
        text = f"{value:.{precision - 1}e}"
        if unpack("f", pack("f", float(text)))[0] == value:
            return _general(*_digits(text), least=9, negative=math.copysign(1, value) < 0)
    return _general(*_digits(repr(value)), least=9, negative=value < 0)


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _digits(text: str) -> tuple[str, int]:
    """Significant digits of a number's text, and where its point stands counted from the first of them."""
    number = Decimal(text).normalize() if text else Decimal(0)
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    plain = "".join(map(str, digits)).rstrip("0")
    return (plain, len(digits) + exponent) if plain else ("0", 1)


def _general(digits: str, point: int, *, least: int, negative: bool, exponent: str = "E", wide: int = 2) -> str:
    """ "G": plain when the point is near enough to the digits, else scientific."""
    sign = "-" if negative else ""
    if point > max(len(digits), least) or point < -3:
        mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        return f"{sign}{mantissa}{exponent}{'-' if point < 1 else '+'}{abs(point - 1):0{wide}d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole = digits[:point].ljust(point, "0")
    return f"{sign}{whole}.{digits[point:]}" if len(digits) > point else sign + whole


def format_number(value: int | float | Decimal, spec: str) -> str:
    """A number by a standard or a custom numeric format."""
    if not spec:
        return to_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return _not_finite(value)
    match = re.match(_STANDARD, spec)
    if match is None:
        from policies.dotnet import custom_formats

        return custom_formats.format_custom(_known(value), spec, negative=_is_negative(value), signed_zero=_keeps_sign(value))
    letter, precision = match[1], int(match[2]) if match[2] else None
    convert = _LETTERS.get(letter.upper())
    if convert is None:
        raise FormatException("Format specifier was invalid.")
    check_size(precision or 0)
    return convert(value, letter, precision)


def _is_negative(value: int | float | Decimal) -> bool:
    return math.copysign(1, value) < 0 if isinstance(value, float) else value < 0


def _exact(value: int | float | Decimal) -> Decimal:
    return Decimal(value) if isinstance(value, float) else Decimal(int(value)) if isinstance(value, int) else value


def _known(value: int | float | Decimal) -> Decimal:
    """What a custom format sees of a number: the 15 significant digits of a double, the 7 of a float."""
    if not isinstance(value, float):
        return _exact(value)
    return Decimal(f"{value:.{6 if isinstance(value, Single) else 14}e}")


def _keeps_sign(value: object) -> bool:
    """A negative double or float that rounds to zero is shown as -0, other numbers as 0."""
    return isinstance(value, float)


def _rounding(value: object) -> str:
    """A tie goes to the even digit in what is exactly computed, away from zero in decimals and integers."""
    return ROUND_HALF_EVEN if isinstance(value, float) else ROUND_HALF_UP


def _fixed_digits(value: Any, places: int, *, percent: bool = False) -> str:
    """The absolute value with so many decimal places."""
    exact = _EXACT.copy_abs(_exact(value)).scaleb(2 if percent else 0, context=_EXACT)
    return format(exact.quantize(Decimal(1).scaleb(-places), rounding=_rounding(value), context=_EXACT), "f")


def _sign(value: Any, text: str) -> str:
    return "-" if _is_negative(value) and (_keeps_sign(value) or text.strip("0.,")) else ""


def group(text: str) -> str:
    """Commas between thousands in "1234567.89"."""
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}"


def _fixed(value: Any, _letter: str, precision: int | None) -> str:
    text = _fixed_digits(value, 2 if precision is None else precision)
    return _sign(value, text) + text


def _number(value: Any, _letter: str, precision: int | None) -> str:
    text = group(_fixed_digits(value, 2 if precision is None else precision))
    return _sign(value, text) + text


def _percent(value: Any, _letter: str, precision: int | None) -> str:
    text = group(_fixed_digits(value, 2 if precision is None else precision, percent=True))
    return f"{_sign(value, text)}{text} %"


def _currency(value: Any, _letter: str, precision: int | None) -> str:
    text = group(_fixed_digits(value, 2 if precision is None else precision))
    return f"(¤{text})" if _sign(value, text) else f"¤{text}"


def _scientific(value: Any, letter: str, precision: int | None) -> str:
    places = 6 if precision is None else precision
    exact = abs(_exact(value))
    text = f"{Context(prec=places + 1, rounding=_rounding(value)).plus(exact):.{places}e}" if exact else f"{0:.{places}e}"
    mantissa, _, exponent = text.partition("e")
    return f"{'-' if _is_negative(value) else ''}{mantissa}{letter}{'-' if int(exponent) < 0 else '+'}{abs(int(exponent)):03d}"


def _general_format(value: Any, letter: str, precision: int | None) -> str:
    if not precision:
        return to_text(value) if letter == "G" else to_text(value).replace("E", "e")
    exact = Context(prec=precision, rounding=_rounding(value)).plus(abs(_exact(value)))
    digits, point = _digits(str(exact))
    exponent = "E" if letter == "G" else "e"
    if point > precision or point < -3:
        return _general(digits, point, least=-9, negative=_is_negative(value), exponent=exponent)
    return _general(digits, point, least=max(precision, point), negative=_is_negative(value))


def _round_trip(value: Any, _letter: str, _precision: int | None) -> str:
    if not isinstance(value, float):
        raise FormatException("Format specifier was invalid.")
    return to_text(value)


def _integer(value: Any) -> int:
    if not isinstance(value, int):
        raise FormatException("Format specifier was invalid.")
    return int(value)


def _decimal_digits(value: Any, _letter: str, precision: int | None) -> str:
    number = _integer(value)
    return ("-" if number < 0 else "") + str(abs(number)).rjust(precision or 1, "0")


def _hexadecimal(value: Any, letter: str, precision: int | None) -> str:
    number = _integer(value) & ((1 << _WIDTHS.get(type(value), 32)) - 1)
    return format(number, letter).rjust(precision or 1, "0")


def _binary(value: Any, _letter: str, precision: int | None) -> str:
    number = _integer(value) & ((1 << _WIDTHS.get(type(value), 32)) - 1)
    return format(number, "b").rjust(precision or 1, "0")


_LETTERS: dict[str, Callable[[Any, str, int | None], str]] = {
    "B": _binary,
    "C": _currency,
    "D": _decimal_digits,
    "E": _scientific,
    "F": _fixed,
    "G": _general_format,
    "N": _number,
    "P": _percent,
    "R": _round_trip,
    "X": _hexadecimal,
}
