"""What System.Decimal has beyond the numbers' common members: its bits, its constructors, OLE currency.

The rule here: a decimal is 96 bits and a scale from 0 to 28, which Python's digits and exponent stand for.
Source: learn.microsoft.com/dotnet/api/system.decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from policies.dotnet import arithmetic
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, ArgumentOutOfRangeException, OverflowException
from policies.dotnet.types import Implementation
from policies.dotnet.values import NetArray

__all__ = ["MEMBERS", "bits", "of_bits"]

_SIGN = -(2**31)


def bits(value: Decimal) -> NetArray:
    """Decimal.GetBits: low, middle and high 32 bits, then sign and scale."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    number = int("".join(map(str, digits)) or "0") * 10 ** max(exponent, 0)
    flags = max(-exponent, 0) << 16 | (2**31 if sign else 0)
    words = (number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF, number >> 64 & 0xFFFFFFFF, flags)
    return NetArray("int", [arithmetic.wrap(word, _SIGN, 2**31 - 1) for word in words])


def of_bits(words: Any) -> Decimal:
    """new Decimal(int[])."""
    if words is None:
        raise ArgumentNullException("bits")
    if len(words) != 4 or words[3] & 0x7F00FFFF or words[3] >> 16 & 0xFF > 28:
        raise ArgumentException("Decimal constructor requires an array or span of four valid decimal bytes.")
    return of_parts(words[0], words[1], words[2], words[3] < 0, words[3] >> 16 & 0xFF)


def of_parts(low: int, middle: int, high: int, negative: bool, scale: int) -> Decimal:
    """new Decimal(lo, mid, hi, isNegative, scale)."""
    if scale > 28:
        raise ArgumentOutOfRangeException("scale", "Decimal's scale value must be between 0 and 28, inclusive.")
    number = (low & 0xFFFFFFFF) | (middle & 0xFFFFFFFF) << 32 | (high & 0xFFFFFFFF) << 64
    return Decimal((int(negative), tuple(map(int, str(number))), -scale))


def _currency(value: Decimal) -> int:
    number = int((value * 10_000).to_integral_value(ROUND_HALF_EVEN)) if abs(value) < 10**15 else 2**63
    if not -(2**63) <= number < 2**63:
        raise OverflowException("Value was either too large or too small for a Currency.")
    return number


def _of_currency(value: int) -> Decimal:
    found = Decimal(value).scaleb(-4)
    return found.normalize() if found == found.to_integral_value() and not found else _trimmed(found)


def _trimmed(value: Decimal) -> Decimal:
    while value.as_tuple().exponent != 0 and value.as_tuple().digits[-1] == 0:
        value = value.quantize(Decimal(1).scaleb(int(value.as_tuple().exponent) + 1))
    return value


def _to(full: str) -> Callable[[Decimal], int]:
    low, high = arithmetic.RANGES[full]

    def convert(value: Decimal) -> int:
        whole = int(value)
        if not low <= whole <= high:
            raise arithmetic.too_large(full)
        return whole

    return convert


_INTEGERS = {
    "ToByte": ("byte", "System.Byte"),
    "ToSByte": ("sbyte", "System.SByte"),
    "ToInt16": ("short", "System.Int16"),
    "ToUInt16": ("ushort", "System.UInt16"),
    "ToInt32": ("int", "System.Int32"),
    "ToUInt32": ("uint", "System.UInt32"),
    "ToInt64": ("long", "System.Int64"),
    "ToUInt64": ("ulong", "System.UInt64"),
}

MEMBERS: dict[str, Implementation] = {
    **{f"new({keyword} value)": Decimal for keyword in ("int", "uint", "long", "ulong")},
    "new(float value)": arithmetic.single_to_decimal,
    "new(double value)": arithmetic.to_decimal,
    "new(int[] bits)": of_bits,
    "new(int lo, int mid, int hi, bool isNegative, byte scale)": of_parts,
    "static int[] GetBits(decimal d)": bits,
    "static long ToOACurrency(decimal value)": _currency,
    "static decimal FromOACurrency(long cy)": _of_currency,
    "static float ToSingle(decimal d)": lambda value: arithmetic.single(float(value)),
    "static double ToDouble(decimal d)": float,
    **{f"static {keyword} {name}(decimal d)": _to(full) for name, (keyword, full) in _INTEGERS.items()},
}
