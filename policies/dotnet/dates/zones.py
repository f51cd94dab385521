"""System.TimeZoneInfo: zones by their Windows or IANA names.

The rule here: the rules of a zone are those of the IANA database that Python's zoneinfo reads; Windows names are those that
CLDR maps to it. The local zone is UTC.
"""

from __future__ import annotations

import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policies.dotnet.dates.moments import EPOCH, LOCAL, MAX_TICKS, UNSPECIFIED, UTC, DateTime, DateTimeOffset
from policies.dotnet.dates.spans import MINUTE, SECOND, TimeSpan
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, TimeZoneNotFoundException
from policies.dotnet.types import Class, Const, Inline
from policies.dotnet.values import NetArray

__all__ = ["TYPES", "Zone", "find"]

_BASE: Final = datetime.datetime(1970, 1, 1)


class Zone:
    """A time zone; `rules` is None for UTC."""

    __slots__ = ("id", "rules")

    def __init__(self, identifier: str, rules: ZoneInfo | None) -> None:
        self.id = identifier
        self.rules = rules

    def offset_of_utc(self, ticks: int) -> int:
        """Minutes from UTC at a time in UTC."""
        if self.rules is None:
            return 0
        offset = _python(ticks).replace(tzinfo=datetime.UTC).astimezone(self.rules).utcoffset()
        return _minutes(offset)

    def offset_of_clock(self, ticks: int) -> int:
        """Minutes from UTC when the clock there shows this; standard time where it shows it twice."""
        if self.rules is None:
            return 0
        first = _python(ticks).replace(tzinfo=self.rules)
        later = first.replace(fold=1)
        return min(_minutes(first.utcoffset()), _minutes(later.utcoffset()))

    def shown(self, ticks: int) -> int:
        """How often the clock there shows this: once, twice when it is put back, never when it is put forward."""
        if self.rules is None:
            return 1
        first = _python(ticks).replace(tzinfo=self.rules)
        offsets = {first.utcoffset(), first.replace(fold=1).utcoffset()}
        if len(offsets) == 1:
            return 1
        back = first.astimezone(datetime.UTC).astimezone(self.rules).replace(tzinfo=None)
        return 2 if back == first.replace(tzinfo=None) else 0

    def base_offset(self) -> int:
        """Minutes of standard time, as of today."""
        if self.rules is None:
            return 0
        now = datetime.datetime.now(datetime.UTC)
        halves = [now.replace(month=month, day=1).astimezone(self.rules) for month in (1, 7)]
        return min(_minutes(half.utcoffset()) for half in halves)

    def observes_daylight(self) -> bool:
        """Whether clocks are put forward in part of the year."""
        now = datetime.datetime.now(datetime.UTC)
        moments = [now.replace(month=month, day=1).astimezone(self.rules or datetime.UTC) for month in (1, 7)]
        return moments[0].utcoffset() != moments[1].utcoffset()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        minutes = self.base_offset()
        sign = "-" if minutes < 0 else "+"
        name = "Coordinated Universal Time" if self.rules is None else self.id
        return f"(UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}) {name}" if minutes else f"(UTC) {name}"


def _python(ticks: int) -> datetime.datetime:
    return _BASE + datetime.timedelta(seconds=(ticks - EPOCH) // SECOND)


def _minutes(offset: datetime.timedelta | None) -> int:
    return 0 if offset is None else round(offset.total_seconds() / 60)


UTC_ZONE: Final = Zone("UTC", None)


@cache
def find(identifier: str | None) -> Zone:
    """TimeZoneInfo.FindSystemTimeZoneById; TimeZoneNotFoundException for a name that neither list has."""
    if identifier is None:
        raise ArgumentNullException("id")
    if identifier.upper() in ("UTC", "ETC/UTC"):
        return UTC_ZONE
    name = _WINDOWS.get(identifier.lower(), identifier)
    try:
        return Zone(identifier, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneNotFoundException(f"The time zone ID '{identifier}' was not found on the local computer.") from None


def _needed(zone: Zone | None, name: str) -> Zone:
    if zone is None:
        raise ArgumentNullException(name)
    return zone


def _clamped(ticks: int) -> int:
    return min(max(ticks, 0), MAX_TICKS)


def _kind(zone: Zone) -> int:
    return UTC if zone.rules is None else UNSPECIFIED


def from_utc(moment: DateTime, zone: Zone | None) -> DateTime:
    """ConvertTimeFromUtc."""
    zone = _needed(zone, "destinationTimeZone")
    if moment.kind == LOCAL:
        raise ArgumentException("The conversion could not be completed because the Kind is Local, not Utc.", "dateTime")
    return DateTime(_clamped(moment.ticks + zone.offset_of_utc(moment.ticks) * MINUTE), _kind(zone))


def to_utc(moment: DateTime, zone: Zone | None = UTC_ZONE) -> DateTime:
    """ConvertTimeToUtc."""
    zone = _needed(zone, "sourceTimeZone")
    if moment.kind != UNSPECIFIED and zone.rules is not None:
        raise ArgumentException(
            "The conversion could not be completed because the Kind does not fit the source zone.", "dateTime"
        )
    return DateTime(_clamped(moment.ticks - zone.offset_of_clock(moment.ticks) * MINUTE), UTC)


def convert(moment: DateTime, zone: Zone | None) -> DateTime:
    """ConvertTime from the moment's own kind."""
    return from_utc(DateTime(moment.ticks, UTC), zone)


def convert_between(moment: DateTime, source: Zone | None, target: Zone | None) -> DateTime:
    """ConvertTime from one zone to another."""
    return from_utc(to_utc(moment, source), target)


def convert_offset(moment: DateTimeOffset, zone: Zone | None) -> DateTimeOffset:
    """ConvertTime of a DateTimeOffset."""
    return moment.at_offset(_needed(zone, "destinationTimeZone").offset_of_utc(moment.utc_ticks))


def _offset_at(zone: Zone, moment: DateTime) -> TimeSpan:
    minutes = zone.offset_of_clock(moment.ticks) if moment.kind == UNSPECIFIED else zone.offset_of_utc(moment.ticks)
    return TimeSpan(minutes * MINUTE)


def _is_daylight(zone: Zone, moment: DateTime) -> bool:
    return zone.observes_daylight() and _offset_at(zone, moment).ticks != zone.base_offset() * MINUTE


def _is_ambiguous(zone: Zone, moment: DateTime) -> bool:
    return zone.shown(moment.ticks) > 1


def _ambiguous_offsets(zone: Zone, moment: DateTime) -> NetArray:
    """GetAmbiguousTimeOffsets: what the clock may mean where it shows a time twice."""
    if zone.shown(moment.ticks) < 2:
        raise ArgumentException("The supplied DateTime is not in an ambiguous time range.", "dateTime")
    first = _python(moment.ticks).replace(tzinfo=zone.rules)
    minutes = sorted({_minutes(first.utcoffset()), _minutes(first.replace(fold=1).utcoffset())})
    return NetArray("TimeSpan", [TimeSpan(each * MINUTE) for each in minutes])


_WINDOWS: Final[dict[str, str]] = {
    windows.lower(): iana
    for windows, iana in (
        line.strip().split("=")
        for line in """
        Dateline Standard Time=Etc/GMT+12
        UTC-11=Etc/GMT+11
        Aleutian Standard Time=America/Adak
        Hawaiian Standard Time=Pacific/Honolulu
        Marquesas Standard Time=Pacific/Marquesas
        Alaskan Standard Time=America/Anchorage
        UTC-09=Etc/GMT+9
        Pacific Standard Time (Mexico)=America/Tijuana
        UTC-08=Etc/GMT+8
        Pacific Standard Time=America/Los_Angeles
        US Mountain Standard Time=America/Phoenix
        Mountain Standard Time (Mexico)=America/Mazatlan
        Mountain Standard Time=America/Denver
        Yukon Standard Time=America/Whitehorse
        Central America Standard Time=America/Guatemala
        Central Standard Time=America/Chicago
        Easter Island Standard Time=Pacific/Easter
        Central Standard Time (Mexico)=America/Mexico_City
        Canada Central Standard Time=America/Regina
        SA Pacific Standard Time=America/Bogota
        Eastern Standard Time (Mexico)=America/Cancun
        Eastern Standard Time=America/New_York
        Haiti Standard Time=America/Port-au-Prince
        Cuba Standard Time=America/Havana
        US Eastern Standard Time=America/Indiana/Indianapolis
        Turks And Caicos Standard Time=America/Grand_Turk
        Paraguay Standard Time=America/Asuncion
        Atlantic Standard Time=America/Halifax
        Venezuela Standard Time=America/Caracas
        Central Brazilian Standard Time=America/Cuiaba
        SA Western Standard Time=America/La_Paz
        Pacific SA Standard Time=America/Santiago
        Newfoundland Standard Time=America/St_Johns
        Tocantins Standard Time=America/Araguaina
        E. South America Standard Time=America/Sao_Paulo
        SA Eastern Standard Time=America/Cayenne
        Argentina Standard Time=America/Argentina/Buenos_Aires
        Greenland Standard Time=America/Nuuk
        Montevideo Standard Time=America/Montevideo
        Magallanes Standard Time=America/Punta_Arenas
        Saint Pierre Standard Time=America/Miquelon
        Bahia Standard Time=America/Bahia
        UTC-02=Etc/GMT+2
        Azores Standard Time=Atlantic/Azores
        Cape Verde Standard Time=Atlantic/Cape_Verde
        GMT Standard Time=Europe/London
        Greenwich Standard Time=Atlantic/Reykjavik
        Sao Tome Standard Time=Africa/Sao_Tome
        Morocco Standard Time=Africa/Casablanca
        W. Europe Standard Time=Europe/Berlin
        Central Europe Standard Time=Europe/Budapest
        Romance Standard Time=Europe/Paris
        Central European Standard Time=Europe/Warsaw
        W. Central Africa Standard Time=Africa/Lagos
        Jordan Standard Time=Asia/Amman
        GTB Standard Time=Europe/Bucharest
        Middle East Standard Time=Asia/Beirut
        Egypt Standard Time=Africa/Cairo
        E. Europe Standard Time=Europe/Chisinau
        Syria Standard Time=Asia/Damascus
        West Bank Standard Time=Asia/Hebron
        South Africa Standard Time=Africa/Johannesburg
        FLE Standard Time=Europe/Kiev
        Israel Standard Time=Asia/Jerusalem
        South Sudan Standard Time=Africa/Juba
        Kaliningrad Standard Time=Europe/Kaliningrad
        Sudan Standard Time=Africa/Khartoum
        Libya Standard Time=Africa/Tripoli
        Namibia Standard Time=Africa/Windhoek
        Arabic Standard Time=Asia/Baghdad
        Turkey Standard Time=Europe/Istanbul
        Arab Standard Time=Asia/Riyadh
        Belarus Standard Time=Europe/Minsk
        Russian Standard Time=Europe/Moscow
        E. Africa Standard Time=Africa/Nairobi
        Volgograd Standard Time=Europe/Volgograd
        Iran Standard Time=Asia/Tehran
        Arabian Standard Time=Asia/Dubai
        Astrakhan Standard Time=Europe/Astrakhan
        Azerbaijan Standard Time=Asia/Baku
        Russia Time Zone 3=Europe/Samara
        Mauritius Standard Time=Indian/Mauritius
        Saratov Standard Time=Europe/Saratov
        Georgian Standard Time=Asia/Tbilisi
        Caucasus Standard Time=Asia/Yerevan
        Afghanistan Standard Time=Asia/Kabul
        West Asia Standard Time=Asia/Tashkent
        Ekaterinburg Standard Time=Asia/Yekaterinburg
        Pakistan Standard Time=Asia/Karachi
        Qyzylorda Standard Time=Asia/Qyzylorda
        India Standard Time=Asia/Kolkata
        Sri Lanka Standard Time=Asia/Colombo
        Nepal Standard Time=Asia/Kathmandu
        Central Asia Standard Time=Asia/Bishkek
        Bangladesh Standard Time=Asia/Dhaka
        Omsk Standard Time=Asia/Omsk
        Myanmar Standard Time=Asia/Yangon
        SE Asia Standard Time=Asia/Bangkok
        Altai Standard Time=Asia/Barnaul
        W. Mongolia Standard Time=Asia/Hovd
        North Asia Standard Time=Asia/Krasnoyarsk
        N. Central Asia Standard Time=Asia/Novosibirsk
        Tomsk Standard Time=Asia/Tomsk
        China Standard Time=Asia/Shanghai
        North Asia East Standard Time=Asia/Irkutsk
        Singapore Standard Time=Asia/Singapore
        W. Australia Standard Time=Australia/Perth
        Taipei Standard Time=Asia/Taipei
        Ulaanbaatar Standard Time=Asia/Ulaanbaatar
        Aus Central W. Standard Time=Australia/Eucla
        Transbaikal Standard Time=Asia/Chita
        Tokyo Standard Time=Asia/Tokyo
        North Korea Standard Time=Asia/Pyongyang
        Korea Standard Time=Asia/Seoul
        Yakutsk Standard Time=Asia/Yakutsk
        Cen. Australia Standard Time=Australia/Adelaide
        AUS Central Standard Time=Australia/Darwin
        E. Australia Standard Time=Australia/Brisbane
        AUS Eastern Standard Time=Australia/Sydney
        West Pacific Standard Time=Pacific/Port_Moresby
        Tasmania Standard Time=Australia/Hobart
        Vladivostok Standard Time=Asia/Vladivostok
        Lord Howe Standard Time=Australia/Lord_Howe
        Bougainville Standard Time=Pacific/Bougainville
        Russia Time Zone 10=Asia/Srednekolymsk
        Magadan Standard Time=Asia/Magadan
        Norfolk Standard Time=Pacific/Norfolk
        Sakhalin Standard Time=Asia/Sakhalin
        Central Pacific Standard Time=Pacific/Guadalcanal
        Russia Time Zone 11=Asia/Kamchatka
        New Zealand Standard Time=Pacific/Auckland
        UTC+12=Etc/GMT-12
        Fiji Standard Time=Pacific/Fiji
        Chatham Islands Standard Time=Pacific/Chatham
        UTC+13=Etc/GMT-13
        Tonga Standard Time=Pacific/Tongatapu
        Samoa Standard Time=Pacific/Apia
        Line Islands Standard Time=Pacific/Kiritimati
        """.strip().splitlines()
    )
}


class LocalZone:
    """System.TimeZone.CurrentTimeZone: UTC."""

    __slots__ = ()


_ZONE = "TimeZoneInfo"
_BY_ID = "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime"

TYPES = (
    Class(
        "System.TimeZone",
        runtime=LocalZone,
        members={
            "static TimeZone CurrentTimeZone": Const(LocalZone()),
            "string StandardName": Inline("'UTC'"),
            "string DaylightName": Inline("'UTC'"),
            "TimeSpan GetUtcOffset(DateTime time)": lambda zone, moment: TimeSpan(),
            "bool IsDaylightSavingTime(DateTime time)": Inline("False"),
            "DateTime ToUniversalTime(DateTime time)": lambda zone, moment: DateTime(moment.ticks, UTC),
            "DateTime ToLocalTime(DateTime time)": lambda zone, moment: DateTime(moment.ticks, LOCAL),
        },
    ),
    Class(
        "System.TimeZoneInfo",
        runtime=Zone,
        members={
            "static TimeZoneInfo Utc": Const(UTC_ZONE),
            "static TimeZoneInfo Local": Const(UTC_ZONE),
            "static TimeZoneInfo FindSystemTimeZoneById(string id)": find,
            "static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)": from_utc,
            "static DateTime ConvertTimeToUtc(DateTime dateTime)": to_utc,
            "static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)": to_utc,
            "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)": convert,
            "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone)": (
                convert_between
            ),
            f"static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, {_ZONE} destinationTimeZone)": convert_offset,
            f"{_BY_ID}, string destinationTimeZoneId)": (lambda moment, identifier: convert(moment, find(identifier))),
            f"{_BY_ID}, string sourceTimeZoneId, string destinationTimeZoneId)": (
                lambda moment, source, target: convert_between(moment, find(source), find(target))
            ),
            "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset moment, string destinationTimeZoneId)": (
                lambda moment, identifier: convert_offset(moment, find(identifier))
            ),
            "string Id": Inline("self.id"),
            "string StandardName": Inline("self.id"),
            "string DisplayName": Inline("str(self)", str=str),
            "TimeSpan BaseUtcOffset": lambda zone: TimeSpan(zone.base_offset() * MINUTE),
            "bool SupportsDaylightSavingTime": Inline("self.observes_daylight()"),
            "TimeSpan GetUtcOffset(DateTime dateTime)": _offset_at,
            "TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)": (
                lambda zone, moment: TimeSpan(zone.offset_of_utc(moment.utc_ticks) * MINUTE)
            ),
            "bool IsDaylightSavingTime(DateTime dateTime)": _is_daylight,
            "string DaylightName": Inline("self.id"),
            "bool HasSameRules(TimeZoneInfo other)": lambda zone, other: zone.rules == _needed(other, "other").rules,
            "TimeSpan[] GetAmbiguousTimeOffsets(DateTime dateTime)": _ambiguous_offsets,
            "static void ClearCachedData()": lambda: None,
            "bool IsAmbiguousTime(DateTime dateTime)": _is_ambiguous,
            **{
                f"{result} {name}(DateTimeOffset dateTimeOffset)": (
                    lambda zone, moment, answer=answer: answer(zone, convert_offset(moment, zone).clock)
                )
                for result, name, answer in (
                    ("bool", "IsDaylightSavingTime", _is_daylight),
                    ("bool", "IsAmbiguousTime", _is_ambiguous),
                    ("TimeSpan[]", "GetAmbiguousTimeOffsets", _ambiguous_offsets),
                )
            },
            "bool IsInvalidTime(DateTime dateTime)": lambda zone, moment: zone.shown(moment.ticks) == 0,
        },
    ),
)
