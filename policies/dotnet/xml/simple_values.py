"""Simple values as XML text and back, as System.Xml.XmlConvert has them (XML Schema's forms).

The rule here: `text_of` is what content and attribute values become; `explicit` makes the conversions of XElement and
XAttribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from policies.dotnet import numbers, values
from policies.dotnet.dates.moments import LOCAL, UNSPECIFIED, UTC, DateTime, DateTimeOffset
from policies.dotnet.dates.parsing import ROUNDTRIP_KIND, parse, parse_offset
from policies.dotnet.dates.spans import DAY, HOUR, MINUTE, SECOND, TimeSpan
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, FormatException
from policies.dotnet.guids import parse as parse_guid
from policies.dotnet.xml.names import XName, XNamespace

__all__ = ["CONVERTED", "explicit", "text_of"]


def text_of(value: Any) -> str:
    """A value as content."""
    if isinstance(value, str):
        return value
    convert = next((make for python, make in _TEXTS if isinstance(value, python)), None)
    if convert is not None:
        return convert(value)
    if isinstance(value, XName | XNamespace):
        return str(value)
    if type(value).__module__.startswith("policies.dotnet.xml."):
        raise ArgumentException("An XObject cannot be used as a value.")
    return values.to_text(value)


def _real(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    return values.to_text(value)


def _moment(value: DateTime | DateTimeOffset) -> str:
    text = value.to_string("s")
    if value.ticks % SECOND:
        text += f".{value.ticks % SECOND:07}".rstrip("0")
    if isinstance(value, DateTimeOffset):
        return text + ("Z" if value.offset == 0 else value.to_string("zzz"))
    return text + {UTC: "Z", LOCAL: "+00:00", UNSPECIFIED: ""}[value.kind]


def _duration(value: TimeSpan) -> str:
    rest, fraction = divmod(abs(value.ticks), SECOND)
    parts = (rest // 86_400, rest // 3600 % 24, rest // 60 % 60)
    days, hours, minutes = (f"{amount}{unit}" if amount else "" for amount, unit in zip(parts, "DHM", strict=True))
    seconds = ""
    if rest % 60 or fraction:
        seconds = f"{rest % 60}" + (f".{fraction:07}".rstrip("0") if fraction else "") + "S"
    time = hours + minutes + seconds
    return f"{'-' if value.ticks < 0 else ''}P{days}{f'T{time}' if time else ''}" if days or time else "PT0S"


_TEXTS: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    (bool, lambda value: "true" if value else "false"),
    (float, _real),
    (Decimal, lambda value: format(value, "f")),
    (DateTime | DateTimeOffset, _moment),
    (TimeSpan, _duration),
)

# ---- and back --------------------------------------------------------------------------------------------------------

_DURATION = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.(?P<fraction>\d{1,7}))?S)?)?",
    re.ASCII,
)
_SPACE: Final = " \t\r\n"


def _boolean(text: str) -> bool:
    word = text.strip(_SPACE)
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise FormatException(f"The string '{text}' is not a valid Boolean value.")


def _span(text: str) -> TimeSpan:
    found = _DURATION.fullmatch(text.strip(_SPACE))
    if found is None:
        raise FormatException(f"The string '{text}' is not a valid TimeSpan value.")
    parts = {name: int(value or 0) for name, value in found.groupdict().items() if name not in ("sign", "fraction")}
    days = parts["years"] * 365 + parts["months"] * 30 + parts["days"]
    ticks = days * DAY + parts["hours"] * HOUR + parts["minutes"] * MINUTE + parts["seconds"] * SECOND
    ticks += int((found["fraction"] or "").ljust(7, "0"))
    return TimeSpan(-ticks if found["sign"] else ticks)


def _double(text: str) -> float:
    word = text.strip(_SPACE)
    infinities = {"INF": float("inf"), "-INF": float("-inf")}
    return infinities[word] if word in infinities else numbers.parse_double(word)


def _integer(name: str) -> Callable[[str], int]:
    return lambda text: numbers.parse_integer(name, text)


CONVERTED: Final[dict[str, Callable[[str], Any]]] = {
    "bool": _boolean,
    "int": _integer("System.Int32"),
    "uint": _integer("System.UInt32"),
    "long": _integer("System.Int64"),
    "ulong": _integer("System.UInt64"),
    "float": _double,
    "double": _double,
    "decimal": lambda text: numbers.parse_decimal(text.strip(_SPACE)),
    "DateTime": lambda text: parse(text, ROUNDTRIP_KIND),
    "DateTimeOffset": parse_offset,
    "TimeSpan": _span,
    "Guid": lambda text: parse_guid(text.strip(_SPACE)),
}


def explicit(name: str, parameter: str, *, optional: bool) -> Callable[[Any], Any]:
    """`(name)element`: null where the target can be null, ArgumentNullException where it cannot."""
    convert = CONVERTED[name]

    def operator(source: Any) -> Any:
        if source is None:
            if optional:
                return None
            raise ArgumentNullException(parameter)
        return convert(source.value)

    return operator
