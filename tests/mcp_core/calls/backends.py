"""Backends by script: servers that do exactly what a test says, and a client to reach them by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from mcp_core.calls import HttpBackend
from tests.mcp_core.calls.building import read_head


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(work, 20)

    return asyncio.run(bounded())


class Client:
    """A backend that is closed at the end."""

    def __init__(self, **options: Any) -> None:
        self._options = {"allow_private": True, **options}

    async def __aenter__(self) -> HttpBackend:
        self._backend = HttpBackend(**self._options)
        return self._backend

    async def __aexit__(self, *_: object) -> None:
        await self._backend.close()


def answering(*answers: bytes, close: bool = False, seen: list[Any] | None = None) -> Any:
    """A script that gives these answers, one a request, the last again and again."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        index = 0
        while True:
            request = await read_head(reader)
            if seen is not None:
                seen.append(request)
            writer.write(answers[min(index, len(answers) - 1)])
            await writer.drain()
            index += 1
            if close:
                return

    return script


def ok(body: bytes = b"{}", *fields: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"])
    return head.encode() + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return ok(b"moved", f"Location: {location}", status=status)
