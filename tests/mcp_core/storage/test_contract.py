"""What TableStore promises, shown on SQLite and on a real Azurite alike."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcp_core.storage import limits
from mcp_core.storage.open import open_store
from mcp_core.storage.port import (
    AlreadyExists,
    Entity,
    EntityTooLarge,
    NotThere,
    Operation,
    Precondition,
    Scalar,
    TableStore,
)

pytestmark = pytest.mark.anyio

VALUES: dict[str, Scalar] = {
    "empty": "",
    "plain": "text",
    "quotes": 'it\'s "quoted" \\ and <tagged> & more',
    "lines": "a\r\nb\tc",
    "unicode": "Grüße, 世界, 🙂",
    "zero": 0,
    "negative": -17,
    "int32_max": 2**31 - 1,
    "int32_past": 2**31,
    "int32_min": -(2**31),
    "int64_max": 2**63 - 1,
    "int64_min": -(2**63),
    "whole_float": 1.0,
    "small_float": 5e-324,
    "large_float": 1.7976931348623157e308,
    "fraction": 0.1,
    "infinite": math.inf,
    "true": True,
    "false": False,
    "no_bytes": b"",
    "bytes": bytes(range(256)),
}
KEYS = ["plain", "", " two words ", "it's", "100%", "=3D", "a+b&c=d", "ünïcödé 世界 🙂", "(x)", "a,b;c:d", "x" * 512, "."]


async def rows(store: TableStore, table: str, partition: str | None = None, **bounds: str) -> list[tuple[str, str]]:
    return [(entity.partition, entity.row) async for entity in store.query(table, partition, **bounds)]


async def test_every_value_comes_back_equal_and_of_the_same_type(store: TableStore) -> None:
    etag = await store.insert("things", "p", "r", VALUES)
    found = await store.get("things", "p", "r")
    assert found == Entity("p", "r", VALUES, etag)
    assert {name: type(value) for name, value in found.properties.items()} == {
        name: type(value) for name, value in VALUES.items()
    }
    assert [entity async for entity in store.query("things", "p")] == [found]


async def test_not_a_number_comes_back(store: TableStore) -> None:
    await store.upsert("things", "p", "r", {"value": math.nan})
    found = await store.get("things", "p", "r")
    assert found is not None and math.isnan(found.properties["value"])  # type: ignore[arg-type]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key[:20]))
async def test_a_legal_key_can_be_written_read_replaced_found_and_deleted(store: TableStore, key: str) -> None:
    etag = await store.insert("things", key, key, {"n": 1})
    assert await store.get("things", key, key) == Entity(key, key, {"n": 1}, etag)
    etag = await store.replace("things", key, key, {"n": 2}, etag)
    assert [entity async for entity in store.query("things", key, row_from=key)] == [Entity(key, key, {"n": 2}, etag)]
    await store.batch("things", key, [Operation("replace", key, {"n": 3}, etag)])
    await store.delete("things", key, key)
    assert await store.get("things", key, key) is None


async def test_what_is_not_there_is_none_and_no_table_is_empty(store: TableStore) -> None:
    assert await store.get("nowhere", "p", "r") is None
    assert await rows(store, "nowhere") == []
    await store.insert("things", "p", "r", {})
    assert await store.get("things", "p", "other") is None
    assert await rows(store, "things", "other") == []


@pytest.mark.parametrize("table", ["things", "nowhere"])
async def test_replacing_and_deleting_what_is_not_there_is_told(store: TableStore, table: str) -> None:
    etag = await store.insert("things", "p", "r", {})
    with pytest.raises(NotThere):
        await store.replace(table, "p", "missing", {}, etag)
    with pytest.raises(NotThere):
        await store.delete(table, "p", "missing")
    with pytest.raises(NotThere):
        await store.delete(table, "p", "missing", etag)
    with pytest.raises(NotThere):
        await store.batch(table, "p", [Operation("delete", "missing")])


async def test_a_second_insert_is_refused_and_changes_nothing(store: TableStore) -> None:
    await store.insert("things", "p", "r", {"n": 1})
    with pytest.raises(AlreadyExists):
        await store.insert("things", "p", "r", {"n": 2})
    found = await store.get("things", "p", "r")
    assert found is not None and found.properties == {"n": 1}


async def test_replace_needs_the_current_etag_and_replaces_whole(store: TableStore) -> None:
    first = await store.insert("things", "p", "r", {"n": 1, "old": "x"})
    second = await store.replace("things", "p", "r", {"n": 2}, first)
    with pytest.raises(Precondition):
        await store.replace("things", "p", "r", {"n": 3}, first)
    with pytest.raises(Precondition):
        await store.delete("things", "p", "r", first)
    assert await store.get("things", "p", "r") == Entity("p", "r", {"n": 2}, second)
    await store.delete("things", "p", "r", second)
    assert await store.get("things", "p", "r") is None


async def test_an_etag_of_an_earlier_life_no_longer_matches(store: TableStore) -> None:
    first = await store.insert("things", "p", "r", {"n": 1})
    await store.delete("things", "p", "r")
    await store.insert("things", "p", "r", {"n": 1})
    with pytest.raises(Precondition):
        await store.replace("things", "p", "r", {"n": 2}, first)


async def test_upsert_creates_and_replaces_whole(store: TableStore) -> None:
    await store.upsert("things", "p", "r", {"n": 1, "old": "x"})
    etag = await store.upsert("things", "p", "r", {"n": 2})
    assert await store.get("things", "p", "r") == Entity("p", "r", {"n": 2}, etag)


async def test_queries_are_ordered_by_partition_and_row_and_bounded_by_rows(store: TableStore) -> None:
    for partition in ("b", "a"):
        for row in ("r3", "r1", "r2"):
            await store.insert("things", partition, row, {})
    await store.insert("others", "a", "r1", {})
    assert await rows(store, "things") == [(p, r) for p in ("a", "b") for r in ("r1", "r2", "r3")]
    assert await rows(store, "things", "a", row_from="r2") == [("a", "r2"), ("a", "r3")]
    assert await rows(store, "things", "a", row_to="r2") == [("a", "r1")]
    assert await rows(store, "things", "b", row_from="r2", row_to="r3") == [("b", "r2")]
    assert await rows(store, "things", None, row_from="r2", row_to="r3") == [("a", "r2"), ("b", "r2")]


async def test_a_query_follows_its_pages(store: TableStore) -> None:
    names = [f"{number:05d}" for number in range(1050)]
    for start in range(0, len(names), 100):
        await store.batch("things", "p", [Operation("upsert", name, {"n": 1}) for name in names[start : start + 100]])
    assert await rows(store, "things", "p") == [("p", name) for name in names]
    assert await rows(store, "things") == [("p", name) for name in names]
    assert await rows(store, "things", "p", row_from="00990") == [("p", name) for name in names[990:]]


async def test_a_batch_does_all_kinds_of_steps_at_once(store: TableStore) -> None:
    etag = await store.insert("things", "p", "replaced", {"n": 1})
    await store.insert("things", "p", "deleted", {})
    await store.insert("things", "p", "overwritten", {"n": 1, "old": True})
    await store.batch(
        "things",
        "p",
        [
            Operation("insert", "inserted", {"n": 2**40}),
            Operation("upsert", "overwritten", {"n": 2}),
            Operation("upsert", "upserted", {"blob": b"\x00\xff"}),
            Operation("replace", "replaced", {"n": 3}, etag),
            Operation("delete", "deleted"),
        ],
    )
    found = {entity.row: entity.properties async for entity in store.query("things", "p")}
    assert found == {
        "inserted": {"n": 2**40},
        "overwritten": {"n": 2},
        "replaced": {"n": 3},
        "upserted": {"blob": b"\x00\xff"},
    }


FAILING: dict[str, tuple[Operation, type[Exception]]] = {
    "insert of what is there": (Operation("insert", "there", {}), AlreadyExists),
    "replace with an old etag": (Operation("replace", "there", {}, "old"), Precondition),
    "replace of what is not there": (Operation("replace", "missing", {}, "old"), NotThere),
    "delete with an old etag": (Operation("delete", "there", etag="old"), Precondition),
    "delete of what is not there": (Operation("delete", "missing"), NotThere),
}


@pytest.mark.parametrize("case", FAILING)
async def test_a_batch_with_one_failing_step_changes_nothing(store: TableStore, case: str) -> None:
    step, error = FAILING[case]
    old = await store.insert("things", "p", "there", {"n": 1})
    etag = await store.replace("things", "p", "there", {"n": 2}, old)
    step = Operation(step.kind, step.row, step.properties, old if step.etag else "")
    with pytest.raises(error):
        await store.batch("things", "p", [Operation("upsert", "first", {}), step, Operation("upsert", "last", {})])
    assert [entity async for entity in store.query("things", "p")] == [Entity("p", "there", {"n": 2}, etag)]


async def test_an_empty_batch_is_nothing(store: TableStore) -> None:
    await store.batch("things", "p", [])
    assert await rows(store, "things") == []


async def test_of_many_writers_with_one_etag_exactly_one_wins(address: str) -> None:
    stores = [open_store(address) for _ in range(4)]
    etag = await stores[0].insert("things", "p", "r", {"by": -1})

    async def write(number: int) -> int | None:
        try:
            await stores[number % 4].replace("things", "p", "r", {"by": number}, etag)
        except Precondition:
            return None
        return number

    winners = [winner for winner in await asyncio.gather(*map(write, range(16))) if winner is not None]
    found = await stores[1].get("things", "p", "r")
    assert found is not None and [found.properties["by"]] == winners
    await asyncio.gather(*(store.close() for store in stores))


async def test_several_stores_create_one_table_at_the_same_time(address: str) -> None:
    stores = [open_store(address) for _ in range(4)]
    await asyncio.gather(*(store.insert("fresh", "p", str(number), {}) for number, store in enumerate(stores)))
    assert await rows(stores[0], "fresh") == [("p", str(number)) for number in range(4)]
    await asyncio.gather(*(store.close() for store in stores))


async def test_an_entity_of_many_of_the_largest_properties_is_stored(store: TableStore) -> None:
    properties: dict[str, Scalar] = {f"d{number}": bytes([number]) * limits.MAX_PROPERTY_BYTES for number in range(10)}
    properties["text"] = "x" * (limits.MAX_PROPERTY_BYTES // 2)
    properties |= {f"n{number}": number for number in range(limits.MAX_PROPERTIES - len(properties))}
    await store.upsert("things", "p", "r", properties)
    found = await store.get("things", "p", "r")
    assert found is not None and found.properties == properties


Write = Callable[[TableStore, str, str, dict[str, Any]], Awaitable[object]]
WRITES: dict[str, Write] = {
    "insert": lambda store, partition, row, properties: store.insert("things", partition, row, properties),
    "upsert": lambda store, partition, row, properties: store.upsert("things", partition, row, properties),
    "replace": lambda store, partition, row, properties: store.replace("things", partition, row, properties, "any"),
    "batch": lambda store, partition, row, properties: store.batch("things", partition, [Operation("upsert", row, properties)]),
}
TOO_LARGE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "slash in the partition": ("a/b", "r", {}),
    "backslash in the row": ("p", "a\\b", {}),
    "hash": ("p", "a#b", {}),
    "question mark": ("p", "a?b", {}),
    "control character": ("p", "a\x1fb", {}),
    "delete character": ("p", "a\x7fb", {}),
    "long key": ("p", "x" * 513, {}),
    "long key beyond the basic plane": ("p", "🙂" * 257, {}),
    "long text": ("p", "r", {"text": "x" * (32 * 1024 + 1)}),
    "long text beyond the basic plane": ("p", "r", {"text": "🙂" * (16 * 1024 + 1)}),
    "long bytes": ("p", "r", {"blob": b"x" * (64 * 1024 + 1)}),
    "large number": ("p", "r", {"n": 2**63}),
    "many properties": ("p", "r", {f"p{number}": 1 for number in range(253)}),
    "large entity": ("p", "r", {f"p{number}": b"x" * 65536 for number in range(16)}),
    "system property": ("p", "r", {"Timestamp": "now"}),
    "strange property name": ("p", "r", {"odata.etag": "x"}),
    "half a surrogate pair": ("p", "r", {"text": "\ud83d"}),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("case", TOO_LARGE)
async def test_what_the_service_would_refuse_is_refused_here(store: TableStore, write: str, case: str) -> None:
    partition, row, properties = TOO_LARGE[case]
    with pytest.raises(EntityTooLarge):
        await WRITES[write](store, partition, row, properties)


async def test_reads_refuse_illegal_keys_too(store: TableStore) -> None:
    with pytest.raises(EntityTooLarge):
        await store.get("things", "a/b", "r")
    with pytest.raises(EntityTooLarge):
        await store.delete("things", "p", "a#b")


BATCHES: dict[str, list[Operation]] = {
    "101 operations": [Operation("upsert", str(number), {}) for number in range(101)],
    "one row twice": [Operation("upsert", "r", {}), Operation("delete", "r")],
    "over 4 MiB": [Operation("upsert", str(n), {f"d{m}": b"x" * 65536 for m in range(10)}) for n in range(6)],
}


@pytest.mark.parametrize("case", BATCHES)
async def test_a_batch_outside_the_limits_is_refused(store: TableStore, case: str) -> None:
    with pytest.raises(EntityTooLarge):
        await store.batch("things", "p", BATCHES[case])
    assert await rows(store, "things") == []


@pytest.mark.parametrize("table", ["ab", "a" * 64, "1abc", "a-b", "tables", ""])
async def test_a_table_name_outside_the_limits_is_refused(store: TableStore, table: str) -> None:
    with pytest.raises(EntityTooLarge):
        await store.insert(table, "p", "r", {})
