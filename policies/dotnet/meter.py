"""Budgets of one evaluation: steps, wall time, sizes: a gateway must outlive every document.

The rule here: emitted loops, lambdas and local functions spend steps one by one; library functions `charge` for work that
grows faster than their input. What goes over raises `BudgetExceeded`, which no `catch` of an expression sees.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

__all__ = ["BudgetExceeded", "Meter", "charge", "check_size", "limit", "made", "meter", "running", "start"]

STEPS = 1_000_000
SECONDS = 1.0
SIZE = 16 * 1024 * 1024
_PORTION = 1_000
_FREE = 2**62


class BudgetExceeded(BaseException):
    """The evaluation goes over its budget. Not an Exception, so that neither emitted nor library code catches it."""


class Meter:
    """What one thread's running evaluation may still spend. `left` is a portion of the steps; when it is used up the clock
    is looked at. The deadline is set when the clock is first looked at (0: not yet), so that beginning costs little."""

    __slots__ = ("deadline", "left", "rest")
    steps: ClassVar[int] = STEPS
    seconds: ClassVar[float] = SECONDS
    size: ClassVar[int] = SIZE

    def __init__(self) -> None:
        self.reset()
        self.idle()

    def idle(self) -> None:
        """No evaluation runs: library code that policies use for themselves (a JObject as a body's text) is free."""
        self.left = _FREE
        self.deadline = 0.0

    def reset(self) -> None:
        """Begin an evaluation."""
        self.left = 0
        self.rest = self.steps
        self.deadline = 0.0

    def spend(self, steps: int) -> int:
        """Spend steps that a loop has counted itself; its count begins again at 0."""
        self.left -= steps
        if self.left < 0:
            self.over()
        return 0

    def over(self) -> None:
        """A portion is used up: take the next, or give up."""
        if self.rest < -self.left:
            raise BudgetExceeded(f"the expression took more than {self.steps:,} steps")
        self.check_time()
        portion = min(self.rest, _PORTION - self.left)
        self.left += portion
        self.rest -= portion

    def check_time(self) -> None:
        """Give up when the time is over."""
        if self.left > _PORTION:
            return
        now = time.perf_counter()
        if not self.deadline:
            self.deadline = now + self.seconds
        if now > self.deadline:
            raise BudgetExceeded(f"the expression took longer than {self.seconds:g} s")

    def remaining_seconds(self) -> float:
        """Seconds that the running evaluation still has; at least a millisecond, for engines that want a limit."""
        if self.left > _PORTION:
            return self.seconds
        if not self.deadline:
            self.check_time()
        return max(0.001, self.deadline - time.perf_counter())


def limit(*, steps: int = STEPS, seconds: float = SECONDS, size: int = SIZE) -> None:
    """What every evaluation of this process may spend from now on, on whichever thread."""
    Meter.steps, Meter.seconds, Meter.size = steps, seconds, size


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.meter = Meter()


_current = _PerThread()


def meter() -> Meter:
    """This thread's meter."""
    return _current.meter


def start() -> Meter:
    """This thread's meter, full again. Whoever starts it makes it idle in the end."""
    current = _current.meter
    current.reset()
    return current


@contextmanager
def running() -> Iterator[None]:
    """A full budget for library code that is called outside an emitted expression."""
    current = start()
    try:
        yield
    finally:
        current.idle()


def charge(steps: int) -> None:
    """Spend steps for work that is about to be done."""
    current = _current.meter
    current.left -= steps
    if current.left < 0:
        current.over()


def check_size(length: int) -> None:
    """Refuse to make a text or an array of more than the size limit (characters or items)."""
    limit = _current.meter.size
    if length > limit:
        raise BudgetExceeded(f"the expression made a value of more than {limit:,} characters")


def made(length: int) -> None:
    """A text or list of this length was made, or worked through: one step for every 256 of it, so that neither memory nor
    time runs away where each single value is small enough."""
    if length > 255:
        check_size(length)
        charge(length >> 8)
