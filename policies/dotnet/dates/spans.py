"""System.TimeSpan: a length of time in ticks of 100 ns.

The rule here: everything is counted in whole ticks; a Python float appears only where .NET takes or gives a double.
"""

from __future__ import annotations

import math
import re
from typing import Final

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, FormatException, OverflowException

__all__ = ["DAY", "HOUR", "MILLISECOND", "MINUTE", "SECOND", "TimeSpan", "ticks_of"]

MICROSECOND: Final = 10
MILLISECOND: Final = 10_000
SECOND: Final = 1_000 * MILLISECOND
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_MAX: Final = 2**63 - 1
_MIN: Final = -(2**63)
_TOO_LONG: Final = "TimeSpan overflowed because the duration is too long."


class TimeSpan:
    """A length of time, positive or negative."""

    __slots__ = ("ticks",)

    def __init__(self, ticks: int = 0) -> None:
        if not _MIN <= ticks <= _MAX:
            raise OverflowException(_TOO_LONG)
        self.ticks = ticks

    @classmethod
    def of(cls, days: int, hours: int, minutes: int, seconds: int, milliseconds: int = 0) -> TimeSpan:
        """The sum of the parts, as the constructors have it."""
        return cls(days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + milliseconds * MILLISECOND)

    def part(self, unit: int, modulus: int) -> int:
        """One component (`Hours`, `Milliseconds`), with the sign of the whole."""
        amount = abs(self.ticks) // unit % modulus if modulus else abs(self.ticks) // unit
        return -amount if self.ticks < 0 else amount

    def total(self, unit: int) -> float:
        """The whole in a unit (`TotalSeconds`)."""
        return self.ticks / unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimeSpan) and self.ticks == other.ticks

    def __hash__(self) -> int:
        return hash(self.ticks)

    def __lt__(self, other: TimeSpan) -> bool:
        return self.ticks < other.ticks

    def __gt__(self, other: TimeSpan) -> bool:
        return self.ticks > other.ticks

    def __str__(self) -> str:
        return _constant(self.ticks)

    def to_string(self, spec: str | None) -> str:
        """ToString(format): the standard formats c, g, G and custom ones."""
        match spec:
            case None | "" | "c" | "t" | "T":
                return _constant(self.ticks)
            case "g":
                return _general(self.ticks, full=False)
            case "G":
                return _general(self.ticks, full=True)
        if len(spec) == 1:
            raise FormatException("Input string was not in a correct format.")
        return _custom(self.ticks, spec)


def ticks_of(value: float, unit: int) -> int:
    """A double in a unit as ticks (`TimeSpan.FromSeconds`, `DateTime.AddSeconds`): ArgumentException for NaN,
    OverflowException out of range."""
    if math.isnan(value):
        raise ArgumentException("TimeSpan does not accept floating point Not-a-Number values.")
    ticks = value * unit
    if not -9.3e18 < ticks < 9.3e18:
        raise OverflowException(_TOO_LONG)
    return int(ticks)


def from_double(value: float, unit: int) -> TimeSpan:
    """`TimeSpan.FromHours` and its kin."""
    return TimeSpan(ticks_of(value, unit))


def multiply(span: TimeSpan, factor: float) -> TimeSpan:
    """`span * factor`, rounded to the nearest tick, ties to even."""
    if math.isnan(factor):
        raise ArgumentException("TimeSpan does not accept floating point Not-a-Number values.", "factor")
    return TimeSpan(round(span.ticks * factor))


def divide(span: TimeSpan, divisor: float) -> TimeSpan:
    """`span / divisor`, rounded to the nearest tick."""
    if math.isnan(divisor):
        raise ArgumentException("TimeSpan does not accept floating point Not-a-Number values.", "divisor")
    if divisor == 0:
        raise OverflowException(_TOO_LONG)
    return TimeSpan(round(span.ticks / divisor))


def ratio(left: TimeSpan, right: TimeSpan) -> float:
    """`left / right`; a zero length divides as a double does."""
    if right.ticks == 0:
        return float("nan") if left.ticks == 0 else float("inf") if left.ticks > 0 else float("-inf")
    return left.ticks / right.ticks


# ---- text ------------------------------------------------------------------------------------------------------------


def _split(ticks: int) -> tuple[int, int, int, int, int]:
    rest, fraction = divmod(abs(ticks), SECOND)
    rest, seconds = divmod(rest, 60)
    rest, minutes = divmod(rest, 60)
    days, hours = divmod(rest, 24)
    return days, hours, minutes, seconds, fraction


def _constant(ticks: int) -> str:
    days, hours, minutes, seconds, fraction = _split(ticks)
    text = f"{hours:02}:{minutes:02}:{seconds:02}"
    if days:
        text = f"{days}.{text}"
    if fraction:
        text += f".{fraction:07}"
    return f"-{text}" if ticks < 0 else text


def _general(ticks: int, *, full: bool) -> str:
    days, hours, minutes, seconds, fraction = _split(ticks)
    text = f"{hours:02}:{minutes:02}:{seconds:02}" if full else f"{hours}:{minutes:02}:{seconds:02}"
    if days or full:
        text = f"{days}:{text}"
    if full:
        text += f".{fraction:07}"
    elif fraction:
        text += f".{fraction:07}".rstrip("0")
    return f"-{text}" if ticks < 0 else text


_MOST = {"d": 8, "h": 2, "m": 2, "s": 2, "f": 7, "F": 7}
_PIECES = re.compile(r"d+|h+|m+|s+|f+|F+|\\.|'[^']*'|\"[^\"]*\"|%(?=[dhmsfF])|.", re.DOTALL)


def _custom(ticks: int, spec: str) -> str:
    days, hours, minutes, seconds, fraction = _split(ticks)
    parts = {"d": days, "h": hours, "m": minutes, "s": seconds}
    text = []
    for piece in _PIECES.findall(spec):
        kind = piece[0]
        if len(piece) > _MOST.get(kind, len(piece)):
            raise FormatException("Input string was not in a correct format.")
        if kind in parts:
            text.append(f"{parts[kind]:0{len(piece)}}")
        elif kind in "fF":
            digits = f"{fraction:07}"[: len(piece)]
            text.append(digits if kind == "f" else digits.rstrip("0"))
        elif kind in "'\"\\" and len(piece) > 1:
            text.append(piece[1] if kind == "\\" else piece[1:-1])
        elif piece != "%":
            raise FormatException("Input string was not in a correct format.")
    return "".join(text)


_NUMBER = r"(\d{1,8})"
_PARSE = re.compile(
    r"\s*(?P<sign>-)?(?:(?P<only>\d{1,8})|"
    r"(?:(?P<days>\d{1,8})[.:])??(?P<hours>\d{1,8}):(?P<minutes>\d{1,8})(?::(?P<seconds>\d{1,8}))?(?:\.(?P<fraction>\d{1,7}))?)\s*"
)


def parse(text: str | None) -> TimeSpan:
    """TimeSpan.Parse: `[-]d`, `[-][d.]hh:mm[:ss[.fffffff]]`."""
    if text is None:
        raise ArgumentNullException("input")
    found = _PARSE.fullmatch(text)
    if found is None:
        raise FormatException(f"String '{text}' was not recognized as a valid TimeSpan.")
    sign = -1 if found["sign"] else 1
    if found["only"] is not None:
        return _in_range(sign * int(found["only"]) * DAY)
    days, hours = int(found["days"] or 0), int(found["hours"])
    minutes, seconds = int(found["minutes"]), int(found["seconds"] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise OverflowException(
            f"The TimeSpan string '{text}' could not be parsed because at least one of the numeric components is out of "
            "range or contains too many digits."
        )
    fraction = int((found["fraction"] or "").ljust(7, "0"))
    return _in_range(sign * (days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction))


def _in_range(ticks: int) -> TimeSpan:
    if not _MIN <= ticks <= _MAX:
        raise OverflowException("The TimeSpan could not be parsed because it is out of range.")
    return TimeSpan(ticks)


def try_parse(text: str | None) -> tuple[bool, TimeSpan]:
    """TimeSpan.TryParse."""
    try:
        return True, parse(text)
    except (FormatException, OverflowException, ArgumentNullException):
        return False, TimeSpan()


def parse_exact(text: str | None, spec: str | None) -> TimeSpan:
    """TimeSpan.ParseExact for the standard formats and custom ones."""
    if text is None:
        raise ArgumentNullException("input")
    if spec is None:
        raise ArgumentNullException("format")
    if spec in ("c", "t", "T", "g", "G"):
        return parse(text)
    pattern, names = [], []
    for piece in _PIECES.findall(spec):
        kind = piece[0]
        if kind in "dhms":
            pattern.append(rf"(\d{{{len(piece)}}})" if len(piece) > 1 else r"(\d{1,8})" if kind == "d" else r"(\d{1,2})")
            names.append(kind)
        elif kind in "fF":
            pattern.append(rf"(\d{{{len(piece)}}})" if kind == "f" else rf"(\d{{0,{len(piece)}}})")
            names.append("f")
        elif kind in "'\"\\" and len(piece) > 1:
            pattern.append(re.escape(piece[1] if kind == "\\" else piece[1:-1]))
        elif piece != "%":
            raise FormatException("Input string was not in a correct format.")
    found = re.fullmatch("".join(pattern), text, re.ASCII)
    if found is None:
        raise FormatException("Input string was not in a correct format.")
    parts = dict(zip(names, found.groups(), strict=True))
    fraction = int((parts.get("f") or "").ljust(7, "0"))
    days, hours, minutes, seconds = (int(parts.get(kind) or 0) for kind in "dhms")
    if hours > 23 or minutes > 59 or seconds > 59:
        raise OverflowException("The TimeSpan string could not be parsed because a component is out of range.")
    return TimeSpan(days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction)
