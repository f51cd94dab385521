"""One hot key under real load: four hosts on one Azurite, 32 connections each, over HTTP (D8).

Each admitted call carries home when it came to the policy and when it was let go, by the hosts' common machine clock: policies
around the limit write that into the response. So every sliding interval can be checked exactly, wherever between the two an
observer looks. The same again while one host is killed and started anew, and while Azurite is stopped and comes back.
"""

import asyncio
import contextlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, asynccontextmanager

import pytest

from tests.azurite import AzuriteUnavailable, running_azurite
from tests.hosts import ROOT, command, environment, free_port
from tests.mcp_core.storage.counters.simulation import Seen, most_in_any

HOSTS, CONNECTIONS = 4, 32
CALLS, PERIOD = 150, 3
TICKS = "@(DateTime.UtcNow.Ticks.ToString())"
POLICY = f"""<policies>
  <inbound>
    <base />
    <set-variable name="before" value="{TICKS}" />
    <rate-limit-by-key calls="{CALLS}" renewal-period="{PERIOD}" counter-key="hot" />
    <set-variable name="after" value="{TICKS}" />
  </inbound>
  <backend><base /></backend>
  <outbound>
    <base />
    <set-header name="X-Seen"><value>@(context.Variables["before"] + " " + context.Variables["after"])</value></set-header>
  </outbound>
  <on-error><base /></on-error>
</policies>"""
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Ping", "version": "1"},
    "paths": {"/ping": {"get": {"operationId": "ping", "responses": {"200": {"description": "pong"}}}}},
}
CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ping", "arguments": {}}}).encode()
REQUEST = (
    b"POST /ping-mcp/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2025-11-25\r\n"
    b"Accept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%b" % (len(CALL), CALL)
)


class Backend(asyncio.Protocol):
    """The least REST service: writes down when each call arrives."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue"

    def __init__(self, arrivals, transports):
        self.arrivals, self.transports = arrivals, transports

    def connection_made(self, transport):
        self.transport = transport
        self.transports.add(transport)

    def connection_lost(self, error):
        self.transports.discard(self.transport)

    def data_received(self, data):
        self.arrivals.append(time.time())
        self.transport.write(self.ANSWER)


class Fleet:
    """The hosts, as processes."""

    def __init__(self, folder, store):
        self.folder, self.store = folder, store
        self.ports = [free_port() for _ in range(HOSTS)]
        self.processes = [None] * HOSTS

    def start(self, number):
        arguments = ["--no-sample", "--port", str(self.ports[number]), "--data", str(self.folder)]
        with (self.folder / f"host-{number}.log").open("ab") as log:
            self.processes[number] = subprocess.Popen(
                [sys.executable, "-m", "mcp_core.local", *arguments],
                cwd=ROOT,
                env=environment({"MCP_STORE": self.store}),
                stdout=log,
                stderr=log,
            )

    def kill(self, number):
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()

    def end(self):
        for process in self.processes:
            if process is not None:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("load")
    with ExitStack() as stack:
        try:
            azurite = stack.enter_context(running_azurite(folder / "azurite"))
        except AzuriteUnavailable as error:
            pytest.skip(str(error))
        store = f"tables:{azurite.connection_string}"
        port = free_port()
        (folder / "ping.json").write_text(json.dumps(DOCUMENT))
        (folder / "policy.xml").write_text(POLICY)
        service = f"http://127.0.0.1:{port}"
        command(folder, "api", "import", str(folder / "ping.json"), "--api-id", "ping", "--service-url", service, store=store)
        command(folder, "mcp", "create", "ping-mcp", "--api", "ping", store=store)
        command(folder, "policy", "set", "mcp/ping-mcp", str(folder / "policy.xml"), store=store)
        fleet = Fleet(folder, store)
        stack.callback(fleet.end)
        for number in range(HOSTS):
            fleet.start(number)
        yield azurite, fleet, port


async def lateness(late):
    """Keeps in `late` by how much this process, which is the backend too, comes to its turn too late."""
    while True:
        due = time.monotonic() + 0.005
        await asyncio.sleep(0.005)
        late[0] = max(late[0], time.monotonic() - due)


@asynccontextmanager
async def load(fleet, seen, statuses):
    """All the connections, calling as fast as they are let; ends them with the block."""

    async def connection(port):
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await calls(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0.1)

    async def calls(reader, writer):
        while True:
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            await reader.readexactly(int(fields[b"content-length"]))
            status = int(head[9:12])
            statuses[status] += 1
            if status == 200:
                before, after = (int(ticks) / 10**7 for ticks in fields[b"x-seen"].split())
                seen.append(Seen(before, after))
            else:
                await asyncio.sleep(0.05 + 0.05 * random.random())

    tasks = [asyncio.create_task(connection(port)) for port in fleet.ports for _ in range(CONNECTIONS)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def run(scene, meanwhile):
    """Load until `meanwhile` ends; what was seen, when calls came to the backend, how often each status, and by how many
    seconds the machine was late at the most."""
    azurite, fleet, port = scene
    seen, arrivals, statuses, late = [], [], Counter(), [0.0]

    async def main():
        transports = set()
        watch = asyncio.create_task(lateness(late))
        backend = await asyncio.get_running_loop().create_server(lambda: Backend(arrivals, transports), "127.0.0.1", port)
        async with load(fleet, seen, statuses):
            await meanwhile(azurite, fleet, seen)
        watch.cancel()
        backend.close()
        for transport in list(transports):
            transport.abort()
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert set(statuses) <= {200, 429, 503}
    assert most_in_any(PERIOD, seen) <= CALLS
    # The backend wrote down what it saw when its turn came, and so late a host may have been as well before it sent the call.
    assert most_in_any(PERIOD - 0.1 - 2 * late[0], [Seen(arrival, arrival) for arrival in arrivals]) <= CALLS
    return seen, arrivals, statuses, late[0]


async def grown(seen, count):
    """Wait until so many more were admitted."""
    target, deadline = len(seen) + count, time.monotonic() + 60
    while len(seen) < target:
        assert time.monotonic() < deadline, f"{len(seen)} of {target} admitted"
        await asyncio.sleep(0.05)


def test_four_hosts_admit_exactly_what_the_limit_says(scene):
    async def some_windows(azurite, fleet, seen):
        await grown(seen, 1)
        await grown(seen, 4 * CALLS)

    seen, arrivals, statuses, late = run(scene, some_windows)
    assert statuses[429] > 0
    assert statuses[503] == 0
    times = sorted(call.released for call in seen)
    windows = (times[-1] - times[0]) / (PERIOD + 2 * late)  # the last one has just begun
    assert len(seen) >= 0.95 * CALLS * windows
    assert len(arrivals) >= len(seen)


def test_nor_does_a_killed_host_or_a_stopped_store_let_one_more_through(scene):
    async def havoc(azurite, fleet, seen):
        await grown(seen, CALLS)
        fleet.kill(0)
        await grown(seen, CALLS // 2)
        fleet.start(0)
        azurite.stop()
        await asyncio.sleep(3)  # the outage is what is tested
        await asyncio.to_thread(azurite.start)
        await grown(seen, 2 * CALLS)

    _, _, statuses, _ = run(scene, havoc)
    assert statuses[200] >= 3 * CALLS
