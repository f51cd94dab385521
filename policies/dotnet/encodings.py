"""System.Text.Encoding.

The rule here: what cannot be encoded or decoded is replaced, never refused: by U+FFFD in the Unicode encodings, by "?" in the
others. Source: learn.microsoft.com/dotnet/api/system.text.encoding.
"""

from __future__ import annotations

import codecs
from typing import Final

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
_ALL: Final = (_UTF8, _UTF16, _UTF16_BIG, _UTF32, _ASCII, _LATIN1, _WINDOWS)
_ALIASES: Final = {"ascii": _ASCII, "latin1": _LATIN1, "utf8": _UTF8, "unicode": _UTF16, "utf-16le": _UTF16, "l1": _LATIN1}


def named(name: str | None) -> Encoding:
    """Encoding.GetEncoding(name)."""
    if name is None:
        raise ArgumentNullException("name")
    wanted = name.strip().lower()
    found = next((own for own in _ALL if own.name.lower() == wanted), None) or _ALIASES.get(wanted)
    if found is None:
        raise ArgumentException(f"'{name}' is not a supported encoding name.", "name")
    return found


def of_page(page: int) -> Encoding:
    """Encoding.GetEncoding(codepage)."""
    found = next((own for own in _ALL if own.page == page), _UTF8 if page == 0 else None)
    if found is None:
        raise ArgumentException(f"No data is available for encoding {page}.", "codepage")
    return found


def _of_chars(encoding: Encoding, chars: list[str] | None) -> bytearray:
    return encoding.encode(None if chars is None else "".join(chars), "chars")


def _chars(encoding: Encoding, data: bytearray | None) -> NetArray:
    return NetArray("char", encoding.decode(data))


def _convert(source: Encoding, target: Encoding, data: bytearray | None) -> bytearray:
    return target.encode(source.decode(data))


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
            "byte[] GetBytes(string s)": Inline("self.encode(s)"),
            "byte[] GetBytes(char[] chars)": _of_chars,
            "string GetString(byte[] bytes)": Inline("self.decode(bytes)"),
            "string GetString(byte[] bytes, int index, int count)": Inline("self.decode(bytes, index, count)"),
            "char[] GetChars(byte[] bytes)": _chars,
            "int GetByteCount(string s)": Inline("len(self.encode(s))", len=len),
            "int GetCharCount(byte[] bytes)": Inline("len(self.decode(bytes))", len=len),
            "byte[] GetPreamble()": Inline("bytearray(self.mark)", bytearray=bytearray),
            "string EncodingName": Inline("self.title"),
            "string WebName": Inline("self.name"),
            "string BodyName": Inline("self.name"),
            "string HeaderName": Inline("self.name"),
            "int CodePage": Inline("self.page"),
            "bool IsSingleByte": Inline("self.page in (20127, 28591, 1252)"),
        },
    ),
)
