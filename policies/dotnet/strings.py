"""System.String and its enums. The worked example of a family: see `types.py`.

The rule here: texts are compared and searched by UTF-16 code unit; where .NET searches by the invariant culture
(`IndexOf(string)`, `StartsWith(string)`) the outcome is the same for texts without ignorable characters, and only order
(`Compare`, `CompareTo`) goes through `collation`. Source: learn.microsoft.com/dotnet/api/system.string.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from policies.dotnet import collation, formatting
from policies.dotnet.enums import type_code
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    IndexOutOfRangeException,
)
from policies.dotnet.meter import charge, check_size
from policies.dotnet.types import Class, Const, Enum, EnumValue, Inline, Typed
from policies.dotnet.values import NetArray, box, equals, hash_code, scalars, to_text, units

__all__ = ["TYPES", "WHITE_SPACE", "need"]

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Char.IsWhiteSpace calls white space."""

COMPARISON = Enum(
    "System.StringComparison",
    "CurrentCulture CurrentCultureIgnoreCase InvariantCulture InvariantCultureIgnoreCase Ordinal OrdinalIgnoreCase",
)
SPLIT_OPTIONS = Enum("System.StringSplitOptions", {"None": 0, "RemoveEmptyEntries": 1, "TrimEntries": 2})


def need(value: Any, parameter: str) -> Any:
    """The value, which must not be null."""
    if value is None:
        raise ArgumentNullException(parameter)
    return value


def _range(start: int, count: int, length: int) -> None:
    if not 0 <= start <= length:
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range of the string.")
    if count < 0 or start + count > length:
        raise ArgumentOutOfRangeException("count", "Index and length must refer to a location within the string.")


def _folds(comparison: EnumValue | None) -> bool:
    return comparison is not None and int(comparison) % 2 == 1


def _char_at(text: str, index: int) -> str:
    if not 0 <= index < len(text):
        raise IndexOutOfRangeException("Index was outside the bounds of the array.")
    return text[index]


# ---- search ----------------------------------------------------------------------------------------------------------


def index_of(text: str, value: str, start: int = 0, count: int = -1, comparison: EnumValue | None = None) -> int:
    """The first place of `value`, or -1."""
    need(value, "value")
    count = len(text) - start if count == -1 else count
    _range(start, count, len(text))
    if _folds(comparison):
        text, value = collation.fold(text), collation.fold(value)
    return text.find(value, start, start + count)


def _last_index_of(
    text: str, value: str, start: int | None = None, count: int | None = None, comparison: EnumValue | None = None
) -> int:
    need(value, "value")
    last = len(text) - 1 if start is None else min(start, len(text) - 1)
    if start is not None and text and not -1 <= start <= len(text):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range of the string.")
    first = 0 if count is None else last - count + 1
    if first < 0:
        raise ArgumentOutOfRangeException("count", "Count must be positive and must refer to a location within the string.")
    if _folds(comparison):
        text, value = collation.fold(text), collation.fold(value)
    return text.rfind(value, first, last + 1)


def _index_of_any(text: str, chars: Sequence[str], start: int = 0, count: int = -1) -> int:
    count = len(text) - start if count == -1 else count
    _range(start, count, len(text))
    wanted = set(need(chars, "anyOf"))
    return next((at for at in range(start, start + count) if text[at] in wanted), -1)


def _last_index_of_any(text: str, chars: Sequence[str], start: int | None = None, count: int | None = None) -> int:
    wanted = set(need(chars, "anyOf"))
    if not text:
        return -1
    last = len(text) - 1 if start is None else start
    if not 0 <= last < len(text):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range of the string.")
    first = 0 if count is None else last - count + 1
    if first < 0 or first > last + 1:
        raise ArgumentOutOfRangeException("count", "Count must be positive and must refer to a location within the string.")
    return next((at for at in range(last, first - 1, -1) if text[at] in wanted), -1)


def contains(text: str, value: str, comparison: EnumValue | None = None) -> bool:
    """Whether `value` occurs in the text."""
    return index_of(text, value, comparison=comparison) >= 0


def _starts_with(text: str, value: str, comparison: EnumValue | None = None) -> bool:
    need(value, "value")
    if _folds(comparison):
        return collation.fold(text).startswith(collation.fold(value))
    return text.startswith(value)


def _ends_with(text: str, value: str, comparison: EnumValue | None = None) -> bool:
    need(value, "value")
    if _folds(comparison):
        return collation.fold(text).endswith(collation.fold(value))
    return text.endswith(value)


def _by_case(function: Callable[..., Any]) -> Callable[..., Any]:
    """The form that takes `bool ignoreCase` and a culture where `function` takes a StringComparison."""

    def with_case(*arguments: Any) -> Any:
        *rest, ignore_case, _culture = arguments
        return function(*rest, COMPARISON.values["InvariantCultureIgnoreCase" if ignore_case else "InvariantCulture"])

    return with_case


# ---- parts -----------------------------------------------------------------------------------------------------------


def _substring(text: str, start: int, length: int | None = None) -> str:
    if not 0 <= start <= len(text):
        what = "StartIndex cannot be less than zero." if start < 0 else "startIndex cannot be larger than length of string."
        raise ArgumentOutOfRangeException("startIndex", what)
    if length is None:
        return text[start:]
    if length < 0:
        raise ArgumentOutOfRangeException("length", "Length cannot be less than zero.")
    if start + length > len(text):
        raise ArgumentOutOfRangeException("length", "Index and length must refer to a location within the string.")
    return text[start : start + length]


def _remove(text: str, start: int, count: int | None = None) -> str:
    if count is None:
        if not 0 <= start < max(len(text), 1):
            raise ArgumentOutOfRangeException("startIndex", "startIndex must be less than length of string.")
        return text[:start]
    _range(start, count, len(text))
    return text[:start] + text[start + count :]


def _insert(text: str, start: int, value: str) -> str:
    need(value, "value")
    _range(start, 0, len(text))
    return text[:start] + value + text[start:]


def _replace(text: str, old: str, new: str | None) -> str:
    if need(old, "oldValue") == "":
        raise ArgumentException("String cannot be of zero length.", "oldValue")
    new = new or ""
    if len(new) > len(old):
        check_size(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _replace_with(text: str, old: str, new: str | None, comparison: EnumValue) -> str:
    if not _folds(comparison):
        return _replace(text, old, new)
    if need(old, "oldValue") == "":
        raise ArgumentException("String cannot be of zero length.", "oldValue")
    folded, wanted = collation.fold(text), collation.fold(old)
    parts: list[str] = []
    at = 0
    while (found := folded.find(wanted, at)) >= 0:
        parts += [text[at:found], new or ""]
        at = found + len(old)
    check_size(sum(map(len, parts)))
    return "".join([*parts, text[at:]])


def _split(text: str, separators: Iterable[str] | None, count: int = -1, options: EnumValue | None = None) -> NetArray:
    drop, trim = bool(options and int(options) & 1), bool(options and int(options) & 2)
    wanted = [separator for separator in separators or () if separator] or list(WHITE_SPACE)
    if len(wanted) == 1 and count == -1:
        pieces = text.split(wanted[0])
    else:
        pieces = list(_pieces(text, sorted(wanted, key=len, reverse=True), count, drop, trim))
    if trim:
        pieces = [piece.strip(WHITE_SPACE) for piece in pieces]
    if drop:
        pieces = [piece for piece in pieces if piece]
    return NetArray("string", [] if count == 0 else pieces)


def _split_most(text: str, separators: Iterable[str] | None, count: int, options: EnumValue | None = None) -> NetArray:
    if count < 0:
        raise ArgumentOutOfRangeException("count", "Count cannot be less than zero.")
    return _split(text, separators, count, options)


def _pieces(text: str, separators: list[str], count: int, drop: bool, trim: bool) -> Iterable[str]:
    import re

    start = given = 0
    for match in re.finditer("|".join(map(re.escape, separators)), text):
        if given + 1 == count:
            break
        piece = text[start : match.start()]
        start = match.end()
        if not (drop and not (piece.strip(WHITE_SPACE) if trim else piece)):
            given += 1
            yield piece
    if drop and given + 1 == count:
        while True:
            rest = next((s for s in separators if text.startswith(s, start)), None)
            if rest is None:
                break
            start += len(rest)
    yield text[start:]


def _trim(text: str, chars: Iterable[str] | None = None) -> str:
    return text.strip("".join(chars or ()) or WHITE_SPACE)


def _trim_start(text: str, chars: Iterable[str] | None = None) -> str:
    return text.lstrip("".join(chars or ()) or WHITE_SPACE)


def _trim_end(text: str, chars: Iterable[str] | None = None) -> str:
    return text.rstrip("".join(chars or ()) or WHITE_SPACE)


def _pad(text: str, width: int) -> int:
    if width < 0:
        raise ArgumentOutOfRangeException("totalWidth", "Non-negative number required.")
    check_size(width)
    return width - len(text)


def _pad_left(text: str, width: int, char: str = " ") -> str:
    return char * _pad(text, width) + text


def _pad_right(text: str, width: int, char: str = " ") -> str:
    return text + char * _pad(text, width)


def _to_char_array(text: str, start: int = 0, length: int = -1) -> NetArray:
    length = len(text) - start if length == -1 else length
    _range(start, length, len(text))
    return NetArray("char", text[start : start + length])


def _normalize(text: str, form: Any = "FormC") -> str:
    from unicodedata import normalize

    charge(len(text) >> 4)
    return units(normalize(_FORMS[str(form)], scalars(text)))


_FORMS: dict[str, Any] = {"FormC": "NFC", "FormD": "NFD", "FormKC": "NFKC", "FormKD": "NFKD"}


def _is_normalized(text: str, form: Any = "FormC") -> bool:
    return _normalize(text, form) == text


def _copy_to(text: str, start: int, target: Any, at: int, count: int) -> None:
    need(target, "destination")
    if count < 0 or start < 0 or start + count > len(text):
        raise ArgumentOutOfRangeException("count" if count < 0 else "sourceIndex", "Index was out of range.")
    if at < 0 or at + count > len(target):
        raise ArgumentOutOfRangeException("destinationIndex", "Index was out of range.")
    target[at : at + count] = text[start : start + count]


# ---- making ----------------------------------------------------------------------------------------------------------


def _repeat(char: str, count: int) -> str:
    if count < 0:
        raise ArgumentOutOfRangeException("count", "'count' must be non-negative.")
    check_size(count)
    return char * count


def _of_chars(chars: Sequence[str] | None, start: int = 0, length: int = -1) -> str:
    text = "".join(chars or ())
    length = len(text) - start if length == -1 else length
    _range(start, length, len(text))
    return text[start : start + length]


def _concat(items: Iterable[Any] | None) -> str:
    return _join("", items)


def _concat_typed(types: tuple[Any], items: Iterable[Any] | None) -> str:
    return _join_typed(types, "", items)


def _join(separator: str | None, items: Iterable[Any] | None) -> str:
    parts = [to_text(item) for item in need(items, "values")]
    check_size(sum(map(len, parts)) + len(separator or "") * len(parts))
    return (separator or "").join(parts)


def _join_typed(types: tuple[Any], separator: str | None, items: Iterable[Any] | None) -> str:
    return _join(separator, (box(item, types[0]) for item in need(items, "values")))


def _join_range(separator: str | None, items: Sequence[Any], start: int, count: int) -> str:
    _range(start, count, len(need(items, "value")))
    return _join(separator, items[start : start + count])


# ---- order -----------------------------------------------------------------------------------------------------------


def _equals(left: str | None, right: str | None, comparison: EnumValue | None = None) -> bool:
    if left is None or right is None or not _folds(comparison):
        return left == right
    return collation.fold(left) == collation.fold(right)


def compare(left: str | None, right: str | None, comparison: EnumValue | None = None) -> int:
    """String.Compare: less than, equal to or greater than zero; null is less than any text."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if comparison is None or int(comparison) < int(COMPARISON.values["Ordinal"]):
        return collation.compare(left, right, ignore_case=_folds(comparison))
    if _folds(comparison):
        left, right = collation.fold(left), collation.fold(right)
    return (left > right) - (left < right)


def _compare_ordinal_parts(left: str, start: int, right: str, at: int, length: int) -> int:
    return _compare_ordinal(*_parts(left, start, right, at, length))


def _compare_ordinal(left: str | None, right: str | None) -> int:
    """How far apart the first two units that differ are, as .NET has it; else the lengths."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    charge(min(len(left), len(right)) >> 4)
    apart = next((ord(mine) - ord(theirs) for mine, theirs in zip(left, right, strict=False) if mine != theirs), 0)
    return apart or len(left) - len(right)


def _compare_to(text: str, other: Any) -> int:
    if other is not None and not isinstance(other, str):
        raise ArgumentException("Object must be of type String.")
    return compare(text, other)


def _compare_parts(left: str, start: int, right: str, at: int, length: int, comparison: EnumValue | None = None) -> int:
    return compare(*_parts(left, start, right, at, length), comparison)


def _parts(left: str | None, start: int, right: str | None, at: int, length: int) -> tuple[str | None, str | None]:
    if left is None or right is None:
        return left, right
    _range(start, 0, len(left))
    _range(at, 0, len(right))
    return left[start : start + length], right[at : at + length]


def _hash_by(text: str, comparison: EnumValue) -> int:
    return hash_code(collation.fold(text) if _folds(comparison) else text)


_PARTS = "string strA, int indexA, string strB, int indexB, int length"

TYPES = (
    COMPARISON,
    SPLIT_OPTIONS,
    Class(
        "System.String",
        keyword="string",
        bases=("IEnumerable<char>", "IComparable"),
        members={
            "static string Empty": Const(""),
            "int Length": Inline("len(self)", len=len),
            "char this[int index]": _char_at,
            "char Chars(int index)": _char_at,
            "new(char c, int count)": _repeat,
            "new(char[] value)": _of_chars,
            "new(char[] value, int startIndex, int length)": _of_chars,
            # search
            "int IndexOf(char value, int startIndex = 0, int count = -1)": index_of,
            "int IndexOf(string value, int startIndex = 0, int count = -1)": index_of,
            "int IndexOf(string value, StringComparison comparisonType)": lambda t, v, c: index_of(t, v, 0, -1, c),
            "int IndexOf(char value, StringComparison comparisonType)": lambda t, v, c: index_of(t, v, 0, -1, c),
            "int IndexOf(string value, int startIndex, StringComparison comparisonType)": (
                lambda t, v, s, c: index_of(t, v, s, -1, c)
            ),
            "int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)": index_of,
            "int LastIndexOf(char value)": _last_index_of,
            "int LastIndexOf(char value, int startIndex)": _last_index_of,
            "int LastIndexOf(char value, int startIndex, int count)": _last_index_of,
            "int LastIndexOf(string value)": _last_index_of,
            "int LastIndexOf(string value, int startIndex)": _last_index_of,
            "int LastIndexOf(string value, int startIndex, int count)": _last_index_of,
            "int LastIndexOf(string value, StringComparison comparisonType)": (
                lambda t, v, c: _last_index_of(t, v, comparison=c)
            ),
            "int LastIndexOf(string value, int startIndex, StringComparison comparisonType)": (
                lambda t, v, s, c: _last_index_of(t, v, s, None, c)
            ),
            "int LastIndexOf(string value, int startIndex, int count, StringComparison comparisonType)": _last_index_of,
            "int IndexOfAny(char[] anyOf, int startIndex = 0, int count = -1)": _index_of_any,
            "int LastIndexOfAny(char[] anyOf)": _last_index_of_any,
            "int LastIndexOfAny(char[] anyOf, int startIndex)": _last_index_of_any,
            "int LastIndexOfAny(char[] anyOf, int startIndex, int count)": _last_index_of_any,
            "bool Contains(string value)": contains,
            "bool Contains(char value)": contains,
            "bool Contains(string value, StringComparison comparisonType)": contains,
            "bool Contains(char value, StringComparison comparisonType)": contains,
            "bool StartsWith(string value)": _starts_with,
            "bool StartsWith(char value)": _starts_with,
            "bool StartsWith(string value, StringComparison comparisonType)": _starts_with,
            "bool StartsWith(string value, bool ignoreCase, CultureInfo culture)": _by_case(_starts_with),
            "bool EndsWith(string value)": _ends_with,
            "bool EndsWith(char value)": _ends_with,
            "bool EndsWith(string value, StringComparison comparisonType)": _ends_with,
            "bool EndsWith(string value, bool ignoreCase, CultureInfo culture)": _by_case(_ends_with),
            # parts
            "string Substring(int startIndex)": _substring,
            "string Substring(int startIndex, int length)": _substring,
            "string Remove(int startIndex)": _remove,
            "string Remove(int startIndex, int count)": _remove,
            "string Insert(int startIndex, string value)": _insert,
            "string Replace(char oldChar, char newChar)": Inline("self.replace(oldChar, newChar)"),
            "string Replace(string oldValue, string newValue)": _replace,
            "string Replace(string oldValue, string newValue, StringComparison comparisonType)": _replace_with,
            "string Replace(string oldValue, string newValue, bool ignoreCase, CultureInfo culture)": _by_case(_replace_with),
            "string[] Split(params char[] separator)": _split,
            "string[] Split(char[] separator, int count)": _split_most,
            "string[] Split(char[] separator, StringSplitOptions options)": lambda t, s, o: _split(t, s, -1, o),
            "string[] Split(char[] separator, int count, StringSplitOptions options)": _split_most,
            "string[] Split(string[] separator, StringSplitOptions options)": lambda t, s, o: _split(t, s, -1, o),
            "string[] Split(string[] separator, int count, StringSplitOptions options)": _split_most,
            "string[] Split(char separator, StringSplitOptions options)": lambda t, s, o: _split(t, [s], -1, o),
            "string[] Split(char separator, int count, StringSplitOptions options = None)": (
                lambda t, s, n, o: _split_most(t, [s], n, o)
            ),
            "string[] Split(string separator, StringSplitOptions options = None)": lambda t, s, o: _split(t, [s or ""], -1, o),
            "string[] Split(string separator, int count, StringSplitOptions options = None)": (
                lambda t, s, n, o: _split_most(t, [s or ""], n, o)
            ),
            "string Trim()": _trim,
            "string Trim(params char[] trimChars)": _trim,
            "string TrimStart(params char[] trimChars)": _trim_start,
            "string TrimEnd(params char[] trimChars)": _trim_end,
            "string PadLeft(int totalWidth, char paddingChar = ' ')": _pad_left,
            "string PadRight(int totalWidth, char paddingChar = ' ')": _pad_right,
            "char[] ToCharArray()": _to_char_array,
            "char[] ToCharArray(int startIndex, int length)": _to_char_array,
            "string ToLower()": collation.lower,
            "string ToLower(CultureInfo culture)": lambda text, _culture: collation.lower(text),
            "string ToLowerInvariant()": collation.lower,
            "string ToUpper()": collation.upper,
            "string ToUpper(CultureInfo culture)": lambda text, _culture: collation.upper(text),
            "string ToUpperInvariant()": collation.upper,
            "string Normalize()": _normalize,
            "string Normalize(NormalizationForm normalizationForm)": _normalize,
            "bool IsNormalized()": _is_normalized,
            "bool IsNormalized(NormalizationForm normalizationForm)": _is_normalized,
            "void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)": _copy_to,
            "TypeCode GetTypeCode()": type_code("String"),
            # order
            "bool Equals(string value)": Inline("self == value"),
            "bool Equals(object obj)": equals,
            "bool Equals(string value, StringComparison comparisonType)": _equals,
            "static bool Equals(string a, string b)": Inline("a == b"),
            "static bool Equals(string a, string b, StringComparison comparisonType)": _equals,
            "static int Compare(string strA, string strB)": compare,
            "static int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture = null)": _by_case(compare),
            "static int Compare(string strA, string strB, StringComparison comparisonType)": compare,
            f"static int Compare({_PARTS})": _compare_parts,
            f"static int Compare({_PARTS}, StringComparison comparisonType)": _compare_parts,
            f"static int Compare({_PARTS}, bool ignoreCase, CultureInfo culture = null)": _by_case(_compare_parts),
            "static int CompareOrdinal(string strA, string strB)": _compare_ordinal,
            f"static int CompareOrdinal({_PARTS})": _compare_ordinal_parts,
            "int CompareTo(string strB)": compare,
            "int CompareTo(object value)": _compare_to,
            "int GetHashCode(StringComparison comparisonType)": _hash_by,
            # making
            "static bool IsNullOrEmpty(string value)": Inline("not value"),
            "static bool IsNullOrWhiteSpace(string value)": lambda value: not value or not value.strip(WHITE_SPACE),
            "static string Concat(params string[] values)": _concat,
            "static string Concat(params object[] args)": _concat,
            "static string Concat(IEnumerable<string> values)": _concat,
            "static string Concat<T>(IEnumerable<T> values)": Typed(_concat_typed),
            "static string Join(string separator, params string[] value)": _join,
            "static string Join(string separator, params object[] values)": _join,
            "static string Join(string separator, IEnumerable<string> values)": _join,
            "static string Join<T>(string separator, IEnumerable<T> values)": Typed(_join_typed),
            "static string Join(char separator, params string[] value)": _join,
            "static string Join(char separator, params object[] values)": _join,
            "static string Join<T>(char separator, IEnumerable<T> values)": Typed(_join_typed),
            "static string Join(string separator, string[] value, int startIndex, int count)": _join_range,
            "static string Join(char separator, string[] value, int startIndex, int count)": _join_range,
            "static string Format(string format, params object[] args)": formatting.composite,
            "static string Format(IFormatProvider provider, string format, params object[] args)": (
                lambda _provider, text, args: formatting.composite(text, args)
            ),
            "static string Copy(string str)": Inline("str"),
            "static string Intern(string str)": Inline("str"),
            "static string IsInterned(string str)": Inline("str"),
            "object Clone()": Inline("self"),
            "string ToString()": Inline("self + ''"),
            "string ToString(IFormatProvider provider)": Inline("self + ''"),
        },
    ),
)
