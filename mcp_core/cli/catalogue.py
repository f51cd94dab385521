"""The catalogue as commands use it: opened for one command, closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp_core.catalog.repository import Repository
from mcp_core.storage.open import open_store, store_address

__all__ = ["catalogue"]


@asynccontextmanager
async def catalogue() -> AsyncIterator[Repository]:
    """The repository over the store that the environment names."""
    store = open_store(store_address())
    try:
        yield Repository(store)
    finally:
        await store.close()
