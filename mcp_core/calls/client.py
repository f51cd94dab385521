"""The backend port over HTTP: one request out, one response back, guarded and bounded.

The rule here (D11): no cookies, no credentials of its own, no proxy from the environment, no redirect unless asked for and then
only within the same origin. httpx's transport interface is the seam for tests and users; aiohttp carries by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.messages import Request, Response
from policies.ports import ForwardOptions

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpBackend"]


class HttpBackend:
    """Implements `policies.ports.Backend`.

    `default_timeout` is the bound where options are not given; `max_response_bytes` how much of a body is read (what is longer
    is cut, and `Body.truncated` says so); `max_concurrency` how many requests may be under way to one origin before further
    ones get 503. `transport` replaces the built-in one; names are then checked by `EgressGuard.check_url` only.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        default_timeout: float = 30.0,
        max_response_bytes: int = 16 * 1024 * 1024,
        max_concurrency: int = 256,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        raise NotImplementedError

    async def warm(self) -> None:
        """Import the HTTP client and open its session, so that the first call need not. Call it in the background."""
        raise NotImplementedError

    async def send(self, request: Request, options: ForwardOptions | None = None) -> Response:
        """The response, whatever its status. Raises BackendUnavailable, with a sentence that names the backend's origin."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close every connection. A later `send` would open new ones."""
        raise NotImplementedError
