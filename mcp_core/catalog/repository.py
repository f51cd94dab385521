"""The catalogue in the store: reading, and writing without losing anybody's work.

The rule here: everything that is managed stands in one partition, together with one version row, and every write is one batch
that also replaces the version row, if it is still the one that the writer has seen. From this follow

- a watcher that compares `version()` misses no change, even if the writer dies: change and version are one atomic write;
- what a writer checked (the API of this server exists, nothing exports this API) still holds when the write happens;
- two writers cannot overwrite each other: the second one looks again, and gets Conflict where both changed the same thing.

What is too large for a row (`storage/large.py`) is written first, under a new revision in a table of its own, which nobody
reads before the batch names it. A journal row announces the revision, so that `leftovers.py` finds what a dead writer left.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from mcp_core.catalog.codec import decode, encode
from mcp_core.catalog.kinds import (
    API,
    BACKEND,
    CONNECTION,
    KINDS,
    NAMED_VALUE,
    POLICY,
    PRODUCT,
    SERVER,
    SUBSCRIPTION,
    Kind,
    operation_scope,
)
from mcp_core.catalog.ledger import CHUNKS, JOURNAL, PARTITION, TABLE, Seen, look, read_version, transact
from mcp_core.catalog.model import (
    Api,
    Catalogue,
    Connection,
    McpServer,
    NamedBackend,
    NamedValue,
    PolicyText,
    Product,
    Subscription,
)
from mcp_core.errors import CatalogError, Conflict, NotFound
from mcp_core.storage.large import Packed, Torn, pack, read_large, write_chunks
from mcp_core.storage.limits import MAX_BATCH_OPERATIONS
from mcp_core.storage.port import Entity, Operation, Scalar, StoreUnavailable, TableStore
from policies.records import Record, field, replace

__all__ = ["Catalogue", "Check", "Collection", "Document", "Repository", "Stored"]

T = TypeVar("T")

Check = Callable[[Catalogue], None]
"""Looks at the catalogue as it would be after a write, and raises what speaks against it."""

_LOADS = 8  # how often a reader looks again when others write at the same time
_AT_ONCE = 16
_READABLE = 16_000  # JSON up to so many characters stands in its row as text, for whoever looks into the table


class Stored(Record, Generic[T]):
    """A thing as read. `etag` is given back when it is written."""

    value: T
    etag: str


class Document(Record):
    """The document that an API was imported from, byte for byte."""

    content: bytes = field(repr=False)
    media_type: str = ""
    source: str = ""


class Repository:
    """The catalogue in a store. Safe to use from any number of tasks, processes and instances at once."""

    def __init__(self, store: TableStore, *, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self._clock = clock
        self._decoded: dict[tuple[str, str], Any] = {}  # by row and its ETag: a reload decodes only what has changed
        self.apis: Collection[Api] = Collection(self, API)
        self.servers: Collection[McpServer] = Collection(self, SERVER)
        self.products: Collection[Product] = Collection(self, PRODUCT)
        self.subscriptions: Collection[Subscription] = Collection(self, SUBSCRIPTION)
        self.policies: Collection[PolicyText] = Collection(self, POLICY)
        self.named_values: Collection[NamedValue] = Collection(self, NAMED_VALUE)
        self.backends: Collection[NamedBackend] = Collection(self, BACKEND)
        self.connections: Collection[Connection] = Collection(self, CONNECTION)

    async def version(self) -> str:
        """What changes with every write; "" for a store that nobody has written to. One small read."""
        return await read_version(self.store)

    async def load_all(self) -> Catalogue:
        """Everything, as it stood at one moment: two reads one after the other, then one an API that is too large for its
        row. Where others keep writing, the last look is given; its version is already outdated, so a watcher looks again.

        Raises CatalogError when a stored row cannot be read: a policy that is passed over would not protect any more.
        """
        catalogue: Catalogue | None = None
        for _ in range(_LOADS):
            seen = await look(self.store)
            try:
                version, catalogue = await asyncio.gather(self.version(), self._assemble(seen))
            except Torn:
                continue
            if version == seen.version:
                break
        if catalogue is None:
            raise StoreUnavailable("The catalogue could not be read whole: its rows name values that are not there.")
        return catalogue

    async def import_api(self, api: Api, document: Document, *, etag: str = "", check: Check | None = None) -> str:
        """Store an API with the document it was made from, all at once; gives the new ETag. `etag` and the errors are those
        of `Collection.save`."""
        return await self.save(API, api, etag=etag, check=check, document=document)

    async def document(self, api_id: str) -> Document:
        """The document that an API was imported from. Raises NotFound."""
        for _ in range(_LOADS):
            head = await self.store.get(TABLE, PARTITION, API.row(api_id))
            if head is None or "document_size" not in head.properties:
                break
            try:
                content = await read_large(self.store, CHUNKS, "document", head.properties)
            except Torn:
                continue  # a new import has replaced it since the head was read
            named = head.properties
            return Document(content, str(named.get("media_type", "")), str(named.get("source", "")))
        if head is None:
            raise _unknown(API, api_id)
        raise NotFound(f"The API {api_id!r} has no stored document.")

    async def save(
        self, kind: Kind[T], value: T, *, etag: str = "", check: Check | None = None, document: Document | None = None
    ) -> str:
        """See `Collection.save`."""
        kind.check(value)
        writing = await self._prepare(kind, value, document)
        identity = kind.id(value)

        async def decide(seen: Seen) -> list[Operation]:
            head = seen.heads.get(kind.row(identity))
            _expect(kind, identity, head, etag)
            if writing.revision and not writing.announced_in(seen):
                raise Conflict("Storing took so long that it was taken for given up, and was cleaned away.", hint="Try again.")
            await self._require(seen, kind, value)
            if check is not None:
                check(_with(await self._assemble(seen), kind, identity, value))
            return [Operation("upsert", kind.row(identity), writing.properties(head))]

        await transact(self.store, decide)
        return writing.tag

    async def delete(self, kind: Kind[T], identity: str, *, etag: str = "", check: Check | None = None) -> None:
        """See `Collection.delete`."""
        more: list[Operation] = []

        async def decide(seen: Seen) -> list[Operation]:
            head = seen.heads.get(kind.row(identity))
            if head is None:
                raise _unknown(kind, identity)
            if etag:
                _expect(kind, identity, head, etag)
            owned = await self._dependants(seen, kind, identity)
            if check is not None:
                check(_with(await self._assemble(seen), kind, identity, None))
            more[:] = [Operation("delete", row) for row in owned]
            return [Operation("delete", kind.row(identity)), *more[: MAX_BATCH_OPERATIONS - 2]]

        await transact(self.store, decide)
        for start in range(MAX_BATCH_OPERATIONS - 2, len(more), MAX_BATCH_OPERATIONS - 1):
            rows = more[start : start + MAX_BATCH_OPERATIONS - 1]
            await transact(self.store, _still_there(rows))

    async def read(self, kind: Kind[T], head: Entity) -> Stored[T]:
        """The thing that a head row stands for. Raises Torn, CatalogError."""
        known = self._decoded.get((head.row, head.etag))
        if known is None:
            text: str | bytes | Scalar = head.properties.get("json", "")
            if not text:
                text = await read_large(self.store, CHUNKS, "value", head.properties)
            try:
                known = decode(kind.type, text if isinstance(text, str | bytes) else "")
            except ValueError as error:
                hint = "Somebody has changed the table by other means than this program? Delete it or save it again."
                raise CatalogError(f"The stored row {head.row!r} cannot be read: {error}.", hint=hint) from error
            self._decoded[head.row, head.etag] = known
        return Stored(known, str(head.properties.get("tag", "")))

    async def _prepare(self, kind: Kind[T], value: T, document: Document | None) -> _Writing:
        """Everything that can be written before it is visible."""
        text = encode(value)
        tag = uuid.uuid4().hex
        writing = _Writing(tag, now=self._clock(), document=document)
        if len(text) <= _READABLE:
            writing.text = text
        else:
            writing.packed["value"] = await pack(text.encode())
        if document is not None:
            writing.packed["document"] = await pack(document.content)
        if any(packed.chunks for packed in writing.packed.values()):
            writing.revision = tag
            counts: dict[str, Scalar] = {name: len(packed.chunks) for name, packed in writing.packed.items()}
            announced = {**counts, "created": self._clock(), "by": f"{kind.prefix} {kind.id(value)}"}
            await self.store.insert(TABLE, PARTITION, JOURNAL + tag, announced)
            for name, packed in writing.packed.items():
                await write_chunks(self.store, CHUNKS, tag, name, packed)
        return writing

    async def _assemble(self, seen: Seen) -> Catalogue:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def read(kind: Kind[Any], head: Entity) -> tuple[str, Any]:
            async with slots:
                stored = await self.read(kind, head)
            return kind.id(stored.value), stored.value

        heads = [(KINDS[prefix], head) for row, head in seen.heads.items() if (prefix := row.partition("-")[0]) in KINDS]
        things = await asyncio.gather(*(read(kind, head) for kind, head in heads))
        fields: dict[str, dict[str, Any]] = {kind.field: {} for kind in KINDS.values()}
        for (kind, _), (identity, value) in zip(heads, things, strict=True):
            fields[kind.field][identity] = value
        self._decoded = {(head.row, head.etag): value for (_, head), (_, value) in zip(heads, things, strict=True)}
        return Catalogue(version=seen.version, **fields)

    async def _require(self, seen: Seen, kind: Kind[T], value: T) -> None:
        """What the value refers to is there. Raises NotFound."""
        for prefix, identity in kind.refers(value):
            target = KINDS[prefix]
            if target.row(identity) not in seen.heads:
                raise _unknown(target, identity)
        scope = operation_scope(value)
        if scope is not None:
            api: Stored[Api] = await self.read(API, seen.heads[API.row(scope.id)])
            if not any(operation.id == scope.operation for operation in api.value.operations):
                hint = f"`python -m mcp_core api show {scope.id}` lists its operations."
                raise NotFound(f"The API {scope.id!r} has no operation {scope.operation!r}.", hint=hint)

    async def _dependants(self, seen: Seen, kind: Kind[Any], identity: str) -> list[str]:
        """The rows that go together with a thing. Raises Conflict that names what needs it."""
        if kind not in _REFERRED_TO:
            return []
        needed_by: dict[str, list[str]] = {}
        owned: list[str] = []
        for row, head in seen.heads.items():
            other = KINDS.get(row.partition("-")[0])
            if other is None or other is API:  # an API refers to nothing, and is the one that costs time to read
                continue
            value = (await self.read(other, head)).value
            if (kind.prefix, identity) not in other.refers(value):
                continue
            if other.owned:
                owned.append(row)
            else:
                needed_by.setdefault(other.noun, []).append(other.id(value))
        if needed_by:
            users = "; ".join(f"{noun} {', '.join(sorted(who))}" for noun, who in needed_by.items())
            raise Conflict(f"The {kind.noun} {identity!r} is in use by {users}.", hint="Delete or change what uses it first.")
        return owned


class Collection(Generic[T]):
    """All things of one kind."""

    def __init__(self, repository: Repository, kind: Kind[T]) -> None:
        self._repository = repository
        self.kind = kind

    async def find(self, identity: str) -> Stored[T] | None:
        """The thing with this id (a policy's is its scope, a connection's "<provider>/<id>"), or None."""
        for _ in range(_LOADS):
            head = await self._repository.store.get(TABLE, PARTITION, self.kind.row(identity))
            if head is None:
                return None
            try:
                return await self._repository.read(self.kind, head)
            except Torn:
                continue  # replaced since the head was read
        raise StoreUnavailable(f"The {self.kind.noun} {identity!r} could not be read whole.")

    async def get(self, identity: str) -> Stored[T]:
        """The thing with this id. Raises NotFound."""
        found = await self.find(identity)
        if found is None:
            raise _unknown(self.kind, identity)
        return found

    async def list(self) -> list[Stored[T]]:
        """All of them, in the order of their ids."""
        first, end = f"{self.kind.prefix}-", f"{self.kind.prefix}."
        for _ in range(_LOADS):
            rows = self._repository.store.query(TABLE, PARTITION, row_from=first, row_to=end)
            try:
                found = [await self._repository.read(self.kind, head) async for head in rows]
            except Torn:
                continue
            return sorted(found, key=lambda stored: self.kind.id(stored.value))
        raise StoreUnavailable(f"The list of {self.kind.noun}s could not be read whole.")

    async def save(self, value: T, *, etag: str = "", check: Check | None = None) -> str:
        """Store it; gives the new ETag. Without `etag` it must not exist yet; with the one that was read, it must be
        unchanged since. `check` sees the whole catalogue as it will be, and may raise: nothing is written then. An API keeps
        the document that it was imported from.

        Raises InvalidInput, NotFound (something that it refers to), Conflict.
        """
        return await self._repository.save(self.kind, value, etag=etag, check=check)

    async def delete(self, identity: str, *, etag: str = "", check: Check | None = None) -> None:
        """Delete it, and the policies of its scopes with it; with `etag` only if unchanged since it was read.

        Raises NotFound; Conflict, also when something else needs it.
        """
        await self._repository.delete(self.kind, identity, etag=etag, check=check)


class _Writing(Record, frozen=False):
    """A value on its way into the store. `revision` is "" when no chunks are needed."""

    tag: str
    now: float
    document: Document | None
    text: str = ""
    packed: dict[str, Packed] = field(default_factory=dict)
    revision: str = ""

    def announced_in(self, seen: Seen) -> bool:
        """Whether nobody has begun to clean the chunks away."""
        journal = seen.journal.get(JOURNAL + self.revision)
        return journal is not None and not journal.properties.get("doomed")

    def properties(self, before: Entity | None) -> dict[str, Scalar]:
        """The head row. Without a new document it keeps the one before."""
        properties: dict[str, Scalar] = {"tag": self.tag, "saved": self.now}
        if self.text:
            properties["json"] = self.text
        for prefix, packed in self.packed.items():
            properties.update(packed.head(prefix, self.revision))
        if self.document is not None:
            properties.update(media_type=self.document.media_type, source=self.document.source)
        elif before is not None:
            kept = before.properties.items()
            properties.update({name: value for name, value in kept if name.startswith("document_") or name in _DOCUMENT})
        return properties


_DOCUMENT = frozenset({"media_type", "source"})
_REFERRED_TO: tuple[Kind[Any], ...] = (API, PRODUCT, SERVER)


def _expect(kind: Kind[Any], identity: str, head: Entity | None, etag: str) -> None:
    """The thing is as the writer believes. Raises Conflict."""
    if not etag and head is not None:
        raise Conflict(f"The {kind.noun} {identity!r} exists already.")
    if etag and head is None:
        raise Conflict(f"The {kind.noun} {identity!r} was deleted by somebody else since it was read.")
    if head is not None and head.properties.get("tag") != etag:
        message = f"The {kind.noun} {identity!r} was changed by somebody else since it was read."
        raise Conflict(message, hint="Read it again and repeat the change.")


def _unknown(kind: Kind[Any], identity: str) -> NotFound:
    return NotFound(f"There is no {kind.noun} {identity!r:.200}.")


def _with(catalogue: Catalogue, kind: Kind[Any], identity: str, value: object | None) -> Catalogue:
    """The catalogue with one thing changed, or gone when the value is None."""
    things: dict[str, Any] = {name: thing for name, thing in getattr(catalogue, kind.field).items() if name != identity}
    if value is not None:
        things[identity] = value
    changed: dict[str, Any] = {kind.field: things}
    return replace(catalogue, **changed)


def _still_there(rows: list[Operation]) -> Callable[[Seen], Awaitable[list[Operation]]]:
    async def decide(seen: Seen) -> list[Operation]:
        return [step for step in rows if step.row in seen.heads]

    return decide
