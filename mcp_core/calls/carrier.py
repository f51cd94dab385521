"""What carries a request to a backend: the seam below `HttpBackend`.

The rule here: a carrier sends exactly what it is given, once, and gives the header back before the body. It knows nothing of
redirects, limits of concurrency, or policies. `aiohttp_carrier` is the one in use, `httpx_carrier` the one for tests and users.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from mcp_core.calls.outgoing import Outgoing
from policies.messages import Headers
from policies.ports import ForwardOptions

__all__ = ["Carrier", "Reply"]


class Reply(Protocol):
    """A response whose header is here. Its body may be had once, by `read` or `chunks`; both raise BackendUnavailable."""

    status: int
    reason: str
    headers: Headers

    @property
    def is_here(self) -> bool:
        """Whether the whole body has arrived, so that reading it does not wait."""

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """The decoded body, at most `limit` bytes, and whether that cut it."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The decoded body as it comes."""

    async def close(self) -> None:
        """Let go of the connection; what was not read is lost."""


class Carrier(Protocol):
    """One HTTP client. It is used by one event loop only."""

    async def exchange(self, outgoing: Outgoing, options: ForwardOptions) -> Reply:
        """Send and wait for the header. Raises BackendUnavailable."""

    async def close(self) -> None:
        """Close every connection."""
