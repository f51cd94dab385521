"""The egress guard (D9): which addresses a backend may have.

The rule here: what counts is the address that is actually connected to, checked at the moment of connecting; a name is checked
early only to give a clear message. Link-local and metadata addresses are refused whatever the settings say.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from mcp_core.calls.addresses import Kind, kind_of

__all__ = ["EgressGuard", "EgressRefused", "shown"]

_METADATA_NAMES = frozenset(
    {
        *("metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"),
        *("metadata.azure.internal", "metadata.azure.com", "metadata.tencentyun.com", "metadata.platformequinix.com"),
    }
)
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")


class EgressRefused(OSError):
    """An address that must not be called. `str()` says which and why, and names the setting where there is one."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class EgressGuard:
    """`allow_private`: loopback, private and shared addresses are allowed (`MCP_ALLOW_PRIVATE_BACKENDS`)."""

    __slots__ = ("allow_private",)

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private

    def check_url(self, url: str) -> None:
        """Scheme, host and port, without asking DNS. Raises EgressRefused."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise EgressRefused(f"{shown(url)} is not a URL: {error}.") from None
        if parts.scheme.lower() not in {"http", "https"}:
            raise EgressRefused(f"{shown(url)} is not an http or https URL.")
        if not host:
            raise EgressRefused(f"{shown(url)} names no host.")
        if port == 0:
            raise EgressRefused(f"{shown(url)}: 0 is not a port that can be called.")
        self.check_host(host)

    def check_host(self, host: str) -> None:
        """A host as it stands in a URL, numeric or a name. Names are refused only where they say themselves what they are.
        Raises EgressRefused."""
        name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().strip("[]").rstrip(".")
        if ":" in name:
            self._check_literal(host, name)
        elif _NUMERIC_LABEL.match(name.rpartition(".")[2]):
            self._check_ipv4(host, name)
        elif name in _METADATA_NAMES:
            raise EgressRefused(f"{host} is a cloud's metadata service, which is never called.")
        elif name in _LOOPBACK_NAMES or name.endswith(".localhost"):
            self._refuse_private(host, Kind.LOOPBACK)

    def _check_ipv4(self, host: str, name: str) -> None:
        """A name whose last label is a number is an IPv4 address (WHATWG URL §3.5); only the usual form is taken, since what
        the others mean differs from program to program."""
        try:
            IPv4Address(name)
        except ValueError:
            raise EgressRefused(f"{host} is not written as an IPv4 address usually is (four decimal numbers).") from None
        self._check_literal(host, name)

    def _check_literal(self, host: str, name: str) -> None:
        try:
            if ":" in name:
                IPv6Address(name.partition("%")[0])
            self.check_address(name)
        except ValueError:
            raise EgressRefused(f"{host} is not an IP address.") from None

    def check_address(self, address: str, host: str = "") -> None:
        """A numeric IPv4 or IPv6 address, as a resolver gives it; `host` is the name it was found by. Raises
        EgressRefused, ValueError for what is no address. A name's address is not told: callers read the message, and are
        not to learn from it what stands in an internal DNS."""
        kind = kind_of(address)
        shown = f"the address of {host}" if host and host != address else address
        if kind.is_private:
            self._refuse_private(shown, kind)
        elif kind is not Kind.PUBLIC:
            raise EgressRefused(f"{shown} is {kind.value}, which is never called.")

    def _refuse_private(self, shown: str, kind: Kind) -> None:
        if not self.allow_private:
            raise EgressRefused(
                f"{shown} is {kind.value}. Backends there are called only where MCP_ALLOW_PRIVATE_BACKENDS is 1."
            )


def shown(url: str) -> str:
    """A URL for a message: without credentials and query, which may be secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "The address"
    return f"'{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}'"[:300] if parts.scheme else "The address"
