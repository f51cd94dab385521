"""The sample Orders API beside the gateway: started, imported, exported.

The rule here: what an owner changed stays. The API is imported and exported only when the store does not have it; a later
start only moves its service URL to where the sample listens now.
"""

from __future__ import annotations

import socket
from typing import TypeVar

import uvicorn

from mcp_core.catalog.model import McpServer
from mcp_core.catalog.repository import Document, Repository
from mcp_core.local.orders import document, orders_api
from mcp_core.openapi import import_document
from policies.records import replace

__all__ = ["ensure_sample", "sample_listener", "sample_server"]

API = "orders"
SERVER = "orders-mcp"

S = TypeVar("S", bound=uvicorn.Server)


def sample_listener(port: int) -> socket.socket:
    """A listening socket on `port`, or on any free one when it is taken."""
    for candidate in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate if candidate <= 65535 else 0))
        except OSError:
            listener.close()
            continue
        listener.listen(1024)
        listener.setblocking(False)
        return listener
    raise OSError("no free port for the sample API")


def sample_server(kind: type[S]) -> S:
    """A server of the sample API, of the given class."""
    return kind(uvicorn.Config(orders_api(), log_level="warning", lifespan="off", server_header=False))


async def ensure_sample(repository: Repository, base_url: str) -> None:
    """The sample in the store, its service URL at `base_url`."""
    stored = await repository.apis.find(API)
    if stored is not None:
        if stored.value.service_url != base_url:
            await repository.apis.save(replace(stored.value, service_url=base_url), etag=stored.etag)
        return
    content = document(base_url)
    api = import_document(content, api_id=API, path=API)
    await repository.import_api(api, Document(content, "application/json", "the sample Orders API"))
    if await repository.servers.find(SERVER) is None:
        await repository.servers.save(McpServer(SERVER, API))
