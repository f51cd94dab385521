"""The enums of dates: System.DayOfWeek, System.DateTimeKind, System.Globalization.DateTimeStyles."""

from __future__ import annotations

from policies.dotnet.types import Enum

__all__ = ["DAY_OF_WEEK", "KIND", "STYLES"]

DAY_OF_WEEK = Enum("System.DayOfWeek", "Sunday Monday Tuesday Wednesday Thursday Friday Saturday")
KIND = Enum("System.DateTimeKind", "Unspecified Utc Local")
STYLES = Enum(
    "System.Globalization.DateTimeStyles",
    {
        "None": 0,
        "AllowLeadingWhite": 1,
        "AllowTrailingWhite": 2,
        "AllowInnerWhite": 4,
        "AllowWhiteSpaces": 7,
        "NoCurrentDateDefault": 8,
        "AdjustToUniversal": 16,
        "AssumeLocal": 32,
        "AssumeUniversal": 64,
        "RoundtripKind": 128,
    },
)
