"""A round-robin balancer in front of several hosts: each request goes to the next one, whatever connection it came on."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.servers import serving

__all__ = ["balanced"]


@contextlib.contextmanager
def balanced(hosts: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The balancer's base URL, and the hosts that were asked, in order."""
    turns = itertools.cycle(hosts)
    asked: list[str] = []
    clients: list[httpx.AsyncClient] = []

    async def forward(request: Request) -> Response:
        host = next(turns)
        asked.append(host)
        query = f"?{request.url.query}" if request.url.query else ""
        answer = await clients[0].send(
            clients[0].build_request(
                request.method,
                host + request.url.path + query,
                headers=[(name, value) for name, value in request.headers.items() if name != "content-length"],
                content=await request.body(),
            ),
            stream=True,
        )
        kept = {name: value for name, value in answer.headers.items() if name not in {"content-length", "date"}}
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return StreamingResponse(answer.aiter_bytes(), answer.status_code, kept, background=BackgroundTask(answer.aclose))
        try:
            return Response(await answer.aread(), answer.status_code, kept)
        finally:
            await answer.aclose()

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=60) as client:
            clients.append(client)
            yield

    methods = ["GET", "POST", "DELETE"]
    with serving(Starlette(routes=[Route("/{path:path}", forward, methods=methods)], lifespan=lifespan), lifespan="on") as url:
        yield url, asked
