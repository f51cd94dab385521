"""The real Azurite table service for tests and benchmarks, as a node process of its own on a free loopback port.

The rule here: whoever starts it ends it, by its process id. Without a `location` everything is kept in memory and is gone
with the process. Needs `npm ci`. In a test module or conftest: `from tests.azurite import azurite`, then ask for the
fixture; in a script: `with running_azurite() as service: ...`. One service is enough for a whole session: take a fresh
`service.new_account()` where a test wants to see no rows but its own.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

__all__ = ["Azurite", "AzuriteUnavailable", "azurite", "running_azurite"]

MAIN = Path(__file__).resolve().parent.parent / "node_modules" / "azurite" / "dist" / "src" / "table" / "main.js"
KEY = base64.b64encode(b"only the emulator knows this key").decode()
ACCOUNTS = [f"account{number}" for number in range(500)]  # the emulator serves only accounts that it is told of at its start
START_TIMEOUT = 20.0
ATTEMPTS = 3


class AzuriteUnavailable(RuntimeError):
    """Azurite cannot be started here; the message says what is missing."""


@dataclass
class Azurite:
    """One table service. `stop` and `start` keep the port, so that an outage can be played (give a `location` if the data
    is to survive); `pause` and `resume` freeze the process, so that requests hang instead of being refused."""

    port: int
    location: Path | None = None
    account: str = ACCOUNTS[0]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _unused: Iterator[str] = field(default_factory=lambda: iter(ACCOUNTS[1:]), repr=False)

    @property
    def url(self) -> str:
        """The account's table endpoint."""
        return f"http://127.0.0.1:{self.port}/{self.account}"

    @property
    def connection_string(self) -> str:
        """What `tables:` takes in MCP_STORE."""
        return f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={KEY};TableEndpoint={self.url};"

    def new_account(self) -> Azurite:
        """The same service, seen as another, still empty account (499 of them); `self` still owns the process."""
        return Azurite(self.port, self.location, next(self._unused), _unused=self._unused)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        node = shutil.which("node")
        if node is None or not MAIN.exists():
            raise AzuriteUnavailable("Azurite is not installed: run `npm ci` (Node 20) in the project's folder.")
        place = ["--inMemoryPersistence"] if self.location is None else ["--location", str(self.location)]
        options = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--tableHost", "127.0.0.1", "--tablePort"]
        self.process = subprocess.Popen(
            [node, str(MAIN), *options, str(self.port), *place],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "AZURITE_ACCOUNTS": ";".join(f"{name}:{KEY}" for name in ACCOUNTS)},
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self.process.poll() is not None:
                raise AzuriteUnavailable(f"Azurite ended with status {self.process.returncode}; is port {self.port} taken?")
            if time.monotonic() > deadline:
                self.stop()
                raise AzuriteUnavailable(f"Azurite did not answer within {START_TIMEOUT:.0f} s.")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process: at once when it keeps nothing, else with the signal on which Azurite writes what it has (it waits
        for idle connections, up to 5 s)."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGKILL if self.location is None else signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Freeze the process: connections are accepted by the kernel, nothing is answered."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_azurite(location: Path | None = None) -> Iterator[Azurite]:
    """A running service, ended on the way out. Raises AzuriteUnavailable where it is not installed."""
    for attempt in range(ATTEMPTS):
        service = Azurite(_free_port(), location)
        try:
            service.start()
            break
        except AzuriteUnavailable:
            if not MAIN.exists() or attempt == ATTEMPTS - 1:  # another process may have taken the port just now
                raise
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """The session's Azurite; skipped with the reason where it is not installed."""
    try:
        context = running_azurite()
        service = context.__enter__()
    except AzuriteUnavailable as error:
        pytest.skip(str(error))
    try:
        yield service
    finally:
        context.__exit__(None, None, None)
