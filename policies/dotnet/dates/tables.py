"""System.DateTime, System.DateTimeOffset, System.TimeSpan, System.TimeZoneInfo and their enums.

The rule here: a date is a count of ticks (100 ns); the local zone is UTC; text is that of the invariant culture.
Sources: learn.microsoft.com/dotnet/api/system.datetime, …system.datetimeoffset, …system.timespan, …system.timezoneinfo.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from policies.dotnet.dates import moments, parsing, spans, zones
from policies.dotnet.dates.kinds import DAY_OF_WEEK, KIND, STYLES
from policies.dotnet.dates.moments import DateTime, DateTimeOffset, add_double, add_months, add_years
from policies.dotnet.dates.spans import DAY, HOUR, MILLISECOND, MINUTE, SECOND, TimeSpan
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, FormatException
from policies.dotnet.types import Const, EnumValue, Implementation, Inline, Struct

__all__ = ["TYPES"]

_DAYS = tuple(DAY_OF_WEEK.values.values())
_KINDS = tuple(KIND.values.values())
_UNITS = {"Days": DAY, "Hours": HOUR, "Minutes": MINUTE, "Seconds": SECOND, "Milliseconds": MILLISECOND}
_MODULI = {"Days": 0, "Hours": 24, "Minutes": 60, "Seconds": 60, "Milliseconds": 1000}


def _compare(left: object, right: object) -> int:
    if right is None:
        return 1
    if type(left) is not type(right):
        raise ArgumentException(f"Object must be of type {type(left).__name__}.")
    return bool(left > right) - bool(left < right)  # type: ignore[operator]  # both are of one of the three classes here


def _operators(name: str, key: str) -> dict[str, Implementation]:
    """The six comparisons over the attribute by which values compare, Equals, CompareTo and Compare."""
    signs = ("==", "!=", "<", ">", "<=", ">=")
    rows: dict[str, Implementation] = {
        f"bool operator {sign}({name} a, {name} b)": Inline(f"a.{key} {sign} b.{key}") for sign in signs
    }
    rows[f"bool Equals({name} value)"] = Inline(f"self.{key} == value.{key}")
    rows["bool Equals(object value)"] = Inline("self == value")
    rows[f"static bool Equals({name} t1, {name} t2)"] = Inline(f"t1.{key} == t2.{key}")
    rows[f"static int Compare({name} t1, {name} t2)"] = Inline(f"(t1.{key} > t2.{key}) - (t1.{key} < t2.{key})")
    rows[f"int CompareTo({name} value)"] = Inline(f"(self.{key} > value.{key}) - (self.{key} < value.{key})")
    rows["int CompareTo(object value)"] = _compare
    return rows


def _parts() -> dict[str, Implementation]:
    """Components that DateTime and DateTimeOffset share; both keep the clock's time in `ticks`."""
    names = {"Hour": (HOUR, 24), "Minute": (MINUTE, 60), "Second": (SECOND, 60), "Millisecond": (MILLISECOND, 1000)}
    rows: dict[str, Implementation] = {
        f"int {name}": Inline(f"self.ticks // {unit} % {modulus}") for name, (unit, modulus) in names.items()
    }
    for name in ("Year", "Month", "Day"):
        rows[f"int {name}"] = Inline(f"date(self.ticks // {DAY} + 1).{name.lower()}", date=date.fromordinal)
    rows["int DayOfYear"] = lambda moment: moments.day_of_year(moment.ticks)
    rows["DayOfWeek DayOfWeek"] = Inline(f"days[(self.ticks // {DAY} + 1) % 7]", days=_DAYS)
    rows["TimeSpan TimeOfDay"] = Inline(f"span(self.ticks % {DAY})", span=TimeSpan)
    rows["long Ticks"] = Inline("self.ticks")
    return rows


def _adders(name: str, make: str) -> dict[str, Implementation]:
    """AddDays and its kin. `make` is the Python expression that makes the result from `ticks`."""
    rows: dict[str, Implementation] = {}
    for plural, unit in _UNITS.items():
        ticks = f"add(self.ticks, value, {unit})"
        rows[f"{name} Add{plural}(double value)"] = Inline(make.format(ticks), add=add_double, new=_NEW[name])
    rows[f"{name} AddMonths(int months)"] = Inline(make.format("add(self.ticks, months)"), add=add_months, new=_NEW[name])
    rows[f"{name} AddYears(int years)"] = Inline(make.format("add(self.ticks, years)"), add=add_years, new=_NEW[name])
    rows[f"{name} AddTicks(long value)"] = Inline("self.moved(value)")
    rows[f"{name} Add(TimeSpan value)"] = Inline("self.moved(value.ticks)")
    rows[f"{name} Subtract(TimeSpan value)"] = Inline("self.moved(-value.ticks)")
    rows[f"{name} operator +({name} d, TimeSpan t)"] = Inline("d.moved(t.ticks)")
    rows[f"{name} operator -({name} d, TimeSpan t)"] = Inline("d.moved(-t.ticks)")
    return rows


_STYLES = "System.Globalization.DateTimeStyles"
_NEW = {"DateTime": DateTime, "DateTimeOffset": DateTimeOffset}


def _kind_of(moment: DateTime) -> EnumValue:
    return _KINDS[moment.kind]


def _try(read: object, zero: object) -> object:
    def attempt(*arguments: object) -> tuple[bool, object]:
        try:
            return True, read(*arguments)  # type: ignore[operator]  # one of the readers below
        except (FormatException, ArgumentNullException):
            return False, zero

    return attempt


def _first_that_fits(read: Callable[[str], object], text: str | None, specs: list[str] | None, name: str) -> object:
    if specs is None:
        raise ArgumentNullException("formats")
    for spec in specs:
        try:
            return read(spec)
        except FormatException:
            continue
    raise FormatException(f"String '{text}' was not recognized as a valid {name}.")


def _span_by_format(text: str | None, spec: str | None, _provider: object) -> object:
    return spans.parse_exact(text, spec)


def _span_by_formats(text: str | None, specs: list[str] | None, _provider: object) -> object:
    return _first_that_fits(lambda spec: spans.parse_exact(text, spec), text, specs, "TimeSpan")


def _readers(name: str, parse: object, exact: object, zero: object) -> dict[str, Implementation]:
    """Parse, ParseExact and their Try forms. The provider does not count: the culture is invariant."""

    def loose(text: str | None, _provider: object = None, styles: int = 0) -> object:
        return parse(text, int(styles))  # type: ignore[operator]  # a reader

    def by_format(text: str | None, spec: str | None, _provider: object = None, styles: int = 0) -> object:
        return exact(text, spec, int(styles))  # type: ignore[operator]  # a reader

    def by_formats(text: str | None, specs: list[str] | None, _provider: object = None, styles: int = 0) -> object:
        return _first_that_fits(lambda spec: by_format(text, spec, None, styles), text, specs, name)

    provider = "IFormatProvider provider"
    return {
        f"static {name} Parse(string s)": loose,
        f"static {name} Parse(string s, {provider})": loose,
        f"static {name} Parse(string s, {provider}, {_STYLES} styles)": loose,
        f"static bool TryParse(string s, out {name} result)": _try(loose, zero),
        f"static bool TryParse(string s, {provider}, {_STYLES} styles, out {name} result)": _try(loose, zero),
        f"static {name} ParseExact(string s, string format, {provider})": by_format,
        f"static {name} ParseExact(string s, string format, {provider}, {_STYLES} style)": by_format,
        f"static {name} ParseExact(string s, string[] formats, {provider}, {_STYLES} style)": by_formats,
        f"static bool TryParseExact(string s, string format, {provider}, {_STYLES} style, out {name} result)": _try(
            by_format, zero
        ),
        f"static bool TryParseExact(string s, string[] formats, {provider}, {_STYLES} style, out {name} result)": _try(
            by_formats, zero
        ),
    }


_TEXTS: dict[str, Implementation] = {
    "string ToString()": Inline("self.to_string(None)"),
    "string ToString(string format)": Inline("self.to_string(format)"),
    "string ToString(IFormatProvider provider)": Inline("self.to_string(None)"),
    "string ToString(string format, IFormatProvider provider)": Inline("self.to_string(format)"),
    "int GetHashCode()": Inline("(hash(self) & 0x7FFFFFFF)", hash=hash),
}

_DATE_TIME = Struct(
    "System.DateTime",
    bases=("IComparable",),
    runtime=DateTime,
    zero=DateTime(),
    members={
        "new(long ticks)": DateTime,
        "new(long ticks, DateTimeKind kind)": lambda ticks, kind: DateTime(ticks, int(kind)),
        "new(int year, int month, int day)": moments.of_parts,
        "new(int year, int month, int day, int hour, int minute, int second)": moments.of_parts,
        "new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)": (
            lambda y, mo, d, h, mi, s, kind: moments.of_parts(y, mo, d, h, mi, s, 0, int(kind))
        ),
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond)": moments.of_parts,
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)": (
            lambda y, mo, d, h, mi, s, ms, kind: moments.of_parts(y, mo, d, h, mi, s, ms, int(kind))
        ),
        "static DateTime Now": Inline("new(now(), 2)", new=DateTime, now=moments.utc_now),
        "static DateTime UtcNow": Inline("new(now(), 1)", new=DateTime, now=moments.utc_now),
        "static DateTime Today": Inline(f"new(now() // {DAY} * {DAY}, 2)", new=DateTime, now=moments.utc_now),
        "static DateTime MinValue": Const(DateTime()),
        "static DateTime MaxValue": Const(DateTime(moments.MAX_TICKS)),
        "static DateTime UnixEpoch": Const(DateTime(moments.EPOCH, moments.UTC)),
        **_parts(),
        "DateTime Date": Inline(f"new(self.ticks // {DAY} * {DAY}, self.kind)", new=DateTime),
        "DateTimeKind Kind": _kind_of,
        **_adders("DateTime", "new({}, self.kind)"),
        "TimeSpan Subtract(DateTime value)": moments.span_between,
        "TimeSpan operator -(DateTime a, DateTime b)": moments.span_between,
        **_operators("DateTime", "ticks"),
        "static int DaysInMonth(int year, int month)": moments.days_in_month,
        "static bool IsLeapYear(int year)": moments.is_leap_year,
        "static DateTime SpecifyKind(DateTime value, DateTimeKind kind)": lambda value, kind: DateTime(value.ticks, int(kind)),
        "bool IsDaylightSavingTime()": Inline("False"),
        "DateTime ToUniversalTime()": Inline("new(self.ticks, 1)", new=DateTime),
        "DateTime ToLocalTime()": Inline("new(self.ticks, 2)", new=DateTime),
        "long ToFileTimeUtc()": Inline("self.ticks - 504911232000000000"),
        "long ToFileTime()": Inline("self.ticks - 504911232000000000"),
        "static DateTime FromFileTimeUtc(long fileTime)": lambda ticks: DateTime(ticks + 504911232000000000, moments.UTC),
        "static DateTime FromFileTime(long fileTime)": lambda ticks: DateTime(ticks + 504911232000000000, moments.LOCAL),
        "long ToBinary()": moments.to_binary,
        "static DateTime FromBinary(long dateData)": moments.from_binary,
        "double ToOADate()": moments.to_automation,
        "static DateTime FromOADate(double d)": moments.from_automation,
        **_TEXTS,
        "string ToShortDateString()": Inline("self.to_string('d')"),
        "string ToLongDateString()": Inline("self.to_string('D')"),
        "string ToShortTimeString()": Inline("self.to_string('t')"),
        "string ToLongTimeString()": Inline("self.to_string('T')"),
        **_readers("DateTime", parsing.parse, parsing.parse_exact, DateTime()),
    },
)

_OFFSET = Struct(
    "System.DateTimeOffset",
    bases=("IComparable",),
    runtime=DateTimeOffset,
    zero=DateTimeOffset(),
    members={
        "new(long ticks, TimeSpan offset)": lambda ticks, offset: DateTimeOffset(ticks, moments.offset_minutes(offset)),
        "new(DateTime dateTime)": moments.with_offset,
        "new(DateTime dateTime, TimeSpan offset)": moments.with_offset,
        "new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)": (
            lambda y, mo, d, h, mi, s, offset: moments.with_offset(moments.of_parts(y, mo, d, h, mi, s), offset)
        ),
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)": (
            lambda y, mo, d, h, mi, s, ms, offset: moments.with_offset(moments.of_parts(y, mo, d, h, mi, s, ms), offset)
        ),
        "static DateTimeOffset Now": Inline("new(now())", new=DateTimeOffset, now=moments.utc_now),
        "static DateTimeOffset UtcNow": Inline("new(now())", new=DateTimeOffset, now=moments.utc_now),
        "static DateTimeOffset MinValue": Const(DateTimeOffset()),
        "static DateTimeOffset MaxValue": Const(DateTimeOffset(moments.MAX_TICKS)),
        "static DateTimeOffset UnixEpoch": Const(DateTimeOffset(moments.EPOCH)),
        **_parts(),
        "TimeSpan Offset": Inline(f"span(self.offset * {MINUTE})", span=TimeSpan),
        "DateTime Date": Inline(f"new(self.ticks // {DAY} * {DAY})", new=DateTime),
        "DateTime DateTime": Inline("self.clock"),
        "DateTime UtcDateTime": Inline("new(self.utc_ticks, 1)", new=DateTime),
        "DateTime LocalDateTime": Inline("new(self.utc_ticks, 2)", new=DateTime),
        "long UtcTicks": Inline("self.utc_ticks"),
        **_adders("DateTimeOffset", "new({}, self.offset)"),
        "TimeSpan Subtract(DateTimeOffset value)": Inline("span(self.utc_ticks - value.utc_ticks)", span=TimeSpan),
        "TimeSpan operator -(DateTimeOffset a, DateTimeOffset b)": Inline("span(a.utc_ticks - b.utc_ticks)", span=TimeSpan),
        **_operators("DateTimeOffset", "utc_ticks"),
        "bool EqualsExact(DateTimeOffset other)": Inline("(self.ticks, self.offset) == (other.ticks, other.offset)"),
        "DateTimeOffset ToOffset(TimeSpan offset)": lambda moment, offset: moment.at_offset(moments.offset_minutes(offset)),
        "DateTimeOffset ToUniversalTime()": Inline("self.at_offset(0)"),
        "DateTimeOffset ToLocalTime()": Inline("self.at_offset(0)"),
        "long ToUnixTimeSeconds()": moments.to_unix_seconds,
        "long ToUnixTimeMilliseconds()": Inline(f"(self.utc_ticks - {moments.EPOCH}) // {MILLISECOND}"),
        "static DateTimeOffset FromUnixTimeSeconds(long seconds)": (
            lambda value: moments.from_unix_units(value, SECOND, "seconds")
        ),
        "static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)": (
            lambda value: moments.from_unix_units(value, MILLISECOND, "milliseconds")
        ),
        "long ToFileTime()": Inline("self.utc_ticks - 504911232000000000"),
        "static DateTimeOffset FromFileTime(long fileTime)": lambda ticks: DateTimeOffset(ticks + 504911232000000000),
        "implicit DateTimeOffset(DateTime dateTime)": moments.with_offset,
        **_TEXTS,
        **_readers("DateTimeOffset", parsing.parse_offset, parsing.parse_offset_exact, DateTimeOffset()),
    },
)

_SPAN = Struct(
    "System.TimeSpan",
    bases=("IComparable",),
    runtime=TimeSpan,
    zero=TimeSpan(),
    members={
        "new(long ticks)": TimeSpan,
        "new(int hours, int minutes, int seconds)": lambda h, m, s: TimeSpan.of(0, h, m, s),
        "new(int days, int hours, int minutes, int seconds)": TimeSpan.of,
        "new(int days, int hours, int minutes, int seconds, int milliseconds)": TimeSpan.of,
        "static TimeSpan Zero": Const(TimeSpan()),
        "static TimeSpan MaxValue": Const(TimeSpan(2**63 - 1)),
        "static TimeSpan MinValue": Const(TimeSpan(-(2**63))),
        **{f"static long TicksPer{name[:-1]}": Const(unit) for name, unit in _UNITS.items()},
        **{f"int {name}": Inline(f"self.part({unit}, {_MODULI[name]})") for name, unit in _UNITS.items()},
        **{f"double Total{name}": Inline(f"self.ticks / {unit}") for name, unit in _UNITS.items()},
        "long Ticks": Inline("self.ticks"),
        **{
            f"static TimeSpan From{name}(double value)": Inline(f"of(value, {unit})", of=spans.from_double)
            for name, unit in _UNITS.items()
        },
        "static TimeSpan FromTicks(long value)": TimeSpan,
        "TimeSpan Add(TimeSpan ts)": Inline("span(self.ticks + ts.ticks)", span=TimeSpan),
        "TimeSpan Subtract(TimeSpan ts)": Inline("span(self.ticks - ts.ticks)", span=TimeSpan),
        "TimeSpan Negate()": Inline("span(-self.ticks)", span=TimeSpan),
        "TimeSpan Duration()": Inline("span(abs(self.ticks))", span=TimeSpan, abs=abs),
        "TimeSpan Multiply(double factor)": spans.multiply,
        "TimeSpan Divide(double divisor)": spans.divide,
        "double Divide(TimeSpan ts)": spans.ratio,
        "TimeSpan operator +(TimeSpan a, TimeSpan b)": Inline("span(a.ticks + b.ticks)", span=TimeSpan),
        "TimeSpan operator -(TimeSpan a, TimeSpan b)": Inline("span(a.ticks - b.ticks)", span=TimeSpan),
        "TimeSpan operator +(TimeSpan a)": Inline("a"),
        "TimeSpan operator -(TimeSpan a)": Inline("span(-a.ticks)", span=TimeSpan),
        "TimeSpan operator *(TimeSpan a, double factor)": spans.multiply,
        "TimeSpan operator *(double factor, TimeSpan a)": lambda factor, span: spans.multiply(span, factor),
        "TimeSpan operator /(TimeSpan a, double divisor)": spans.divide,
        "double operator /(TimeSpan a, TimeSpan b)": spans.ratio,
        **_operators("TimeSpan", "ticks"),
        **_TEXTS,
        "static TimeSpan Parse(string s)": spans.parse,
        "static TimeSpan Parse(string s, IFormatProvider provider)": lambda text, _provider: spans.parse(text),
        "static bool TryParse(string s, out TimeSpan result)": spans.try_parse,
        "static bool TryParse(string s, IFormatProvider provider, out TimeSpan result)": (
            lambda text, _provider: spans.try_parse(text)
        ),
        "static TimeSpan ParseExact(string s, string format, IFormatProvider provider)": _span_by_format,
        "static TimeSpan ParseExact(string s, string[] formats, IFormatProvider provider)": _span_by_formats,
        "static bool TryParseExact(string s, string format, IFormatProvider provider, out TimeSpan result)": _try(
            _span_by_format, TimeSpan()
        ),
        "static bool TryParseExact(string s, string[] formats, IFormatProvider provider, out TimeSpan result)": _try(
            _span_by_formats, TimeSpan()
        ),
    },
)

TYPES = (DAY_OF_WEEK, KIND, STYLES, _DATE_TIME, _OFFSET, _SPAN, *zones.TYPES)
