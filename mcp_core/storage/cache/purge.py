"""Removing cached values that are over.

The rule here: a value's head and its chunks expire at the same time, each by itself; whoever finds a head without its chunks
takes it for a miss.
"""

from __future__ import annotations

from mcp_core.storage.cache.internal import CACHE_TABLE
from mcp_core.storage.expired import remove_expired
from mcp_core.storage.port import TableStore

__all__ = ["purge_cache"]


async def purge_cache(store: TableStore, now: float, limit: int) -> int:
    """Remove at most `limit` expired rows; gives how many. `now` is Unix seconds. Raises StoreUnavailable."""
    return await remove_expired(store, CACHE_TABLE, now, limit)
