"""Dates as text, by .NET's standard and custom format strings with the invariant culture.

The rule here: a standard format is a letter that stands for a custom one; only custom ones are carried out
("Standard date and time format strings", "Custom date and time format strings").
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from policies.dotnet.dates.moments import LOCAL, UTC, DateTime, DateTimeOffset
from policies.dotnet.dates.spans import DAY, HOUR, MINUTE, SECOND
from policies.dotnet.exceptions import FormatException
from policies.records import Record

__all__ = ["DAYS", "MONTHS", "STANDARD", "STANDARD_OFFSET", "format_moment", "format_offset_moment", "pieces"]

DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_ROUND_TRIP: Final = "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK"
_RFC1123: Final = "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'"
STANDARD: Final = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": _ROUND_TRIP,
    "O": _ROUND_TRIP,
    "r": _RFC1123,
    "R": _RFC1123,
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
STANDARD_OFFSET: Final = {**{k: v for k, v in STANDARD.items() if k != "U"}, "": "MM/dd/yyyy HH:mm:ss zzz"}
_INVALID: Final = "Input string was not in a correct format."


class _View(Record):
    """What a format shows of: `offset` is minutes from UTC, `suffix` what K writes."""

    ticks: int
    date: datetime.date
    offset: int
    suffix: str


def format_moment(moment: DateTime, spec: str | None) -> str:
    """DateTime.ToString(spec)."""
    suffix = "Z" if moment.kind == UTC else "+00:00" if moment.kind == LOCAL else ""
    return _render(_custom(spec or "G", STANDARD), _View(moment.ticks, moment.date, 0, suffix))


def format_offset_moment(moment: DateTimeOffset, spec: str | None) -> str:
    """DateTimeOffset.ToString(spec): r and u show the time in UTC, the others the clock's."""
    ticks, offset = moment.ticks, moment.offset
    if spec in ("r", "R", "u"):
        ticks, offset = moment.utc_ticks, 0
    view = _View(ticks, datetime.date.fromordinal(ticks // DAY + 1), offset, _offset_text(offset, 3))
    return _render(_custom(spec or "", STANDARD_OFFSET), view)


def _custom(spec: str, standard: dict[str, str]) -> str:
    if len(spec) <= 1:
        custom = standard.get(spec)
        if custom is None:
            raise FormatException(_INVALID)
        return custom
    return spec


@lru_cache(maxsize=512)
def pieces(spec: str) -> tuple[tuple[str, int, str], ...]:
    """A custom format as (letter, how often, literal text); the letter "" marks literal text."""
    found: list[tuple[str, int, str]] = []
    at = 0
    while at < len(spec):
        letter = spec[at]
        if letter in "'\"":
            text, at = _quoted(spec, at)
            found.append(("", 0, text))
            continue
        if letter == "\\":
            if at + 1 >= len(spec):
                raise FormatException(_INVALID)
            found.append(("", 0, spec[at + 1]))
            at += 2
            continue
        if letter == "%":
            if at + 1 >= len(spec) or spec[at + 1] == "%":
                raise FormatException(_INVALID)
            at += 1
            continue
        count = 1
        if letter in "dfFghHmMstyz":
            while at + count < len(spec) and spec[at + count] == letter:
                count += 1
            if letter in "fF" and count > 7:
                raise FormatException(_INVALID)
            found.append((letter, count, ""))
        elif letter in "KZ":  # a bare Z is written as it is, but read as a time zone
            found.append((letter, 1, ""))
        else:
            found.append(("", 0, letter))
        at += count
    return tuple(found)


def _quoted(spec: str, at: int) -> tuple[str, int]:
    quote, text = spec[at], []
    at += 1
    while at < len(spec) and spec[at] != quote:
        if spec[at] == "\\":
            at += 1
        if at < len(spec):
            text.append(spec[at])
        at += 1
    if at >= len(spec):
        raise FormatException("Cannot find a matching quote character for the character '" + quote + "'.")
    return "".join(text), at + 1


def _render(spec: str, view: _View) -> str:
    text: list[str] = []
    for letter, count, literal in pieces(spec):
        if not letter:
            text.append(literal)
        elif letter == "F":
            digits = f"{view.ticks % SECOND:07}"[:count].rstrip("0")
            if digits:
                text.append(digits)
            elif text and text[-1] == ".":
                text.pop()
        else:
            text.append(_WRITERS[letter](view, count))
    return "".join(text)


def _two(value: int, count: int) -> str:
    return f"{value:02}" if count > 1 else str(value)


def _day(view: _View, count: int) -> str:
    if count <= 2:
        return _two(view.date.day, count)
    name = DAYS[view.date.isoweekday() % 7]
    return name[:3] if count == 3 else name


def _month(view: _View, count: int) -> str:
    if count <= 2:
        return _two(view.date.month, count)
    name = MONTHS[view.date.month - 1]
    return name[:3] if count == 3 else name


def _year(view: _View, count: int) -> str:
    year = view.date.year
    return _two(year % 100, count) if count <= 2 else f"{year:0{count}}"


def _offset_text(minutes: int, count: int) -> str:
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    if count == 1:
        return f"{sign}{size // 60}"
    return f"{sign}{size // 60:02}" if count == 2 else f"{sign}{size // 60:02}:{size % 60:02}"


def _hour(view: _View) -> int:
    return view.ticks // HOUR % 24


_WRITERS: Final[dict[str, Callable[[_View, int], str]]] = {
    "d": _day,
    "M": _month,
    "y": _year,
    "f": lambda view, count: f"{view.ticks % SECOND:07}"[:count],
    "g": lambda view, count: "A.D.",
    "h": lambda view, count: _two(_hour(view) % 12 or 12, count),
    "H": lambda view, count: _two(_hour(view), count),
    "m": lambda view, count: _two(view.ticks // MINUTE % 60, count),
    "s": lambda view, count: _two(view.ticks // SECOND % 60, count),
    "t": lambda view, count: ("AM" if _hour(view) < 12 else "PM")[: min(count, 2)],
    "z": lambda view, count: _offset_text(view.offset, count),
    "K": lambda view, count: view.suffix,
    "Z": lambda view, count: "Z",
}
