"""HTTP+SSE: GET opens a stream, POST brings a message whose answer comes out of the stream.

The rule here: the policies run over the GET as over any notification, and over every message as on Streamable HTTP; this room
only carries. What asks the client for credentials (401, 403), and what is no answer to a message with an id, is the POST's own
answer; everything else goes to the stream, for clients of this transport read nothing of a POST but its status.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from mcp_core.access.callers import Callers
from mcp_core.catalog.snapshot import ServedServer
from mcp_core.endpoint import Endpoint
from mcp_core.storage.port import TableStore
from mcp_core.streaming.mailbox import Mailbox, is_session
from mcp_core.streaming.stream import PACE, Pace, events
from policies.messages import Body, Headers, Request, Response

__all__ = ["SseTransport"]

_JSONRPC = b'{"jsonrpc":"2.0","id":'
_NO_ANSWER = _JSONRPC + b"null"
_OPENING = b'{"jsonrpc":"2.0","method":"notifications/stream"}'
_GONE = {"statusCode": 404, "message": "There is no such session: open the stream again."}


class SseTransport:
    """The transport of all servers on one instance."""

    def __init__(self, endpoint: Endpoint, store: TableStore, *, public_url: str = "", pace: Pace = PACE) -> None:
        self._endpoint = endpoint
        self._mailbox = Mailbox(store)
        self._prefix = urlsplit(public_url).path.rstrip("/")
        self._pace = pace
        self._here: dict[str, asyncio.Queue[bytes]] = {}

    async def stream(self, server: ServedServer, callers: Callers, request: Request) -> Response:
        """GET /<name>/sse: the stream, where the policies admit it. Raises StoreUnavailable."""
        if request.method == "OPTIONS":
            return await self._endpoint.serve(server, callers, request)
        if request.method != "GET":
            return _json(405, {"statusCode": 405, "message": "The stream is opened with GET."}, Allow="GET")
        response = await self._endpoint.serve(server, callers, _opening(request))
        if response.status != 202:
            return response
        name = server.server.name
        session = await self._mailbox.open(name, self._pace.accepts)
        # The client's own query goes with the address: it may hold its subscription key.
        own = f"&{request.original_url.query_string}" if request.original_url.query_string else ""
        endpoint = f"{self._prefix}/{name}/messages?sessionId={session}{own}"
        headers = response.headers
        for field, value in (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no")):
            headers.set(field, value)
        return Response(200, headers, Body(stream=self._held(session, endpoint)))

    async def message(self, server: ServedServer, callers: Callers, request: Request) -> Response:
        """POST /<name>/messages?sessionId=…: 202, and the answer in the stream. Raises StoreUnavailable."""
        if request.method == "OPTIONS":
            return await self._endpoint.serve(server, callers, request)
        if request.method != "POST":
            return _json(405, {"statusCode": 405, "message": "Messages are posted."}, Allow="POST")
        session = (request.url.query.get("sessionId") or [""])[0]
        if not is_session(session) or not await self._mailbox.is_open(session, server.server.name):
            return _json(404, _GONE)
        request.headers.set("Accept", "application/json")
        response = await self._endpoint.serve(server, callers, request)
        data = await response.body.read()
        if response.status in {401, 403} or (data and not _answers(data)):
            return response
        if data:
            await self._deliver(session, data)
        return Response(202, Headers({"Content-Type": "text/plain"}), b"Accepted")

    async def _deliver(self, session: str, data: bytes) -> None:
        here = self._here.get(session)
        if here is not None:
            here.put_nowait(data)
        else:
            await self._mailbox.put(session, data)

    async def _held(self, session: str, endpoint: str) -> AsyncGenerator[bytes, None]:
        here = self._here[session] = asyncio.Queue()
        reading = events(self._mailbox, session, endpoint, here, self._pace)
        try:
            async for piece in reading:
                yield piece
        finally:
            del self._here[session]
            await reading.aclose()


def _opening(request: Request) -> Request:
    """The GET as the policies and the protocol see it: a notification, so that hosts, origins, keys and tokens are looked at by
    the same code."""
    headers = request.headers.copy()
    headers.set("Content-Type", "application/json")
    headers.set("Accept", "application/json")
    headers.remove("MCP-Protocol-Version")
    twin = Request("POST", request.url, headers, _OPENING, ip_address=request.ip_address)
    twin.certificate = request.certificate
    return twin


def _answers(data: bytes) -> bool:
    """Whether these bytes are JSON-RPC answers to messages that had an id."""
    return (data.startswith(_JSONRPC) and not data.startswith(_NO_ANSWER)) or data.startswith(b"[")


def _json(status: int, content: object, **headers: str) -> Response:
    return Response(status, Headers({"Content-Type": "application/json", **headers}), json.dumps(content).encode())
