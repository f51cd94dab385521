"""The backend port over HTTP: one request out, one response back, guarded and bounded.

The rule here (D9, D11): nothing is sent that the request does not hold, no redirect is followed unless asked for and then only
within the same origin, and a backend that is slow or down costs a bounded time and a bounded share of this instance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from mcp_core.calls.carrier import Carrier, Reply
from mcp_core.calls.deadlines import Deadlines
from mcp_core.calls.guard import EgressGuard
from mcp_core.calls.outgoing import Outgoing, outgoing_of, redirected, unavailable
from policies.messages import Body, Request, Response
from policies.ports import ForwardOptions

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpBackend"]

_NOT_PASSED_BACK = ("Connection", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade", "Proxy-Authenticate")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_SMALL = 64 * 1024
_LONGEST_SILENCE = 230.0  # what Azure's front end waits


_DEFAULT = ForwardOptions()


class HttpBackend:
    """Implements `policies.ports.Backend`.

    `default_timeout` is the bound where options name none. A response's header must be here within the timeout, its
    body within the same time again. `max_response_bytes` is how much of a body is read (what is longer is cut, and
    `Body.truncated` says so); `max_concurrency` how many requests may be under way to one origin before further ones get
    503. `transport` replaces the built-in carrier; addresses are then checked as they stand in the URL only.
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
        self.guard = EgressGuard(allow_private=allow_private)
        self._default_timeout = default_timeout
        self._max_response_bytes = max_response_bytes
        self._max_concurrency = max_concurrency
        self._transport = transport
        self._carrier: Carrier | None = None
        self._deadlines: Deadlines | None = None
        self._under_way: dict[str, int] = {}

    async def warm(self) -> None:
        """Import what the first call needs and open the session. Call it in the background."""
        await asyncio.to_thread(self._import)
        self._open()

    def _import(self) -> None:
        carrier = "aiohttp_carrier" if self._transport is None else "httpx_carrier"
        import_module(f"mcp_core.calls.{carrier}")
        import_module("jsonschema_rs")  # arguments are checked before anything is sent

    def _open(self) -> tuple[Carrier, Deadlines]:
        """What belongs to the running loop."""
        deadlines, carrier = self._deadlines, self._carrier
        if deadlines is None or carrier is None or deadlines.loop is not asyncio.get_running_loop():
            if self._transport is None:
                from mcp_core.calls.aiohttp_carrier import AiohttpCarrier

                carrier = AiohttpCarrier(self.guard)
            else:
                from mcp_core.calls.httpx_carrier import HttpxCarrier

                carrier = HttpxCarrier(self._transport, self.guard)
            deadlines = Deadlines()
            self._carrier, self._deadlines = carrier, deadlines
        return carrier, deadlines

    async def send(self, request: Request, options: ForwardOptions | None = None) -> Response:
        """The response, whatever its status. Raises BackendUnavailable, with a sentence that names the backend's origin."""
        options = options or _DEFAULT
        timeout = self._default_timeout if options.timeout is None else options.timeout
        carrier, deadlines = self._open()
        outgoing = await outgoing_of(request, options)
        origin = outgoing.origin
        under_way = self._under_way.get(origin, 0)
        if under_way >= self._max_concurrency:
            raise unavailable(
                origin,
                f"has {under_way} requests under way, as many as it may have. Try again later.",
                reason="BackendBusy",
                status=503,
            )
        self._under_way[origin] = under_way + 1
        passing = False
        try:
            with deadlines.within(timeout) as deadline:
                reply = await self._exchange(carrier, outgoing, options)
                if options.buffer_response:
                    if not reply.is_here:
                        deadline.extend(timeout)
                    data, truncated = await reply.read(self._max_response_bytes)
                    body = Body(data)
                    body.truncated = truncated
                else:
                    body = Body(stream=_Passing(reply, origin, self._release))
                    passing = True
        except TimeoutError:
            raise unavailable(origin, f"did not answer within {timeout:g} seconds.", reason="Timeout", status=504) from None
        finally:
            if not passing:
                self._release(origin)
        reply.headers.remove(*_NOT_PASSED_BACK)
        return Response(reply.status, reply.headers, body, reason=reply.reason)

    async def _exchange(self, carrier: Carrier, outgoing: Outgoing, options: ForwardOptions) -> Reply:
        """The reply, redirects followed where the options ask for it: within the origin, and never with a body that is
        gone."""
        reply = await carrier.exchange(outgoing, options)
        if not options.follow_redirects:
            return reply
        for _ in range(_MOST_REDIRECTS):
            following = redirected(outgoing, reply.status, reply.headers) if reply.status in _REDIRECTS else None
            if following is None:
                break
            await reply.read(_SMALL)  # else the connection could not be used again
            outgoing = following
            reply = await carrier.exchange(outgoing, options)
        return reply

    def _release(self, origin: str) -> None:
        left = self._under_way[origin] - 1
        if left:
            self._under_way[origin] = left
        else:
            del self._under_way[origin]

    async def close(self) -> None:
        """Close every connection. A later `send` would open new ones."""
        if self._deadlines is not None:
            self._deadlines.close()
        carrier, self._carrier = self._carrier, None
        if carrier is not None:
            await carrier.close()


class _Passing:
    """A body that is passed on as it comes. It counts as under way until it ends, is closed, or is forgotten."""

    def __init__(self, reply: Reply, origin: str, release: Callable[[str], None]) -> None:
        self._reply = reply
        self._chunks = reply.chunks()
        self._origin = origin
        self._release: Callable[[str], None] | None = release

    def __aiter__(self) -> _Passing:
        return self

    async def __anext__(self) -> bytes:
        ended = True
        try:
            async with asyncio.timeout(_LONGEST_SILENCE):
                chunk = await anext(self._chunks)
            ended = False
            return chunk
        except TimeoutError:
            raise unavailable(
                self._origin, f"sent nothing for {_LONGEST_SILENCE:g} seconds.", reason="Timeout", status=504
            ) from None
        finally:
            if ended:
                await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connection."""
        self._done()
        await self._reply.close()

    def _done(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            release(self._origin)

    def __del__(self) -> None:
        self._done()
