"""One process of a test: asks for one key as fast as it can until told to stop, and writes down what was admitted.

    python worker.py STORE CALLERS SECONDS CALLS PERIOD SKEW > seen

Each line: arrival, release, by the machine's clock (the observer's); the process itself believes in a clock that is SKEW
seconds off.
"""

from __future__ import annotations

import asyncio
import sys
import time

from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.open import open_store
from policies.ports import RateLimit, StoreUnavailable


async def main(address: str, callers: int, seconds: float, limit: RateLimit, skew: float) -> None:
    store = open_store(address)
    counters = StoreCounters(store, wall=lambda: time.time() + skew)
    end = time.monotonic() + seconds
    write, flush = sys.stdout.write, sys.stdout.flush

    async def call() -> None:
        while time.monotonic() < end:
            arrived = time.time()
            try:
                admission = await counters.admit("hot", limit)
            except StoreUnavailable:
                write("failed\n")
                await asyncio.sleep(0.05)
                continue
            released = time.time()
            if admission.admitted:
                counters.finish(admission)
                write(f"{arrived:.6f} {released:.6f}\n")
                flush()
            else:
                await asyncio.sleep(0.002)

    await asyncio.gather(*(call() for _ in range(callers)))
    await store.close()


if __name__ == "__main__":
    _, address, callers, seconds, calls, period, skew = sys.argv
    asyncio.run(main(address, int(callers), float(seconds), RateLimit(int(calls), float(period)), float(skew)))
