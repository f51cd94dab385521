"""Removing counters that nobody needs any more.

The rule here: a counter expires when everything in it has left every limit's window, a quota when its window ends (one
without end never does); an instance that still remembers it finds it gone and begins anew, which is the same as empty.
"""

from __future__ import annotations

from mcp_core.storage.counters.counters import QUOTAS_TABLE, RATES_TABLE
from mcp_core.storage.expired import remove_expired
from mcp_core.storage.port import TableStore

__all__ = ["purge_counters"]


async def purge_counters(store: TableStore, now: float, limit: int) -> int:
    """Remove at most `limit` expired rate limits and quotas; gives how many. `now` is Unix seconds. Raises StoreUnavailable."""
    removed = await remove_expired(store, RATES_TABLE, now, limit)
    return removed + await remove_expired(store, QUOTAS_TABLE, now, limit - removed)
