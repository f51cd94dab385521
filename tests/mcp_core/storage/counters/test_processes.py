"""Several real processes on one real store: the embedded one, and Azurite; one of them killed, the store stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.azurite import Azurite, AzuriteUnavailable, azurite, running_azurite
from tests.mcp_core.storage.counters.simulation import Seen, most_in_any

__all__ = ["azurite"]

ROOT = Path(__file__).resolve().parents[4]
PERIOD = 1.5  # so long that the margin of its 4 % is longer than a busy machine lets a process wait for its turn
WORKER = Path(__file__).with_name("worker.py")


class Crew:
    """Worker processes that write what they admitted to files, until the block ends."""

    def __init__(self, folder: Path, address: str, calls: int, period: float) -> None:
        self.folder, self.address, self.calls, self.period = folder, address, calls, period
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *, skew: float = 0.0) -> subprocess.Popen[bytes]:
        arguments = [self.address, "8", "60", str(self.calls), str(self.period), str(skew)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / f"seen-{len(self.processes)}").open("wb") as out:
            process = subprocess.Popen([sys.executable, str(WORKER), *arguments], stdout=out, cwd=ROOT, env=environment)
        self.processes.append(process)
        return process

    def seen(self) -> list[Seen]:
        """What was admitted, by all of them; a line that a killed process began does not count."""
        found = []
        for number in range(len(self.processes)):
            for line in (self.folder / f"seen-{number}").read_text().splitlines(keepends=True):
                if line.endswith("\n") and line != "failed\n":
                    arrived, released = line.split()
                    found.append(Seen(float(arrived), float(released)))
        return found

    def until(self, count: int) -> None:
        """Wait until so many were admitted in all."""
        deadline = time.monotonic() + 40
        while len(self.seen()) < count:
            assert time.monotonic() < deadline, f"{len(self.seen())} of {count} in time"
            time.sleep(0.05)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def check(self) -> None:
        """No observer can have seen one too many."""
        self.end()
        assert most_in_any(self.period, self.seen()) <= self.calls


@contextmanager
def crew(folder: Path, address: str, calls: int, period: float) -> Iterator[Crew]:
    workers = Crew(folder, address, calls, period)
    try:
        yield workers
    finally:
        workers.end()


def test_processes_on_one_sqlite_file_never_admit_one_too_many(tmp_path: Path) -> None:
    with crew(tmp_path, f"sqlite:{tmp_path / 'gateway.db'}", 50, PERIOD) as workers:
        for _ in range(3):
            workers.start()
        workers.until(200)
        workers.check()


def test_processes_on_azurite_never_admit_one_too_many_however_their_clocks_differ(tmp_path: Path, azurite: Azurite) -> None:
    address = f"tables:{azurite.new_account().connection_string}"
    with crew(tmp_path, address, 50, PERIOD) as workers:
        for skew in (-1.0, 1.0, 0.3):
            workers.start(skew=skew)
        workers.until(200)
        workers.check()


def test_a_killed_process_and_a_stopped_store_break_nothing(tmp_path: Path) -> None:
    try:
        context = running_azurite(tmp_path / "azurite")
        service = context.__enter__()
    except AzuriteUnavailable as error:
        pytest.skip(str(error))
    try:
        with crew(tmp_path, f"tables:{service.connection_string}", 40, PERIOD) as workers:
            first = workers.start()
            workers.start(skew=1.0)
            workers.until(100)
            first.kill()
            workers.start(skew=-1.0)
            service.stop()
            before = len(workers.seen())
            service.start()
            workers.until(before + 120)  # it goes on by itself
            workers.check()
    finally:
        context.__exit__(None, None, None)
