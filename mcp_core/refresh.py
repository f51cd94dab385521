"""Keeping an instance's configuration fresh (D4).

The rule here: requests read the current snapshot and never wait for the store, with one exception: an instance that was
frozen, so that its last look is older than `STALE_AFTER`, looks again before it answers, for at most `PATIENCE`. While the
store is down the last snapshot goes on serving.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from policies.ports import StoreUnavailable

__all__ = ["Refresher"]

STALE_AFTER = 4.0  # seconds: with a look every two, only a frozen or overloaded instance gets there
PATIENCE = 1.0

S = TypeVar("S")
_log = logging.getLogger(__name__)


class Refresher(Generic[S]):
    """Holds the current snapshot. `version` is a cheap look at the store, `load` builds a snapshot, given the one before it.

    `snapshot` is None until the first load has succeeded; `last_look` is when the store last answered, in monotonic seconds.
    """

    def __init__(
        self,
        version: Callable[[], Awaitable[str]],
        load: Callable[[S | None], Awaitable[tuple[str, S]]],
        *,
        interval: float,
    ) -> None:
        self.snapshot: S | None = None
        self.last_look = float("-inf")
        self.version = ""
        self._read_version = version
        self._load = load
        self._interval = interval
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load for the first time and go on looking in the background. Raises what the first load raises."""
        await self._look()
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop looking."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def is_stale(self) -> bool:
        """Whether the background task has not been able to look for too long."""
        return time.monotonic() - self.last_look > STALE_AFTER + self._interval

    async def catch_up(self) -> None:
        """Look now, but wait no longer than `PATIENCE`; trouble with the store is logged and the old snapshot stays."""
        try:
            await asyncio.wait_for(self._look_logged(), PATIENCE)
        except TimeoutError:
            self.last_look = time.monotonic()  # the next request does not wait as well

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self._look_logged()

    async def _look_logged(self) -> None:
        try:
            await self._look()
        except StoreUnavailable as error:
            self.last_look = time.monotonic()
            _log.warning("The configuration cannot be read; the last one goes on serving: %s", error)
        except Exception:  # noqa: BLE001 - the watch must outlive whatever one look meets; the log has the whole of it
            self.last_look = time.monotonic()
            _log.exception("The configuration could not be compiled; the last one goes on serving.")

    async def _look(self) -> None:
        async with self._lock:
            if self.snapshot is None or await self._read_version() != self.version:
                self.version, self.snapshot = await self._load(self.snapshot)
            self.last_look = time.monotonic()
