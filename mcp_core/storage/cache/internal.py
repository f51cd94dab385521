"""The internal cache: memory of this instance in front of the table store that all instances share.

The rule here: a value is over when it is over for its writer, wherever it is kept. Memory is believed for `BELIEVED` seconds
and then checked against the store, so that what another instance replaced or removed is seen within that time. A value is one
head row, and chunks in a partition of their own where it is larger (`large.py`). Every row says when it expires, so that the
purge needs no other.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from mcp_core.storage import keys
from mcp_core.storage.cache.memory import Kept, Memory
from mcp_core.storage.large import Torn, pack, read_large, write_chunks
from mcp_core.storage.port import StoreError, StoreUnavailable, TableStore

__all__ = ["BELIEVED", "CACHE_TABLE", "HEAD", "MAX_VALUE", "InternalCache"]

CACHE_TABLE = "CacheEntries"
HEAD = "head"
BELIEVED = 2.0
MAX_VALUE = 64 * 1024 * 1024
_LONGEST = 10 * 365 * 86400.0
_PREFIX = "value"


class InternalCache:
    """A `policies.ports.Cache` in `store`. `room` is bytes of memory; `timeout` seconds that a look-up or a write of an
    ordinary value may take. For one event loop."""

    def __init__(self, store: TableStore, *, room: int, timeout: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._memory = Memory(room)
        self._timeout = timeout
        self._clock = clock
        self._readers: dict[str, asyncio.Task[bytes | None]] = {}

    async def get(self, key: str) -> bytes | None:
        """See Cache. Look-ups of one key that come at once share one read of the store."""
        place = keys.digest("cache", key)
        now = self._clock()
        kept = self._memory.get(place, now)
        if kept is not None and now < kept.believed:
            return kept.value
        reader = self._readers.get(place)
        if reader is None:
            reader = self._readers[place] = asyncio.get_running_loop().create_task(self._read(place))
            reader.add_done_callback(lambda task: self._done(place, task))
        return await asyncio.shield(reader)

    def _done(self, place: str, reader: asyncio.Task[bytes | None]) -> None:
        if self._readers.get(place) is reader:
            del self._readers[place]
        if not reader.cancelled():
            reader.exception()  # whoever waits for it has it

    async def _read(self, place: str) -> bytes | None:
        me = asyncio.current_task()
        try:
            async with asyncio.timeout(self._timeout):
                found = await self._load(place)
        except TimeoutError as error:
            raise StoreUnavailable("the cache's store did not answer in time") from error
        if self._readers.get(place) is me:  # else it was written or removed meanwhile
            if found is None:
                self._memory.drop(place)
            else:
                self._memory.put(place, found)
        return None if found is None else found.value

    async def _load(self, place: str) -> Kept | None:
        head = await self._store.get(CACHE_TABLE, place, HEAD)
        if head is None:
            return None
        now, expires = self._clock(), head.properties.get("ExpiresAtMs")
        if type(expires) is not int or expires <= now * 1000:
            return None
        try:
            value = await read_large(self._store, CACHE_TABLE, _PREFIX, head.properties)
        except Torn:  # replaced while it was read, or damaged
            return None
        return Kept(value, expires / 1000, now + BELIEVED)

    async def put(self, key: str, value: bytes, duration: float) -> None:
        """See Cache. A value over `MAX_VALUE` bytes is not kept."""
        if duration <= 0 or len(value) > MAX_VALUE:
            await self.remove(key)
            return
        place = keys.digest("cache", key)
        now = self._clock()
        expires = now + min(duration, _LONGEST)
        self._readers.pop(place, None)
        self._memory.put(place, Kept(value, expires, min(expires, now + BELIEVED)))
        try:
            async with asyncio.timeout(self._timeout * (1 + len(value) / 2**20)):
                await self._save(place, value, expires)
        except TimeoutError as error:
            raise StoreUnavailable("the cache's store did not answer in time") from error
        except StoreError as error:
            raise StoreUnavailable(f"the value cannot be cached: {error}") from error

    async def _save(self, place: str, value: bytes, expires: float) -> None:
        packed = await pack(value)
        until = {"ExpiresAt": int(expires) + 1}
        revision = f"{place}-{secrets.token_hex(8)}"
        if packed.chunks:
            await write_chunks(self._store, CACHE_TABLE, revision, _PREFIX, packed, also=until)
        head = {**packed.head(_PREFIX, revision), "ExpiresAtMs": int(expires * 1000), **until}
        await self._store.upsert(CACHE_TABLE, place, HEAD, head)

    async def remove(self, key: str) -> None:
        """See Cache. Chunks are left to the purge."""
        place = keys.digest("cache", key)
        self._readers.pop(place, None)
        self._memory.drop(place)
        try:
            async with asyncio.timeout(self._timeout):
                await self._store.delete(CACHE_TABLE, place, HEAD)
        except TimeoutError as error:
            raise StoreUnavailable("the cache's store did not answer in time") from error
        except StoreError:  # it was not there
            return
