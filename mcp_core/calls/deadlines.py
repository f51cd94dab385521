"""Deadlines of many calls on one timer.

The rule here: a call that ends in time costs an entry in a dict. `asyncio.timeout` sets a timer of the loop for each call and
takes it back, which is a good part of what a call costs at all; here the timer is set for the earliest deadline and looks for
the next one only when it rings.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType

__all__ = ["Deadline", "Deadlines"]


class Deadlines:
    """The deadlines of one event loop, that which runs."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.open: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    def within(self, seconds: float) -> Deadline:
        """A block that may take so long: what it waits for is then cancelled, and TimeoutError raised."""
        return Deadline(self, seconds)

    def watch(self, when: float) -> None:
        """Ring at that time of the loop's clock, or earlier."""
        if when < self._rings_at:
            if self._timer is not None:
                self._timer.cancel()
            self._rings_at = when
            self._timer = self.loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer, self._rings_at = None, math.inf
        now = self.loop.time()
        for deadline in list(self.open):
            if deadline.when <= now:
                deadline.expire()
        if self.open:
            self.watch(min(deadline.when for deadline in self.open))

    def close(self) -> None:
        """Ring no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = None, math.inf


class Deadline:
    """One call's. As `asyncio.timeout`, it tells its own cancelling from somebody else's."""

    __slots__ = ("_all", "_asked", "_expired", "_seconds", "_task", "when")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._all = deadlines
        self._seconds = seconds
        self._expired = False
        self.when = math.inf

    def __enter__(self) -> Deadline:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._asked = task.cancelling()  # by others, before
        self.extend(self._seconds)
        return self

    def extend(self, seconds: float) -> None:
        """So long again from now."""
        if not self._expired:
            self.when = self._all.loop.time() + seconds
            self._all.open[self] = None
            self._all.watch(self.when)

    def expire(self) -> None:
        """The time is over."""
        del self._all.open[self]
        self._expired = True
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if not self._expired:
            del self._all.open[self]
        elif self._task.uncancel() <= self._asked and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error
