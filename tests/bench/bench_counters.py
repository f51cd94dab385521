"""Group commit beside a plain read-check-replace loop, in one interleaved run, on a real Azurite and on SQLite.

    python -m tests.bench.bench_counters [--rounds N] [--seconds S]

Both keep the same window in the same store; the loop is what one writes first: get, decide, replace, and again after a 412.
Aims on Azurite: one hot key at 32 callers ≥ 15 × the loop's admitted decisions per second; 10,000 keys no slower than it. On
SQLite a statement never waits, so a loop inside one process never conflicts: it is there to show the cost of one decision.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator

from mcp_core.storage import keys
from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.counters.window import Window
from mcp_core.storage.open import open_store
from mcp_core.storage.port import AlreadyExists, NotThere, Precondition, TableStore
from policies.ports import RateLimit
from tests.azurite import AzuriteUnavailable, running_azurite

CALLERS = 32
KEYS = 10_000
LIMIT = RateLimit(10_000_000, 60.0)  # never reached: every decision is an admission, and a write
Decide = Callable[[str], Awaitable[None]]


class PlainLoop:
    """Get, decide, replace; after a 412 from the start."""

    def __init__(self, store: TableStore) -> None:
        self._store = store

    async def admit(self, key: str) -> None:
        place = ("PlainLoop", keys.digest(key), "counter")
        while True:
            now = int(time.time() * 1000)
            found = await self._store.get(*place)
            window = Window() if found is None else Window.from_bytes(bytes(found.properties["Window"]), now + 10_000)
            window.forget(now - 60_000)
            assert window.used(now - 60_000) < LIMIT.calls
            window.add(now, 1, 60)
            properties = {"Window": window.to_bytes(), "ExpiresAt": now // 1000 + 60}
            try:
                if found is None:
                    await self._store.insert(*place, properties)
                else:
                    await self._store.replace(*place, properties, found.etag)
                return
            except (AlreadyExists, NotThere, Precondition):
                await asyncio.sleep(random.random() * 0.005)


async def rate(decide: Decide, pick: Callable[[], str], callers: int, seconds: float) -> float:
    """Decisions per second."""
    done = 0
    start = time.perf_counter()
    end = start + seconds

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await decide(pick())
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (time.perf_counter() - start)


async def compare(address: str, rounds: int, seconds: float) -> None:
    store = open_store(address)
    counters, plain = StoreCounters(store), PlainLoop(store)

    async def group(key: str) -> None:
        admission = await counters.admit(key, LIMIT)
        assert admission.admitted
        counters.finish(admission)

    scenes: list[tuple[str, Callable[[], str], int, str]] = [
        ("one caller, one key", lambda: "only", 1, ""),
        (f"{CALLERS} callers, one hot key", lambda: "hot", CALLERS, "≥ 15" if address.startswith("tables") else ""),
        (
            f"{CALLERS} callers, {KEYS:,} keys",
            lambda: f"k{random.randrange(KEYS)}",
            CALLERS,
            "≥ 1" if address.startswith("tables") else "",
        ),
    ]
    for name, pick, callers, aim in scenes:
        loops, groups = [], []
        for number in range(rounds):
            pair = [(plain.admit, loops), (group, groups)]
            for decide, rates in pair if number % 2 else pair[::-1]:
                rates.append(await rate(decide, pick, callers, seconds))
        ratio = statistics.median(ours / theirs for ours, theirs in zip(groups, loops, strict=True))
        print(f"  {name:32}{statistics.median(loops):10,.0f}{statistics.median(groups):14,.0f}{ratio:9.2f}   {aim}")
    await store.close()


@contextlib.contextmanager
def stores() -> Iterator[dict[str, str]]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        found = {"SQLite": f"sqlite:{folder}/store.db"}
        try:
            service = stack.enter_context(running_azurite())
            found["Azurite"] = f"tables:{service.connection_string}"
        except AzuriteUnavailable as error:
            print(f"  Azurite is left out: {error}")
        yield found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    chosen = parser.parse_args([] if arguments is None else arguments)
    print("\ncounters: admitted decisions per second")
    with stores() as addresses:
        for name, address in addresses.items():
            print(f"  {name:32}{'loop/s':>10}{'group/s':>14}{'ratio':>9}   aim")
            asyncio.run(compare(address, chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
