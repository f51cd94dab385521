"""The storage port: what this project asks of a table service (D3).

The rule here: an entity is a flat mapping of property names to scalars, addressed by (table, partition, row). It is one
atomic unit, replaced only if its ETag still matches. Both adapters keep the limits of Azure Table Storage, so that what
works on a laptop works in Azure.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Protocol

from policies.ports import StoreUnavailable
from policies.records import Record

__all__ = [
    "AlreadyExists",
    "Entity",
    "EntityTooLarge",
    "NotThere",
    "Operation",
    "Precondition",
    "Scalar",
    "StampedStore",
    "StoreError",
    "StoreUnavailable",
    "TableStore",
]

Scalar = str | int | float | bool | bytes


class StoreError(Exception):
    """Base of what a store answers about one operation."""


class AlreadyExists(StoreError):
    """Insert: the row is there already (409)."""


class NotThere(StoreError):
    """Replace or delete: there is no such row (404)."""


class Precondition(StoreError):
    """Replace or delete: the ETag no longer matches (412)."""


class EntityTooLarge(StoreError, ValueError):
    """A key, property or entity is outside the service's limits; the message says which and by how much."""


class Entity(Record):
    """A row as read. `etag` is opaque; `properties` hold no keys and no system properties."""

    partition: str
    row: str
    properties: Mapping[str, Scalar]
    etag: str = ""


class Operation(Record):
    """One step of a batch. `etag` is needed by "replace" and optional for "delete" (absent: whatever is there)."""

    kind: Literal["insert", "upsert", "replace", "delete"]
    row: str
    properties: Mapping[str, Scalar] | None = None
    etag: str = ""


class TableStore(Protocol):
    """Tables of entities. Tables are made when first written. Keys may be any text of up to 1,024 bytes without ``/ \\ # ?``
    and control characters (EntityTooLarge otherwise; `keys.py` encodes any text into such a key).

    Every method raises StoreUnavailable when the store cannot be reached in time or refuses access. A write that ended so
    may have happened all the same. Where a connection breaks, a conditional write may meet its own first attempt, and raise
    Precondition (a delete: NotThere) although it was carried out.

    A store that runs on a clock of its own offers `StampedStore` as well; one that has none is shared only by processes of
    one machine, and so by users of one clock. One whose calls end without waiting, but for another process's lock, sets
    `is_prompt`, and bounds its calls itself.
    """

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        """The entity, or None."""

    async def insert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        """Create; gives the new ETag. Raises AlreadyExists."""

    async def upsert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        """Create or replace whatever is there; gives the new ETag."""

    async def replace(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar], etag: str) -> str:
        """Replace if the ETag still matches; gives the new ETag. Raises Precondition, NotThere."""

    async def delete(self, table: str, partition: str, row: str, etag: str = "") -> None:
        """Delete if the ETag still matches ("" matches any). Raises Precondition; NotThere."""

    def query(
        self,
        table: str,
        partition: str | None = None,
        *,
        row_from: str = "",
        row_to: str = "",
        below: tuple[str, int] | None = None,
    ) -> AsyncIterator[Entity]:
        """Entities of one partition (of all of them when None) ordered by (partition, row); rows ≥ `row_from` and
        < `row_to` where given. `below` asks for those only whose property of that name is a whole number less than that.
        Follows continuation pages."""

    async def batch(self, table: str, partition: str, operations: Sequence[Operation]) -> None:
        """All or nothing, at most 100 operations and 4 MiB, each row at most once. Raises as the single operations do."""

    async def close(self) -> None:
        """Release connections; the store cannot be used afterwards."""


class StampedStore(Protocol):
    """What a TableStore may offer besides: the time, on a clock that all its users share."""

    def written_at(self, etag: str) -> float | None:
        """When the store's own clock made this ETag, in Unix seconds; None for one that does not tell."""
