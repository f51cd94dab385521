"""The application as an ASGI app: what servers hand over, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from mcp_core.local.asgi import asgi
from policies.messages import Request, Response


class Handler:
    """Does not start."""

    max_body_bytes = 10

    def __init__(self) -> None:
        self.closed = 0

    async def start(self) -> None:
        raise RuntimeError("the store is away")

    async def handle(self, request: Request) -> Response:
        raise AssertionError(request)

    async def close(self) -> None:
        self.closed += 1


def test_what_does_not_start_is_closed_and_says_why() -> None:
    handler, said = Handler(), list[MutableMapping[str, Any]]()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(event: MutableMapping[str, Any]) -> None:
        said.append(event)

    with pytest.raises(RuntimeError):
        asyncio.run(asgi(handler)({"type": "lifespan"}, receive, send))
    assert said == [{"type": "lifespan.startup.failed", "message": "the store is away"}]
    assert handler.closed == 1
