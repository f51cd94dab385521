"""The seam for tests and users: any `httpx.AsyncBaseTransport` carries the requests (D11).

The rule here: httpx's types are made only for a transport that somebody put in; the built-in carrier does without them, since
they cost a third of its throughput.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from mcp_core.calls.guard import EgressGuard, EgressRefused
from mcp_core.calls.outgoing import Outgoing, unavailable
from policies.messages import Headers
from policies.ports import ForwardOptions

__all__ = ["HttpxCarrier"]


class HttpxCarrier:
    """Carries over one transport. The addresses that it connects to are its own matter: only URLs are checked here."""

    def __init__(self, transport: httpx.AsyncBaseTransport, guard: EgressGuard) -> None:
        self._transport = transport
        self._guard = guard

    async def exchange(self, outgoing: Outgoing, options: ForwardOptions) -> _HttpxReply:
        """Send and wait for the header. Raises BackendUnavailable."""
        try:
            self._guard.check_url(outgoing.url)
            request = httpx.Request(
                outgoing.method,
                outgoing.url,
                headers=outgoing.headers,
                content=outgoing.body,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), options.timeout)},
            )
            response = await self._transport.handle_async_request(request)
            response.request = request
        except EgressRefused as error:
            raise unavailable(outgoing.origin, f"is not called: {error}", reason="BackendRefused") from None
        except httpx.TimeoutException:
            raise TimeoutError from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unavailable(outgoing.origin, f"could not be reached: {str(error)[:200]}.") from None
        return _HttpxReply(response, outgoing.origin)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class _HttpxReply:
    """See `carrier.Reply`."""

    def __init__(self, response: httpx.Response, origin: str) -> None:
        self._response = response
        self._origin = origin
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.headers = Headers(response.headers.multi_items())
        if "Content-Encoding" in self.headers:  # httpx undoes it
            self.headers.remove("Content-Encoding")
            self.headers.remove("Content-Length")

    @property
    def is_here(self) -> bool:
        return self._response.is_closed

    async def read(self, limit: int) -> tuple[bytes, bool]:
        pieces: list[bytes] = []
        room = limit
        try:
            async for piece in self.chunks():
                pieces.append(piece[:room])
                room -= len(piece)
                if room < 0:
                    return b"".join(pieces), True
            return b"".join(pieces), False
        finally:
            await self._response.aclose()

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.aiter_bytes():
                yield piece
        except httpx.TimeoutException:
            raise TimeoutError from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise unavailable(self._origin, f"broke off its answer: {str(error)[:200]}.") from None

    async def close(self) -> None:
        await self._response.aclose()
