"""Rows whose time is over are removed, on SQLite and on a real Azurite alike."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from mcp_core.storage import expired
from mcp_core.storage.cache import InternalCache
from mcp_core.storage.cache.internal import CACHE_TABLE
from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.counters.counters import QUOTAS_TABLE, RATES_TABLE
from mcp_core.storage.open import open_store
from mcp_core.storage.port import Entity, Scalar, TableStore
from mcp_core.storage.purge import purge
from mcp_core.storage.sqlite import SqliteStore
from policies.ports import Quota, RateLimit

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000


async def rows(store: TableStore, table: str) -> list[Entity]:
    return [entity async for entity in store.query(table)]


async def test_a_query_may_ask_for_small_numbers_only(store: TableStore) -> None:
    values: dict[str, Scalar] = {"less": 4, "equal": 5, "more": 6, "minus": -(2**31), "text": "4", "none": True}
    for row, value in values.items():
        await store.upsert("things", "p", row, {"n": value} if row != "none" else {"m": 1})
    found = sorted([entity.row async for entity in store.query("things", "p", below=("n", 5))])
    assert found == ["less", "minus"]
    assert [entity.row async for entity in store.query("things", below=("n", 5), row_from="m")] == ["minus"]
    assert not [entity async for entity in store.query("others", below=("n", 5))]


async def test_a_query_for_small_numbers_pages(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    for number in range(1600):
        await store.upsert("things", f"p{number}", "r", {"n": number % 4})
    assert len([entity async for entity in store.query("things", below=("n", 1))]) == 400
    await store.close()


async def test_expired_counters_and_cached_values_are_removed_and_others_stay(store: TableStore) -> None:
    begin = time.time()
    counters, cache = StoreCounters(store), InternalCache(store, room=0)
    for key in ("a", "b"):
        await counters.admit(key, RateLimit(5, 30.0))
        await counters.use_quota(key, Quota(5, None, 3600.0, begin))
        await counters.use_quota(key, Quota(5, None, 0.0))
    await cache.put("large", os.urandom(900_000), 100)
    await cache.put("small", b"v", 100)
    await cache.put("lasting", b"v", 10_000)

    assert set((await purge(store, now=begin)).values()) == {0}
    removed = await purge(store, now=begin + 130)
    assert removed["cache"] == 0
    assert removed["counters"] in {2, 3}  # with the row that asked for the time
    assert not await rows(store, RATES_TABLE)
    assert len(await rows(store, QUOTAS_TABLE)) == 4

    removed = await purge(store, now=begin + 3700)
    assert removed["counters"] == 2
    assert removed["cache"] >= 4  # two heads, and the large value's chunks
    assert len(await rows(store, CACHE_TABLE)) == 1
    assert len(await rows(store, QUOTAS_TABLE)) == 2
    assert await cache.get("lasting") == b"v"


async def test_a_sweep_is_bounded_and_the_next_goes_on(store: TableStore) -> None:
    for number in range(25):
        await store.upsert("things", f"p{number}", "r", {"ExpiresAt": NOW - 1000})
    assert [await expired.remove_expired(store, "things", NOW, 10) for _ in range(4)] == [10, 10, 5, 0]
    assert await expired.remove_expired(store, "things", NOW, 0) == 0


async def test_several_instances_may_sweep_at_once(address: str) -> None:
    stores = [open_store(address) for _ in range(3)]
    for number in range(40):
        await stores[0].upsert("things", f"p{number}", "r", {"ExpiresAt": NOW - 1000})
    counts = await asyncio.gather(*(expired.remove_expired(store, "things", NOW, 1000) for store in stores))
    assert sum(counts) == 40
    for store in stores:
        await store.close()


async def test_a_counter_that_was_swept_begins_anew_for_who_remembers_it(tmp_path: Path) -> None:
    store, now = SqliteStore(tmp_path / "store.db"), float(NOW)

    def clock() -> float:
        return now

    counters = StoreCounters(store, wall=clock, monotonic=clock)
    limit = RateLimit(2, 1.0)
    for _ in range(3):
        await counters.admit("k", limit)
    now += 500
    assert await expired.remove_expired(store, RATES_TABLE, now, 100) == 1
    assert [(await counters.admit("k", limit)).admitted for _ in range(3)] == [True, True, False]
    await store.close()
