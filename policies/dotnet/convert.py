"""System.Convert and System.BitConverter.

The rule here: one table of targets times one of sources makes the overloads; a value converts by what it is at run time
(IConvertible). Halves round to even. Source: learn.microsoft.com/dotnet/api/system.convert.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

from policies.dotnet import arithmetic, values
from policies.dotnet.enums import TYPE_CODE
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    FormatException,
    InvalidCastException,
    OverflowException,
)
from policies.dotnet.meter import check_size
from policies.dotnet.numbers import parse_bool, parse_decimal, parse_double, parse_integer
from policies.dotnet.objects import TypeName
from policies.dotnet.types import Const, EnumValue, Implementation, Inline, NetType, Static, net
from policies.dotnet.values import Char, Single

__all__ = ["TYPES"]

_SOURCES = (
    "object", "bool", "char", "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double",
    "decimal", "string",
)  # fmt: skip
_INTEGERS = {
    "SByte": "sbyte",
    "Byte": "byte",
    "Int16": "short",
    "UInt16": "ushort",
    "Int32": "int",
    "UInt32": "uint",
    "Int64": "long",
    "UInt64": "ulong",
}


# ---- by what a value is ----------------------------------------------------------------------------------------------


def _invalid(value: object, target: str) -> InvalidCastException:
    kind = values.type_name(value)
    if type(value) in (bool, Char) or isinstance(value, int | float | Decimal):
        return InvalidCastException(f"Invalid cast from '{kind.rpartition('.')[2]}' to '{target}'.")
    return InvalidCastException(f"Unable to cast object of type '{kind}' to type 'System.IConvertible'.")


def to_integer(name: str, value: Any) -> int:
    """The value as the integer type with this short name: null is 0, text is parsed, reals are rounded."""
    full = f"System.{name}"
    low, high = arithmetic.RANGES[full]
    match value:
        case None:
            return 0
        case Char():
            number = ord(value)
        case str():
            return parse_integer(full, value)
        case int():
            number = int(value)
        case float() | Decimal():
            number = _rounded(value, name)
        case _:
            raise _invalid(value, name)
    if not low <= number <= high:
        raise arithmetic.too_large(name)
    return number


def _rounded(value: float | Decimal, name: str) -> int:
    if isinstance(value, float) and not math.isfinite(value):
        raise arithmetic.too_large(name)
    return int(Decimal(value).to_integral_value(ROUND_HALF_EVEN))


def to_double(value: Any) -> float:
    """The value as a double."""
    match value:
        case None:
            return 0.0
        case Char():
            raise _invalid(value, "Double")
        case str():
            return parse_double(value)
        case int() | float() | Decimal():
            return float(value)
    raise _invalid(value, "Double")


def to_decimal(value: Any) -> Decimal:
    """The value as a decimal."""
    match value:
        case None:
            return Decimal(0)
        case Char():
            raise _invalid(value, "Decimal")
        case str():
            return parse_decimal(value)
        case int() | float() | Decimal():
            if isinstance(value, Single):
                return arithmetic.single_to_decimal(value)
            return arithmetic.to_decimal(int(value) if isinstance(value, int) else value)
    raise _invalid(value, "Decimal")


def to_boolean(value: Any) -> bool:
    """The value as a bool: numbers are true unless zero."""
    match value:
        case None:
            return False
        case Char():
            raise _invalid(value, "Boolean")
        case str():
            return parse_bool(value)
        case int() | float() | Decimal():
            return bool(value)
    raise _invalid(value, "Boolean")


def to_char(value: Any) -> str:
    """The value as a char."""
    match value:
        case None:
            return "\0"
        case Char():
            return str(value)
        case str():
            if len(value) != 1:
                raise FormatException("String must be exactly one character long.")
            return value
        case bool() | float() | Decimal():
            raise _invalid(value, "Char")
        case int():
            if not 0 <= value <= 0xFFFF:
                raise OverflowException("Value was either too large or too small for a character.")
            return chr(value)
    raise _invalid(value, "Char")


def _null_char(value: Any) -> str:
    if value is None:
        raise ArgumentNullException("value")
    return to_char(value)


def _boxing(static: NetType, convert: Callable[[Any], Any]) -> Callable[..., Any]:
    """`convert` of a plain value of this static type; a format provider is ignored."""

    def boxed(value: Any, _provider: object = None) -> Any:
        return convert(values.box(value, static))

    return boxed


# ---- digits and bytes ------------------------------------------------------------------------------------------------


def _from_base(name: str, text: str | None, base: int) -> int:
    if base not in (2, 8, 10, 16):
        raise ArgumentException("Invalid Base.")
    if text is None:
        return 0
    if base == 10:
        return parse_integer(f"System.{name}", text)
    low, high = arithmetic.RANGES[f"System.{name}"]
    if text == "":
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range.")
    digits = re.sub(r"^0[xX]", "", text) if base == 16 else text
    if not re.fullmatch({2: "[01]+", 8: "[0-7]+", 16: "[0-9a-fA-F]+"}[base], digits):
        raise FormatException("Could not find any recognizable digits.")
    number = int(digits[-100:], base) if len(digits.lstrip("0")) < 100 else high * 4
    if number > high - low:
        raise OverflowException("Value was either too large or too small.")
    return number if number <= high else number - (high - low + 1)


def _to_base(name: str, value: int, base: int) -> str:
    if base not in (2, 8, 10, 16):
        raise ArgumentException("Invalid Base.")
    if base == 10:
        return str(value)
    low, high = arithmetic.RANGES[f"System.{name}"]
    return format(value & (high - low), {2: "b", 8: "o", 16: "x"}[base])


def _needed(value: Any, parameter: str) -> Any:
    if value is None:
        raise ArgumentNullException(parameter)
    return value


def _to_base64(data: bytearray, start: int = 0, length: int = -1) -> str:
    _needed(data, "inArray")
    length = len(data) - start if length == -1 else length
    if start < 0 or length < 0 or start + length > len(data):
        raise ArgumentOutOfRangeException("offset", "Offset and length must refer to a position in the array.")
    return base64.b64encode(data[start : start + length]).decode()


_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)


def from_base64(text: str | None) -> bytearray:
    """Convert.FromBase64String: white space is skipped, anything else that is not Base64 is refused."""
    plain = re.sub(r"[ \t\r\n]", "", _needed(text, "s"))
    if len(plain) % 4:
        raise FormatException("The input is not a valid Base-64 string: its length is not a multiple of 4.")
    if not _BASE64.fullmatch(plain):
        raise FormatException("The input is not a valid Base-64 string as it contains a character that is not of the alphabet.")
    try:
        return bytearray(base64.b64decode(plain))
    except binascii.Error:
        raise FormatException("The input is not a valid Base-64 string.") from None


def _to_hex(data: bytearray, start: int = 0, length: int = -1) -> str:
    _needed(data, "value")
    length = len(data) - start if length == -1 else length
    if start < 0 or length < 0 or start + length > len(data):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range.")
    check_size(3 * length)
    return data[start : start + length].hex("-").upper() if length else ""


def _from_hex(text: str) -> bytearray:
    if len(_needed(text, "s")) % 2 or not re.fullmatch("[0-9a-fA-F]*", text):
        raise FormatException("The input is not a valid hex string.")
    return bytearray.fromhex(text)


def _from_chars(chars: Any, offset: int, length: int) -> bytearray:
    _needed(chars, "inArray")
    if offset < 0 or length < 0 or offset + length > len(chars):
        raise ArgumentOutOfRangeException("offset", "Offset and length must refer to a position in the string.")
    return from_base64("".join(chars[offset : offset + length]))


def _to_chars(data: bytearray, offset: int, length: int, target: Any, at: int) -> int:
    text = _to_base64(data, offset, length)
    _needed(target, "outArray")
    if at < 0 or at + len(text) > len(target):
        raise ArgumentOutOfRangeException("offsetOut", "Either offset did not refer to a position in the string.")
    target[at : at + len(text)] = list(text)
    return len(text)


def _type_code(value: Any) -> EnumValue:
    if value is None:
        return TYPE_CODE.values["Empty"]
    short = values.type_of(value).definition.short_name
    return TYPE_CODE.values.get(short, TYPE_CODE.values["Object"])


def _change_to_code(value: Any, code: EnumValue, provider: object = None) -> Any:
    if str(code) in ("Empty", "DBNull"):
        raise InvalidCastException(f"Object cannot be cast to {code}.")
    return _change_type(value, TypeName(net(f"System.{code}")), provider)


def _change_type(value: Any, wanted: TypeName | None, _provider: object = None) -> Any:
    """Convert.ChangeType: by the method of this class that has the type's name, boxed."""
    kind = _needed(wanted, "conversionType").of
    if value is None:
        if kind.is_value_type and not kind.is_nullable:
            raise InvalidCastException("Null object cannot be converted to a value type.")
        return None
    if values.type_of(value) is kind or kind.name == "System.Object":
        return value
    if kind.name == "System.String":
        return values.to_text(value)
    if kind.name == "System.DateTime":
        return _to_date(value)
    found = _targets().get(f"To{kind.definition.short_name}")
    if found is None or kind.is_array:
        shown = values.type_of(value).name
        raise InvalidCastException(f"Invalid cast from '{shown}' to '{kind.name}'.")
    return values.box(found[1](value), kind)


# ---- the tables ------------------------------------------------------------------------------------------------------


def _targets() -> dict[str, tuple[str, Callable[[Any], Any]]]:
    made: dict[str, tuple[str, Callable[[Any], Any]]] = {
        f"To{name}": (keyword, partial(to_integer, name)) for name, keyword in _INTEGERS.items()
    }
    made["ToSingle"] = ("float", lambda value: arithmetic.single(to_double(value)))
    made["ToDouble"] = ("double", to_double)
    made["ToDecimal"] = ("decimal", to_decimal)
    made["ToBoolean"] = ("bool", to_boolean)
    made["ToChar"] = ("char", to_char)
    return made


def _conversions() -> dict[str, Implementation]:
    members: dict[str, Implementation] = {}
    for method, (target, convert) in _targets().items():
        for source in _SOURCES:
            work = _null_char if method == "ToChar" and source == "string" else convert
            provider = ", IFormatProvider provider = null" if source in ("object", "string") else ""
            members[f"static {target} {method}({source} value{provider})"] = _boxing(net(source), work)
    for name, keyword in _INTEGERS.items():
        members[f"static {keyword} To{name}(string value, int fromBase)"] = partial(_from_base, name)
    for name in ("Byte", "Int16", "Int32", "Int64"):
        members[f"static string ToString({_INTEGERS[name]} value, int toBase)"] = partial(_to_base, name)
    for source in _SOURCES[:-1]:
        members[f"static string ToString({source} value, IFormatProvider provider = null)"] = _boxing(
            net(source), values.to_text
        )
    members["static string ToString(DateTime value, IFormatProvider provider = null)"] = lambda value, _provider: str(value)
    members["static string ToString(string value, IFormatProvider provider = null)"] = Inline("value")
    members["static DateTime ToDateTime(string value, IFormatProvider provider = null)"] = _to_date
    members["static DateTime ToDateTime(object value, IFormatProvider provider = null)"] = _to_date
    members["static DateTime ToDateTime(DateTime value)"] = Inline("value")
    return members


def _to_date(value: Any, _provider: object = None) -> Any:
    """Text by DateTime.Parse; null is the least date."""
    from policies.dotnet.dates import moments, parsing

    if value is None:
        return moments.DateTime(0)
    if isinstance(value, str) and not isinstance(value, Char):
        return parsing.parse(value)
    if isinstance(value, moments.DateTime):
        return value
    raise _invalid(value, "DateTime")


_PACKED = {
    "Boolean": ("bool", "?"),
    "Int16": ("short", "<h"),
    "UInt16": ("ushort", "<H"),
    "Int32": ("int", "<i"),
    "UInt32": ("uint", "<I"),
    "Int64": ("long", "<q"),
    "UInt64": ("ulong", "<Q"),
    "Single": ("float", "<f"),
    "Double": ("double", "<d"),
}


_TOO_SHORT = "Destination array is not long enough to copy all the items in the collection. Check array index and length."


def _pack(code: str, value: Any) -> bytearray:
    return bytearray(struct.pack(code, value))


def _unpack(code: str, data: bytearray, start: int) -> Any:
    if not 0 <= start < len(_needed(data, "value")):
        raise ArgumentOutOfRangeException("startIndex", "Index was out of range.")
    if start + struct.calcsize(code) > len(data):
        raise ArgumentException(_TOO_SHORT, "value")
    return struct.unpack_from(code, data, start)[0]


def _bits() -> dict[str, Implementation]:
    members: dict[str, Implementation] = {
        "static bool IsLittleEndian": Const(True),
        "static string ToString(byte[] value)": _to_hex,
        "static string ToString(byte[] value, int startIndex)": _to_hex,
        "static string ToString(byte[] value, int startIndex, int length)": _to_hex,
        "static byte[] GetBytes(char value)": lambda char: bytearray(char.encode("utf-16-le", "surrogatepass")),
        "static char ToChar(byte[] value, int startIndex)": lambda data, start: chr(_unpack("<H", data, start)),
        "static long DoubleToInt64Bits(double value)": lambda value: _unpack("<q", _pack("<d", value), 0),
        "static double Int64BitsToDouble(long value)": lambda value: _unpack("<d", _pack("<q", value), 0),
        "static int SingleToInt32Bits(float value)": lambda value: _unpack("<i", _pack("<f", value), 0),
        "static float Int32BitsToSingle(int value)": lambda value: _unpack("<f", _pack("<i", value), 0),
    }
    for name, (keyword, code) in _PACKED.items():
        members[f"static byte[] GetBytes({keyword} value)"] = partial(_pack, code)
        members[f"static {keyword} To{name}(byte[] value, int startIndex)"] = partial(_unpack, code)
    return members


TYPES = (
    Static(
        "System.Convert",
        members={
            **_conversions(),
            "static string ToBase64String(byte[] inArray)": _to_base64,
            "static string ToBase64String(byte[] inArray, int offset, int length)": _to_base64,
            "static byte[] FromBase64String(string s)": from_base64,
            "static byte[] FromBase64CharArray(char[] inArray, int offset, int length)": _from_chars,
            "static int ToBase64CharArray(byte[] inArray, int offsetIn, int length, char[] outArray, int offsetOut)": _to_chars,
            "static object ChangeType(object value, Type conversionType, IFormatProvider provider = null)": _change_type,
            "static object ChangeType(object value, TypeCode typeCode, IFormatProvider provider = null)": _change_to_code,
            "static TypeCode GetTypeCode(object value)": _type_code,
            "static string ToHexString(byte[] inArray)": lambda data: _needed(data, "inArray").hex().upper(),
            "static byte[] FromHexString(string s)": _from_hex,
            "static bool IsDBNull(object value)": Inline("False"),
        },
    ),
    Static("System.BitConverter", members=_bits()),
)
