"""The partition that the catalogue stands in, and the one way to change it.

The rule here: every write is one batch that also replaces the version row, if it is still the one that the writer has seen.
A write that finds it changed looks again and decides again, so that writers behave as if they came one after the other.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence

from mcp_core.errors import Conflict
from mcp_core.storage.port import AlreadyExists, Entity, NotThere, Operation, Precondition, TableStore
from policies.records import Record, field

__all__ = ["CHUNKS", "JOURNAL", "PARTITION", "TABLE", "Seen", "Transaction", "look", "read_version", "transact"]

TABLE = "catalog"
CHUNKS = "catalogchunks"  # partition: a revision; rows: chunks of its values
PARTITION = "catalog"
JOURNAL = "revision-"  # rows that announce a revision before its first chunk is written
_VERSION_ROW = "!version"  # before all other rows, so that whatever is written while they are read makes it outdated
_LOOKS = 60
_LONGEST_PAUSE = 0.25


class Seen(Record, frozen=False):
    """The partition as one look found it. `heads` are the rows of things, `journal` those of revisions, by row key."""

    version: str = ""
    version_etag: str = ""
    heads: dict[str, Entity] = field(default_factory=dict)
    journal: dict[str, Entity] = field(default_factory=dict)


Transaction = Callable[[Seen], Awaitable[Sequence[Operation]]]
"""Decides what to write, given what is there; raises what speaks against it. May be asked again."""


async def read_version(store: TableStore) -> str:
    """What changes with every write of things; "" before the first one."""
    entity = await store.get(TABLE, PARTITION, _VERSION_ROW)
    return "" if entity is None else str(entity.properties.get("version", ""))


async def look(store: TableStore) -> Seen:
    """Read the partition. With more rows than one page holds, writes may fall between the pages: who must know compares
    `read_version` afterwards."""
    seen = Seen()
    async for entity in store.query(TABLE, PARTITION):
        if entity.row == _VERSION_ROW:
            seen.version, seen.version_etag = str(entity.properties.get("version", "")), entity.etag
        elif entity.row.startswith(JOURNAL):
            seen.journal[entity.row] = entity
        else:
            seen.heads[entity.row] = entity
    return seen


async def transact(store: TableStore, decide: Transaction, *, silent: bool = False) -> None:
    """Carry out what `decide` wants, at most 99 operations. A silent write changes nothing that watchers would have to see.

    Raises Conflict when others keep writing for too long.
    """
    for attempt in range(_LOOKS):
        seen = await look(store)
        operations = await decide(seen)
        if not operations:
            return
        version = seen.version if silent else uuid.uuid4().hex
        bump = Operation("replace" if seen.version_etag else "insert", _VERSION_ROW, {"version": version}, seen.version_etag)
        try:
            await store.batch(TABLE, PARTITION, [*operations, bump])
            return
        except (AlreadyExists, NotThere, Precondition):
            pause = min(_LONGEST_PAUSE, 0.002 * 2**attempt)
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - spreads writers, guards nothing
    raise Conflict("The catalogue is being changed by others all the time.", hint="Try again in a moment.")
