"""Group commit: the changes that calls want to make to one entity are decided together and written by one conditional replace.

The rule here: for one key at most one store operation is under way in this process; whoever comes meanwhile waits in the key's
queue and is decided in the next round. A round decides against the entity as it was last read or written, and counts only
when the replace of exactly that version succeeded. After a 412 the entity is read again and everything is decided anew.

A write whose answer was lost may have been made, now or later. It is never assumed away: the entity is read again, and its
`Writers` (the last attempt of each of the last writers) say whether one of this round's attempts was made, even when others
wrote since; then that attempt counts. Else the round is decided anew on what is there, so that a late write of the old
attempt meets another ETag and fails. At worst a call is counted that was refused.

A round is a task of its own, so that no caller's going away can harm the others, and so that calls which the loop finds ready
at the same time come together even on a store that never waits.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

from mcp_core.storage.counters.changes import Change, Ledger, fail
from mcp_core.storage.counters.clock import StoreClock
from mcp_core.storage.counters.remembered import Key, Remembered
from mcp_core.storage.port import (
    AlreadyExists,
    NotThere,
    Precondition,
    Scalar,
    StoreError,
    StoreUnavailable,
    TableStore,
)

__all__ = ["ROW", "WRITERS", "GroupCommit"]

ROW = "counter"
WRITERS = "Writers"

_PATIENCE = 4.0  # seconds: a change that was not decided by then fails
_LONGEST_PAUSE = 0.1
_BREAK, _LONGEST_BREAK = 0.2, 1.0  # how long a key whose store failed is refused without asking
_RECENT = 1.0  # a foreign writer seen within this time is expected to want more
_REMEMBERED_WRITERS = 16
_STREAK = 8  # after so many rounds in a row, others are let in
_LIKELY = 0.9  # where so many new keys had no entity, the next is written without having been read

L = TypeVar("L", bound=Ledger)
T = TypeVar("T")


class _Round(Generic[L]):
    """One round of a key: its changes, those that nobody waits for, and the attempts to write them whose end is not known."""

    __slots__ = ("attempts", "changes", "failures", "later", "losses")

    def __init__(self) -> None:
        self.changes: list[Change[L]] = []
        self.later: list[Change[L]] = []
        self.attempts: dict[str, list[tuple[Change[L], object]]] = {}
        self.failures = 0
        self.losses = 0

    def settle(self, writers: Iterable[str]) -> bool:
        """The entity carries `writers`: if an attempt of ours is among them, its changes are made."""
        made = next((self.attempts[writer] for writer in writers if writer in self.attempts), None)
        if made is None:
            return False
        self.attempts.clear()  # the others met another ETag, or will
        self.later.clear()
        for change, result in made:
            if change in self.changes:
                self.changes.remove(change)
                change.result = result
                change.finish()
        return True

    def doubt(self) -> None:
        """Whether our attempts were made can no longer be told: what must not happen twice fails."""
        self.later.clear()
        for change in self.changes:
            if not change.repeat():
                change.finish(StoreUnavailable("the counter's store lost an answer"))
        self.changes = [change for change in self.changes if not change.future.done()]


class GroupCommit(Generic[L]):
    """The keys of one table. `read` turns an entity's properties (None: there is no entity) into a ledger; `timeout` is
    seconds that one store operation may take. For one event loop."""

    def __init__(
        self,
        store: TableStore,
        table: str,
        read: Callable[[Mapping[str, Scalar] | None], L],
        clock: StoreClock,
        *,
        timeout: float,
        jitter: random.Random | None = None,
    ) -> None:
        self.keys: Remembered[L] = Remembered()
        self._store = store
        self._table = table
        self._read = read
        self._clock = clock
        self._timeout = timeout
        self._random = jitter or random.Random()  # noqa: S311  (spreads retries, keeps no secret)
        self._me = secrets.token_hex(6)
        self._writes = 0
        self._absent = 0.0  # the share of new keys that had no entity, of late
        self._is_prompt = getattr(store, "is_prompt", False)
        self._written_at: Callable[[str], float | None] = getattr(store, "written_at", lambda etag: None)
        self._tasks: set[asyncio.Task[None]] = set()

    def known(self, partition: str) -> L | None:
        """The ledger as last read or written (changes that are being written included), or None."""
        key = self.keys.find(partition)
        if key is None or key.is_guess or key.ledger is None:
            return None
        if key.later and not key.running:
            for change in key.later:
                if not change.makes_room:
                    change.apply(key.ledger)
        return key.ledger

    def add_later(self, partition: str, change: Change[L]) -> None:
        """Make the change along with the next round, if that comes while the key is remembered. It causes no write, and may be
        applied to one ledger more than once."""
        key = self.keys.find(partition)
        if key is not None:
            key.later.append(change)

    def waiting(self, partition: str) -> bool:
        """Whether something waits for the next round that may make room."""
        key = self.keys.find(partition)
        return key is not None and (bool(key.queue) or any(change.makes_room for change in key.later))

    def age(self, partition: str) -> float:
        """Seconds since the key's entity was last read or written."""
        key = self.keys.find(partition)
        return float("inf") if key is None else self._clock.monotonic() - key.synced

    def expire(self, partition: str) -> None:
        """Read the key's entity again in the next round."""
        key = self.keys.find(partition)
        if key is not None and not key.running:
            key.ledger = None

    async def submit(self, partition: str, change: Change[L]) -> None:
        """Make the change; its `result` counts on return. Raises StoreUnavailable. When the waiting caller is cancelled, the
        change is not made, or made and taken back by the key's next write."""
        key = self.keys.use(partition, change.arrived)
        if key.broken_until > change.arrived:
            raise StoreUnavailable("the counter's store failed just now")
        change.future = asyncio.get_running_loop().create_future()
        key.queue.append(change)
        if not key.running:
            key.running = True
            task = asyncio.get_running_loop().create_task(self._drain(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await change.future
        except asyncio.CancelledError:
            if change.future.done() and not change.future.cancelled() and change.future.exception() is None:
                _take_back(key, change)
            raise

    async def _drain(self, key: Key[L]) -> None:
        try:
            while key.queue:
                await self._commit(key)
                if key.queue:
                    await self._let_others_in(key)
        finally:  # also when the loop is shut down
            key.running = False
            key.streak = 0
            fail(key.queue, StoreUnavailable("the counter was shut down"))
            key.queue.clear()

    async def _commit(self, key: Key[L]) -> None:
        """One round: until all changes that are there are decided, and written where they must be."""
        turn: _Round[L] = _Round()
        try:
            while self._gather(key, turn):
                try:
                    if await self._attempt(key, turn):
                        break
                except (Precondition, AlreadyExists, NotThere):
                    await self._lost(key, turn)
                except StoreUnavailable:
                    key.ledger = None
                    turn.failures += 1
                    if turn.failures > 1:
                        raise
        except StoreUnavailable as error:
            key.breaks += 1
            pause = min(_LONGEST_BREAK, _BREAK * 2 ** (key.breaks - 1))
            key.broken_until = self._clock.monotonic() + pause
            fail(turn.changes, error)
        except StoreError as error:  # the entity would be too large: our own fault, not the caller's
            key.ledger = None
            fail(turn.changes, StoreUnavailable(f"the counter cannot be stored: {error}"))
        except BaseException:
            key.ledger = None
            fail(turn.changes, StoreUnavailable("the counter was shut down"))
            raise

    def _gather(self, key: Key[L], turn: _Round[L]) -> bool:
        """Take in what waits; leave out who went away or waited too long. False when nobody is left."""
        turn.changes += key.queue
        key.queue.clear()
        overdue = self._clock.monotonic() - _PATIENCE
        stay: list[Change[L]] = []
        for change in turn.changes:
            if change.arrived < overdue:
                change.finish(StoreUnavailable("the counter's key is contended"))
            if not change.future.done():
                stay.append(change)
        turn.changes = stay
        return bool(stay)

    async def _attempt(self, key: Key[L], turn: _Round[L]) -> bool:
        """Read if needed, decide, write if needed. True when the round is over."""
        turn.later += key.later
        key.later = []
        if key.ledger is None:
            if key.is_new and self._absent > _LIKELY:
                key.is_guess, key.ledger = True, self._read(None)
            else:
                await self._load(key)
            is_settled = turn.settle(key.writers)
            if not is_settled and turn.attempts and len(key.writers) == _REMEMBERED_WRITERS and not self._mine(key.writers):
                turn.doubt()
            if not turn.changes:
                return True
        ledger = key.ledger
        assert ledger is not None
        dirty = ledger.damaged
        for change in turn.later:
            dirty = (change.apply(ledger) and change.makes_room) or dirty
        for change in turn.changes:
            dirty = change.apply(ledger) or dirty
        if dirty:
            writer = f"{self._me}-{self._writes}"
            self._writes += 1
            turn.attempts[writer] = [(change, change.result) for change in turn.changes]
            await self._write(key, ledger, writer)
        elif key.is_guess:  # only a write finds out that it was wrong
            key.is_new, key.is_guess, key.ledger = False, False, None
            return False
        else:
            key.later = [change for change in turn.later if not change.makes_room] + key.later
        key.breaks = 0
        for change in turn.changes:
            if change.future.cancelled():
                _take_back(key, change)
            change.finish()
        turn.changes = []
        return True

    async def _load(self, key: Key[L]) -> None:
        entity = await self._within(self._store.get(self._table, key.partition, ROW))
        if key.is_new:
            self._absent += 0.05 * ((entity is None) - self._absent)
            key.is_new = False
        properties = None if entity is None else entity.properties
        key.etag = "" if entity is None else entity.etag
        key.writers = [] if properties is None else str(properties.get(WRITERS, "")).split()[:_REMEMBERED_WRITERS]
        key.ledger = self._read(properties)
        key.synced = self._clock.monotonic()
        if key.writers and not key.writers[0].startswith(self._me):
            key.foreign = key.synced
        self.keys.weigh(
            key, 0 if properties is None else sum(len(v) for v in properties.values() if isinstance(v, str | bytes))
        )

    async def _write(self, key: Key[L], ledger: L, writer: str) -> None:
        writers = [writer, *(other for other in key.writers if not other.startswith(self._me))][:_REMEMBERED_WRITERS]
        properties = ledger.properties()
        properties[WRITERS] = " ".join(writers)
        sent = self._clock.monotonic()
        if key.etag:
            step = self._store.replace(self._table, key.partition, ROW, properties, key.etag)
        else:
            step = self._store.insert(self._table, key.partition, ROW, properties)
        key.etag = await self._within(step)
        received = key.synced = self._clock.monotonic()
        key.writers = writers
        key.is_new = key.is_guess = ledger.damaged = False
        self._clock.learn(sent, received, self._written_at(key.etag))

    async def _lost(self, key: Key[L], turn: _Round[L]) -> None:
        """Somebody else wrote: read again, after a jittered pause that grows with the number of losses."""
        key.ledger = None
        if key.is_guess:
            key.is_new = key.is_guess = False
            self._absent /= 2
            return
        key.foreign = self._clock.monotonic()
        turn.losses += 1
        longest = min(_LONGEST_PAUSE, self._clock.round_trip * min(0.5 * 1.5**turn.losses, 16))
        await asyncio.sleep(longest * self._random.random())

    async def _let_others_in(self, key: Key[L]) -> None:
        """Between two rounds. Whoever just wrote holds the newest ETag and needs one round trip for the next write; whoever
        lost needs two, to read and to write, and would lose for ever against a busy winner. So winners pause."""
        key.streak += 1
        contended = self._clock.monotonic() - key.foreign < _RECENT
        if contended or key.streak >= _STREAK:
            key.streak = 0
            pause = self._clock.round_trip * (0.5 + 2 * self._random.random())
            await asyncio.sleep(min(_LONGEST_PAUSE, pause))
            if contended:
                key.ledger = None  # somebody else wrote meanwhile, most likely

    async def _within(self, step: Awaitable[T]) -> T:
        if self._is_prompt:  # it bounds itself
            return await step
        try:
            async with asyncio.timeout(self._timeout):
                return await step
        except TimeoutError as error:
            raise StoreUnavailable(f"the counter's store did not answer within {self._timeout:g} s") from error

    def _mine(self, writers: Iterable[str]) -> bool:
        return any(writer.startswith(self._me) for writer in writers)


def _take_back(key: Key[L], change: Change[L]) -> None:
    undo = change.undo()
    if undo is not None:
        key.later.append(undo)
