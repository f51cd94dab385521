"""The whole application in one process, over a fresh store with the sample API exported: what a test sends, it answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mcp_core.app import Application
from mcp_core.catalog.model import PolicyText
from mcp_core.catalog.repository import Repository
from mcp_core.local.sample import ensure_sample
from mcp_core.settings import Settings
from mcp_core.storage.open import open_store
from mcp_core.storage.port import TableStore
from policies.messages import Headers, Request, Response
from policies.ports import Backend, BackendUnavailable, ForwardOptions

__all__ = ["RecordingBackend", "Running", "running", "section"]

T = TypeVar("T")
BASE = "https://gateway.example"


@dataclass
class RecordingBackend:
    """Answers every request alike and keeps what it was sent; `down` makes it unreachable."""

    status: int = 200
    body: bytes = b'{"id": 2, "customer": "Grace Hopper"}'
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    down: bool = False
    seen: list[Request] = field(default_factory=list)

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        self.seen.append(request)
        if self.down:
            raise BackendUnavailable("http://orders.example does not answer")
        return Response(self.status, Headers(self.headers), self.body)


class Running:
    """A started application and its catalogue."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.repository = application.repository

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        ip: str = "203.0.113.7",
    ) -> Response:
        """One HTTP request as it stands."""
        fields = {"Host": "gateway.example", **(headers or {})}
        return await self.application.handle(Request(method, BASE + path, Headers(fields), body, ip_address=ip))

    async def rpc(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        server: str = "orders-mcp",
        query: str = "",
        **more: Any,
    ) -> Response:
        """One JSON-RPC request with the headers that a client of 2025-11-25 sends."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params or {})}
        fields = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
            **(headers or {}),
        }
        return await self.request("POST", f"/{server}/mcp{query}", json.dumps(message).encode(), fields, **more)

    async def call(self, tool: str = "getOrder", arguments: Mapping[str, Any] | None = None, **more: Any) -> Response:
        """One tool call."""
        return await self.rpc(
            "tools/call", {"name": tool, "arguments": dict({"id": 2} if arguments is None else arguments)}, **more
        )

    async def refresh(self) -> None:
        """Serve the catalogue as it stands now."""
        self.application._refresher.last_look -= 1_000
        await self.application._refresher.catch_up()


def running(
    folder: Path,
    scene: Callable[[Running], Awaitable[T]],
    *,
    policies: Mapping[str, str] | None = None,
    backend: Backend | None = None,
    settings: Settings | None = None,
    prepare: Callable[[Repository], Awaitable[None]] | None = None,
    wrap: Callable[[TableStore], TableStore] = lambda store: store,
    **options: Any,
) -> T:
    """Run `scene` with an application whose catalogue has the sample, these policies by scope, and what `prepare` adds."""

    async def whole() -> T:
        store = wrap(open_store(f"sqlite:{folder / 'gateway.db'}"))
        repository = Repository(store)
        await ensure_sample(repository, "http://orders.example")
        if prepare is not None:
            await prepare(repository)
        for scope, xml in (policies or {}).items():
            await repository.policies.save(PolicyText(scope, xml))
        chosen = settings or Settings(trusted_proxies=0)
        application = Application(chosen, store, backend=backend or RecordingBackend(), **options)
        await application.start()
        try:
            return await scene(Running(application))
        finally:
            await application.close()

    return asyncio.run(whole())


def section(inbound: str = "", backend: str = "<base />", outbound: str = "", on_error: str = "") -> str:
    """A whole document from the insides of its sections, after their <base />."""
    return (
        f"<policies><inbound><base />{inbound}</inbound><backend>{backend}</backend>"
        f"<outbound><base />{outbound}</outbound><on-error><base />{on_error}</on-error></policies>"
    )
