"""System.Uri and System.UriPartial.

The rule here: one pattern (RFC 3986, appendix B) cuts a text; what .NET changes is changed once, when the Uri is made: the
scheme and host in lower case, dot segments removed, characters that may not stand in a URI escaped.
Source: learn.microsoft.com/dotnet/api/system.uri.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final
from urllib.parse import quote

from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    InvalidOperationException,
    UriFormatException,
)
from policies.dotnet.types import Class, Const, Enum, EnumValue, Inline
from policies.dotnet.values import NetArray, scalars, units

__all__ = ["TYPES", "Uri", "escape_data", "unescape_data"]

PARTIAL = Enum("System.UriPartial", "Scheme Authority Path Query")
KIND = Enum("System.UriKind", "RelativeOrAbsolute Absolute Relative")
HOST_KIND = Enum("System.UriHostNameType", "Unknown Basic Dns IPv4 IPv6")

_ABSOLUTE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_PARTS = re.compile(r"(?://(?P<authority>[^/?#\\]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?", re.DOTALL)
_HOST_NAME = re.compile(r"[\w](?:[\w.~-]*[\w~.-])?")
_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443, "ldap": 389, "gopher": 70, "nntp": 119, "smtp": 25}
_KEPT_PATH: Final = "/!$&'()*+,;=:@-._~%[]"
_KEPT_QUERY: Final = _KEPT_PATH + "?"
_DATA_KEPT: Final = "-._~"
_BAD: Final = "Invalid URI: The format of the URI could not be determined."


class Uri:
    """An absolute or relative URI. Of a relative one only `original` is set."""

    __slots__ = ("fragment", "host", "is_absolute", "original", "path", "port", "query", "scheme", "user_info")

    def __init__(self, text: str | None, kind: int = 1) -> None:
        if text is None:
            raise ArgumentNullException("uriString")
        self.original = text
        self.scheme = self.host = self.path = self.query = self.fragment = self.user_info = ""
        self.port = -1
        self.is_absolute = False
        absolute = _ABSOLUTE.fullmatch(text.strip())
        if absolute is None or len(absolute["scheme"]) == 1:
            if kind == 1:
                raise UriFormatException("Invalid URI: The URI is empty." if not text.strip() else _BAD)
            return
        if kind == 2:
            raise UriFormatException(
                "A relative URI cannot be created because the 'uriString' parameter represents an absolute URI."
            )
        self._read(absolute["scheme"].lower(), absolute["rest"])

    @classmethod
    def relative_or_absolute(cls, text: str | None) -> Uri:
        """`new Uri(text, UriKind.RelativeOrAbsolute)`."""
        return cls(text, 0)

    def _read(self, scheme: str, rest: str) -> None:
        if scheme in _PORTS:
            rest = rest.replace("\\", "/")
        parts = _PARTS.fullmatch(rest)
        assert parts is not None
        self.scheme = scheme
        self.port = _PORTS.get(scheme, -1)
        authority = parts["authority"]
        if authority is not None:
            self._authority(authority, scheme)
        elif scheme in _PORTS:
            raise UriFormatException("Invalid URI: The Authority/Host could not be parsed.")
        path = _escaped(parts["path"], _KEPT_PATH)
        self.path = _without_dots(path) or "/" if authority is not None else path
        self.query = f"?{_escaped(parts['query'], _KEPT_QUERY)}" if parts["query"] is not None else ""
        self.fragment = f"#{_escaped(parts['fragment'], _KEPT_QUERY)}" if parts["fragment"] is not None else ""
        self.is_absolute = True

    def _authority(self, authority: str, scheme: str) -> None:
        user, at, host = authority.rpartition("@")
        self.user_info = user if at else ""
        name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not colon:
            name = host
        elif port:
            if not port.isascii() or not port.isdigit() or int(port) > 65535:
                raise UriFormatException("Invalid URI: Invalid port specified.")
            self.port = int(port)
        if not name and scheme in _PORTS:
            raise UriFormatException("Invalid URI: The hostname could not be parsed.")
        if name.startswith("["):
            try:
                name = f"[{ipaddress.IPv6Address(name[1:-1].partition('%')[0])}]"
            except ValueError:
                raise UriFormatException("Invalid URI: The hostname could not be parsed.") from None
        elif name and scheme in _PORTS and not _HOST_NAME.fullmatch(name):
            raise UriFormatException("Invalid URI: The hostname could not be parsed.")
        self.host = name.lower()

    # -- parts

    def part(self, name: str) -> Any:
        """A property that only an absolute URI has."""
        if not self.is_absolute:
            raise InvalidOperationException("This operation is not supported for a relative URI.")
        return getattr(self, name)

    @property
    def is_default_port(self) -> bool:
        """Whether the port is the scheme's own."""
        return self.port == _PORTS.get(self.scheme, -1)

    @property
    def authority(self) -> str:
        """Host, and the port when it is not the default."""
        return self.host if self.is_default_port or self.port < 0 else f"{self.host}:{self.port}"

    @property
    def path_and_query(self) -> str:
        """`PathAndQuery`."""
        return self.path + self.query

    @property
    def absolute(self) -> str:
        """`AbsoluteUri`."""
        user = f"{self.user_info}@" if self.user_info else ""
        slashes = "//" if self.host or self.scheme == "file" or self.path.startswith("/") else ""
        return f"{self.scheme}:{slashes}{user}{self.authority}{self.path}{self.query}{self.fragment}"

    @property
    def dns_safe_host(self) -> str:
        """`DnsSafeHost`: no brackets around an IPv6 address."""
        return self.host.strip("[]")

    def segments(self) -> NetArray:
        """`Segments`: the path cut after each slash."""
        return NetArray("string", re.findall(r"[^/]*/|[^/]+", self.part("path")))

    def left_part(self, part: EnumValue) -> str:
        """GetLeftPart."""
        self.part("scheme")
        user = f"{self.user_info}@" if self.user_info else ""
        text = f"{self.scheme}://"
        for name, more in (("Authority", user + self.authority), ("Path", self.path), ("Query", self.query)):
            if int(part) >= int(PARTIAL.values[name]):
                text += more
        return text

    def host_kind(self) -> EnumValue:
        """`HostNameType`."""
        try:
            address = ipaddress.ip_address(self.dns_safe_host)
        except ValueError:
            return HOST_KIND.values["Dns" if self.host else "Basic"]
        return HOST_KIND.values[f"IPv{address.version}"]

    def is_loopback(self) -> bool:
        """`IsLoopback`."""
        if self.host in ("localhost", "loopback", ""):
            return True
        try:
            return ipaddress.ip_address(self.dns_safe_host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        """ToString(): the absolute form with what is safe unescaped."""
        if not self.is_absolute:
            return self.original
        return _unescaped(self.absolute)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Uri):
            return False
        if self.is_absolute and other.is_absolute:
            return self.absolute.partition("#")[0] == other.absolute.partition("#")[0]
        return self.original == other.original

    def __hash__(self) -> int:
        return hash(self.absolute.partition("#")[0] if self.is_absolute else self.original)


def combined(base: Uri | None, relative: Uri | str | None) -> Uri:
    """`new Uri(base, relative)` (RFC 3986 §5.2)."""
    if base is None:
        raise ArgumentNullException("baseUri")
    base.part("scheme")
    text = relative.original if isinstance(relative, Uri) else relative or ""
    other = Uri(text, 0)
    if other.is_absolute:
        return other
    parts = _PARTS.fullmatch(text.replace("\\", "/"))
    assert parts is not None
    if parts["authority"] is not None:
        return Uri(f"{base.scheme}:{text}")
    path, query = parts["path"], parts["query"]
    if not path:
        path = base.path
        query = base.query[1:] if query is None and base.query else query
    elif not path.startswith("/"):
        path = base.path[: base.path.rfind("/") + 1] + path
    user = f"{base.user_info}@" if base.user_info else ""
    tail = (f"?{query}" if query is not None else "") + (f"#{parts['fragment']}" if parts["fragment"] is not None else "")
    return Uri(f"{base.scheme}://{user}{base.authority}{path}{tail}")


def _without_dots(path: str) -> str:
    """RFC 3986 §5.2.4."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    tail = "/" if path.endswith(("/.", "/..")) and kept else ""
    return "/" + "/".join(kept) + tail if path else ""


_NOT_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


_ESCAPED_PLAIN = re.compile(r"%(?:4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|3[0-9]|2D|2E|5F|7E)", re.IGNORECASE)


def _escaped(text: str, kept: str) -> str:
    """Escaped where it must be; what needs no escape loses it (RFC 3986 §6.2.2.2)."""
    escaped = _NOT_ESCAPE.sub("%25", quote(scalars(text), safe=kept))
    return _ESCAPED_PLAIN.sub(lambda found: chr(int(found[0][1:], 16)), escaped)


_ESCAPE_RUN = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_STAYS_ESCAPED: Final = frozenset('%/?#\\:@&=+$,;<>"{}|^`[]') | {chr(code) for code in (*range(33), 127)}


def _unescaped(text: str) -> str:
    """What ToString() shows: only escapes that nothing depends on are undone."""

    def undo(run: re.Match[str]) -> str:
        raw = bytes.fromhex(run[0].replace("%", ""))
        try:
            shown = raw.decode()
        except UnicodeDecodeError:
            return run[0]
        return "".join(quote(char, safe="") if char in _STAYS_ESCAPED and char != " " else char for char in shown)

    return units(_ESCAPE_RUN.sub(undo, text))


def escape_data(text: str | None) -> str:
    """Uri.EscapeDataString: everything but RFC 3986's unreserved characters."""
    if text is None:
        raise ArgumentNullException("stringToEscape")
    return quote(scalars(text), safe=_DATA_KEPT)


def escape_uri(text: str | None) -> str:
    """Uri.EscapeUriString: reserved characters stay."""
    if text is None:
        raise ArgumentNullException("stringToEscape")
    return quote(scalars(text), safe="!#$&'()*+,/:;=?@[]-._~")


def unescape_data(text: str | None) -> str:
    """Uri.UnescapeDataString: escapes that are no UTF-8 stay."""
    if text is None:
        raise ArgumentNullException("stringToUnescape")
    if "%" not in text:
        return text

    def undo(run: re.Match[str]) -> str:
        raw = bytes.fromhex(run[0].replace("%", ""))
        return raw.decode(errors="percent_escape")

    return units(_ESCAPE_RUN.sub(undo, text))


def _keep_escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


def _register() -> None:
    import codecs

    codecs.register_error("percent_escape", _keep_escaped)


_register()


def _try_create(text: str | None, kind: int) -> tuple[bool, Uri | None]:
    try:
        return True, Uri(text, int(kind))
    except (UriFormatException, ArgumentNullException):
        return False, None


def _try_combine(base: Uri | None, relative: Any) -> tuple[bool, Uri | None]:
    try:
        return True, combined(base, relative)
    except (UriFormatException, ArgumentNullException, InvalidOperationException):
        return False, None


def _well_formed(text: str | None, kind: int) -> bool:
    made, uri = _try_create(text, kind)
    if not made or uri is None or text is None:
        return False
    if not uri.is_absolute:
        return _escaped(text, _KEPT_QUERY + "#") == text
    return quote(text, safe=_KEPT_QUERY + "#") == text and _NOT_ESCAPE.search(text) is None and "\\" not in text


def _from_hex(digit: str) -> int:
    if digit not in "0123456789abcdefABCDEF":
        raise ArgumentException("Value does not fall within the expected range.", "digit")
    return int(digit, 16)


def _check_host(name: str | None) -> EnumValue:
    if not name:
        return HOST_KIND.values["Unknown"]
    try:
        return HOST_KIND.values[f"IPv{ipaddress.ip_address(name.strip('[]')).version}"]
    except ValueError:
        return HOST_KIND.values["Dns" if re.fullmatch(r"[\w-]+(\.[\w-]+)*\.?", name) else "Unknown"]


def _relative(base: Uri, uri: Uri | None) -> Uri:
    if uri is None:
        raise ArgumentNullException("uri")
    if (base.part("scheme"), base.authority) != (uri.part("scheme"), uri.authority):
        return uri
    own, other = base.path.split("/"), uri.path.split("/")
    common = 0
    while common < min(len(own), len(other)) - 1 and own[common] == other[common]:
        common += 1
    path = "../" * (len(own) - 1 - common) + "/".join(other[common:])
    if base.path == uri.path:
        path = ""
    elif not path:
        path = "./"
    return Uri(path + uri.query + uri.fragment, 2)


def _is_base(base: Uri, uri: Uri | None) -> bool:
    if uri is None:
        raise ArgumentNullException("uri")
    return (base.part("scheme"), base.authority) == (uri.part("scheme"), uri.authority) and uri.path.startswith(
        base.path[: base.path.rfind("/") + 1]
    )


def _hex_unescape(pattern: str, index: int) -> tuple[str, int]:
    """Uri.HexUnescape: the character at the index, and where the next one stands."""
    if not 0 <= index < len(pattern):
        raise ArgumentOutOfRangeException("index")
    if re.match("%[0-9A-Fa-f]{2}", pattern[index : index + 3]):
        return chr(int(pattern[index + 1 : index + 3], 16)), index + 3
    return pattern[index], index + 1


TYPES = (
    PARTIAL,
    KIND,
    HOST_KIND,
    Class(
        "System.Uri",
        runtime=Uri,
        members={
            "new(string uriString)": Uri,
            "new(string uriString, UriKind uriKind)": lambda text, kind: Uri(text, int(kind)),
            "new(Uri baseUri, string relativeUri)": combined,
            "new(Uri baseUri, Uri relativeUri)": combined,
            "string OriginalString": Inline("self.original"),
            "bool IsAbsoluteUri": Inline("self.is_absolute"),
            "string AbsoluteUri": Inline("self.part('absolute')"),
            "string AbsolutePath": Inline("self.part('path')"),
            "string LocalPath": lambda uri: unescape_data(uri.part("path")),
            "string PathAndQuery": Inline("self.part('path_and_query')"),
            "string Query": Inline("self.part('query')"),
            "string Fragment": Inline("self.part('fragment')"),
            "string Host": Inline("self.part('host')"),
            "string DnsSafeHost": Inline("self.part('dns_safe_host')"),
            "string IdnHost": lambda uri: uri.part("dns_safe_host").encode("idna").decode() if uri.part("host") else "",
            "string Authority": Inline("self.part('authority')"),
            "string Scheme": Inline("self.part('scheme')"),
            "int Port": Inline("self.part('port')"),
            "string UserInfo": Inline("self.part('user_info')"),
            "string[] Segments": Inline("self.segments()"),
            "bool IsDefaultPort": Inline("self.part('is_default_port')"),
            "bool IsFile": Inline("self.part('scheme') == 'file'"),
            "bool IsLoopback": Inline("self.is_loopback()"),
            "bool IsUnc": Inline("False"),
            "UriHostNameType HostNameType": Inline("self.host_kind()"),
            "string GetLeftPart(UriPartial part)": Inline("self.left_part(part)"),
            "Uri MakeRelativeUri(Uri uri)": _relative,
            "bool IsBaseOf(Uri uri)": _is_base,
            "string ToString()": Inline("str(self)", str=str),
            "bool operator ==(Uri a, Uri b)": Inline("a == b"),
            "bool operator !=(Uri a, Uri b)": Inline("a != b"),
            "static string EscapeDataString(string stringToEscape)": escape_data,
            "static string EscapeUriString(string stringToEscape)": escape_uri,
            "static string UnescapeDataString(string stringToUnescape)": unescape_data,
            "static bool TryCreate(string uriString, UriKind uriKind, out Uri result)": _try_create,
            "static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)": _try_combine,
            "static bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)": _try_combine,
            "static bool IsWellFormedUriString(string uriString, UriKind uriKind)": _well_formed,
            "static UriHostNameType CheckHostName(string name)": _check_host,
            "static bool CheckSchemeName(string schemeName)": (
                lambda name: bool(name and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", name))
            ),
            **{
                f"static string UriScheme{name.title()}": Const(name)
                for name in ("http", "https", "ftp", "file", "mailto", "gopher", "news", "nntp")
            },
            "static string UriSchemeNetPipe": Const("net.pipe"),
            "static string UriSchemeNetTcp": Const("net.tcp"),
            "static char HexUnescape(string pattern, ref int index)": _hex_unescape,
            "bool IsWellFormedOriginalString()": lambda uri: _well_formed(uri.original, 1 if uri.is_absolute else 2),
            "bool UserEscaped": Inline("False"),
            "static string SchemeDelimiter": Const("://"),
            "static int FromHex(char digit)": _from_hex,
            "static bool IsHexEncoding(string pattern, int index)": (
                lambda text, index: re.match("%[0-9A-Fa-f]{2}", text[index : index + 3]) is not None
            ),
            "static string HexEscape(char character)": lambda char: f"%{ord(char):02X}",
            "static bool IsHexDigit(char character)": lambda char: char in "0123456789abcdefABCDEF",
        },
    ),
)
