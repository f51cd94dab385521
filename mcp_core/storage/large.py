"""Values larger than an entity: compressed, cut into chunk rows, and visible only once a head row names them.

The rule here: chunks belong to one revision and are never changed. A reader follows a head row; the head is written last, in
one conditional write, so that it names either the old value or the new one, whole. A small value stands in the head itself.
`Packed.head(prefix)` are the properties that the head row gets: several values may share a row under different prefixes.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping

from mcp_core.storage.limits import MAX_BATCH_OPERATIONS, MAX_PROPERTY_BYTES
from mcp_core.storage.port import NotThere, Operation, Scalar, StoreError, TableStore
from policies.records import Record

__all__ = ["INLINE_BYTES", "Packed", "Torn", "chunk_row", "delete_rows", "pack", "read_large", "write_chunks"]

INLINE_BYTES = 48 * 1024
_CHUNK_PROPERTIES = 11  # 11 × 64 KiB: below 1 MiB as base64 too, by which the emulator measures an entity
_CHUNK_BYTES = _CHUNK_PROPERTIES * MAX_PROPERTY_BYTES
_COMPRESS_FROM = 512
_IN_THREAD_FROM = 256 * 1024
_AT_ONCE = 4


class Torn(StoreError):
    """A head names chunks that are not there any more, or are damaged: read the head again."""


class Packed(Record):
    """A value ready to be stored. `inline` holds it whole, or `chunks` do."""

    size: int
    digest: str
    compressed: bool
    inline: bytes
    chunks: tuple[bytes, ...] = ()

    def head(self, prefix: str, revision: str = "") -> dict[str, Scalar]:
        """The properties of the head row. `revision` names the partition of the chunks."""
        properties: dict[str, Scalar] = {
            f"{prefix}_size": self.size,
            f"{prefix}_digest": self.digest,
            f"{prefix}_compressed": self.compressed,
        }
        if self.chunks:
            return {**properties, f"{prefix}_chunks": len(self.chunks), f"{prefix}_revision": revision}
        return {**properties, f"{prefix}_inline": self.inline}


async def pack(data: bytes) -> Packed:
    """Compress and cut. A value of many KiB is compressed in a worker thread."""
    if len(data) >= _IN_THREAD_FROM:
        return await asyncio.to_thread(_pack, data)
    return _pack(data)


def _pack(data: bytes) -> Packed:
    body, compressed = data, False
    if len(data) >= _COMPRESS_FROM:
        smaller = zlib.compress(data, 6)
        if len(smaller) < len(data):
            body, compressed = smaller, True
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    if len(body) <= INLINE_BYTES:
        return Packed(len(data), digest, compressed, body)
    chunks = tuple(body[start : start + _CHUNK_BYTES] for start in range(0, len(body), _CHUNK_BYTES))
    return Packed(len(data), digest, compressed, b"", chunks)


def chunk_row(prefix: str, number: int) -> str:
    """The row of one chunk of a revision."""
    return f"{prefix}-{number:05d}"


async def write_chunks(
    store: TableStore, table: str, revision: str, prefix: str, packed: Packed, *, also: Mapping[str, Scalar] | None = None
) -> None:
    """Write the chunks; nobody sees them until a head names the revision. Each row gets the properties `also` besides."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def write(number: int, chunk: bytes) -> None:
        starts = range(0, len(chunk), MAX_PROPERTY_BYTES)
        properties = {f"d{place}": chunk[start : start + MAX_PROPERTY_BYTES] for place, start in enumerate(starts)}
        async with slots:
            await store.upsert(table, revision, chunk_row(prefix, number), {**properties, **(also or {})})

    writes = (write(number, chunk) for number, chunk in enumerate(packed.chunks))
    for outcome in await asyncio.gather(*writes, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def read_large(store: TableStore, table: str, prefix: str, head: Mapping[str, Scalar]) -> bytes:
    """The value that a head row names. Raises Torn when it is not there whole."""
    body = head.get(f"{prefix}_inline")
    if body is None:
        body = await _read_chunks(store, table, prefix, head)
    if not isinstance(body, bytes):
        raise Torn(f"The head of {prefix!r} is damaged.")
    try:
        data = await _unpack(body) if head.get(f"{prefix}_compressed") else body
    except zlib.error as error:
        raise Torn(f"The value of {prefix!r} is damaged: {error}.") from error
    if hashlib.blake2b(data, digest_size=16).hexdigest() != head.get(f"{prefix}_digest"):
        raise Torn(f"The value of {prefix!r} is not the one that was stored.")
    return data


async def _read_chunks(store: TableStore, table: str, prefix: str, head: Mapping[str, Scalar]) -> bytes:
    revision, count = head.get(f"{prefix}_revision"), head.get(f"{prefix}_chunks")
    if not isinstance(revision, str) or not isinstance(count, int):
        raise Torn(f"The head of {prefix!r} names no value.")
    pieces: list[bytes] = []
    found = 0
    async for entity in store.query(table, revision, row_from=chunk_row(prefix, 0), row_to=f"{prefix}."):
        if entity.row != chunk_row(prefix, found):
            break
        found += 1
        for place in range(len(entity.properties)):
            piece = entity.properties.get(f"d{place}")
            pieces.append(piece if isinstance(piece, bytes) else b"")
    if found != count:
        raise Torn(f"{found} of {count} chunks of revision {revision} are there.")
    return b"".join(pieces)


async def _unpack(body: bytes) -> bytes:
    if len(body) >= _IN_THREAD_FROM:
        return await asyncio.to_thread(zlib.decompress, body)
    return zlib.decompress(body)


async def delete_rows(store: TableStore, table: str, partition: str, rows: Iterable[str]) -> int:
    """Delete rows of one partition in batches; gives how many this caller deleted. Rows that another instance deletes at
    the same time are no error."""
    deleted = 0
    for some in _by_hundreds(rows):
        try:
            await store.batch(table, partition, [Operation("delete", row) for row in some])
            deleted += len(some)
        except NotThere:
            for row in some:
                try:
                    await store.delete(table, partition, row)
                    deleted += 1
                except NotThere:
                    continue
    return deleted


def _by_hundreds(rows: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for row in rows:
        some.append(row)
        if len(some) == MAX_BATCH_OPERATIONS:
            yield some
            some = []
    if some:
        yield some
