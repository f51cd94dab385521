"""A round-robin balancer in front of several hosts: each request goes to the next one, whatever connection it came on."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
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
        answer = await clients[0].request(
            request.method,
            host + request.url.path,
            headers=[(name, value) for name, value in request.headers.items() if name != "content-length"],
            content=await request.body(),
        )
        kept = {name: value for name, value in answer.headers.items() if name not in {"content-length", "date"}}
        return Response(answer.content, answer.status_code, kept)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient() as client:
            clients.append(client)
            yield

    methods = ["GET", "POST", "DELETE"]
    with serving(Starlette(routes=[Route("/{path:path}", forward, methods=methods)], lifespan=lifespan), lifespan="on") as url:
        yield url, asked
