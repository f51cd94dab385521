"""The egress guard (D9): which addresses a backend may have.

The rule here: what counts is the address that is actually connected to, checked at the moment of connecting; a name is checked
early only to give a clear message. Link-local and metadata addresses are refused whatever the settings say.
"""

from __future__ import annotations

__all__ = ["EgressGuard", "EgressRefused"]


class EgressRefused(OSError):
    """An address that must not be called. `str()` says which and why, and names the setting where there is one."""


class EgressGuard:
    """`allow_private`: loopback, private and shared addresses are allowed (`MCP_ALLOW_PRIVATE_BACKENDS`)."""

    __slots__ = ("allow_private",)

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private

    def check_url(self, url: str) -> None:
        """Scheme, host and port, without asking DNS. Raises EgressRefused."""
        raise NotImplementedError

    def check_address(self, address: str) -> None:
        """A numeric IPv4 or IPv6 address, as a resolver gives it. Raises EgressRefused."""
        raise NotImplementedError
