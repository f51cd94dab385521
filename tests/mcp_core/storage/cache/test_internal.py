"""The internal cache: memory in front of a store that instances share."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable

import pytest

from mcp_core.storage import keys
from mcp_core.storage.cache import InternalCache
from mcp_core.storage.cache.internal import BELIEVED, CACHE_TABLE, HEAD, MAX_VALUE
from mcp_core.storage.port import StoreUnavailable
from tests.faulty_store import FaultyStore
from tests.mcp_core.storage.by_hand import Hands, hands, store

__all__ = ["hands", "store"]

Instance = Callable[..., InternalCache]


@pytest.fixture
def instance(store: FaultyStore, hands: Hands) -> Instance:
    return lambda **options: InternalCache(store, **{"room": 10**6, "clock": hands, **options})


def test_a_value_comes_back_until_it_is_over(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        await one.put("k", b"value", 10)
        hands.now += 9.9
        assert (await one.get("k"), await two.get("k")) == (b"value", b"value")
        hands.now += 0.2
        assert (await one.get("k"), await two.get("k")) == (None, None)

    asyncio.run(main())


def test_what_was_found_in_the_store_is_over_at_its_writers_time_too(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        await instance().put("k", b"v", 3)
        other = instance()
        hands.now += 2.5
        assert await other.get("k") == b"v"
        hands.now += 0.6
        assert await other.get("k") is None

    asyncio.run(main())


@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 1_000_000, 5_000_000])
def test_values_of_any_size_come_back_whole(instance: Instance, size: int) -> None:
    async def main() -> None:
        value = random.Random(size).randbytes(size)  # nothing to compress
        await instance().put("k", value, 60)
        assert await instance().get("k") == value

    asyncio.run(main())


def test_a_value_past_all_measure_is_not_kept(instance: Instance) -> None:
    async def main() -> None:
        cache = instance()
        await cache.put("k", b"old", 60)
        await cache.put("k", bytes(MAX_VALUE + 1), 60)
        assert await cache.get("k") is None

    asyncio.run(main())


@pytest.mark.parametrize("key", ["", "a/b#c?d", "\x00", "\ud800", "k" * 10_000])
def test_any_text_is_a_key(instance: Instance, key: str) -> None:
    async def main() -> None:
        await instance().put(key, b"v", 60)
        assert (await instance().get(key), await instance().get(key + "x")) == (b"v", None)

    asyncio.run(main())


def test_memory_spares_the_store(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        cache = instance()
        await cache.put("k", b"v", 60)
        store.calls.clear()
        assert [await cache.get("k") for _ in range(100)] == [b"v"] * 100
        assert not store.calls

    asyncio.run(main())


def test_look_ups_that_come_together_share_one_read(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        await instance().put("k", b"v", 60)
        cache = instance()
        store.calls.clear()
        store.fate = lambda *call: 0.01
        looking = [asyncio.create_task(cache.get("k")) for _ in range(20)]
        await asyncio.sleep(0)
        looking[0].cancel()
        answers = await asyncio.gather(*looking, return_exceptions=True)
        assert answers[1:] == [b"v"] * 19
        assert store.calls == {"get": 1}

    asyncio.run(main())


def test_other_instances_see_a_change_within_two_seconds(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        await one.put("k", b"old", 600)
        await one.put("gone", b"old", 600)
        assert (await two.get("k"), await two.get("gone")) == (b"old", b"old")
        await one.put("k", b"new", 600)
        await one.remove("gone")
        assert (await one.get("k"), await one.get("gone")) == (b"new", None)
        hands.now += BELIEVED + 0.1
        assert (await two.get("k"), await two.get("gone")) == (b"new", None)

    asyncio.run(main())


def test_a_read_that_was_overtaken_by_a_write_does_not_bring_the_old_value_back(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        cache = instance()
        await instance().put("k", b"old", 600)
        original = store.inner.get

        async def slow(*arguments: str) -> object:
            found = await original(*arguments)
            await asyncio.sleep(0.02)
            return found

        store.inner.get = slow
        looking = asyncio.create_task(cache.get("k"))
        await asyncio.sleep(0.005)
        await cache.put("k", b"new", 600)
        assert await looking == b"old"
        assert await cache.get("k") == b"new"

    asyncio.run(main())


@pytest.mark.parametrize("duration", [0, -5])
def test_a_value_for_no_time_is_removed(instance: Instance, duration: float) -> None:
    async def main() -> None:
        cache = instance()
        await cache.put("k", b"v", 60)
        await cache.put("k", b"w", duration)
        assert await instance().get("k") is None

    asyncio.run(main())


def test_removing_what_is_not_there_is_no_error(instance: Instance) -> None:
    asyncio.run(instance().remove("nothing"))


@pytest.mark.parametrize(
    "damage",
    [
        {"value_inline": None},
        {"value_inline": b"other"},
        {"value_digest": "0" * 32},
        {"value_compressed": True},
        {"ExpiresAtMs": "soon"},
        {"ExpiresAtMs": None},
    ],
)
def test_a_damaged_entry_is_a_miss(instance: Instance, store: FaultyStore, damage: dict[str, object]) -> None:
    async def main() -> None:
        await instance().put("k", b"v", 60)
        place = (CACHE_TABLE, keys.digest("cache", "k"), HEAD)
        properties = {**(await store.inner.get(*place)).properties, **damage}
        await store.inner.upsert(*place, {name: value for name, value in properties.items() if value is not None})
        assert await instance().get("k") is None

    asyncio.run(main())


def test_a_value_whose_chunks_are_gone_is_a_miss(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        await instance().put("k", os.urandom(200_000), 60)
        async for entity in store.inner.query(CACHE_TABLE):
            if entity.row != HEAD:
                await store.inner.delete(CACHE_TABLE, entity.partition, entity.row)
        assert await instance().get("k") is None

    asyncio.run(main())


def test_a_failing_store_is_told(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        cache = instance()
        await cache.put("here", b"v", 60)
        store.down = True
        assert await cache.get("here") == b"v"  # from memory
        for work in (cache.get("k"), cache.put("k", b"v", 60), cache.remove("k")):
            with pytest.raises(StoreUnavailable):
                await work

    asyncio.run(main())


def test_a_store_that_hangs_is_not_waited_for(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        cache = instance(timeout=0.02)
        store.fate = lambda *call: 60.0
        loop = asyncio.get_running_loop()
        started = loop.time()
        for work in (cache.get("k"), cache.put("k", b"v", 60), cache.remove("k")):
            with pytest.raises(StoreUnavailable):
                await work
        assert loop.time() - started < 1.0

    asyncio.run(main())
