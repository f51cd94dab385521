"""A session's mailbox in the store: one row says that its stream is open, one row a message waits to be delivered.

The rule here: a message is put by any instance, once, and taken by the one that holds the stream. Every row says when nobody
needs it any more, so that what a dead instance leaves behind is swept.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from mcp_core.storage.large import Torn, delete_rows, pack, read_large, write_chunks
from mcp_core.storage.port import AlreadyExists, NotThere, Scalar, TableStore
from policies.records import Record

__all__ = ["STREAMS_TABLE", "Mailbox", "is_session"]

STREAMS_TABLE = "StreamMessages"
KEPT_SECONDS = 300  # longer than any stream lasts
_OPEN = "open"
_MESSAGE = "m-"
_ALPHABET = frozenset("0123456789abcdef")
_SESSION_LENGTH = 32


def is_session(text: str) -> bool:
    """Whether this could be a session's id; nothing else is looked up."""
    return len(text) == _SESSION_LENGTH and _ALPHABET.issuperset(text)


class Waiting(Record):
    """A message as taken: its row, and what it says."""

    row: str
    data: bytes


class Mailbox:
    """All sessions of one store. Every method raises StoreUnavailable."""

    def __init__(self, store: TableStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    async def open(self, server: str, seconds: float) -> str:
        """A new session of this server that takes messages for so many seconds; its id, which nobody can guess."""
        session = secrets.token_hex(_SESSION_LENGTH // 2)
        properties: dict[str, Scalar] = {"Server": server, "Closes": self._clock() + seconds, "ExpiresAt": self._expiry()}
        await self._store.insert(STREAMS_TABLE, session, _OPEN, properties)
        return session

    async def is_open(self, session: str, server: str) -> bool:
        """Whether the session is one of this server's and still takes messages."""
        row = await self._store.get(STREAMS_TABLE, session, _OPEN)
        if row is None or row.properties.get("Server") != server:
            return False
        closes = row.properties.get("Closes")
        return isinstance(closes, int | float) and self._clock() < closes

    async def put(self, session: str, data: bytes) -> None:
        """Leave a message for the session's stream."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        packed = await pack(data)
        expires = self._expiry()
        chunks = f"{session}-{name}"
        await write_chunks(self._store, STREAMS_TABLE, chunks, "data", packed, also={"ExpiresAt": expires})
        try:
            head = {**packed.head("data", chunks), "ExpiresAt": expires}
            await self._store.insert(STREAMS_TABLE, session, _MESSAGE + name, head)
        except AlreadyExists:  # a connection broke after our own write
            return

    async def take(self, session: str) -> list[Waiting]:
        """The messages that wait, oldest first. They stay until `remove`."""
        found = []
        async for row in self._store.query(STREAMS_TABLE, session, row_from=_MESSAGE, row_to="m."):
            try:
                found.append(Waiting(row.row, await read_large(self._store, STREAMS_TABLE, "data", row.properties)))
            except Torn:  # delivered already, its row not yet removed
                continue
        return found

    async def remove(self, session: str, rows: list[str]) -> None:
        """Remove delivered messages; chunks are left to the sweep."""
        await delete_rows(self._store, STREAMS_TABLE, session, rows)

    async def close(self, session: str) -> None:
        """Take no more messages, and forget those that wait."""
        rows = [row.row async for row in self._store.query(STREAMS_TABLE, session)]
        try:
            await delete_rows(self._store, STREAMS_TABLE, session, rows)
        except NotThere:
            return

    def _expiry(self) -> int:
        return int(self._clock()) + KEPT_SECONDS
