"""Texts as dates: Parse with the invariant culture, and ParseExact by custom formats.

The rule here: a text is cut into a time of day, an offset and the numbers and names that are left, which must be a date in
one of the orders that the invariant culture knows: year first, or month first, or with the month's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from policies.dotnet.dates.formats import DAYS, MONTHS, STANDARD, STANDARD_OFFSET, pieces
from policies.dotnet.dates.moments import LOCAL, MAX_TICKS, UNSPECIFIED, UTC, DateTime, DateTimeOffset, of_parts, utc_now
from policies.dotnet.dates.spans import DAY, HOUR, MINUTE, SECOND
from policies.dotnet.exceptions import ArgumentNullException, ArgumentOutOfRangeException, FormatException
from policies.records import Record

__all__ = [
    "ADJUST_TO_UNIVERSAL",
    "ASSUME_LOCAL",
    "ASSUME_UNIVERSAL",
    "ROUNDTRIP_KIND",
    "parse",
    "parse_exact",
    "parse_offset",
    "parse_offset_exact",
    "quick_iso",
]

ADJUST_TO_UNIVERSAL: Final = 16
ASSUME_LOCAL: Final = 32
ASSUME_UNIVERSAL: Final = 64
ROUNDTRIP_KIND: Final = 128
_LAST_YEAR_OF_TWO_DIGITS: Final = 2049


class _Found(Record, frozen=False):
    """What a text said. `offset` is minutes from UTC, None when it said nothing; `zulu` whether it said Z or GMT."""

    ticks: int
    offset: int | None = None
    zulu: bool = False


def _moment(found: _Found, styles: int) -> DateTime:
    """The DateTime that .NET makes of it: with an offset it is moved to the local zone, which is UTC here."""
    if found.offset is None:
        kind = UTC if styles & ASSUME_UNIVERSAL else LOCAL if styles & ASSUME_LOCAL else UNSPECIFIED
        if kind == UTC and not styles & ADJUST_TO_UNIVERSAL:
            kind = LOCAL
        return DateTime(found.ticks, UTC if kind and styles & ADJUST_TO_UNIVERSAL else kind)
    utc = min(max(found.ticks - found.offset * MINUTE, 0), MAX_TICKS)
    to_utc = styles & ADJUST_TO_UNIVERSAL or (styles & ROUNDTRIP_KIND and found.zulu)
    return DateTime(utc, UTC if to_utc else LOCAL)


def _offset_moment(found: _Found, text: str, styles: int) -> DateTimeOffset:
    try:
        moment = DateTimeOffset(found.ticks, found.offset or 0)
        return moment.at_offset(0) if styles & ADJUST_TO_UNIVERSAL else moment
    except ArgumentOutOfRangeException:
        raise FormatException(
            f"The UTC representation of the date represented by the string '{text}' falls outside the calendar."
        ) from None


def parse(text: str | None, styles: int = 0) -> DateTime:
    """DateTime.Parse."""
    return _moment(_read(text, "s"), styles)


def parse_offset(text: str | None, styles: int = 0) -> DateTimeOffset:
    """DateTimeOffset.Parse."""
    return _offset_moment(_read(text, "input"), text or "", styles)


def quick_iso(text: str) -> DateTime | None:
    """An ISO 8601 text as Newtonsoft.Json reads it, of the kind that it says; None for anything else."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    try:
        moment = of_parts(*(int(found[name]) for name in ("year", "month", "day", "hour", "minute", "second")))
    except ArgumentOutOfRangeException:
        return None
    ticks = moment.ticks + int((found["fraction"] or "").ljust(7, "0"))
    if found["zulu"]:
        return DateTime(ticks, UTC)
    if found["sign"] is None:
        return DateTime(ticks, UNSPECIFIED)
    size = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    utc = ticks - (-size if found["sign"] == "-" else size) * MINUTE
    return DateTime(utc, LOCAL) if 0 <= utc <= MAX_TICKS else None


_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,7}))?"
    r"(?:(?P<zulu>Z)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?",
    re.ASCII,
)

# ---- Parse -----------------------------------------------------------------------------------------------------------

_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?)?\s*(?P<half>AM|PM)?(?=Z?(?![\w:.]))"
    r"|(?<!\d)(?P<bare>\d{1,2})\s*(?P<bare_half>AM|PM)(?!\w)",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(
    r"\s*(?:(?P<zulu>Z|GMT)|(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>\d{1,2})|(?P<joined>\d{2}))?)\s*\Z", re.IGNORECASE
)
_STRICT_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")
_WORDS = re.compile(r"\d+|[^\W\d_]+|[-/.,]|\s+|.", re.DOTALL)
_NAMES: Final[dict[str, tuple[str, int]]] = {
    **{name[:cut].lower(): ("month", at + 1) for at, name in enumerate(MONTHS) for cut in (3, 99)},
    **{name[:cut].lower(): ("day", at) for at, name in enumerate(DAYS) for cut in (3, 99)},
}


def _read(text: str | None, parameter: str) -> _Found:
    if text is None:
        raise ArgumentNullException(parameter)
    rest = text.strip()
    time = _TIME.search(rest)
    clock = 0
    found = _Found(0)
    if time is not None:
        clock = _clock(time, text)
        zone = rest[time.end() :]
        head = rest[: time.start()].rstrip()
        if head.upper().endswith("T") and head[:-1].rstrip()[-1:].isdigit():
            if not _STRICT_TIME.match(time[0]):
                raise _bad(text)
            head = head[:-1]
        rest = head
        if zone.strip() and not _zone(zone, found, text):
            if rest:
                raise _unknown(text, zone) if zone.strip()[0].isalpha() else _bad(text)
            rest = zone
    elif rest[-1:] in "Zz" and rest[-2:-1].isdigit():
        _zone(rest[-1], found, text)
        rest = rest[:-1]
    days = _date(rest, text) if rest.strip(" ,") else (utc_now() // DAY if time is not None else None)
    if days is None:
        raise _bad(text)
    found.ticks = days * DAY + clock
    if found.ticks > MAX_TICKS:
        raise _bad(text)
    return found


def _clock(time: re.Match[str], text: str) -> int:
    if time["bare"] is not None:
        return _half(int(time["bare"]), time["bare_half"]) * HOUR
    hour, minute, second = int(time["hour"]), int(time["minute"]), int(time["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise FormatException(
            f"The DateTime represented by the string '{text}' is not supported in calendar "
            "'System.Globalization.GregorianCalendar'."
        )
    digits = time["fraction"] or "0"
    fraction = round(int(digits) * SECOND / float(10 ** len(digits)))
    return _half(hour, time["half"]) * HOUR + minute * MINUTE + second * SECOND + fraction


def _half(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if half[0] in "aA":
        return 0 if hour == 12 else hour
    return hour + 12 if hour < 12 else hour


def _zone(zone: str, found: _Found, text: str) -> bool:
    matched = _ZONE.fullmatch(zone)
    if matched is None:
        return False
    if matched["zulu"]:
        found.offset, found.zulu = 0, True
        return True
    size = int(matched["hours"]) * 60 + int(matched["minutes"] or matched["joined"] or 0)
    if size > 840:
        raise FormatException(f"The time zone offset of string '{text}' must be within plus or minus 14 hours.")
    found.offset = -size if matched["sign"] == "-" else size
    return True


def _date(rest: str, text: str) -> int:
    numbers: list[str] = []
    month = weekday = None
    for word in _WORDS.findall(rest):
        if word.isdigit():
            numbers.append(word)
        elif word[0].isalpha():
            kind, value = _NAMES.get(word.lower(), ("", 0))
            if kind == "month" and month is None:
                month = value
            elif kind == "day" and weekday is None:
                weekday = value
            else:
                raise _bad(text) if word in "Tt" and numbers else _unknown(text, word)
        elif word[0] not in "-/.," and not word.isspace():
            raise _unknown(text, word)
    year, month_number, day = _order(numbers, month, text)
    try:
        days = of_parts(year, month_number, day).ticks // DAY
    except ArgumentOutOfRangeException:
        raise _bad(text) from None
    if weekday is not None and (days + 1) % 7 != weekday:
        raise FormatException(f"String '{text}' was not recognized as a valid DateTime because the day of week was incorrect.")
    return days


_ORDERS: Final = {
    # what stands there (a name, 4: a year of four digits, 2: a shorter number) → where the year, the month and the day are
    "422": (0, 1, 2),
    "224": (2, 0, 1),
    "222": (2, 0, 1),
    "42": (0, 1, None),
    "24": (1, 0, None),
    "22": (None, 0, 1),
    "name 42": (0, None, 1),
    "name 24": (1, None, 0),
    "name 22": (1, None, 0),
    "name 4": (0, None, None),
    "name 2": (None, None, 0),
}


def _order(numbers: list[str], month: int | None, text: str) -> tuple[int, int, int]:
    """Year, month and day from the numbers as they stand."""
    shape = "".join("2" if len(number) <= 2 else "4" if len(number) == 4 else "?" for number in numbers)
    order = _ORDERS.get(shape if month is None else f"name {shape}")
    if order is None:
        raise _bad(text)
    year, month_at, day = (None if at is None else int(numbers[at]) for at in order)
    if year is None:
        year = DateTime(utc_now()).date.year
    elif "4" not in shape:
        year = _full_year(year)
    return year, month or month_at or 1, 1 if day is None else day


def _full_year(year: int) -> int:
    century = _LAST_YEAR_OF_TWO_DIGITS // 100 * 100
    return century + year - (100 if year > _LAST_YEAR_OF_TWO_DIGITS % 100 else 0)


def _bad(text: str) -> FormatException:
    return FormatException(f"String '{text}' was not recognized as a valid DateTime.")


def _unknown(text: str, word: str) -> FormatException:
    where = text.find(word.strip())
    return FormatException(
        f"The string '{text}' was not recognized as a valid DateTime. There is an unknown word starting at index '{where}'."
    )


# ---- ParseExact ------------------------------------------------------------------------------------------------------

_NUMBERS: Final = {"d": "day", "M": "month", "y": "year", "h": "half_hour", "H": "hour", "m": "minute", "s": "second"}


def parse_exact(text: str | None, spec: str | None, styles: int = 0) -> DateTime:
    """DateTime.ParseExact. A Z that the format's K met makes the time local, unless the styles say otherwise."""
    found = _read_exact(text, spec, STANDARD)
    if spec in ("r", "R", "u"):
        return DateTime(found.ticks, UNSPECIFIED if not styles & (ASSUME_UNIVERSAL | ADJUST_TO_UNIVERSAL) else UTC)
    return _moment(found, styles)


def parse_offset_exact(text: str | None, spec: str | None, styles: int = 0) -> DateTimeOffset:
    """DateTimeOffset.ParseExact."""
    return _offset_moment(_read_exact(text, spec, STANDARD_OFFSET), text or "", styles)


def _read_exact(text: str | None, spec: str | None, standard: dict[str, str]) -> _Found:
    if text is None:
        raise ArgumentNullException("s")
    if spec is None:
        raise ArgumentNullException("format")
    if not text or not spec:
        raise _bad(text)
    custom = standard.get(spec) if len(spec) == 1 else spec
    if custom is None:
        raise FormatException("Input string was not in a correct format.")
    matched = re.fullmatch(_pattern(custom), text, re.IGNORECASE | re.ASCII)
    if matched is None:
        raise _bad(text)
    return _assemble(matched.groupdict(), text)


def _pattern(spec: str) -> str:
    pattern: list[str] = []
    seen: set[str] = set()
    for letter, count, literal in pieces(spec):
        if not letter:
            pattern.append(re.escape(literal))
            continue
        name, expression = _element(letter, count)
        pattern.append(f"(?P={name})" if name in seen else expression)
        seen.add(name)
    return "".join(pattern)


def _names(name: str, words: tuple[str, ...], count: int) -> str:
    return f"(?P<{name}>{'|'.join(word[:3] if count == 3 else word for word in words)})"


def _element(letter: str, count: int) -> tuple[str, str]:
    """The name and the pattern of one element of a format."""
    if letter == "d" and count > 2:
        return "weekday", _names("weekday", DAYS, count)
    if letter == "M" and count > 2:
        return "month_name", _names("month_name", MONTHS, count)
    if letter == "y":
        name = "short_year" if count <= 2 else "year"
        return name, rf"(?P<{name}>\d{{1,2}})" if count == 1 else rf"(?P<{name}>\d{{{count}}})"
    if letter in _NUMBERS:
        name = _NUMBERS[letter]
        return name, rf"(?P<{name}>\d{{1,2}})" if count == 1 else rf"(?P<{name}>\d{{2}})"
    name, pattern = _OTHERS[letter]
    return name, f"(?P<{name}>{pattern(count)})"


_OTHERS: Final[dict[str, tuple[str, Callable[[int], str]]]] = {
    "f": ("fraction", lambda count: rf"\d{{{count}}}"),
    "F": ("fraction", lambda count: rf"\d{{0,{count}}}"),
    "t": ("half", lambda count: "[AP]" if count == 1 else "[AP]M"),
    "z": ("zone", lambda count: r"[+-]\d{1,2}(?::?\d{2})?"),
    "Z": ("zone", lambda count: "Z|GMT"),
    "K": ("zone", lambda count: r"(?:Z|[+-]\d\d:\d\d)?"),
    "g": ("era", lambda count: r"A\.?D\.?"),
}


def _assemble(parts: dict[str, str | None], text: str) -> _Found:
    def number(name: str, default: int) -> int:
        value = parts.get(name)
        return default if value is None else int(value)

    today = DateTime(utc_now()).date
    dated = any(parts.get(name) for name in ("year", "short_year", "month", "month_name", "day"))
    year = _full_year(number("short_year", 0)) if parts.get("short_year") else number("year", today.year)
    month = number("month", 1 if dated else today.month)
    if parts.get("month_name"):
        month = _NAMES[str(parts["month_name"]).lower()][1]
    day = number("day", 1 if dated else today.day)
    hour = _half(number("half_hour", number("hour", 0)), parts.get("half"))
    try:
        moment = of_parts(year, month, day, hour, number("minute", 0), number("second", 0))
    except ArgumentOutOfRangeException:
        raise _bad(text) from None
    weekday = parts.get("weekday")
    if weekday and DAYS[moment.date.isoweekday() % 7][:3].lower() != weekday[:3].lower():
        raise FormatException(f"String '{text}' was not recognized as a valid DateTime because the day of week was incorrect.")
    found = _Found(moment.ticks + int((parts.get("fraction") or "").ljust(7, "0")))
    zone = parts.get("zone")
    if zone:
        _zone(zone, found, text)
    return found
