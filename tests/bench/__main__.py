"""`dev.py bench`: speed as ratios to a floor measured in the same interleaved run.

    python -m tests.bench [SECTION …] [--rounds N] [--seconds S]

The floor is a bare ASGI route with aiohttp to the same backend (floor.py). Absolute figures wander with the machine; the
ratio of each round does not, so its median is what counts. Every answer is checked while measuring.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.load import LOAD_SHOT_HEADERS, Shot, run
from tests.bench.servers import LOAD_CORE, Started, backend, floor, gateway, prepared_store

CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":2}}}'
LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
PATH = "/bench-mcp/mcp"

# The documented policy; the limit is high enough that every call of a run is admitted and written.
RATE_LIMIT = """<policies><inbound><base />
<rate-limit-by-key calls="{calls}" renewal-period="30" counter-key="@(context.Request.IpAddress)"
 remaining-calls-variable-name="remainingCallsPerIP" />
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


def simple(name: str) -> str:
    return f'<set-header name="{name}" exists-action="override"><value>@(context.Request.Method)</value></set-header>'


TEN_POLICIES = f"""<policies><inbound><base />
{"".join(simple(f"X-{number}") for number in range(4))}
{"".join(f'<set-variable name="v{number}" value="@(context.Request.IpAddress)" />' for number in range(4))}
<choose><when condition="@(context.Request.Method == &quot;GET&quot;)"><set-variable name="get" value="yes" /></when></choose>
<set-query-parameter name="via" exists-action="override"><value>mcp</value></set-query-parameter>
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


def shot(port: int, body: bytes) -> Shot:
    expect = b"Grace Hopper" if b"tools/call" in body else b"listOrders"
    return Shot(port, PATH, body, expect, LOAD_SHOT_HEADERS)


@dataclass(frozen=True)
class Measured:
    """Answers per second, and the server's own processor time per answer in microseconds: the second one does not depend on
    what else the machine does."""

    rate: float
    cost: float


def measure(server: Started, body: bytes, connections: int, seconds: float) -> Measured:
    before, start = server.cpu(), time.perf_counter()
    rate = run(shot(server.port, body), connections=connections, seconds=seconds, cpu=LOAD_CORE)
    answers = rate * (time.perf_counter() - start)
    return Measured(rate, (server.cpu() - before) / answers * 1e6)


def table(title: str, rows: list[tuple[str, list[Measured], list[Measured], str]]) -> None:
    print(f"\n{title}")
    print(f"  {'':38}{'floor/s':>9}{'gateway/s':>11}{'ratio':>7}   {'floor µs':>9}{'gateway µs':>12}{'ratio':>7}   aim")
    for name, floors, ours, aim in rows:
        ratio = statistics.median(b.rate / a.rate for a, b in zip(floors, ours, strict=True))
        cost = statistics.median(a.cost / b.cost if b.cost else 0 for a, b in zip(floors, ours, strict=True))
        print(
            f"  {name:38}{_median(floors, 'rate'):9,.0f}{_median(ours, 'rate'):11,.0f}{ratio:7.2f}"
            f"   {_median(floors, 'cost'):9,.0f}{_median(ours, 'cost'):12,.0f}{cost:7.2f}   {aim}"
        )


def _median(measured: list[Measured], field: str) -> float:
    return statistics.median(getattr(each, field) for each in measured)


def throughput(rounds: int, seconds: float) -> None:
    """tools/call and tools/list against the floor: no policy, ten simple ones, the documented rate limit."""
    policies = {
        "no policy": ("", "≥ 0.45"),
        "ten simple policies": (TEN_POLICIES, "≥ 0.9 of no policy"),
        "rate limit, one hot key": (RATE_LIMIT.format(calls=10_000_000), "≥ 0.30"),
    }
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(backend())
        base = stack.enter_context(floor(url))
        servers = {
            name: stack.enter_context(gateway(stack.enter_context(prepared_store(url, policy))))
            for name, (policy, _) in policies.items()
        }
        for method, body in (("tools/call", CALL), ("tools/list", LIST)):
            rows = []
            chosen = policies if body is CALL else {"no policy": ("", "≥ 0.8")}
            for connections in (1, 32):
                floors: list[Measured] = []
                ours: dict[str, list[Measured]] = {name: [] for name in chosen}
                for _ in range(rounds):
                    floors.append(measure(base, body, connections, seconds))
                    for name in chosen:
                        ours[name].append(measure(servers[name], body, connections, seconds))
                for name, (_, aim) in chosen.items():
                    rows.append((f"{name}, {connections} connections", floors, ours[name], aim))
            table(method, rows)


def start(rounds: int, seconds: float) -> None:
    """Cold start (process start to first good tools/list) and resident memory when idle."""
    floors: list[float] = []
    ours: list[float] = []
    memory: list[float] = []
    with backend() as url, prepared_store(url) as store:
        for _ in range(rounds):
            with floor(url) as server:
                floors.append(server.seconds)
            with gateway(store) as server:
                ours.append(server.seconds)
                run(shot(server.port, CALL), connections=1, seconds=1)  # idle after work: what was late to load is loaded
                memory.append(server.memory())
    ratio = statistics.median(b / a for a, b in zip(floors, ours, strict=True))
    print("\ncold start and memory")
    print(f"  floor {statistics.median(floors):.2f} s, gateway {statistics.median(ours):.2f} s, ratio {ratio:.2f}   aim ≤ 2")
    print(f"  gateway idle {statistics.median(memory):.0f} MB   aim ≤ 70")


SECTIONS: dict[str, Callable[[int, float], None]] = {"throughput": throughput, "start": start}
MODULES = {
    "access": "bench_access",
    "client": "bench_client",
    "counters": "bench_counters",
    "expressions": "bench_expressions",
    "policies": "bench_policies",
    "functions": "bench_functions",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    names = [*SECTIONS, *MODULES]
    parser.add_argument("section", nargs="*", help=f"which to run (default all): {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load at a time")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.section) - set(names)
    if unknown:
        parser.error(f"unknown section: {', '.join(sorted(unknown))}")
    for name in chosen.section or names:
        if name in SECTIONS:
            SECTIONS[name](chosen.rounds, chosen.seconds)
        else:
            importlib.import_module(f"tests.bench.{MODULES[name]}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
