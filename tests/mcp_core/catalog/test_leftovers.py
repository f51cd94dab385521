"""Cleaning after imports: nothing that is in use goes, everything else does, whoever else is at work."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from mcp_core.catalog import leftovers
from mcp_core.catalog.ledger import CHUNKS, PARTITION, TABLE
from mcp_core.catalog.leftovers import GRACE, sweep_revisions
from mcp_core.catalog.model import Api
from mcp_core.catalog.repository import Document, Repository
from mcp_core.errors import Conflict
from mcp_core.storage.port import StoreUnavailable
from mcp_core.storage.purge import SWEEPS, purge
from tests.faulty_store import FaultyStore

pytestmark = pytest.mark.anyio

API = Api("orders", "Orders", "orders", "https://orders.example.org")


def document(seed: int) -> Document:
    return Document(random.Random(seed).randbytes(1024 * 1024), "application/json", f"{seed}.json")


async def revisions(store: FaultyStore) -> set[str]:
    return {entity.partition async for entity in store.inner.query(CHUNKS)}


async def journal(store: FaultyStore) -> int:
    return len([entity async for entity in store.inner.query(TABLE, PARTITION, row_from="revision-", row_to="revision.")])


async def replace_document_times(repository: Repository, times: int) -> None:
    etag = ""
    for seed in range(times):
        etag = await repository.import_api(API, document(seed), etag=etag)


async def test_replaced_revisions_go_and_the_current_one_stays(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 4)
    assert len(await revisions(store)) == 4
    version = await repository.version()
    removed = await sweep_revisions(store, time.time() + GRACE + 1, 1000)
    assert removed == 3 * 3  # two chunks and a journal row each
    assert (len(await revisions(store)), await journal(store)) == (1, 1)
    assert await repository.document("orders") == document(3)
    assert await repository.version() == version  # no instance has to load anything anew
    assert await sweep_revisions(store, time.time() + GRACE + 1, 1000) == 0


async def test_what_is_young_stays(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 2)
    assert await sweep_revisions(store, time.time(), 1000) == 0
    assert len(await revisions(store)) == 2


async def test_a_deleted_api_leaves_nothing(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 1)
    await repository.apis.delete("orders")
    await sweep_revisions(store, time.time() + GRACE + 1, 1000)
    assert (await revisions(store), await journal(store)) == (set(), 0)


async def test_a_sweep_is_bounded(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 4)
    assert await sweep_revisions(store, time.time() + GRACE + 1, 1) == 3
    assert len(await revisions(store)) == 3


async def test_a_sweep_that_was_cut_off_is_finished_by_the_next(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 3)
    for cut in range(1, 30):
        store.script(*[0.0] * cut, StoreUnavailable("cut"))
        try:
            await sweep_revisions(store, time.time() + GRACE + 1, 1000)
        except StoreUnavailable:
            continue
        break
    store._scripted.clear()
    await sweep_revisions(store, time.time() + GRACE + 1, 1000)
    assert (len(await revisions(store)), await journal(store)) == (1, 1)
    assert await repository.document("orders") == document(2)


async def test_several_cleaners_at_once_do_no_harm(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 5)
    store.fate = lambda *call: 0.0  # every call gives way to the others
    await asyncio.gather(*(sweep_revisions(store, time.time() + GRACE + 1, 1000) for _ in range(4)))
    assert (len(await revisions(store)), await journal(store)) == (1, 1)
    assert await repository.document("orders") == document(4)


async def test_an_import_that_was_taken_for_given_up_fails_and_shows_nothing(
    repository: Repository, store: FaultyStore
) -> None:
    before = await repository.load_all()
    inner = store.inner.batch

    async def late(*arguments: object) -> None:
        store.inner.batch = inner  # type: ignore[method-assign]
        assert await sweep_revisions(store.inner, time.time() + GRACE + 1, 1000) == 3
        await inner(*arguments)  # type: ignore[arg-type]

    store.inner.batch = late  # type: ignore[method-assign, assignment]
    with pytest.raises(Conflict, match="taken for given up"):
        await repository.import_api(API, document(1))
    assert (await repository.load_all()).apis == before.apis == {}
    assert await revisions(store) == set()


async def test_a_reader_on_an_old_head_finds_the_new_value(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 1)
    etag = (await repository.apis.get("orders")).etag
    inner = store.inner.get

    async def get(table: str, partition: str, row: str) -> object:
        found = await inner(table, partition, row)
        store.inner.get = inner  # type: ignore[method-assign]
        await repository.import_api(API, document(7), etag=etag)
        await sweep_revisions(store.inner, time.time() + GRACE + 1, 1000)
        return found

    store.inner.get = get  # type: ignore[method-assign, assignment]
    assert await repository.document("orders") == document(7)


async def test_purge_runs_every_sweep(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 2)
    removed = await purge(store, now=time.time() + GRACE + 1)
    assert removed.keys() == SWEEPS.keys()
    assert removed["imports"] == 3


async def test_purge_stops_in_time(repository: Repository, store: FaultyStore) -> None:
    await replace_document_times(repository, 2)
    store.fate = lambda *call: 5.0
    assert set((await purge(store, seconds=0.05)).values()) == {-1}


def test_a_journal_row_that_somebody_edited_is_old() -> None:
    assert leftovers._age(leftovers.Entity("p", "r", {"created": "yesterday"}), 0.0) > GRACE
