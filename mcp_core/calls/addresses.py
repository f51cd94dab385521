"""IP addresses: which kind one is, whatever form hides it.

The rule here: an address is public only if it is known to be; an address that carries another one inside (mapped, translated,
tunnelled) is as bad as the one inside. From the IANA special-purpose registries (RFC 6890) and the clouds' documentation.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["Kind", "kind_of"]


class Kind(Enum):
    """Public, private (allowed by a setting), or a kind that is refused always."""

    PUBLIC = "public"
    LOOPBACK = "a loopback address"
    PRIVATE = "a private address"
    SHARED = "a shared address (RFC 6598)"
    BENCHMARK = "a benchmarking address"
    METADATA = "a cloud's metadata or platform service"
    LINK_LOCAL = "a link-local address"
    MULTICAST = "a multicast address"
    UNSPECIFIED = "an unspecified address"
    RESERVED = "a reserved address"

    @property
    def is_private(self) -> bool:
        """Whether `MCP_ALLOW_PRIVATE_BACKENDS` allows it."""
        return self in _PRIVATE_KINDS


_PRIVATE_KINDS = frozenset({Kind.LOOPBACK, Kind.PRIVATE, Kind.SHARED, Kind.BENCHMARK})

# First match decides: single addresses stand before the ranges that hold them.
_V4: tuple[tuple[IPv4Network, Kind], ...] = tuple(
    (IPv4Network(text), kind)
    for text, kind in (
        ("169.254.169.254", Kind.METADATA),  # Azure, AWS, Google Cloud, and most others
        ("169.254.170.2", Kind.METADATA),  # AWS container credentials
        ("168.63.129.16", Kind.METADATA),  # Azure's wire server: public by its number, the host by its meaning
        ("100.100.100.200", Kind.METADATA),  # Alibaba Cloud
        ("192.0.0.192", Kind.METADATA),  # Oracle Cloud
        ("0.0.0.0/8", Kind.UNSPECIFIED),
        ("10.0.0.0/8", Kind.PRIVATE),
        ("100.64.0.0/10", Kind.SHARED),
        ("127.0.0.0/8", Kind.LOOPBACK),
        ("169.254.0.0/16", Kind.LINK_LOCAL),
        ("172.16.0.0/12", Kind.PRIVATE),
        ("192.0.0.0/24", Kind.RESERVED),
        ("192.0.2.0/24", Kind.RESERVED),
        ("192.88.99.0/24", Kind.RESERVED),
        ("192.168.0.0/16", Kind.PRIVATE),
        ("198.18.0.0/15", Kind.BENCHMARK),
        ("198.51.100.0/24", Kind.RESERVED),
        ("203.0.113.0/24", Kind.RESERVED),
        ("224.0.0.0/4", Kind.MULTICAST),
        ("240.0.0.0/4", Kind.RESERVED),
    )
)
_V6: tuple[tuple[IPv6Network, Kind], ...] = tuple(
    (IPv6Network(text), kind)
    for text, kind in (
        ("fd00:ec2::254", Kind.METADATA),  # AWS
        ("fd00:ec2::23", Kind.METADATA),  # AWS container credentials
        ("fd20:ce::254", Kind.METADATA),  # Google Cloud
        ("fd00:42::42", Kind.METADATA),  # Scaleway
        ("::", Kind.UNSPECIFIED),
        ("::1", Kind.LOOPBACK),
        ("fc00::/7", Kind.PRIVATE),
        ("fe80::/10", Kind.LINK_LOCAL),
        ("fec0::/10", Kind.PRIVATE),  # site-local, deprecated but routed
        ("ff00::/8", Kind.MULTICAST),
        ("64:ff9b:1::/48", Kind.RESERVED),  # local NAT64: where it hides the IPv4 address nobody outside knows
        ("2001:db8::/32", Kind.RESERVED),
        ("2001::/23", Kind.RESERVED),
        ("3fff::/20", Kind.RESERVED),
        ("2000::/3", Kind.PUBLIC),
    )
)
_LOW_32 = 0xFFFFFFFF
_LOW_CARRIERS = tuple(
    IPv6Network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
        "64:ff9b::/96",  # NAT64
    )
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214 §6.1


@lru_cache(maxsize=4096)
def kind_of(address: str) -> Kind:
    """The kind of a numeric address; a zone (`fe80::1%eth0`) is ignored. Raises ValueError for what is no address."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return next((kind for network, kind in _V4 if parsed in network), Kind.PUBLIC)
    inside = [kind_of(str(IPv4Address(number))) for number in _embedded(parsed)]
    own = next((kind for network, kind in _V6 if parsed in network), None)
    if own in {Kind.UNSPECIFIED, Kind.LOOPBACK}:  # `::` and `::1` look like carriers of 0.0.0.0 and 0.0.0.1
        return own
    if own is None:
        own = Kind.PUBLIC if inside else Kind.RESERVED
    kinds = [own, *inside]
    refused = [kind for kind in kinds if kind is not Kind.PUBLIC]
    return next((kind for kind in refused if not kind.is_private), refused[0] if refused else Kind.PUBLIC)


def _embedded(address: IPv6Address) -> list[int]:
    """The IPv4 addresses that packets to this one may end at."""
    number = int(address)
    found: list[int] = []
    if any(address in network for network in _LOW_CARRIERS) or (number >> 32) & _LOW_32 in _ISATAP:
        found.append(number & _LOW_32)
    if address.sixtofour is not None:
        found.append(int(address.sixtofour))
    if address.teredo is not None:
        found += (int(part) for part in address.teredo)
    return found
