"""A real Redis for tests, on a free loopback port, without persistence.

The rule here: whoever starts it ends it, by its process id. Needs Debian's `redis-server`; without it tests are skipped and say
so.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

__all__ = ["redis_url", "running_redis"]


@contextmanager
def running_redis(port: int = 0) -> Iterator[int]:
    """The port of a running server. Raises FileNotFoundError where there is none installed."""
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server is not installed (Debian: apt-get install redis-server).")
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The session's Redis."""
    try:
        with running_redis() as port:
            yield f"redis://127.0.0.1:{port}/0"
    except FileNotFoundError as error:
        pytest.skip(str(error))
