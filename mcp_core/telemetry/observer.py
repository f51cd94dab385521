"""What the endpoint tells an observer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from mcp_core.catalog.model import McpServer
from mcp_core.protocol import Message
from policies.messages import Request, Response

__all__ = ["Observer"]


class Observer(Protocol):
    """Watches messages; it changes nothing but the trace context that is handed on to backends."""

    async def observe(
        self, server: McpServer, message: Message, request: Request, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Await `answer()` and tell of it; what it raises goes on."""
