"""System.DateTime and System.DateTimeOffset as ticks of 100 ns since 0001-01-01.

The rule here: the gateway's local time zone is UTC, as APIM's is, so a local time and a UTC time differ in their Kind only.
"""

from __future__ import annotations

import datetime
import time
from typing import Final

from policies.dotnet.dates.spans import DAY, HOUR, MINUTE, SECOND, TimeSpan, ticks_of
from policies.dotnet.exceptions import ArgumentException, ArgumentOutOfRangeException, OverflowException

__all__ = ["EPOCH", "LOCAL", "MAX_TICKS", "UNSPECIFIED", "UTC", "DateTime", "DateTimeOffset", "from_unix", "utc_now"]

UNSPECIFIED: Final = 0
UTC: Final = 1
LOCAL: Final = 2
MAX_TICKS: Final = 3_155_378_975_999_999_999
EPOCH: Final = 621_355_968_000_000_000
_UNREPRESENTABLE: Final = "The added or subtracted value results in an un-representable DateTime."
_BAD_PARTS: Final = "Year, Month, and Day parameters describe an un-representable DateTime."


class DateTime:
    """A point of time with a kind: unspecified, UTC or local."""

    __slots__ = ("kind", "ticks")

    def __init__(self, ticks: int = 0, kind: int = UNSPECIFIED) -> None:
        if not 0 <= ticks <= MAX_TICKS:
            raise ArgumentOutOfRangeException(
                "ticks", "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks."
            )
        self.ticks = ticks
        self.kind = kind

    @property
    def date(self) -> datetime.date:
        """The day in Python's calendar, which is .NET's: proleptic Gregorian, years 1 to 9999."""
        return datetime.date.fromordinal(self.ticks // DAY + 1)

    def part(self, unit: int, modulus: int) -> int:
        """One component of the time of day."""
        return self.ticks // unit % modulus

    def moved(self, ticks: int) -> DateTime:
        """This moment so many ticks later, the kind kept."""
        later = self.ticks + ticks
        if not 0 <= later <= MAX_TICKS:
            raise ArgumentOutOfRangeException("value", _UNREPRESENTABLE)
        return DateTime(later, self.kind)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateTime) and self.ticks == other.ticks  # the kind does not count (DateTime.Equals)

    def __hash__(self) -> int:
        return hash(self.ticks)

    def __lt__(self, other: DateTime) -> bool:
        return self.ticks < other.ticks

    def __gt__(self, other: DateTime) -> bool:
        return self.ticks > other.ticks

    def __str__(self) -> str:
        return self.to_string(None)

    def to_string(self, spec: str | None) -> str:
        """ToString(format)."""
        from policies.dotnet.dates.formats import format_moment

        return format_moment(self, spec)


class DateTimeOffset:
    """A point of time with an offset from UTC. `ticks` is the clock's time there, `offset` minutes."""

    __slots__ = ("offset", "ticks")

    def __init__(self, ticks: int = 0, offset: int = 0) -> None:
        if not -840 <= offset <= 840:
            raise ArgumentOutOfRangeException("offset", "Offset must be within plus or minus 14 hours.")
        if not (0 <= ticks <= MAX_TICKS and 0 <= ticks - offset * MINUTE <= MAX_TICKS):
            raise ArgumentOutOfRangeException("offset", "The UTC time represented when the offset is applied must be in range.")
        self.ticks = ticks
        self.offset = offset

    @property
    def utc_ticks(self) -> int:
        """The same moment's ticks in UTC, by which values compare."""
        return self.ticks - self.offset * MINUTE

    @property
    def clock(self) -> DateTime:
        """`DateTime`: what the clock there shows, of unspecified kind."""
        return DateTime(self.ticks)

    def moved(self, ticks: int) -> DateTimeOffset:
        """This moment so many ticks later, the offset kept."""
        later = self.ticks + ticks
        if not 0 <= later <= MAX_TICKS:
            raise ArgumentOutOfRangeException("value", _UNREPRESENTABLE)
        return DateTimeOffset(later, self.offset)

    def at_offset(self, offset: int) -> DateTimeOffset:
        """The same moment at another offset (`ToOffset`)."""
        return DateTimeOffset(self.utc_ticks + offset * MINUTE, offset)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateTimeOffset) and self.utc_ticks == other.utc_ticks

    def __hash__(self) -> int:
        return hash(self.utc_ticks)

    def __lt__(self, other: DateTimeOffset) -> bool:
        return self.utc_ticks < other.utc_ticks

    def __gt__(self, other: DateTimeOffset) -> bool:
        return self.utc_ticks > other.utc_ticks

    def __str__(self) -> str:
        return self.to_string(None)

    def to_string(self, spec: str | None) -> str:
        """ToString(format)."""
        from policies.dotnet.dates.formats import format_offset_moment

        return format_offset_moment(self, spec)


def of_parts(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    millisecond: int = 0,
    kind: int = UNSPECIFIED,
) -> DateTime:
    """The constructors' sum of parts; ArgumentOutOfRangeException where one is not of the calendar."""
    if not 0 <= millisecond < 1000:
        raise ArgumentOutOfRangeException("millisecond", "Valid values are between 0 and 999, inclusive.")
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise ArgumentOutOfRangeException(None, "Hour, Minute, and Second parameters describe an un-representable DateTime.")
    try:
        days = datetime.date(year, month, day).toordinal() - 1
    except (ValueError, OverflowError):
        raise ArgumentOutOfRangeException(None, _BAD_PARTS) from None
    return DateTime(days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + millisecond * 10_000, kind)


def add_months(ticks: int, months: int) -> int:
    """The ticks so many months later; a day that the month lacks becomes its last."""
    if not -120_000 <= months <= 120_000:
        raise ArgumentOutOfRangeException("months", "Months value must be between +/-120000.")
    start = datetime.date.fromordinal(ticks // DAY + 1)
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= years <= 9999:
        raise ArgumentOutOfRangeException("months", _UNREPRESENTABLE)
    day = min(start.day, days_in_month(years, month + 1))
    return (datetime.date(years, month + 1, day).toordinal() - 1) * DAY + ticks % DAY


def add_years(ticks: int, years: int) -> int:
    """The ticks so many years later; 29 February becomes the 28th."""
    if not -10_000 <= years <= 10_000:
        raise ArgumentOutOfRangeException("years", "Years value must be between +/-10000.")
    return add_months(ticks, years * 12)


def day_of_year(ticks: int) -> int:
    """DayOfYear, from 1."""
    ordinal = ticks // DAY + 1
    return ordinal - datetime.date.fromordinal(ordinal).replace(month=1, day=1).toordinal() + 1


def days_in_month(year: int, month: int) -> int:
    """DateTime.DaysInMonth."""
    if not 1 <= month <= 12:
        raise ArgumentOutOfRangeException("month", "Month must be between one and twelve.")
    if month == 2:
        return 29 if is_leap_year(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_leap_year(year: int) -> bool:
    """DateTime.IsLeapYear."""
    if not 1 <= year <= 9999:
        raise ArgumentOutOfRangeException("year", "Year must be between 1 and 9999.")
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def add_double(ticks: int, value: float, unit: int) -> int:
    """`AddSeconds(value)` and its kin: the ticks later; ArgumentOutOfRangeException beyond the calendar."""
    try:
        moved = ticks + ticks_of(value, unit)
    except (OverflowException, ArgumentException):
        raise ArgumentOutOfRangeException("value", "Value to add was out of range.") from None
    if not 0 <= moved <= MAX_TICKS:
        raise ArgumentOutOfRangeException("value", _UNREPRESENTABLE)
    return moved


def span_between(later: DateTime, earlier: DateTime) -> TimeSpan:
    """`later - earlier`; kinds do not count."""
    return TimeSpan(later.ticks - earlier.ticks)


def utc_now() -> int:
    """The ticks of now in UTC."""
    return EPOCH + time.time_ns() // 100


def from_unix(seconds: float, kind: int = UTC) -> DateTime:
    """A Unix time of this project's data as a DateTime."""
    return DateTime(EPOCH + round(seconds * 1_000_000) * 10, kind)


def offset_minutes(offset: TimeSpan) -> int:
    """An offset's minutes; ArgumentException when it has parts of a minute."""
    minutes, rest = divmod(offset.ticks, MINUTE)
    if rest:
        raise ArgumentException("Offset must be specified in whole minutes.", "offset")
    if not -840 <= minutes <= 840:
        raise ArgumentOutOfRangeException("offset", "Offset must be within plus or minus 14 hours.")
    return minutes


def with_offset(moment: DateTime, offset: TimeSpan | None = None) -> DateTimeOffset:
    """`new DateTimeOffset(dateTime[, offset])`."""
    minutes = 0 if offset is None else offset_minutes(offset)
    if minutes and moment.kind == UTC:
        raise ArgumentException("The UTC Offset for Utc DateTime instances must be 0.", "offset")
    if minutes and moment.kind == LOCAL:
        raise ArgumentException("The UTC Offset of the local dateTime parameter does not match the offset argument.", "offset")
    return DateTimeOffset(moment.ticks, minutes)


def to_unix_seconds(moment: DateTimeOffset) -> int:
    """ToUnixTimeSeconds, rounded down."""
    return (moment.utc_ticks - EPOCH) // SECOND


def from_unix_units(value: int, unit: int, name: str) -> DateTimeOffset:
    """FromUnixTimeSeconds and FromUnixTimeMilliseconds."""
    ticks = EPOCH + value * unit
    if not 0 <= ticks <= MAX_TICKS:
        low, high = -EPOCH // unit, (MAX_TICKS - EPOCH) // unit
        raise ArgumentOutOfRangeException(name, f"Valid values are between {low} and {high}, inclusive.")
    return DateTimeOffset(ticks)


def to_binary(moment: DateTime) -> int:
    """ToBinary: ticks, with the kind in the two bits above them."""
    kind = {UNSPECIFIED: 0, UTC: 1, LOCAL: 2}[moment.kind]
    number = moment.ticks | kind << 62
    return number - 2**64 if number >= 2**63 else number


def from_binary(number: int) -> DateTime:
    """FromBinary."""
    kind = number >> 62 & 3
    return DateTime(number & (2**62 - 1), LOCAL if kind > 1 else kind)


_AUTOMATION: Final = 599_264_352_000_000_000  # 30 December 1899


def to_automation(moment: DateTime) -> float:
    """ToOADate: days since 30 December 1899, to the millisecond."""
    milliseconds = (moment.ticks - _AUTOMATION) // 10_000
    if milliseconds < 0 and milliseconds % 86_400_000:
        milliseconds -= milliseconds % 86_400_000 * 2
    return milliseconds / 86_400_000


def from_automation(days: float) -> DateTime:
    """FromOADate."""
    if not -657435.0 < days < 2958466.0:
        raise ArgumentException("Not a legal OleAut date.")
    milliseconds = int(days * 86_400_000 + (0.5 if days >= 0 else -0.5))
    if milliseconds < 0:
        milliseconds -= milliseconds % -86_400_000 * 2
    return DateTime(_AUTOMATION + milliseconds * 10_000)
