"""Removing what replaced, deleted and given-up values have left behind.

The rule here: chunks are removed only after their revision has been marked as doomed, by a write that excludes every other
write to the catalogue; an import that would still name it fails instead. So it is safe beside imports and other cleaners.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcp_core.catalog.ledger import CHUNKS, JOURNAL, PARTITION, TABLE, Seen, Transaction, look, transact
from mcp_core.storage.large import chunk_row, delete_rows
from mcp_core.storage.port import Entity, NotThere, Operation, TableStore

__all__ = ["GRACE", "sweep_revisions"]

GRACE = 3600.0
"""Seconds that an import may take, from its first chunk to the moment it becomes visible."""


async def sweep_revisions(store: TableStore, now: float, limit: int) -> int:
    """Remove chunks of revisions that nothing names any more; gives how many rows were removed, at most about `limit`."""
    seen = await look(store)
    removed = 0
    for announced in _dead(seen, now):
        if removed >= limit:
            break
        if not announced.properties.get("doomed"):
            await transact(store, _doom(announced.row, now), silent=True)
            again = await store.get(TABLE, PARTITION, announced.row)
            if again is None or not again.properties.get("doomed"):
                continue  # named or removed by somebody since we looked
        removed += await _remove(store, announced)
    return removed


def _dead(seen: Seen, now: float) -> list[Entity]:
    live = {value for head in seen.heads.values() for name, value in head.properties.items() if name.endswith("_revision")}
    return [
        announced
        for row, announced in seen.journal.items()
        if row.removeprefix(JOURNAL) not in live and (announced.properties.get("doomed") or _age(announced, now) > GRACE)
    ]


def _age(announced: Entity, now: float) -> float:
    created = announced.properties.get("created")
    return now - created if isinstance(created, int | float) else float("inf")


def _doom(row: str, now: float) -> Transaction:
    async def decide(seen: Seen) -> Sequence[Operation]:
        announced = next((entity for entity in _dead(seen, now) if entity.row == row), None)
        return [Operation("upsert", row, {**announced.properties, "doomed": True})] if announced else []

    return decide


async def _remove(store: TableStore, announced: Entity) -> int:
    revision = announced.row.removeprefix(JOURNAL)
    counts = {name: count for name, count in announced.properties.items() if name in {"value", "document"}}
    rows = [chunk_row(name, number) for name, count in counts.items() if isinstance(count, int) for number in range(count)]
    removed = await delete_rows(store, CHUNKS, revision, rows)
    try:
        await store.delete(TABLE, PARTITION, announced.row)
    except NotThere:
        return removed  # another instance finished first
    return removed + 1
