"""The external cache against a real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_core.storage.cache import RedisCache
from policies.ports import StoreUnavailable
from tests.redis_server import redis_url, running_redis

__all__ = ["redis_url"]


@contextlib.asynccontextmanager
async def cache_at(url: str, **options: float):
    cache = RedisCache(url, **options)
    try:
        yield cache
    finally:
        await cache.close()


@pytest.mark.parametrize("value", [b"", b"text", bytes(range(256)) * 10_000])
@pytest.mark.parametrize("key", ["", "k", "a/b#c?d\x00\ud800", "k" * 10_000])
def test_values_come_back_and_can_be_removed(redis_url: str, key: str, value: bytes) -> None:
    async def main() -> None:
        async with cache_at(redis_url) as one, cache_at(redis_url) as two:
            await one.put(key, value, 60)
            assert await two.get(key) == value
            await two.remove(key)
            await two.remove(key)
            assert await one.get(key) is None

    asyncio.run(main())


def test_a_value_is_gone_when_it_is_over(redis_url: str) -> None:
    async def main() -> None:
        async with cache_at(redis_url) as cache:
            await cache.put("short", b"v", 0.25)
            await cache.put("long", b"v", 1e12)
            assert await cache.get("short") == b"v"
            await asyncio.sleep(0.3)  # the expiry is Redis's own
            assert (await cache.get("short"), await cache.get("long")) == (None, b"v")
            await cache.put("long", b"v", 0)
            assert await cache.get("long") is None

    asyncio.run(main())


def test_many_calls_at_once(redis_url: str) -> None:
    async def main() -> None:
        async with cache_at(redis_url) as cache:
            await asyncio.gather(*(cache.put(f"m{number}", b"%d" % number, 60) for number in range(200)))
            found = await asyncio.gather(*(cache.get(f"m{number}") for number in range(200)))
            assert found == [b"%d" % number for number in range(200)]

    asyncio.run(main())


def test_it_recovers_when_redis_comes_back() -> None:
    async def main() -> None:
        with running_redis() as port:
            cache = RedisCache(f"redis://127.0.0.1:{port}/0")
            await cache.put("k", b"v", 60)
        with pytest.raises(StoreUnavailable):
            await cache.get("k")
        with running_redis(port):
            assert await cache.get("k") is None
            await cache.put("k", b"w", 60)
            assert await cache.get("k") == b"w"
        await cache.close()

    try:
        asyncio.run(main())
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:1/0", "redis://:secret@nowhere.invalid:6379", "http://:secret@x/"])
def test_what_cannot_be_reached_is_told_without_its_password(url: str) -> None:
    async def main() -> None:
        async with cache_at(url, timeout=0.5) as cache:
            with pytest.raises(StoreUnavailable) as caught:
                await cache.get("k")
            assert "secret" not in str(caught.value)
            assert "secret" not in repr(cache)

    asyncio.run(main())


def test_a_server_that_never_answers_is_not_waited_for() -> None:
    async def main() -> None:
        async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                continue
            writer.close()

        silent = await asyncio.start_server(never, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with cache_at(f"redis://127.0.0.1:{port}", timeout=0.1) as cache:
            with pytest.raises(StoreUnavailable):
                await cache.get("k")
        assert loop.time() - started < 2
        silent.close()
        await asyncio.sleep(0.01)  # the server's side sees the end

    asyncio.run(main())


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; from mcp_core.storage.cache import RedisCache; RedisCache('redis://x'); assert 'redis' not in sys.modules"
    )
    root = Path(__file__).resolve().parents[4]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
