"""Removing rows whose time is over: what counters and caches leave behind.

The rule here: a row says in `ExpiresAt` (Unix seconds) when nobody needs it any more, and is removed a while after that, so
that no instance's clock is ahead of it. A row that somebody wrote meanwhile, or that another instance removed, is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from mcp_core.storage.port import Entity, NotThere, Precondition, TableStore

__all__ = ["GRACE", "remove_expired"]

GRACE = 60
"""Seconds."""
_AT_ONCE = 8


async def remove_expired(store: TableStore, table: str, now: float, limit: int) -> int:
    """Remove at most `limit` rows; gives how many this caller removed. Raises StoreUnavailable."""
    removed = 0
    some: list[Entity] = []
    async for row in _first(limit, store.query(table, below=("ExpiresAt", int(now) - GRACE))):
        some.append(row)
        if len(some) == _AT_ONCE:
            removed += await _remove(store, table, some)
            some = []
    return removed + await _remove(store, table, some)


async def _first(count: int, rows: AsyncIterator[Entity]) -> AsyncIterator[Entity]:
    if count > 0:
        async for row in rows:
            yield row
            count -= 1
            if not count:
                return


async def _remove(store: TableStore, table: str, rows: list[Entity]) -> int:
    return sum(await asyncio.gather(*(_removed(store, table, row) for row in rows)))


async def _removed(store: TableStore, table: str, row: Entity) -> bool:
    try:
        await store.delete(table, row.partition, row.row, row.etag)
    except (NotThere, Precondition):  # somebody else was faster, or needs it again
        return False
    return True
