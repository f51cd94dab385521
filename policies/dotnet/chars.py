"""System.Char: one UTF-16 code unit.

The rule here: a char is a text of length 1 whose static type is char; as a number it is its code unit. Categories are
Unicode's. Source: learn.microsoft.com/dotnet/api/system.char.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeVar

from policies.dotnet import collation
from policies.dotnet.enums import CATEGORIES, type_code
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, ArgumentOutOfRangeException, FormatException
from policies.dotnet.interfaces import compare_to
from policies.dotnet.types import Const, EnumValue, Implementation, Inline, Struct
from policies.dotnet.values import Char, equals, units

__all__ = ["TYPES", "is_white_space"]


T = TypeVar("T")


def is_white_space(char: str) -> bool:
    """Char.IsWhiteSpace."""
    return char.isspace() and not "\x1c" <= char <= "\x1f"


def _in_categories(*starts: str) -> Callable[[str], bool]:
    return lambda char: unicodedata.category(char).startswith(starts)


def _numeric(char: str) -> float:
    return unicodedata.numeric(char, -1.0)


def _parse(text: str | None) -> str:
    if text is None:
        raise ArgumentNullException("s")
    if len(text) != 1:
        raise FormatException("String must be exactly one character long.")
    return text


def _try_parse(text: str | None) -> tuple[bool, str]:
    return (True, text) if text is not None and len(text) == 1 else (False, "\0")


def _at(test: Callable[[str], T]) -> Callable[[str | None, int], T]:
    def test_at(text: str | None, index: int) -> T:
        if text is None:
            raise ArgumentNullException("s")
        if not 0 <= index < len(text):
            raise ArgumentOutOfRangeException("index")
        return test(text[index])

    return test_at


_TESTS: dict[str, Callable[[str], bool]] = {
    "IsControl": _in_categories("Cc"),
    "IsDigit": _in_categories("Nd"),
    "IsHighSurrogate": lambda char: "\ud800" <= char <= "\udbff",
    "IsLetter": _in_categories("L"),
    "IsLetterOrDigit": _in_categories("L", "Nd"),
    "IsLower": _in_categories("Ll"),
    "IsLowSurrogate": lambda char: "\udc00" <= char <= "\udfff",
    "IsNumber": _in_categories("N"),
    "IsPunctuation": _in_categories("P"),
    "IsSeparator": _in_categories("Z"),
    "IsSurrogate": lambda char: "\ud800" <= char <= "\udfff",
    "IsSymbol": _in_categories("S"),
    "IsUpper": _in_categories("Lu"),
    "IsWhiteSpace": is_white_space,
}


def _tests() -> dict[str, Implementation]:
    members: dict[str, Implementation] = {}
    for name, test in _TESTS.items():
        members[f"static bool {name}(char c)"] = test
        members[f"static bool {name}(string s, int index)"] = _at(test)
    return members


def _category(char: str) -> EnumValue:
    return CATEGORIES[unicodedata.category(char)]


def _of_code(code: int) -> str:
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ArgumentOutOfRangeException(
            "utf32",
            "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint "
            "values (0x00d800 ~ 0x00dfff).",
        )
    return units(chr(code))


def _is_pair(high: str, low: str) -> bool:
    return "\ud800" <= high <= "\udbff" and "\udc00" <= low <= "\udfff"


def _is_pair_at(text: str | None, index: int) -> bool:
    if text is None:
        raise ArgumentNullException("s")
    if not 0 <= index < len(text):
        raise ArgumentOutOfRangeException("index")
    return index + 1 < len(text) and _is_pair(text[index], text[index + 1])


def _code(high: str, low: str) -> int:
    if not "\ud800" <= high <= "\udbff":
        raise ArgumentOutOfRangeException("highSurrogate", "A valid high surrogate character is between 0xd800 and 0xdbff.")
    if not "\udc00" <= low <= "\udfff":
        raise ArgumentOutOfRangeException("lowSurrogate", "A valid low surrogate character is between 0xdc00 and 0xdfff.")
    return ((ord(high) - 0xD800) << 10) + ord(low) - 0xDC00 + 0x10000


def _code_at(text: str | None, index: int) -> int:
    if _is_pair_at(text, index):
        assert text is not None
        return _code(text[index], text[index + 1])
    assert text is not None
    if "\ud800" <= text[index] <= "\udfff":
        kind = "high" if text[index] <= "\udbff" else "low"
        raise ArgumentException(f"Found a {kind} surrogate char without a matching partner at index: {index}.", "s")
    return ord(text[index])


TYPES = (
    Struct(
        "System.Char",
        keyword="char",
        bases=("IComparable",),
        box=Char,
        unbox=str,
        zero="\0",
        members={
            "static char MinValue": Const("\0"),
            "static char MaxValue": Const("\uffff"),
            **_tests(),
            "static double GetNumericValue(char c)": _numeric,
            "static double GetNumericValue(string s, int index)": _at(_numeric),
            "static UnicodeCategory GetUnicodeCategory(char c)": _category,
            "static UnicodeCategory GetUnicodeCategory(string s, int index)": _at(_category),
            "static string ConvertFromUtf32(int utf32)": _of_code,
            "static int ConvertToUtf32(char highSurrogate, char lowSurrogate)": _code,
            "static int ConvertToUtf32(string s, int index)": _code_at,
            "static bool IsSurrogatePair(char highSurrogate, char lowSurrogate)": _is_pair,
            "static bool IsSurrogatePair(string s, int index)": _is_pair_at,
            "TypeCode GetTypeCode()": type_code("Char"),
            "static char ToUpper(char c)": collation.upper,
            "static char ToUpper(char c, CultureInfo culture)": lambda char, _culture: collation.upper(char),
            "static char ToUpperInvariant(char c)": collation.upper,
            "static char ToLower(char c)": collation.lower,
            "static char ToLower(char c, CultureInfo culture)": lambda char, _culture: collation.lower(char),
            "static char ToLowerInvariant(char c)": collation.lower,
            "static string ToString(char c)": Inline("c"),
            "static char Parse(string s)": _parse,
            "static bool TryParse(string s, out char result)": _try_parse,
            "string ToString()": Inline("self"),
            "string ToString(IFormatProvider provider)": Inline("self"),
            "bool Equals(char obj)": Inline("self == obj"),
            "bool Equals(object obj)": lambda char, other: equals(Char(char), other),
            "int CompareTo(char value)": Inline("(ord(self) - ord(value))", ord=ord),
            "int CompareTo(object value)": compare_to("Char", Char, Char),
            "int GetHashCode()": Inline("ord(self)", ord=ord),
        },
    ),
)
