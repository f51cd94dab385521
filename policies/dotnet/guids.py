"""System.Guid.

The rule here: a Guid is Python's UUID in a class of our own, so that text, order and bytes are .NET's.
Source: learn.microsoft.com/dotnet/api/system.guid.
"""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, FormatException
from policies.dotnet.interfaces import compare_to
from policies.dotnet.types import Const, Inline, Struct

__all__ = ["TYPES", "Guid", "new_guid", "parse"]

_HEX = re.compile(r"[0-9a-fA-F]{32}")
_BARE = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Guid:
    """A GUID; `value` is a UUID."""

    __slots__ = ("value",)

    def __init__(self, value: uuid.UUID) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Guid) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: Guid) -> bool:
        return self.value < other.value

    def __gt__(self, other: Guid) -> bool:
        return self.value > other.value

    def __str__(self) -> str:
        return str(self.value)

    def to_string(self, spec: str | None) -> str:
        """ToString(format): N, D, B, P or X."""
        text = str(self.value)
        match (spec or "D").upper():
            case "D":
                return text
            case "N":
                return self.value.hex
            case "B":
                return f"{{{text}}}"
            case "P":
                return f"({text})"
            case "X":
                low, middle, high = self.value.fields[:3]
                rest = ",".join(f"0x{byte:02x}" for byte in self.value.bytes[8:])
                return f"{{0x{low:08x},0x{middle:04x},0x{high:04x},{{{rest}}}}}"
        raise FormatException('Format string can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".')


EMPTY: Final = Guid(uuid.UUID(int=0))


def new_guid() -> Guid:
    """Guid.NewGuid()."""
    return Guid(uuid.uuid4())


def parse(text: str | None) -> Guid:
    """Guid.Parse: 32 digits, with dashes, in braces or in parentheses."""
    if text is None:
        raise ArgumentNullException("input")
    bare = text.strip()
    if len(bare) == 38 and bare[0] + bare[-1] in ("{}", "()"):
        bare = bare[1:-1]
    elif _HEX.fullmatch(bare):
        return Guid(uuid.UUID(bare))
    if not _BARE.fullmatch(bare):
        raise FormatException("Unrecognized Guid format.")
    return Guid(uuid.UUID(bare))


def parse_exact(text: str | None, spec: str | None) -> Guid:
    """Guid.ParseExact."""
    found = parse(text)
    if spec is None:
        raise ArgumentNullException("format")
    if found.to_string(spec).lower() != (text or "").strip().lower():
        raise FormatException("Unrecognized Guid format.")
    return found


def try_parse(text: str | None) -> tuple[bool, Guid]:
    """Guid.TryParse."""
    try:
        return True, parse(text)
    except (FormatException, ArgumentNullException):
        return False, EMPTY


def try_parse_exact(text: str | None, spec: str | None) -> tuple[bool, Guid]:
    """Guid.TryParseExact."""
    try:
        return True, parse_exact(text, spec)
    except (FormatException, ArgumentNullException):
        return False, EMPTY


def from_bytes(data: bytearray | None) -> Guid:
    """`new Guid(byte[])`: the first three fields are little-endian."""
    if data is None:
        raise ArgumentNullException("b")
    if len(data) != 16:
        raise ArgumentException("Byte array for Guid must be exactly 16 bytes long.", "b")
    return Guid(uuid.UUID(bytes_le=bytes(data)))


def from_fields(first: int, second: int, third: int, rest: Any) -> Guid:
    """`new Guid(int, short, short, byte[])`."""
    if rest is None:
        raise ArgumentNullException("d")
    if len(rest) != 8:
        raise ArgumentException("Byte array for Guid must be exactly 8 bytes long.", "d")
    head = (first & 0xFFFFFFFF) << 32 | (second & 0xFFFF) << 16 | third & 0xFFFF
    return Guid(uuid.UUID(bytes=head.to_bytes(8, "big") + bytes(rest)))


def _from_eleven(first: int, second: int, third: int, *rest: int) -> Guid:
    return from_fields(first, second, third, rest)


_REST = ", ".join(f"byte {name}" for name in "defghijk")

TYPES = (
    Struct(
        "System.Guid",
        bases=("IComparable",),
        runtime=Guid,
        zero=EMPTY,
        members={
            "new()": lambda: EMPTY,
            "new(string g)": parse,
            "new(byte[] b)": from_bytes,
            "new(int a, short b, short c, byte[] d)": from_fields,
            f"new(int a, short b, short c, {_REST})": _from_eleven,
            f"new(uint a, ushort b, ushort c, {_REST})": _from_eleven,
            "static Guid Empty": Const(EMPTY),
            "static Guid NewGuid()": new_guid,
            "static Guid Parse(string input)": parse,
            "static Guid ParseExact(string input, string format)": parse_exact,
            "static bool TryParse(string input, out Guid result)": try_parse,
            "static bool TryParseExact(string input, string format, out Guid result)": try_parse_exact,
            "string ToString()": Inline("str(self)", str=str),
            "string ToString(string format)": Inline("self.to_string(format)"),
            "string ToString(string format, IFormatProvider provider)": Inline("self.to_string(format)"),
            "byte[] ToByteArray()": lambda guid: bytearray(guid.value.bytes_le),
            "bool operator ==(Guid a, Guid b)": Inline("a == b"),
            "bool operator !=(Guid a, Guid b)": Inline("a != b"),
            "bool Equals(Guid g)": Inline("self == g"),
            "int CompareTo(Guid value)": Inline("(self > value) - (self < value)"),
            "int CompareTo(object value)": compare_to("GUID", Guid),
        },
    ),
)
