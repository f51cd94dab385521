"""System.Text.StringBuilder, System.IO.StringReader and StringWriter.

The rule here: a builder keeps pieces and joins them when they are looked at; its size is checked as it grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policies.dotnet import formatting
from policies.dotnet.encodings import of_page
from policies.dotnet.exceptions import ArgumentException, ArgumentOutOfRangeException, IndexOutOfRangeException
from policies.dotnet.meter import charge, check_size
from policies.dotnet.newline import NEW_LINE
from policies.dotnet.strings import need
from policies.dotnet.types import Class, Implementation, Inline, Typed
from policies.dotnet.values import box, to_text

__all__ = ["TYPES", "StringBuilder"]


class StringBuilder:
    """A text that grows."""

    __slots__ = ("_length", "_pieces", "room")

    def __init__(self, text: str | None = "", room: int = 16) -> None:
        if room < 0:
            raise ArgumentOutOfRangeException("capacity", "'capacity' must be greater than zero.")
        self.room = room or 16
        self._pieces: list[str] = [text or ""]
        self._length = len(self._pieces[0])

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def __len__(self) -> int:
        return self._length

    def put(self, text: str) -> StringBuilder:
        """Set the whole text."""
        check_size(len(text))
        self._pieces, self._length = [text], len(text)
        return self

    def append(self, value: Any) -> StringBuilder:
        """Add a boxed value's text at the end."""
        text = to_text(value)
        self._length += len(text)
        if self._length > 65_536:
            check_size(self._length)
        self._pieces.append(text)
        return self

    def within(self, start: int, length: int) -> None:
        """Refuse a range that is not inside."""
        if start < 0 or length < 0 or start + length > self._length:
            raise ArgumentOutOfRangeException("index", "Index was out of range of the builder.")


def _append_line(builder: StringBuilder, text: str | None = None) -> StringBuilder:
    return builder.append(text).append(NEW_LINE)


def _append_repeated(builder: StringBuilder, char: str, count: int) -> StringBuilder:
    if count < 0:
        raise ArgumentOutOfRangeException("repeatCount")
    check_size(len(builder) + count)
    return builder.append(char * count)


def _append_part(builder: StringBuilder, text: str | None, start: int, count: int) -> StringBuilder:
    if text is None:
        return builder
    if start < 0 or count < 0 or start + count > len(text):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range of the string.")
    return builder.append(text[start : start + count])


def _append_chars(builder: StringBuilder, chars: Iterable[str] | None) -> StringBuilder:
    return builder.append("".join(chars or ()))


def _append_format(builder: StringBuilder, text: str, args: Iterable[Any]) -> StringBuilder:
    return builder.append(formatting.composite(text, args))


def _append_join(builder: StringBuilder, separator: str | None, items: Iterable[Any]) -> StringBuilder:
    return builder.append((separator or "").join(to_text(item) for item in need(items, "values")))


def _append_joined(types: tuple[Any], builder: StringBuilder, separator: str | None, items: Iterable[Any]) -> StringBuilder:
    return _append_join(builder, separator, [box(item, types[0]) for item in need(items, "values")])


def _insert(builder: StringBuilder, index: int, value: Any) -> StringBuilder:
    builder.within(index, 0)
    text = str(builder)
    charge(1 + len(text) // 1000)
    return builder.put(text[:index] + to_text(value) + text[index:])


def _insert_repeated(builder: StringBuilder, index: int, value: str | None, count: int) -> StringBuilder:
    if count < 0:
        raise ArgumentOutOfRangeException("count", "Non-negative number required.")
    check_size(len(value or "") * count)
    return _insert(builder, index, (value or "") * count)


def _insert_chars(
    builder: StringBuilder, index: int, chars: list[str] | None, start: int = 0, count: int | None = None
) -> StringBuilder:
    return _insert(builder, index, _slice("".join(chars or ()), start, count))


def _slice(text: str, start: int, count: int | None) -> str:
    if start < 0 or (count or 0) < 0 or start + (count or 0) > len(text):
        raise ArgumentOutOfRangeException("startIndex" if start < 0 or start > len(text) else "count")
    return text[start : None if count is None else start + count]


def _from_part(value: str | None, start: int, length: int, capacity: int) -> StringBuilder:
    return StringBuilder(_slice(value or "", start, length), capacity)


def _remove(builder: StringBuilder, start: int, length: int) -> StringBuilder:
    builder.within(start, length)
    text = str(builder)
    return builder.put(text[:start] + text[start + length :])


def _replace(builder: StringBuilder, old: str, new: str | None) -> StringBuilder:
    if need(old, "oldValue") == "":
        raise ArgumentException("Empty name is not legal.", "oldValue")
    text, new = str(builder), new or ""
    check_size(len(text) + text.count(old) * max(len(new) - len(old), 0))
    return builder.put(text.replace(old, new))


def _replace_within(builder: StringBuilder, old: str, new: str | None, start: int, count: int) -> StringBuilder:
    builder.within(start, count)
    text = str(builder)
    middle = str(_replace(StringBuilder(text[start : start + count]), old, new))
    return builder.put(text[:start] + middle + text[start + count :])


def _part(builder: StringBuilder, start: int, length: int) -> str:
    builder.within(start, length)
    return str(builder)[start : start + length]


def _set_length(builder: StringBuilder, length: int) -> None:
    if length < 0:
        raise ArgumentOutOfRangeException("value")
    check_size(length)
    builder.put(str(builder)[:length].ljust(length, "\0"))


def _char_at(builder: StringBuilder, index: int) -> str:
    if not 0 <= index < len(builder):
        raise IndexOutOfRangeException
    return str(builder)[index]


def _set_char(builder: StringBuilder, index: int, char: str) -> None:
    if not 0 <= index < len(builder):
        raise ArgumentOutOfRangeException("index")
    text = str(builder)
    charge(1 + len(text) // 1000)
    builder.put(text[:index] + char + text[index + 1 :])


def _copy_to(builder: StringBuilder, start: int, target: Any, at: int, count: int) -> None:
    need(target, "destination")
    if count < 0 or start < 0 or start > len(builder):
        raise ArgumentOutOfRangeException("count" if count < 0 else "sourceIndex", "Index was out of range.")
    if start + count > len(builder):
        raise ArgumentException("Source string was not long enough. Check sourceIndex and count.")
    if at < 0 or at + count > len(target):
        raise ArgumentException("Either offset did not refer to a position in the string.")
    target[at : at + count] = str(builder)[start : start + count]


_APPENDS: dict[str, Implementation] = {
    **{f"StringBuilder Append({kind} value)": Inline("self.append(value)") for kind in ("string", "object", "StringBuilder")},
    "StringBuilder Append(char value)": Inline("self.append(value)"),
    "StringBuilder Append(char value, int repeatCount)": _append_repeated,
    "StringBuilder Append(char[] value)": _append_chars,
    "StringBuilder Append(char[] value, int startIndex, int charCount)": (
        lambda builder, value, start, count: _append_part(builder, None if value is None else "".join(value), start, count)
    ),
    "StringBuilder Append(string value, int startIndex, int count)": _append_part,
    "StringBuilder Append(StringBuilder value, int startIndex, int count)": (
        lambda builder, value, start, count: _append_part(builder, None if value is None else str(value), start, count)
    ),
    "StringBuilder AppendLine()": _append_line,
    "StringBuilder AppendLine(string value)": _append_line,
    "StringBuilder AppendFormat(string format, params object[] args)": _append_format,
    "StringBuilder AppendFormat(IFormatProvider provider, string format, params object[] args)": (
        lambda builder, _provider, text, args: _append_format(builder, text, args)
    ),
    **{
        signature: implementation
        for kind in ("string", "char")
        for signature, implementation in (
            (f"StringBuilder AppendJoin({kind} separator, params string[] values)", _append_join),
            (f"StringBuilder AppendJoin({kind} separator, params object[] values)", _append_join),
            (f"StringBuilder AppendJoin<T>({kind} separator, IEnumerable<T> values)", Typed(_append_joined)),
        )
    },
}


# ---- readers and writers ---------------------------------------------------------------------------------------------


class StringReader:
    """A text that is read from its start."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text: str = need(text, "s")
        self.at = 0

    def line(self) -> str | None:
        """Up to the next line end; None at the end of the text."""
        if self.at >= len(self.text):
            return None
        end = self.at
        while end < len(self.text) and self.text[end] not in "\r\n":
            end += 1
        found, self.at = self.text[self.at : end], end + 1
        if self.text[end : end + 2] == "\r\n":
            self.at += 1
        return found

    def rest(self) -> str:
        """What is left."""
        found, self.at = self.text[self.at :], len(self.text)
        return found

    def peek(self) -> int:
        """The next unit; -1 at the end."""
        return ord(self.text[self.at]) if self.at < len(self.text) else -1

    def read(self) -> int:
        """The next unit, taken; -1 at the end."""
        found = self.peek()
        self.at += 1
        return found


def _read_into(reader: StringReader, target: list[str], index: int, count: int) -> int:
    need(target, "buffer")
    if index < 0 or count < 0:
        raise ArgumentOutOfRangeException("index" if index < 0 else "count", "Non-negative number required.")
    if index + count > len(target):
        raise ArgumentException("Offset and length were out of bounds for the array.")
    found = reader.text[reader.at : reader.at + count]
    target[index : index + len(found)] = found
    reader.at += len(found)
    return len(found)


class StringWriter:
    """A text that is written to a builder, which may be somebody else's."""

    __slots__ = ("builder",)

    def __init__(self, builder: StringBuilder | None = None) -> None:
        self.builder = StringBuilder() if builder is None else builder

    def __str__(self) -> str:
        return str(self.builder)

    def write(self, value: Any) -> None:
        """Add a boxed value's text."""
        self.builder.append(value)

    def line(self, value: Any = None) -> None:
        """Add a boxed value's text and a line end."""
        self.builder.append(value).append(NEW_LINE)

    def composed(self, text: str, args: Iterable[Any]) -> None:
        """Add a composite format's text."""
        self.builder.append(formatting.composite(text, args))


TYPES = (
    Class(
        "System.Text.StringBuilder",
        runtime=StringBuilder,
        members={
            "new()": StringBuilder,
            "new(int capacity)": lambda capacity: StringBuilder("", capacity),
            "new(string value)": StringBuilder,
            "new(string value, int capacity)": StringBuilder,
            "new(int capacity, int maxCapacity)": lambda capacity, _most: StringBuilder("", capacity),
            "new(string value, int startIndex, int length, int capacity)": _from_part,
            **_APPENDS,
            "StringBuilder Insert(int index, string value)": _insert,
            "StringBuilder Insert(int index, char value)": _insert,
            "StringBuilder Insert(int index, char[] value)": _insert_chars,
            "StringBuilder Insert(int index, char[] value, int startIndex, int charCount)": _insert_chars,
            "StringBuilder Insert(int index, string value, int count)": _insert_repeated,
            "StringBuilder Insert(int index, object value)": _insert,
            "StringBuilder Remove(int startIndex, int length)": _remove,
            "StringBuilder Replace(string oldValue, string newValue)": _replace,
            "StringBuilder Replace(char oldChar, char newChar)": _replace,
            "StringBuilder Replace(string oldValue, string newValue, int startIndex, int count)": _replace_within,
            "StringBuilder Replace(char oldChar, char newChar, int startIndex, int count)": _replace_within,
            "StringBuilder Clear()": Inline("self.put('')"),
            "int Length": (Inline("len(self)", len=len), _set_length),
            "int Capacity": Inline("max(self.room, len(self))", max=max, len=len),
            "int EnsureCapacity(int capacity)": Inline("capacity"),
            "char this[int index]": (_char_at, _set_char),
            "void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)": _copy_to,
            "int MaxCapacity": Inline("2147483647"),
            "string ToString()": Inline("str(self)", str=str),
            "string ToString(int startIndex, int length)": _part,
            "bool Equals(StringBuilder sb)": lambda builder, other: other is not None and str(builder) == str(other),
        },
    ),
    Class(
        "System.IO.StringReader",
        runtime=StringReader,
        bases=("IDisposable",),
        members={
            "new(string s)": StringReader,
            "string ReadLine()": Inline("self.line()"),
            "string ReadToEnd()": Inline("self.rest()"),
            "int Peek()": Inline("self.peek()"),
            "int Read()": Inline("self.read()"),
            "int Read(char[] buffer, int index, int count)": _read_into,
            "void Close()": Inline("None"),
        },
    ),
    Class(
        "System.IO.StringWriter",
        runtime=StringWriter,
        bases=("IDisposable",),
        members={
            "new()": StringWriter,
            "new(IFormatProvider formatProvider)": lambda _provider: StringWriter(),
            "new(StringBuilder sb)": StringWriter,
            "new(StringBuilder sb, IFormatProvider formatProvider)": lambda builder, _provider: StringWriter(builder),
            "void Write(string value)": Inline("self.write(value)"),
            "void Write(char value)": Inline("self.write(value)"),
            "void Write(object value)": Inline("self.write(value)"),
            "void Write(char[] buffer, int index, int count)": lambda writer, chars, index, count: writer.write(
                _slice("".join(need(chars, "buffer")), index, count)
            ),
            "void Write(char[] buffer)": lambda writer, chars: writer.write("".join(chars or ())),
            "void Write(string format, params object[] arg)": Inline("self.composed(format, arg)"),
            "void WriteLine()": Inline("self.line()"),
            "void WriteLine(string value)": Inline("self.line(value)"),
            "void WriteLine(object value)": Inline("self.line(value)"),
            "void WriteLine(string format, params object[] arg)": lambda writer, text, args: writer.line(
                formatting.composite(text, args)
            ),
            "StringBuilder GetStringBuilder()": Inline("self.builder"),
            "Encoding Encoding": lambda writer: of_page(1200),
            "void Flush()": Inline("None"),
            "void Close()": Inline("None"),
            "string ToString()": Inline("str(self)", str=str),
        },
    ),
)
