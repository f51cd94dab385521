"""Values larger than an entity."""

from __future__ import annotations

import random

import pytest

from mcp_core.storage.large import INLINE_BYTES, Torn, chunk_row, delete_rows, pack, read_large, write_chunks
from mcp_core.storage.port import Scalar, TableStore

pytestmark = pytest.mark.anyio

RANDOM = random.Random(5).randbytes(3 * 1024 * 1024)
VALUES = {
    "empty": b"",
    "small": b"text",
    "compressible": b"text" * 1_000_000,
    "just inline": RANDOM[:INLINE_BYTES],
    "just not inline": RANDOM[: INLINE_BYTES + 1],
    "one chunk exactly": RANDOM[: 11 * 65536],
    "one byte more": RANDOM[: 11 * 65536 + 1],
    "several chunks": RANDOM,
}


@pytest.mark.parametrize("case", VALUES)
async def test_a_value_comes_back(store: TableStore, case: str) -> None:
    data = VALUES[case]
    packed = await pack(data)
    await write_chunks(store, "chunks", "revision1", "value", packed)
    await store.upsert("heads", "p", "r", packed.head("value", "revision1"))
    head = await store.get("heads", "p", "r")
    assert head is not None
    assert await read_large(store, "chunks", "value", head.properties) == data
    assert bool(packed.chunks) == (case in {"just not inline", "one chunk exactly", "one byte more", "several chunks"})


async def test_two_values_share_a_revision(store: TableStore) -> None:
    head: dict[str, Scalar] = {}
    for name, data in (("value", RANDOM), ("document", RANDOM[::-1])):
        packed = await pack(data)
        await write_chunks(store, "chunks", "r1", name, packed)
        head |= packed.head(name, "r1")
    assert await read_large(store, "chunks", "value", head) == RANDOM
    assert await read_large(store, "chunks", "document", head) == RANDOM[::-1]


async def test_what_is_not_whole_is_torn(store: TableStore) -> None:
    packed = await pack(RANDOM)
    head = packed.head("value", "r1")
    with pytest.raises(Torn, match="0 of 5 chunks"):
        await read_large(store, "chunks", "value", head)
    await write_chunks(store, "chunks", "r1", "value", packed)
    await store.delete("chunks", "r1", chunk_row("value", 2))
    with pytest.raises(Torn, match="2 of 5 chunks"):
        await read_large(store, "chunks", "value", head)
    await store.upsert("chunks", "r1", chunk_row("value", 2), {"d0": b"other"})
    with pytest.raises(Torn, match="not the one that was stored"):
        await read_large(store, "chunks", "value", head)


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"value_inline": "text"},
        {"value_inline": b"x", "value_compressed": True},
        {"value_inline": b"x", "value_digest": "wrong"},
        {"value_revision": 5, "value_chunks": "two"},
    ],
)
async def test_a_head_that_somebody_edited_is_torn(store: TableStore, head: dict[str, Scalar]) -> None:
    with pytest.raises(Torn):
        await read_large(store, "chunks", "value", head)


async def test_rows_are_deleted_in_batches_also_when_some_are_gone_already(store: TableStore) -> None:
    names = [f"{number:03d}" for number in range(120)]
    for name in names[:110]:
        await store.upsert("things", "p", name, {})
    assert await delete_rows(store, "things", "p", names) == 110
    assert [entity async for entity in store.query("things")] == []
