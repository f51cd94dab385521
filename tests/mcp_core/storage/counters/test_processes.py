"""Several real processes on one real store: the embedded one, and Azurite; one of them killed, the store stopped."""

from __future__ import annotations

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
WORKER = Path(__file__).with_name("worker.py")


class Crew:
    """Worker processes that write to files."""

    def __init__(self, folder: Path, address: str, calls: int, period: float) -> None:
        self.folder, self.address, self.calls, self.period = folder, address, calls, period
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, seconds: float, *, callers: int = 8, skew: float = 0.0) -> subprocess.Popen[bytes]:
        arguments = [self.address, str(callers), str(seconds), str(self.calls), str(self.period), str(skew)]
        with (self.folder / f"seen-{len(self.processes)}").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(WORKER), *arguments], stdout=out, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
            )
        self.processes.append(process)
        return process

    def seen(self) -> list[Seen]:
        """What was admitted, by all of them; a line that a killed process began does not count."""
        found = []
        for number, process in enumerate(self.processes):
            process.wait(60)
            for line in (self.folder / f"seen-{number}").read_text().splitlines(keepends=True):
                if line.endswith("\n") and line != "failed\n":
                    arrived, released = line.split()
                    found.append(Seen(float(arrived), float(released)))
        return found


@contextmanager
def crew(folder: Path, address: str, calls: int, period: float) -> Iterator[Crew]:
    workers = Crew(folder, address, calls, period)
    try:
        yield workers
    finally:
        for process in workers.processes:
            process.kill()
            process.wait()


def check(workers: Crew, windows: float, share: float = 0.95) -> list[Seen]:
    seen = workers.seen()
    assert most_in_any(workers.period, seen) <= workers.calls
    assert len(seen) >= share * workers.calls * windows
    return seen


def test_processes_on_one_sqlite_file_never_admit_one_too_many(tmp_path: Path) -> None:
    with crew(tmp_path, f"sqlite:{tmp_path / 'gateway.db'}", 50, 1.0) as workers:
        for _ in range(3):
            workers.start(2.6)
        check(workers, 2)


def test_processes_on_azurite_never_admit_one_too_many_however_their_clocks_differ(tmp_path: Path, azurite: Azurite) -> None:
    address = f"tables:{azurite.new_account().connection_string}"
    with crew(tmp_path, address, 50, 1.0) as workers:
        for skew in (-1.0, 1.0, 0.3):
            workers.start(2.6, skew=skew)
        check(workers, 2, 0.9)


def test_a_killed_process_and_a_stopped_store_break_nothing(tmp_path: Path) -> None:
    try:
        context = running_azurite(tmp_path / "azurite")
        service = context.__enter__()
    except AzuriteUnavailable as error:
        pytest.skip(str(error))
    try:
        with crew(tmp_path, f"tables:{service.connection_string}", 40, 1.0) as workers:
            first = workers.start(5.0)
            workers.start(5.0, skew=1.0)
            time.sleep(1.5)  # let them run: the processes are what is tested
            first.kill()
            workers.start(3.5, skew=-1.0)
            service.stop()
            time.sleep(0.5)
            service.start()
            seen = check(workers, 2, 0.9)
            last = max(call.released for call in seen)
            assert len([call for call in seen if call.released > last - 1.0]) >= 30  # it goes on by itself
    finally:
        context.__exit__(None, None, None)
