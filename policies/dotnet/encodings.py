"""System.Text.Encoding.

The rule here: what cannot be encoded or decoded is replaced, never refused: by U+FFFD in the Unicode encodings, by "?" in the
others. Source: learn.microsoft.com/dotnet/api/system.text.encoding.
"""

from __future__ import annotations

import codecs
from typing import Any, Final

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, ArgumentOutOfRangeException
from policies.dotnet.meter import charge
from policies.dotnet.types import Class, Const, Inline
from policies.dotnet.values import NetArray, scalars, units

__all__ = ["TYPES", "Encoding"]


class Encoding:
    """An encoding by Python's codec; `mark` is its byte order mark."""

    __slots__ = ("codec", "mark", "name", "page", "title")

    def __init__(self, codec: str, name: str, title: str, page: int, mark: bytes = b"") -> None:
        self.codec = codec
        self.name = name
        self.title = title
        self.page = page
        self.mark = mark

    def encode(self, text: str | None, parameter: str = "s") -> bytearray:
        """GetBytes."""
        if text is None:
            raise ArgumentNullException(parameter)
        charge(len(text) >> 8)
        return bytearray(scalars(text).encode(self.codec, "replace"))

    def decode(self, data: bytearray | None, index: int = 0, count: int | None = None) -> str:
        """GetString."""
        if data is None:
            raise ArgumentNullException("bytes")
        count = len(data) - index if count is None else count
        if index < 0 or count < 0:
            raise ArgumentOutOfRangeException("index" if index < 0 else "count", "Non-negative number required.")
        if index + count > len(data):
            raise ArgumentOutOfRangeException("bytes", "Index and count must refer to a location within the buffer.")
        charge(count >> 8)
        text = bytes(data[index : index + count]).decode(self.codec, "replace")
        return text.replace("\ufffd", "?") if self.codec == "ascii" else units(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Encoding) and self.page == other.page

    def __hash__(self) -> int:
        return self.page

    def __str__(self) -> str:
        return f"System.Text.{_CLASSES.get(self.page, 'SBCSCodePageEncoding')}"


_CLASSES: Final = {
    65001: "UTF8Encoding+UTF8EncodingSealed",
    20127: "ASCIIEncoding+ASCIIEncodingSealed",
    28591: "Latin1Encoding",
}
_UTF8 = Encoding("utf-8", "utf-8", "Unicode (UTF-8)", 65001, codecs.BOM_UTF8)
_UTF16 = Encoding("utf-16-le", "utf-16", "Unicode", 1200, codecs.BOM_UTF16_LE)
_UTF16_BIG = Encoding("utf-16-be", "utf-16BE", "Unicode (Big-Endian)", 1201, codecs.BOM_UTF16_BE)
_UTF32 = Encoding("utf-32-le", "utf-32", "Unicode (UTF-32)", 12000, codecs.BOM_UTF32_LE)
_ASCII = Encoding("ascii", "us-ascii", "US-ASCII", 20127)
_LATIN1 = Encoding("latin-1", "iso-8859-1", "Western European (ISO)", 28591)
_WINDOWS = Encoding("cp1252", "windows-1252", "Western European (Windows)", 1252)
_UTF7 = Encoding("utf-7", "utf-7", "Unicode (UTF-7)", 65000)
_ALL: Final = (_UTF8, _UTF16, _UTF16_BIG, _UTF32, _ASCII, _LATIN1, _WINDOWS)
_ALIASES: Final = {"ascii": _ASCII, "latin1": _LATIN1, "utf8": _UTF8, "unicode": _UTF16, "utf-16le": _UTF16, "l1": _LATIN1}


def named(name: str | None) -> Encoding:
    """Encoding.GetEncoding(name)."""
    if name is None:
        raise ArgumentNullException("name")
    wanted = name.strip().lower()
    found = next((own for own in _ALL if own.name.lower() == wanted), None) or _ALIASES.get(wanted)
    if found is None:
        hint = "For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method."
        raise ArgumentException(f"'{name}' is not a supported encoding name. {hint}", "name")
    return found


def of_page(page: int) -> Encoding:
    """Encoding.GetEncoding(codepage)."""
    found = next((own for own in _ALL if own.page == page), _UTF8 if page == 0 else None)
    if found is None:
        raise ArgumentException(f"No data is available for encoding {page}.", "codepage")
    return found


def _within(items: Any, index: int, count: int, name: str) -> Any:
    """A part of a text, of bytes or of characters."""
    if items is None:
        raise ArgumentNullException(name)
    if index < 0 or count < 0 or index + count > len(items):
        raise ArgumentOutOfRangeException(name, "Index and count must refer to a location within the buffer.")
    return items[index : index + count]


def _put(made: Any, target: Any, at: int, name: str) -> int:
    """What was made goes into a buffer of the caller's; how much it was."""
    if target is None:
        raise ArgumentNullException(name)
    if not 0 <= at <= len(target):
        raise ArgumentOutOfRangeException(f"{name[:-1]}Index", "Index was out of range.")
    if at + len(made) > len(target):
        raise ArgumentException(f"The output {name[:-1]} buffer is too small to contain the encoded data.", name)
    target[at : at + len(made)] = made
    return len(made)


def _of_chars(encoding: Encoding, chars: list[str] | None) -> bytearray:
    return encoding.encode(None if chars is None else "".join(chars), "chars")


def _chars(encoding: Encoding, data: bytearray | None) -> NetArray:
    return NetArray("char", encoding.decode(data))


def _convert(source: Encoding, target: Encoding, data: bytearray | None, *within: int) -> bytearray:
    return target.encode(source.decode(data, *within))


def _most_bytes(encoding: Encoding, count: int) -> int:
    """GetMaxByteCount: what .NET reckons, a surrogate that was held back included."""
    if count < 0:
        raise ArgumentOutOfRangeException("charCount", "Non-negative number required.")
    factor = {65001: 3, 1200: 2, 1201: 2, 12000: 4, 65000: 3}.get(encoding.page, 1)
    return (count if encoding.page == 65000 else count + 1) * factor + (2 if encoding.page == 65000 else 0)


def _most_chars(encoding: Encoding, count: int) -> int:
    """GetMaxCharCount."""
    if count < 0:
        raise ArgumentOutOfRangeException("byteCount", "Non-negative number required.")
    match encoding.page:
        case 65001:
            return count + 1
        case 1200 | 1201:
            return (count >> 1) + (count & 1) + 1
        case 12000:
            return count // 2 + 2
        case 65000:
            return max(count, 1)
    return count


def _part_of_chars(encoding: Encoding, chars: list[str] | None, index: int, count: int) -> bytearray:
    return encoding.encode("".join(_within(chars, index, count, "chars")), "chars")


_MAIL = "self.page in (65001, 20127, 28591, 1252, 65000)"

TYPES = (
    Class(
        "System.Text.Encoding",
        runtime=Encoding,
        members={
            "static Encoding UTF8": Const(_UTF8),
            "static Encoding ASCII": Const(_ASCII),
            "static Encoding Unicode": Const(_UTF16),
            "static Encoding BigEndianUnicode": Const(_UTF16_BIG),
            "static Encoding UTF32": Const(_UTF32),
            "static Encoding Latin1": Const(_LATIN1),
            "static Encoding Default": Const(_UTF8),
            "static Encoding GetEncoding(string name)": named,
            "static Encoding GetEncoding(int codepage)": of_page,
            "static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)": _convert,
            "static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes, int index, int count)": _convert,
            "byte[] GetBytes(string s)": Inline("self.encode(s)"),
            **{
                f"int GetBytes({source}, int charIndex, int charCount, byte[] bytes, int byteIndex)": (
                    lambda own, source, index, count, target, at: _put(
                        _part_of_chars(own, source, index, count), target, at, "bytes"
                    )
                )
                for source in ("string s", "char[] chars")
            },
            "byte[] GetBytes(string s, int index, int count)": _part_of_chars,
            "int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)": (
                lambda own, data, index, count, target, at: _put(own.decode(data, index, count), target, at, "chars")
            ),
            "byte[] GetBytes(char[] chars)": _of_chars,
            "string GetString(byte[] bytes)": Inline("self.decode(bytes)"),
            "string GetString(byte[] bytes, int index, int count)": Inline("self.decode(bytes, index, count)"),
            "char[] GetChars(byte[] bytes)": _chars,
            "int GetByteCount(string s)": Inline("len(self.encode(s))", len=len),
            "int GetByteCount(string s, int index, int count)": lambda own, *part: len(_part_of_chars(own, *part)),
            "int GetByteCount(char[] chars, int index, int count)": lambda own, *part: len(_part_of_chars(own, *part)),
            "int GetCharCount(byte[] bytes)": Inline("len(self.decode(bytes))", len=len),
            "int GetCharCount(byte[] bytes, int index, int count)": lambda own, *part: len(own.decode(*part)),
            "byte[] GetPreamble()": Inline("bytearray(self.mark)", bytearray=bytearray),
            "string EncodingName": Inline("self.title"),
            "string WebName": Inline("self.name"),
            "string BodyName": Inline("self.name"),
            "string HeaderName": Inline("self.name"),
            "int CodePage": Inline("self.page"),
            "bool IsSingleByte": Inline("self.page in (20127, 28591, 1252)"),
            "static Encoding UTF7": Const(_UTF7),
            "byte[] GetBytes(char[] chars, int index, int count)": _part_of_chars,
            "char[] GetChars(byte[] bytes, int index, int count)": lambda own, data, index, count: NetArray(
                "char", own.decode(data, index, count)
            ),
            "int GetByteCount(char[] chars)": lambda own, chars: len(_of_chars(own, chars)),
            "int GetMaxByteCount(int charCount)": _most_bytes,
            "int GetMaxCharCount(int byteCount)": _most_chars,
            "int WindowsCodePage": Inline("1252 if self.page in (20127, 28591, 1252) else 1200"),
            "bool IsReadOnly": Inline("True"),
            "bool IsBrowserDisplay": Inline("self.page in (65001, 28591, 1252)"),
            "bool IsBrowserSave": Inline("self.page in (65001, 28591, 1252, 1200)"),
            "bool IsMailNewsDisplay": Inline(_MAIL),
            "bool IsMailNewsSave": Inline(_MAIL),
            "bool IsAlwaysNormalized()": Inline("self.page == 28591"),
            "bool IsAlwaysNormalized(NormalizationForm form)": lambda own, form: own.page == 28591 and str(form) == "FormC",
            "object Clone()": Inline("self"),
        },
    ),
)
