"""Removing what is no longer needed: leftovers of imports, expired counters and cache entries.

The rule here: a sweep removes in bounded batches, tolerates other instances that do the same at the same time, and may be
stopped at any point without harm. A table that can grow has a row in `SWEEPS`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module

from mcp_core.storage.port import TableStore

__all__ = ["SWEEPS", "Sweep", "purge"]

Sweep = Callable[[TableStore, float, int], Awaitable[int]]
"""Given the store, the time in Unix seconds and how many rows to remove at most; gives how many were removed."""

SWEEPS: Mapping[str, str] = {
    "imports": "mcp_core.catalog.leftovers:sweep_revisions",
    "counters": "mcp_core.storage.counters.purge:purge_counters",
    "cache": "mcp_core.storage.cache.purge:purge_cache",
    "streams": "mcp_core.streaming.purge:purge_streams",
}
"""What is swept, and by which function; imported when needed, for the hot path needs none of them."""


async def purge(store: TableStore, *, limit: int = 10_000, seconds: float = 60.0, now: float | None = None) -> dict[str, int]:
    """Run every sweep, in turn, within `limit` rows each and `seconds` altogether; gives how many rows each removed, -1 for
    one that was stopped by the clock. Raises StoreUnavailable."""
    started = time.monotonic()
    removed: dict[str, int] = {}
    for name, place in SWEEPS.items():
        module, _, function = place.partition(":")
        sweep: Sweep = getattr(import_module(module), function)
        try:
            async with asyncio.timeout(max(0.0, seconds - (time.monotonic() - started))):
                removed[name] = await sweep(store, time.time() if now is None else now, limit)
        except TimeoutError:
            removed[name] = -1
    return removed
