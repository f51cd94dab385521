"""What time it is at the store.

The rule here: never a point, always an interval that holds the true time. Instances compare stamps which others wrote, so what
counts is one clock that all share. Each write tells when the store's own clock made it, somewhere between our sending and
our receiving: that bounds how far the local monotonic clock is from the store's, to about one round trip, however wrong the
machine's wall clock is. A stamp is taken at the interval's end and compared at its beginning, so that what is not known
makes an admission stay longer, never shorter.

Until the first write has answered, the wall clock is believed to within `SKEW`. A store without a clock of its own (SQLite)
is shared only by processes of one machine, whose wall clock is then the common one. Where a store that should tell the
time does not, everything stays by `SKEW` longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["SKEW", "StoreClock"]

SKEW = 2.0
"""Seconds by which the clocks of two instances may differ before the store's clock is known."""
_DRIFT = 1e-4  # a monotonic clock runs at most so much too fast or too slow
_STALE = 600.0  # then the drift adds up to 60 ms, and a probe is worth its round trip
_JUMP = 0.25  # wall and monotonic clock part by more: the machine slept, or was set
_RESOLUTION = 0.001  # of the times that a store gives


class StoreClock:
    """The store's clock in Unix milliseconds. `own` says whether the store has one; times that go in are readings of
    `monotonic`, in seconds."""

    __slots__ = ("_high", "_learned", "_low", "_margin", "_monotonic", "_wall", "_wall_offset", "own", "round_trip")

    def __init__(
        self,
        *,
        own: bool,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.own = own
        self.round_trip = 0.002
        self._wall = wall
        self._monotonic = monotonic
        self._low = self._high = 0.0  # bounds of (store's clock - monotonic clock), as of `_learned`
        self._learned = float("-inf")
        self._wall_offset = 0.0
        self._margin = 0.0

    def monotonic(self) -> float:
        """The local clock's reading."""
        return self._monotonic()

    @property
    def needs_probe(self) -> bool:
        """Whether a write should be made just to learn the time."""
        return self.own and self._age() > _STALE

    def earliest(self, at: float) -> int:
        """The store's clock showed at least this when the local one read `at`."""
        low, _ = self._bounds()
        return int((at + low) * 1000)

    def latest(self, at: float) -> int:
        """The store's clock showed less than this when the local one read `at`."""
        _, high = self._bounds()
        return int((at + high) * 1000) + 1

    def learn(self, sent: float, received: float, stamped: float | None) -> None:
        """A write that was sent and answered at these local readings was made at `stamped` (Unix seconds) of the store's."""
        self.round_trip += 0.2 * (received - sent - self.round_trip)
        if stamped is None and self.own:
            self.own, self._margin = False, SKEW
        if stamped is None or not self.own:
            return
        low, high = stamped - received, stamped + _RESOLUTION - sent
        if self._age() < _STALE:
            known_low, known_high = self._bounds()
            if low <= known_high and known_low <= high:  # else one of the clocks was set: what was known is void
                low, high = max(low, known_low), min(high, known_high)
        self._low, self._high, self._learned = low, high, received
        self._wall_offset = self._wall() - received

    def _bounds(self) -> tuple[float, float]:
        if not self.own:
            offset = self._wall() - self._monotonic()
            return offset - self._margin, offset
        age = self._age()
        if age > _STALE:
            offset = self._wall() - self._monotonic()
            return offset - SKEW, offset + SKEW
        return self._low - _DRIFT * age, self._high + _DRIFT * age

    def _age(self) -> float:
        now = self._monotonic()
        if abs(self._wall() - now - self._wall_offset) > _JUMP:
            return float("inf")
        return now - self._learned
