"""`policies.ports.Counters` over a table: rate limits in sliding windows, quotas in fixed ones.

The rule here: an admission counts until one period after its call was over, or at most `margin` after it was let go, by the
store's clock, and a call is judged by the moment it arrived. So whoever watches with one true clock, and wherever between
those moments it looks at each call (when the client sent it, when it was let through, when it reached the backend), never
sees more than the limit in one period. What is written first is foreseen generously; the next write says it precisely. When
the store's answer took even longer, the reservation is swapped for a later one before the caller is let go.

An exhausted key is refused from memory, without a store operation, until something may have left its window. Where a limit has
an increment-condition, other instances may give back, so memory is believed for one second only.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable

from mcp_core.storage import keys
from mcp_core.storage.counters.clock import SKEW, StoreClock
from mcp_core.storage.counters.commit import GroupCommit
from mcp_core.storage.counters.quota import QuotaLedger, SettleQuota, Use, Used
from mcp_core.storage.counters.rate import (
    Admit,
    RateLedger,
    Reservation,
    Settle,
    Tighten,
    margin,
    milliseconds,
)
from mcp_core.storage.port import StoreError, StoreUnavailable, TableStore
from policies.ports import Admission, Quota, QuotaState, RateLimit

__all__ = ["QUOTAS_TABLE", "RATES_TABLE", "StoreCounters"]

RATES_TABLE = "RateLimits"
QUOTAS_TABLE = "Quotas"

_BELIEVED = 1.0  # seconds that memory is believed where reservations may be given back
_SWAPS = 4  # how often an answer may come too late
_FIRST_LAG = 0.002
_LEAST_SLACK, _LONGEST_SLACK = 2, 10_000  # milliseconds
_GENEROSITY = 3
_WORTH_TELLING = 5  # milliseconds

_log = logging.getLogger(__name__)


class StoreCounters:
    """Counters in `store`. `timeout` is seconds that one store operation may take; a call waits for a few at most. `wall` and
    `monotonic` are the machine's clocks. For one event loop."""

    def __init__(
        self,
        store: TableStore,
        *,
        timeout: float = 2.0,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
    ) -> None:
        self._store = store
        self._timeout = timeout
        self._written_at: Callable[[str], float | None] | None = getattr(store, "written_at", None)
        self._clock = StoreClock(own=self._written_at is not None, wall=wall, monotonic=monotonic)
        self._rates: GroupCommit[RateLedger] = GroupCommit(
            store,
            RATES_TABLE,
            lambda found: RateLedger.read(found, self._clock.latest(monotonic())),
            self._clock,
            timeout=timeout,
            jitter=jitter,
        )
        self._quotas: GroupCommit[QuotaLedger] = GroupCommit(
            store, QUOTAS_TABLE, QuotaLedger.read, self._clock, timeout=timeout, jitter=jitter
        )
        self._lag = _FIRST_LAG  # seconds from a decision to its caller's being let go: quick to grow, slow to shrink
        self._probe: asyncio.Task[None] | None = None

    async def admit(self, key: str, limit: RateLimit, increment: int = 1, *, provisional: bool = False) -> Admission:
        """See Counters."""
        arrived = self._clock.monotonic()
        if self._clock.needs_probe:
            await self._learn_time()
        partition = keys.digest("rate", key)
        replaces: Reservation | None = None
        for _ in range(_SWAPS):
            change = Admit(
                key,
                limit,
                increment,
                self._clock,
                arrived=arrived,
                slack=self._slack,
                provisional=provisional,
                replaces=replaces,
            )
            refused = None if replaces else self._refused_from_memory(partition, change, limit, increment)
            if refused is not None:
                return refused
            await self._rates.submit(partition, change)
            if change.result is None:
                raise StoreUnavailable("the counter's key is contended")
            reservation = change.result.reservation
            if not isinstance(reservation, Reservation):
                return change.result
            if self._let_go(change.waited, reservation):
                return change.result
            replaces = reservation
        raise StoreUnavailable("the counter's store is too slow for this limit")

    def _slack(self, period: int) -> int:
        """How much later than its decision a call is expected to be let go and seen, generously; milliseconds."""
        return min(int(_GENEROSITY * 1000 * self._lag), period // 2, _LONGEST_SLACK) + _LEAST_SLACK + margin(period)

    def _let_go(self, waited: float, reservation: Reservation) -> bool:
        """Whether the caller can be let go now, under the stamp that was foreseen."""
        self._lag = waited if waited > self._lag else 0.8 * self._lag + 0.2 * waited
        now = self._clock.latest(self._clock.monotonic())
        reservation.seen_until = now + margin(milliseconds(reservation.limit.period))
        return reservation.seen_until <= reservation.stamp

    def finish(self, admission: Admission) -> None:
        """See Counters. The next write tells the others."""
        reservation = admission.reservation
        if not isinstance(reservation, Reservation) or reservation.is_provisional:  # `settle` looks for the very stamp
            return
        over = min(self._clock.latest(self._clock.monotonic()) + 1, reservation.seen_until)
        if reservation.stamp - over > _WORTH_TELLING:
            self._rates.add_later(keys.digest("rate", reservation.key), Tighten(reservation, over))

    def peek(self, key: str, limit: RateLimit, increment: int = 1) -> Admission | None:
        """See Counters."""
        partition = keys.digest("rate", key)
        ledger = self._rates.known(partition)
        if ledger is None:
            return None
        arrived = self._clock.monotonic()
        change = Admit(key, limit, increment, self._clock, arrived=arrived)
        now = self._clock.earliest(arrived)
        refused = change.refusal(ledger, now)
        if refused is not None and not (ledger.provisional and self._rates.age(partition) > _BELIEVED):
            return refused
        return Admission(True, change.remaining(ledger, now), limit.calls)

    def _refused_from_memory(self, partition: str, change: Admit, limit: RateLimit, increment: int) -> Admission | None:
        ledger = self._rates.known(partition)
        if ledger is None or self._rates.waiting(partition) or ledger.window.total + max(1, increment) <= limit.calls:
            return None
        if (ledger.provisional or not increment) and self._rates.age(partition) > _BELIEVED:
            self._rates.expire(partition)
            return None
        return change.refusal(ledger, self._clock.earliest(change.arrived))

    async def settle(self, admission: Admission, increment: int) -> None:
        """See Counters."""
        reservation = admission.reservation
        if isinstance(reservation, Reservation) and reservation.increment != increment:
            await self._rates.submit(keys.digest("rate", reservation.key), Settle(reservation, increment, self._clock))

    async def use_quota(self, key: str, quota: Quota, calls: int = 1, *, provisional: bool = False) -> QuotaState:
        """See Counters."""
        arrived = self._clock.monotonic()
        if self._clock.needs_probe:
            await self._learn_time()
        partition = _quota_partition(key, quota)
        change = Use(key, quota, calls, self._clock, arrived=arrived, provisional=provisional)
        refused = self._quota_refused_from_memory(partition, change, calls)
        if refused is not None:
            return refused
        await self._quotas.submit(partition, change)
        return change.result

    def _quota_refused_from_memory(self, partition: str, change: Use, calls: int) -> QuotaState | None:
        ledger = self._quotas.known(partition)
        if ledger is None or self._quotas.waiting(partition):
            return None
        if (ledger.provisional or not calls) and self._quotas.age(partition) > _BELIEVED:
            self._quotas.expire(partition)
            return None
        return change.refusal(ledger, self._clock.earliest(change.arrived))

    def peek_quota(self, key: str, quota: Quota, calls: int = 1) -> QuotaState | None:
        """See Counters."""
        partition = _quota_partition(key, quota)
        ledger = self._quotas.known(partition)
        if ledger is None:
            return None
        arrived = self._clock.monotonic()
        change = Use(key, quota, calls, self._clock, arrived=arrived)
        is_stale = ledger.provisional and self._quotas.age(partition) > _BELIEVED
        refused = None if is_stale else change.refusal(ledger, self._clock.earliest(arrived))
        return refused or QuotaState(True)

    async def settle_quota(self, state: QuotaState, calls: int, size: int = 0) -> None:
        """See Counters."""
        used = state.reservation
        if isinstance(used, Used) and (used.calls != calls or size):
            await self._quotas.submit(_quota_partition(used.key, used.quota), SettleQuota(used, calls, size, self._clock))

    async def _learn_time(self) -> None:
        """Make a write of our own, once, just to learn the store's clock; whoever comes meanwhile waits for it."""
        if self._probe is None:
            self._probe = asyncio.get_running_loop().create_task(self._ask_time())
            self._probe.add_done_callback(self._probed)
        await asyncio.shield(self._probe)

    def _probed(self, task: asyncio.Task[None]) -> None:
        self._probe = None
        if not task.cancelled():
            task.exception()  # every caller that waits has it

    async def _ask_time(self) -> None:
        sent = self._clock.monotonic()
        expires = int(time.time()) + 60
        try:
            async with asyncio.timeout(self._timeout):
                etag = await self._store.upsert(RATES_TABLE, keys.digest("clock"), "clock", {"ExpiresAt": expires})
        except (TimeoutError, StoreError) as error:
            raise StoreUnavailable(f"the counters' store did not tell the time: {error!r}") from error
        assert self._written_at is not None
        stamp = self._written_at(etag)
        if stamp is None:  # an emulator or proxy that makes ETags of another kind
            _log.warning("The store's ETags carry no time: rate limits admit again %g s later than they could.", SKEW)
        self._clock.learn(sent, self._clock.monotonic(), stamp)


def _quota_partition(key: str, quota: Quota) -> str:
    return keys.digest("quota", key, repr(float(quota.period)), repr(float(quota.first_period_start)))
