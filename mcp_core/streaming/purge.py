"""Removing what streams left behind whose instance died."""

from __future__ import annotations

from mcp_core.storage.expired import remove_expired
from mcp_core.storage.port import TableStore
from mcp_core.streaming.mailbox import STREAMS_TABLE

__all__ = ["purge_streams"]


async def purge_streams(store: TableStore, now: float, limit: int) -> int:
    """Remove at most `limit` expired rows; gives how many. `now` is Unix seconds. Raises StoreUnavailable."""
    return await remove_expired(store, STREAMS_TABLE, now, limit)
