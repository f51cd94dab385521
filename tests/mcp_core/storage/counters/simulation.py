"""Several instances on one store, in virtual time: an event loop whose clock jumps to the next timer, a store whose answers are
late, lost, wrong or never come, and instances whose clocks differ and drift.

The rule here: everything comes from one seeded `Random`, so that a failing run can be had again; the only true clock is the
loop's, and no instance can read it.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.port import AlreadyExists, Entity, NotThere, Precondition, Scalar, StoreUnavailable

T = TypeVar("T")
EPOCH = 1_700_000_000.0


class _NoInput(selectors.SelectSelector):
    """Where the loop would wait, its clock jumps."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everything waits for ever")
        self.loop.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        selector = _NoInput()
        selector.loop = self
        self.now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def simulate(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def true_time() -> float:
    """The observer's clock."""
    return EPOCH + asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Faults:
    """Chances per operation. `late` operations reach the store after the client gave up; a `lost` answer comes as an error, a
    `silent` one never; `refused` never reach the store; `conflict` is a 412 for no reason."""

    late: float = 0.0
    lost: float = 0.0
    silent: float = 0.0
    refused: float = 0.0
    conflict: float = 0.0


@dataclass
class SimulatedStore:
    """One table service. `delay` gives the seconds of one way."""

    random: random.Random
    delay: Callable[[], float]
    faults: Faults = Faults()
    rows: dict[tuple[str, str, str], tuple[str, dict[str, Scalar]]] = field(default_factory=dict)
    down: bool = False
    operations: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _count: int = 0

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        def work() -> Entity | None:
            found = self.rows.get((table, partition, row))
            return None if found is None else Entity(partition, row, dict(found[1]), found[0])

        return await self._operation("get", work, writes=False)

    async def insert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        def work() -> str:
            if (table, partition, row) in self.rows:
                raise AlreadyExists(row)
            return self._put((table, partition, row), properties)

        return await self._operation("insert", work)

    async def upsert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        return await self._operation("upsert", lambda: self._put((table, partition, row), properties))

    async def replace(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar], etag: str) -> str:
        def work() -> str:
            found = self.rows.get((table, partition, row))
            if found is None:
                raise NotThere(row)
            if found[0] != etag:
                raise Precondition(row)
            return self._put((table, partition, row), properties)

        return await self._operation("replace", work)

    def written_at(self, etag: str) -> float | None:
        return float(etag.partition("@")[2])

    def _put(self, place: tuple[str, str, str], properties: Mapping[str, Scalar]) -> str:
        self._count += 1
        etag = f"{self._count}@{int(true_time() * 1000) / 1000}"
        self.rows[place] = (etag, dict(properties))
        return etag

    async def _operation(self, name: str, work: Callable[[], T], *, writes: bool = True) -> T:
        self.operations.append(name)
        dice = self.random.random
        faults = self.faults
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def travel() -> None:
            await asyncio.sleep(self.delay() + (10 * dice() if dice() < faults.late else 0))
            if self.down or dice() < faults.refused:
                result: Any = StoreUnavailable("refused")
            elif writes and name != "upsert" and dice() < faults.conflict:
                result = Precondition("for no reason")
            else:
                try:
                    result = work()
                except (AlreadyExists, NotThere, Precondition) as error:
                    result = error
            if dice() < faults.silent:
                return
            if dice() < faults.lost:
                result = StoreUnavailable("the answer was lost")
            await asyncio.sleep(self.delay())
            if not answer.done():
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

        task = asyncio.get_running_loop().create_task(travel())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return await answer


def instance(
    store: SimulatedStore, dice: random.Random, *, skew: float = 0.0, drift: float = 0.0, timeout: float = 1.0
) -> StoreCounters:
    """An instance whose wall clock is `skew` seconds off and whose clocks run too fast by the factor `drift`."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    origin = dice.uniform(0, 1e6)

    def monotonic() -> float:
        return origin + (loop.time() - started) * (1 + drift)

    def wall() -> float:
        return EPOCH + started + skew + (loop.time() - started) * (1 + drift)

    return StoreCounters(store, timeout=timeout, wall=wall, monotonic=monotonic, jitter=random.Random(dice.random()))


@dataclass(frozen=True)
class Seen:
    """An admitted call: when it came and when it was let go, by the true clock, and how much it counts."""

    arrived: float
    released: float
    count: int = 1


def most_in_any(period: float, seen: list[Seen]) -> int:
    """The most that any observer can count in a closed interval of `period` seconds, wherever between arrival and release it
    looks at each call."""
    most, by_arrival = 0, sorted(seen, key=lambda call: call.arrived)
    longest = max((call.released - call.arrived for call in seen), default=0.0)
    arrivals = [call.arrived for call in by_arrival]
    for start in (call.released for call in seen):
        first = bisect_left(arrivals, start - longest)
        last = bisect_right(arrivals, start + period)
        most = max(most, sum(call.count for call in by_arrival[first:last] if call.released >= start))
    return most
