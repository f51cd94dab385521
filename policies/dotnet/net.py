"""System.Net.WebUtility and System.Net.IPAddress.

The rule here: nothing here reaches a network. Sources: learn.microsoft.com/dotnet/api/system.net.webutility,
…system.net.ipaddress.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from html.entities import name2codepoint
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, ArgumentOutOfRangeException, FormatException
from policies.dotnet.types import Class, Const, Enum, EnumValue, Inline, Static
from policies.dotnet.values import scalars, units

__all__ = ["TYPES", "IPAddress", "html_decode", "html_encode", "url_decode", "url_encode"]

# ---- WebUtility ------------------------------------------------------------------------------------------------------

_MARKUP: Final = {"<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "&": "&amp;"}
_TO_ENCODE = re.compile(r"[<>\"'&\xa0-\xff]|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_ENTITY = re.compile(r"&(?:#([xX])?([0-9a-fA-F]+)|([A-Za-z0-9]+));")


def _encoded(found: re.Match[str]) -> str:
    text = found[0]
    if text in _MARKUP:
        return _MARKUP[text]
    whole = scalars(text)
    return whole if whole == "\ufffd" else f"&#{ord(whole)};"


def html_encode(text: str | None) -> str | None:
    """WebUtility.HtmlEncode."""
    return None if text is None else _TO_ENCODE.sub(_encoded, text)


def _decoded(found: re.Match[str]) -> str:
    if found[3] is not None:
        code = name2codepoint.get(found[3], 39 if found[3] == "apos" else None)
        return found[0] if code is None else chr(code)
    if found[1] is None and not found[2].isdigit():
        return found[0]
    code = int(found[2], 16 if found[1] else 10)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return found[0]
    return units(chr(code))


def html_decode(text: str | None) -> str | None:
    """WebUtility.HtmlDecode: HTML 4's entities and numbers; anything else stays."""
    return None if text is None else _ENTITY.sub(_decoded, text)


def url_encode(text: str | None) -> str | None:
    """WebUtility.UrlEncode: a space becomes "+"."""
    return None if text is None else quote(scalars(text), safe="-_.!*() ~").replace("~", "%7E").replace(" ", "+")


_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def url_decode(text: str | None) -> str | None:
    """WebUtility.UrlDecode: escapes that are none stay."""
    if text is None:
        return None
    plain = text.replace("+", " ")
    return units(_ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(errors="replace"), plain))


def _url_encode_bytes(data: bytearray | None, offset: int, count: int) -> bytearray | None:
    if data is None:
        return None
    return bytearray(
        quote(bytes(data[offset : offset + count]), safe="-_.!*() ").replace("~", "%7E").replace(" ", "+").encode()
    )


def _url_decode_bytes(data: bytearray | None, offset: int, count: int) -> bytearray | None:
    if data is None:
        return None
    return bytearray(unquote_to_bytes(bytes(data[offset : offset + count]).replace(b"+", b" ")))


# ---- IPAddress -------------------------------------------------------------------------------------------------------

FAMILY = Enum("System.Net.Sockets.AddressFamily", {"InterNetwork": 2, "InterNetworkV6": 23})


class IPAddress:
    """An address, version 4 or 6."""

    __slots__ = ("address", "scope")

    def __init__(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address, scope: int = 0) -> None:
        self.address = address
        self.scope = scope

    def family(self) -> EnumValue:
        """AddressFamily."""
        return FAMILY.values["InterNetwork" if self.address.version == 4 else "InterNetworkV6"]

    def mapped(self) -> ipaddress.IPv4Address | None:
        """The version 4 address within a mapped version 6 one."""
        return self.address.ipv4_mapped if isinstance(self.address, ipaddress.IPv6Address) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IPAddress) and (self.address, self.scope) == (other.address, other.scope)

    def __hash__(self) -> int:
        return hash(self.address)

    def __str__(self) -> str:
        own = self.mapped()
        text = f"::ffff:{own}" if own is not None else str(self.address)
        return f"{text}%{self.scope}" if self.scope else text


def parse_address(text: str | None) -> IPAddress:
    """IPAddress.Parse."""
    if text is None:
        raise ArgumentNullException("ipString")
    found = _address(text)
    if found is None:
        raise FormatException("An invalid IP address was specified.")
    return found


def try_parse_address(text: str | None) -> tuple[bool, IPAddress | None]:
    """IPAddress.TryParse."""
    found = None if text is None else _address(text)
    return found is not None, found


def _address(text: str) -> IPAddress | None:
    if ":" not in text:
        return _four(text)
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    name, _, scope = bare.partition("%")
    try:
        return IPAddress(ipaddress.IPv6Address(name), int(scope) if scope.isascii() and scope.isdigit() else 0)
    except ValueError:
        return None


def _four(text: str) -> IPAddress | None:
    """One to four parts, each decimal, hexadecimal (0x) or octal (0); the last fills what is left."""
    parts: list[int] = []
    for part in text.split("."):
        if not re.fullmatch(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*", part, re.ASCII):
            return None
        parts.append(int(part, 16) if part[:2].lower() == "0x" else int(part, 8) if part[0] == "0" else int(part))
    if len(parts) > 4 or any(part > 255 for part in parts[:-1]) or parts[-1] >= 256 ** (5 - len(parts)):
        return None
    number = parts[-1]
    for at, value in enumerate(parts[:-1]):
        number += value << (24 - 8 * at)
    return IPAddress(ipaddress.IPv4Address(number))


def _of_bytes(data: bytearray | None, scope: int = 0) -> IPAddress:
    if data is None:
        raise ArgumentNullException("address")
    if len(data) not in (4, 16):
        raise ArgumentException("An invalid IP address was specified.", "address")
    return IPAddress(ipaddress.ip_address(bytes(data)), scope)


def _of_number(number: int) -> IPAddress:
    """An address of version 4, its first byte the lowest."""
    if not 0 <= number <= 0xFFFFFFFF:
        raise ArgumentOutOfRangeException("newAddress")
    return IPAddress(ipaddress.IPv4Address(number.to_bytes(4, "little")))


def _loopback(address: IPAddress | None) -> bool:
    if address is None:
        raise ArgumentNullException("address")
    return (address.mapped() or address.address).is_loopback


def _to_four(address: IPAddress) -> IPAddress:
    if address.address.version == 4:
        return address
    return IPAddress(ipaddress.IPv4Address(int(address.address) & 0xFFFFFFFF))


def _to_six(address: IPAddress) -> IPAddress:
    if address.address.version == 6:
        return address
    return IPAddress(ipaddress.IPv6Address(int(address.address) | 0xFFFF << 32))


def _made(packed: bytes) -> IPAddress:
    return IPAddress(ipaddress.ip_address(packed))


def _swapped(width: int) -> Callable[[int], int]:
    """The bytes of a signed integer in the network's order: the processor's is the other one."""
    return lambda value: int.from_bytes(value.to_bytes(width, "little", signed=True), "big", signed=True)


_ORDER = {
    f"static {keyword} {name}({keyword} value)": _swapped(width)
    for name in ("HostToNetworkOrder", "NetworkToHostOrder")
    for keyword, width in (("short", 2), ("int", 4), ("long", 8))
}

TYPES = (
    FAMILY,
    Static(
        "System.Net.WebUtility",
        members={
            "static string HtmlEncode(string value)": html_encode,
            "static string HtmlDecode(string value)": html_decode,
            "static string UrlEncode(string value)": url_encode,
            "static string UrlDecode(string encodedValue)": url_decode,
            "static byte[] UrlDecodeToBytes(byte[] encodedValue, int offset, int count)": _url_decode_bytes,
            "static byte[] UrlEncodeToBytes(byte[] value, int offset, int count)": _url_encode_bytes,
        },
    ),
    Class(
        "System.Net.IPAddress",
        runtime=IPAddress,
        members={
            "new(byte[] address)": _of_bytes,
            "new(byte[] address, long scopeid)": _of_bytes,
            "new(long newAddress)": _of_number,
            "static IPAddress Any": Const(_made(bytes(4))),
            "static IPAddress Loopback": Const(_made(bytes([127, 0, 0, 1]))),
            "static IPAddress Broadcast": Const(_made(bytes([255] * 4))),
            "static IPAddress None": Const(_made(bytes([255] * 4))),
            "static IPAddress IPv6Any": Const(_made(bytes(16))),
            "static IPAddress IPv6None": Const(_made(bytes(16))),
            "static IPAddress IPv6Loopback": Const(_made(bytes(15) + b"\x01")),
            "static IPAddress Parse(string ipString)": parse_address,
            "static bool TryParse(string ipString, out IPAddress address)": try_parse_address,
            "static bool IsLoopback(IPAddress address)": _loopback,
            "System.Net.Sockets.AddressFamily AddressFamily": Inline("self.family()"),
            "byte[] GetAddressBytes()": lambda own: bytearray(own.address.packed),
            "bool IsIPv4MappedToIPv6": Inline("self.mapped() is not None"),
            "bool IsIPv6LinkLocal": Inline("self.address.version == 6 and self.address.is_link_local"),
            "bool IsIPv6Multicast": Inline("self.address.version == 6 and self.address.is_multicast"),
            "bool IsIPv6SiteLocal": Inline("self.address.version == 6 and self.address.is_site_local"),
            "bool IsIPv6Teredo": lambda own: own.address.version == 6 and own.address.packed[:4] == b"\x20\x01\0\0",
            **_ORDER,
            "long ScopeId": Inline("self.scope"),
            "IPAddress MapToIPv4()": _to_four,
            "IPAddress MapToIPv6()": _to_six,
            "string ToString()": Inline("str(self)", str=str),
        },
    ),
)
