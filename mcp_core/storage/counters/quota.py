"""Quotas as entities: calls and bytes in fixed windows, and what callers do to them.

The rule here: the properties are plain numbers, and an operator may correct them. A property that is missing or no such number
counts as used up until its window ends. A window that has begun is never left for an earlier one, whatever a clock says.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcp_core.storage.counters.changes import Change
from mcp_core.storage.counters.clock import StoreClock
from mcp_core.storage.counters.shown import moment, shown
from mcp_core.storage.port import Scalar
from policies.ports import Quota, QuotaState
from policies.records import Record

__all__ = ["QuotaLedger", "SettleQuota", "Use", "Used", "window_start"]

_FULL = 2**62  # more than any quota
_NEVER = 2**53  # a year that no calendar has


def window_start(quota: Quota, now: int) -> int:
    """Where the window that `now` lies in begins; both Unix milliseconds. A quota that never renews has one window."""
    first, period = round(quota.first_period_start * 1000), round(quota.period * 1000)
    return first if period <= 0 else first + (now - first) // period * period


class QuotaLedger:
    """One key's use. `start` and `end` bound its window in Unix milliseconds; `end` is None for one that never ends.
    `provisional` says that calls in it may still be given back."""

    __slots__ = ("calls", "damaged", "end", "key", "provisional", "size", "start")

    def __init__(self) -> None:
        self.key = ""
        self.start: int | None = None
        self.end: int | None = None
        self.calls = 0
        self.size = 0
        self.provisional = False
        self.damaged = False

    @classmethod
    def read(cls, properties: Mapping[str, Scalar] | None) -> QuotaLedger:
        """From an entity's properties; None is an unused quota."""
        ledger = cls()
        if properties is not None:
            start, calls, size = (properties.get(name) for name in ("PeriodStartMs", "CallsCount", "BytesCount"))
            ledger.damaged = not all(type(number) is int for number in (start, calls, size))
            ledger.start = start if type(start) is int else None
            ledger.calls = max(0, calls) if type(calls) is int else _FULL
            ledger.size = max(0, size) if type(size) is int else _FULL
            key = properties.get("Key")
            ledger.key = key if isinstance(key, str) else ""
            ledger.provisional = properties.get("Provisional") is True
        return ledger

    def properties(self) -> dict[str, Scalar]:
        """See Ledger."""
        start = self.start or 0
        return {
            "Key": self.key,
            "PeriodStartMs": start,
            "CallsCount": self.calls,
            "BytesCount": self.size,
            "Provisional": self.provisional,
            "PeriodStart": moment(start),
            "PeriodEnd": "never" if self.end is None else moment(self.end),
            "ExpiresAt": _NEVER if self.end is None else self.end // 1000 + 1,
        }

    def enter(self, key: str, quota: Quota, now: int) -> None:
        """Begin the window of `now`, unless it or a later one has begun. One that lies more than a period ahead was not
        begun by us."""
        self.key = self.key or shown(key)
        period = round(quota.period * 1000)
        start = window_start(quota, now)
        if self.start is None:
            self.start = start
        elif start > self.start or (period > 0 and self.start > start + period):
            ahead = self.start > start
            self.start = start
            if not ahead:
                self.calls = self.size = 0
                self.provisional = False
        self.end = self.start + period if period > 0 else None


class Used(Record):
    """What `settle_quota` needs to know of a use."""

    key: str
    quota: Quota
    start: int
    calls: int


class Use(Change[QuotaLedger]):
    """Count `calls`, if they fit and the bandwidth is not used up."""

    __slots__ = ("_calls", "_clock", "_key", "_provisional", "_quota")

    result: QuotaState

    def __init__(
        self, key: str, quota: Quota, calls: int, clock: StoreClock, *, arrived: float, provisional: bool = False
    ) -> None:
        super().__init__(arrived)
        self._key = key
        self._quota = quota
        self._calls = calls
        self._clock = clock
        self._provisional = provisional

    def apply(self, ledger: QuotaLedger) -> bool:
        """See Change."""
        now = self._clock.earliest(self.arrived)
        ledger.enter(self._key, self._quota, now)
        refusal = self.refusal(ledger, now)
        if refusal is not None:
            self.result = refusal
            return False
        ledger.calls += self._calls
        ledger.provisional = ledger.provisional or (self._provisional and self._calls > 0)
        remaining = None if self._quota.calls is None else self._quota.calls - ledger.calls
        assert ledger.start is not None
        used = Used(self._key, self._quota, ledger.start, self._calls)
        self.result = QuotaState(True, remaining_calls=remaining, reservation=used)
        return self._calls > 0

    def refusal(self, ledger: QuotaLedger, now: int) -> QuotaState | None:
        """The answer when it does not fit; None when it does."""
        quota = self._quota
        if ledger.end is not None and now >= ledger.end:
            return None  # a new window begins with the next change
        if quota.calls is not None and ledger.calls + max(1, self._calls) > quota.calls:
            exhausted = "calls"
        elif quota.bandwidth is not None and ledger.size >= quota.bandwidth:
            exhausted = "bandwidth"
        else:
            return None
        wait = None if ledger.end is None else max(0.0, (ledger.end - now) / 1000)
        left = None if quota.calls is None else max(0, quota.calls - ledger.calls)
        return QuotaState(False, exhausted, wait, left)

    def undo(self) -> SettleQuota | None:
        """See Change."""
        used = self.result.reservation
        return SettleQuota(used, 0, 0, self._clock) if isinstance(used, Used) and used.calls else None


class SettleQuota(Change[QuotaLedger]):
    """Make a use count `calls` instead, and add `size` bytes. Calls are given back only in their own window; bytes count in
    the current one."""

    __slots__ = ("_calls", "_clock", "_size", "_used")

    def __init__(self, used: Used, calls: int, size: int, clock: StoreClock) -> None:
        super().__init__(clock.monotonic())
        self._used = used
        self._calls = calls
        self._size = size
        self._clock = clock

    def apply(self, ledger: QuotaLedger) -> bool:
        """See Change."""
        ledger.enter(self._used.key, self._used.quota, self._clock.earliest(self.arrived))
        more = self._calls - self._used.calls
        if more > 0 or (more < 0 and ledger.start == self._used.start):
            ledger.calls = min(_FULL, max(0, ledger.calls + more))
        ledger.size = min(_FULL, ledger.size + self._size)
        return bool(more or self._size)

    def repeat(self) -> bool:
        """See Change: giving back twice would take from somebody else."""
        return False
