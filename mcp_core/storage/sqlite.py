"""The embedded store: one SQLite file, shared by any number of processes on one machine.

The rule here: a statement runs directly in the event loop's thread and never waits. A single get takes about 10 µs, a
replace 30 µs; handing it to a worker thread and back costs 60 µs and more, and would queue the hot path behind itself. What
could block for longer does not happen inside a call: the busy timeout is 0, and when another process holds the file (a write
takes it for tens of microseconds) the call sleeps in the loop and tries again, up to `timeout` seconds. Queries read in
pages, and let others run between them. `synchronous=NORMAL` with a write-ahead log survives the death of a process at any
point; only a power failure can take back the last few commits.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mcp_core.errors import InvalidInput
from mcp_core.storage.limits import check_batch, check_entity, check_key, check_table
from mcp_core.storage.port import (
    AlreadyExists,
    Entity,
    NotThere,
    Operation,
    Precondition,
    Scalar,
    StoreUnavailable,
)

__all__ = ["APPLICATION_ID", "SqliteStore"]

T = TypeVar("T")

APPLICATION_ID = 0x4D435047  # "MCPG", in the file's header: how we know our own file
SCHEMA_VERSION = 1
PAGE = 500
_OPEN_TIMEOUT = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02

_SCHEMA = """
CREATE TABLE entities (
    name TEXT NOT NULL, partition TEXT NOT NULL, row TEXT NOT NULL,
    etag INTEGER NOT NULL, properties TEXT NOT NULL, binary BLOB,
    PRIMARY KEY (name, partition, row)
)
"""
_GET = "SELECT etag, properties, binary FROM entities WHERE name = ? AND partition = ? AND row = ?"
_EXISTS = "SELECT 1 FROM entities WHERE name = ? AND partition = ? AND row = ?"
_INSERT = "INSERT INTO entities (name, partition, row, etag, properties, binary) VALUES (?, ?, ?, ?, ?, ?)"
_UPSERT = (
    "INSERT INTO entities (name, partition, row, etag, properties, binary) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (name, partition, row) DO UPDATE SET "
    "etag = excluded.etag, properties = excluded.properties, binary = excluded.binary"
)
_REPLACE = "UPDATE entities SET etag = ?, properties = ?, binary = ? WHERE name = ? AND partition = ? AND row = ? AND etag = ?"
_DELETE = "DELETE FROM entities WHERE name = ? AND partition = ? AND row = ?"
_DELETE_MATCHING = "DELETE FROM entities WHERE name = ? AND partition = ? AND row = ? AND etag = ?"
_COLUMNS = "SELECT partition, row, etag, properties, binary FROM entities WHERE name = ?"
_ONE_PARTITION = " AND partition = ? AND row >= ?"
_ALL_PARTITIONS = " AND (partition, row) >= (?, ?) AND row >= ?"
_ROW_BELOW = " AND row < ?"
_IN_ORDER = " ORDER BY partition, row LIMIT ?"

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class SqliteStore:
    """A TableStore in the file `path`, which is made when it does not exist. For one event loop at a time.

    Raises InvalidInput when the file cannot be used: not ours, newer than this version, no permission.
    """

    is_prompt = True  # see TableStore

    def __init__(self, path: str | Path, *, timeout: float = 5.0) -> None:
        self._path = Path(path)
        self._timeout = timeout
        self._etags = random.Random()  # noqa: S311  (an ETag has to differ, not to be secret)
        self._db = _open(self._path)

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        """See TableStore."""
        check_table(table)
        check_key("partition", partition)
        check_key("row", row)
        found = await self._run(lambda: self._db.execute(_GET, (table, partition, row)).fetchone())
        return None if found is None else Entity(partition, row, _decoded(found[1], found[2]), str(found[0]))

    async def insert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        """See TableStore."""
        check_table(table)
        check_entity(partition, row, properties)
        return await self._run(lambda: self._insert(table, partition, row, properties))

    async def upsert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        """See TableStore."""
        check_table(table)
        check_entity(partition, row, properties)
        return await self._run(lambda: self._upsert(table, partition, row, properties))

    async def replace(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar], etag: str) -> str:
        """See TableStore."""
        check_table(table)
        check_entity(partition, row, properties)
        return await self._run(lambda: self._replace(table, partition, row, properties, etag))

    async def delete(self, table: str, partition: str, row: str, etag: str = "") -> None:
        """See TableStore."""
        check_table(table)
        check_key("partition", partition)
        check_key("row", row)
        await self._run(lambda: self._delete(table, partition, row, etag))

    async def query(
        self,
        table: str,
        partition: str | None = None,
        *,
        row_from: str = "",
        row_to: str = "",
        below: tuple[str, int] | None = None,
    ) -> AsyncIterator[Entity]:
        """See TableStore."""
        check_table(table)
        statement = _COLUMNS + (_ALL_PARTITIONS if partition is None else _ONE_PARTITION)
        statement += (_ROW_BELOW if row_to else "") + _IN_ORDER
        bounds = ((row_from,) if partition is None else ()) + ((row_to,) if row_to else ()) + (PAGE,)
        place = (partition or "", row_from if partition is not None else "")
        while True:
            page = await self._run(partial(self._page, statement, (table, *place, *bounds)))
            for found in page:
                properties = _decoded(found[3], found[4])
                if below is None or _is_below(properties.get(below[0]), below[1]):
                    yield Entity(found[0], found[1], properties, str(found[2]))
            if len(page) < PAGE:
                return
            place = (page[-1][0], page[-1][1] + "\0")  # the next possible row
            await asyncio.sleep(0)

    async def batch(self, table: str, partition: str, operations: Sequence[Operation]) -> None:
        """See TableStore."""
        check_table(table)
        check_batch(partition, operations)
        await self._run(lambda: self._batch(table, partition, operations))

    async def close(self) -> None:
        """See TableStore."""
        self._db.close()

    # The statements. Each is one atomic step; `_run` repeats it as a whole while the file is busy.

    def _page(self, statement: str, arguments: tuple[object, ...]) -> list[tuple[str, str, int, str, bytes | None]]:
        return self._db.execute(statement, arguments).fetchall()

    def _insert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        etag = self._etags.getrandbits(62)
        try:
            self._db.execute(_INSERT, (table, partition, row, etag, *_encoded(properties)))
        except sqlite3.IntegrityError:
            raise AlreadyExists(f"{table}: {partition} / {row} exists already.") from None
        return str(etag)

    def _upsert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        etag = self._etags.getrandbits(62)
        self._db.execute(_UPSERT, (table, partition, row, etag, *_encoded(properties)))
        return str(etag)

    def _replace(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar], etag: str) -> str:
        new = self._etags.getrandbits(62)
        arguments = (new, *_encoded(properties), table, partition, row, _number(etag))
        if self._db.execute(_REPLACE, arguments).rowcount != 1:
            raise self._missed(table, partition, row)
        return str(new)

    def _delete(self, table: str, partition: str, row: str, etag: str) -> None:
        statement, arguments = (_DELETE_MATCHING, (_number(etag),)) if etag else (_DELETE, ())
        if self._db.execute(statement, (table, partition, row, *arguments)).rowcount != 1:
            raise self._missed(table, partition, row)

    def _missed(self, table: str, partition: str, row: str) -> NotThere | Precondition:
        if self._db.execute(_EXISTS, (table, partition, row)).fetchone() is None:
            return NotThere(f"{table}: there is no {partition} / {row}.")
        return Precondition(f"{table}: {partition} / {row} was changed meanwhile.")

    def _batch(self, table: str, partition: str, operations: Sequence[Operation]) -> None:
        with _transaction(self._db, "BEGIN IMMEDIATE"):
            for step in operations:
                properties = step.properties or {}
                if step.kind == "insert":
                    self._insert(table, partition, step.row, properties)
                elif step.kind == "upsert":
                    self._upsert(table, partition, step.row, properties)
                elif step.kind == "replace":
                    self._replace(table, partition, step.row, properties, step.etag)
                else:
                    self._delete(table, partition, step.row, step.etag)

    async def _run(self, work: Callable[[], T]) -> T:
        """The step's result; while another process holds the file, sleep and repeat."""
        try:
            return work()
        except sqlite3.Error as error:
            self._raise_unless_busy(error)
        deadline, pause = time.monotonic() + self._timeout, _FIRST_PAUSE
        while True:
            await asyncio.sleep(pause * (0.5 + self._etags.random()))
            try:
                return work()
            except sqlite3.Error as error:
                self._raise_unless_busy(error)
                if time.monotonic() > deadline:
                    message = f"{self._path} was locked by another process for {self._timeout:g} s."
                    raise StoreUnavailable(message) from error
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _raise_unless_busy(self, error: sqlite3.Error) -> None:
        if not _is_busy(error):
            raise StoreUnavailable(f"{self._path} cannot be used: {error}.") from error


def _make_own(path: Path) -> None:
    """A new file that only its owner reads: named values stand in it as they are. SQLite gives its other files this mode."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_own(path)
        # Statements run in one thread at a time; that it is the same for ever is not demanded, so that a store may be
        # opened in one event loop and used in the next.
        db = sqlite3.connect(path, timeout=_OPEN_TIMEOUT, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise InvalidInput(f"The store {path} cannot be opened: {error}.", hint=_PLACE) from error
    try:
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


_PLACE = "Name another file with MCP_STORE=sqlite:PATH (or --data DIR), in a folder that you may write to."


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    try:
        _own(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA busy_timeout = 0")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise InvalidInput(f"{path} is not a store of this program: it is no SQLite file.", hint=_PLACE) from error
        raise InvalidInput(f"The store {path} cannot be used: {error}.", hint=_PLACE) from error


def _own(db: sqlite3.Connection, path: Path) -> None:
    """Make the schema in a new file; refuse a file of somebody else's."""
    with _transaction(db, "BEGIN"):
        if _is_ours(db, path):
            return
    with _transaction(db, "BEGIN IMMEDIATE"):  # two processes may start at once: the second finds the file made
        if not _is_ours(db, path):
            db.execute(_SCHEMA)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _is_ours(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the schema is there; False for an empty file."""
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID:
        if version > SCHEMA_VERSION:
            raise InvalidInput(f"{path} was written by a newer version of this program.", hint="Upgrade, or use another file.")
        return True
    if application or version or db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise InvalidInput(f"{path} is not a store of this program: it is another program's SQLite file.", hint=_PLACE)
    return False


def _is_busy(error: sqlite3.Error) -> bool:
    # The low byte is the primary code; the rest tells kinds of busy apart (recovery, snapshot).
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _BUSY


def _is_below(value: Scalar | None, bound: int) -> bool:
    # Not in SQL: a statement that looks through the whole table for a few rows would hold up the loop.
    return type(value) is int and value < bound


_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def _number(etag: str) -> int:
    """Our ETags are numbers; a foreign one matches nothing."""
    return int(etag) if etag.isdecimal() and len(etag) < 20 else -1


def _encoded(properties: Mapping[str, Scalar]) -> tuple[str, bytes | None]:
    """JSON, and all binary values in one blob: in the JSON stands where each begins and ends."""
    blob: bytearray | None = None
    shown: dict[str, Any] = {}
    for name, value in properties.items():
        if isinstance(value, bytes):
            blob = bytearray() if blob is None else blob
            shown[name] = (len(blob), len(blob) + len(value))
            blob += value
        else:
            shown[name] = value
    return _encode(shown), None if blob is None else bytes(blob)


def _decoded(text: str, blob: bytes | None) -> dict[str, Scalar]:
    properties: dict[str, Any] = json.loads(text)
    if blob is not None:
        for name, value in properties.items():
            if type(value) is list:
                properties[name] = blob[value[0] : value[1]]
    return properties
