"""Rate limits as entities: what is stored of a sliding window, and what callers do to it.

The rule here: the entity's `Window` decides; the other properties are there to be read by people and by the purge. An entity
whose `Window` cannot be read counts as full from the time it is found, and is written anew at once. To reset a counter,
delete its entity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from mcp_core.storage.counters.changes import Change
from mcp_core.storage.counters.clock import StoreClock
from mcp_core.storage.counters.shown import shown
from mcp_core.storage.counters.window import MAX_COUNT, Window, tick_of
from mcp_core.storage.port import Scalar
from policies.ports import Admission, RateLimit
from policies.records import Record

__all__ = ["Admit", "RateLedger", "Reservation", "Settle", "Tighten", "margin", "milliseconds"]

_GRACE = 5_000  # milliseconds that a call may have waited: so much longer is remembered what it must be judged by
_MARGIN_SHARE, _LONGEST_MARGIN = 25, 500
_AHEAD = 15_000  # milliseconds: a stamp later than this from now was not written by us
_LONGEST = 400 * 24 * 3600 * 1000


def milliseconds(period: float) -> int:
    """A limit's period, rounded up."""
    return min(_LONGEST, max(1, math.ceil(period * 1000)))


def margin(period: int) -> int:
    """How long after it was let go a call may still be on its way to where it is seen; milliseconds, as `period`: 4 % of it,
    half a second at most."""
    return min(period // _MARGIN_SHARE, _LONGEST_MARGIN)


class RateLedger:
    """One key's window. `retention` is the longest period that any limit of the key has (milliseconds); `provisional` says
    that reservations in the window may still be given back."""

    __slots__ = ("damaged", "key", "limit", "provisional", "retention", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.retention = 0
        self.provisional = False
        self.damaged = False
        self.key = ""
        self.limit = ""

    @classmethod
    def read(cls, properties: Mapping[str, Scalar] | None, now: int) -> RateLedger:
        """From an entity's properties; None is an unused counter."""
        ledger = cls(Window())
        if properties is None:
            return ledger
        retention, data, key = (properties.get(name) for name in ("RetentionMs", "Window", "Key"))
        ledger.key = key if isinstance(key, str) else ""
        ledger.provisional = properties.get("Provisional") is True
        try:
            if type(retention) is not int or not 0 < retention <= _LONGEST or type(data) is not bytes:
                raise ValueError("a property is missing or of another type")
            ledger.retention = retention
            ledger.window = Window.from_bytes(data, now + _AHEAD)
            if ledger.window.last == now + _AHEAD:  # so far ahead that no instance of ours wrote it
                ledger.window, ledger.damaged = Window.from_bytes(data, now), True
        except ValueError:
            ledger.window, ledger.damaged = Window(), True
            ledger.window.add(now, MAX_COUNT)
        return ledger

    def properties(self) -> dict[str, Scalar]:
        """See Ledger."""
        last = self.window.last or 0
        properties: dict[str, Scalar] = {
            "Window": self.window.to_bytes(),
            "RetentionMs": self.retention,
            "Key": self.key,
            "Limit": self.limit,
            "Used": self.window.used(last - self.retention),
            "ExpiresAt": (last + self.retention + _GRACE) // 1000 + 1,
        }
        if self.provisional:
            properties["Provisional"] = True
        return properties

    def turn_to(self, limit: RateLimit, period: int, now: int) -> None:
        """Look at the window with the eyes of `limit`. What has left every limit's window is dropped, unless a call that came
        `_GRACE` ago may still have to be judged by it."""
        self.retention = max(self.retention, period)
        self.window.forget(now - self.retention - _GRACE)
        if not len(self.window):
            self.retention = period
            self.provisional = False
        self.limit = f"{limit.calls} in {limit.period:g} s"


class Reservation(Record, frozen=False, eq=False):
    """What is known of an admission. It is kept under `stamp`; since it was let go, it is seen before `seen_until`."""

    key: str
    stamp: int
    increment: int
    limit: RateLimit
    is_provisional: bool
    seen_until: int = 0


class Admit(Change[RateLedger]):
    """Reserve `increment`, if it fits. `slack` gives, for a period, the milliseconds until which the answer will have reached
    the caller, who is counted from then on; `replaces` is a reservation whose answer came too late, swapped for this one."""

    __slots__ = ("_clock", "_decided_at", "_key", "_limit", "_period", "_provisional", "_replaces", "_slack", "increment")

    result: Admission | None

    def __init__(
        self,
        key: str,
        limit: RateLimit,
        increment: int,
        clock: StoreClock,
        *,
        arrived: float,
        slack: Callable[[int], int] = lambda period: 0,
        provisional: bool = False,
        replaces: Reservation | None = None,
    ) -> None:
        super().__init__(arrived)
        self.increment = increment
        self._key = key
        self._limit = limit
        self._period = milliseconds(limit.period)
        self._clock = clock
        self._slack = slack
        self._provisional = provisional
        self._replaces = replaces
        self._decided_at = arrived

    def apply(self, ledger: RateLedger) -> bool:
        """See Change. A call is judged by the time it arrived and kept under the time it will have been let go. The result is
        None for one that waited too long to be judged."""
        self._decided_at = self._clock.monotonic()
        now, latest = self._clock.earliest(self.arrived), self._clock.latest(self._decided_at)
        changed = False
        if self._replaces is not None:
            changed = ledger.window.take(self._replaces.stamp, self._replaces.increment)
        ledger.key = ledger.key or shown(self._key)
        ledger.turn_to(self._limit, self._period, now)
        too_late = latest - now > _GRACE
        self.result = None if too_late else self.refusal(ledger, now)
        if too_late or self.result is not None:
            return changed
        reservation = None
        if self.increment:
            ledger.provisional = ledger.provisional or self._provisional
            stamp = ledger.window.add(
                latest + self._slack(self._period), self.increment, tick_of(self._limit.calls, self._period)
            )
            reservation = Reservation(self._key, stamp, self.increment, self._limit, self._provisional)
            changed = True
        self.result = Admission(True, self.remaining(ledger, now), self._limit.calls, reservation=reservation)
        return changed

    def remaining(self, ledger: RateLedger, now: int) -> int:
        """What the window still admits."""
        return max(0, self._limit.calls - ledger.window.used(now - self._period))

    def refusal(self, ledger: RateLedger, now: int) -> Admission | None:
        """The answer when it does not fit; None when it does."""
        calls = self._limit.calls
        used = ledger.window.used(now - self._period)
        excess = used + max(1, self.increment) - calls
        if excess <= 0:
            return None
        free_at = ledger.window.clears_at(now - self._period, excess) + self._period + 1
        wait = max(1, -(-min(free_at - now, self._period) // 1000))  # never more than the document's own period
        return Admission(False, max(0, calls - used), calls, retry_after=wait)

    @property
    def waited(self) -> float:
        """Seconds since it was decided."""
        return self._clock.monotonic() - self._decided_at

    def repeat(self) -> bool:
        """See Change: it may be counted twice, but must not take twice."""
        self._replaces = None
        return True

    def undo(self) -> Settle | None:
        """See Change."""
        reservation = None if self.result is None else self.result.reservation
        return Settle(reservation, 0, self._clock) if isinstance(reservation, Reservation) else None


class Tighten(Change[RateLedger]):
    """A reservation whose call was over earlier than was foreseen: it counts from then."""

    __slots__ = ("_ledger", "_reservation", "_stamp")

    makes_room = False

    def __init__(self, reservation: Reservation, stamp: int) -> None:
        super().__init__(0.0)
        self._reservation = reservation
        self._stamp = stamp
        self._ledger: RateLedger | None = None

    def apply(self, ledger: RateLedger) -> bool:
        """See Change; once for each ledger."""
        if self._ledger is ledger:
            return False
        self._ledger = ledger
        reservation, limit = self._reservation, self._reservation.limit
        taken = ledger.window.take(reservation.stamp, reservation.increment)
        if taken:
            ledger.window.add(self._stamp, reservation.increment, tick_of(limit.calls, milliseconds(limit.period)))
        return taken


class Settle(Change[RateLedger]):
    """Make a reservation count `increment` instead. What is given back is taken from the very stamp it was reserved at, and
    is left counted when it is not there any more; what comes on top counts from now on, even past the limit."""

    __slots__ = ("_clock", "_increment", "_reservation")

    def __init__(self, reservation: Reservation, increment: int, clock: StoreClock) -> None:
        super().__init__(clock.monotonic())
        self._reservation = reservation
        self._increment = increment
        self._clock = clock

    def apply(self, ledger: RateLedger) -> bool:
        """See Change."""
        more = self._increment - self._reservation.increment
        if more < 0:
            return ledger.window.take(self._reservation.stamp, -more)
        if more > 0:
            limit = self._reservation.limit
            period, now = milliseconds(limit.period), self._clock.monotonic()
            ledger.key = ledger.key or shown(self._reservation.key)
            ledger.turn_to(limit, period, self._clock.earliest(now))
            ledger.window.add(self._clock.latest(now), more, tick_of(limit.calls, period))
        return more > 0

    def repeat(self) -> bool:
        """See Change: giving back twice would take from somebody else."""
        return False
