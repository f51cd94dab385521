"""The application as an ASGI app, for the local host and for tests.

The rule here: translation only. A request's scope and body become a `Request`, a `Response` becomes ASGI events; every
decision is the application's.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from policies.messages import Body, Headers, Request, Response, Url

__all__ = ["Handler", "asgi"]

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_MALFORMED = Response(
    400,
    Headers({"Content-Type": "application/json", "Connection": "close"}),
    b'{"statusCode": 400, "message": "Bad request: the Host header or the request target is malformed"}',
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Handler(Protocol):
    """What is served: the gateway's application."""

    max_body_bytes: int

    async def start(self) -> None:
        """Make ready; called once, on the serving loop."""

    async def handle(self, request: Request) -> Response:
        """Answer one request."""

    async def close(self) -> None:
        """Release everything."""


def asgi(handler: Handler) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """`handler` as an ASGI application with lifespan."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(
                [(name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in scope["headers"]]
            )
            url = _url(scope, headers.get("host") or "localhost")
            if url is None:
                await _answer(_MALFORMED, receive, send)
                return
            body = await _body(receive, handler.max_body_bytes)
            if body is not None:
                client = scope.get("client")
                request = Request(scope["method"], url, headers, body, ip_address=client[0] if client else "")
                await _answer(await handler.handle(request), receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(handler, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    return application


def _url(scope: Scope, host: str) -> Url | None:
    """The URL of a request; None where a server must answer 400: for a Host that is none, or is there twice (RFC 9112 §3.2),
    with which a client could write the path anew, and for a target without a path (`OPTIONS *`)."""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    target, query = raw_path.partition(b"?")[0].decode("latin-1"), scope["query_string"]
    if not _AUTHORITY.fullmatch(host) or not target.startswith("/"):
        return None
    try:
        return Url(f"{scope['scheme']}://{host}{target}{'?' + query.decode('latin-1') if query else ''}")
    except ValueError:  # brackets around what is no address
        return None


async def _body(receive: Receive, max_body_bytes: int) -> bytes | None:
    """The body; None when the client has gone. Reading stops one byte past the limit, which is enough for the application to
    refuse it."""
    event = await receive()
    body: bytes = event.get("body", b"")
    if event["type"] == "http.disconnect":
        return None
    if event.get("more_body"):
        chunks, size = [body], len(body)
        while event.get("more_body") and size <= max_body_bytes:
            event = await receive()
            if event["type"] == "http.disconnect":
                return None
            chunks.append(event.get("body", b""))
            size += len(chunks[-1])
        body = b"".join(chunks)
    return body


async def _answer(response: Response, receive: Receive, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers.items()]
    body = response.body
    if body.is_buffered:
        data = body.data
        if "content-length" not in response.headers and response.status != 204:
            headers.append((b"content-length", str(len(data)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": data})
        return
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    streaming = asyncio.ensure_future(_stream(body, send))
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({streaming, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:  # a client that has gone ends the stream, at whatever it waits for
        for task in (streaming, leaving):
            task.cancel()
        outcomes = await asyncio.gather(streaming, leaving, return_exceptions=True)
    if isinstance(outcomes[0], Exception):
        raise outcomes[0]


async def _stream(body: Body, send: Send) -> None:
    async with contextlib.aclosing(body.stream()) as chunks:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lifespan(handler: Handler, receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            try:
                await handler.start()
            except Exception as error:  # reported to the server, which then ends with the message
                await handler.close()
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await handler.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
