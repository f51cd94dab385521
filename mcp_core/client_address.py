"""Who is calling: the client's address that it could not have written itself (D9)."""

from __future__ import annotations

from policies.messages import Headers

__all__ = ["client_address"]


def client_address(headers: Headers, peer: str, trusted_proxies: int) -> str:
    """The address, without port, of the client in front of `trusted_proxies` proxies.

    Each proxy appends the address that it was called from to `X-Forwarded-For`, so that with n of them the n-th entry from
    the end is the client's, and what stands before it is the client's own invention. With none, or with fewer entries than
    proxies, it is the peer itself.
    """
    if not trusted_proxies:
        return peer
    entries = ",".join(headers.get_all("x-forwarded-for")).split(",")
    if len(entries) < trusted_proxies or not entries[-trusted_proxies].strip():
        return peer
    return _without_port(entries[-trusted_proxies].strip())


def _without_port(entry: str) -> str:
    """`203.0.113.7:4711` → `203.0.113.7`, `[2001:db8::1]:443` → `2001:db8::1`; a bare IPv6 address stays."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
