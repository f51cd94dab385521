"""Real local hosts of the gateway, as processes of their own on free ports."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["command", "free_port", "local_host"]

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment without the gateway's own settings of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MCP_", "AzureWebJobs"))}
    return {**kept, **more}


def command(data: Path, *arguments: str, store: str = "") -> str:
    """Run `python -m mcp_core …` on the SQLite store in `data`, or on another; its output. Fails with what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "mcp_core", *arguments],
        cwd=ROOT,
        env=environment({"MCP_STORE": store or f"sqlite:{data / 'gateway.db'}", "MCP_ALLOW_PRIVATE_BACKENDS": "1"}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextlib.contextmanager
def local_host(data: Path, *arguments: str, **settings: str) -> Iterator[str]:
    """A host that serves the store in `data`; gives its base URL and ends it with the block. Settings are variables."""
    port = free_port()
    log = data / f"host-{port}.log"
    data.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mcp_core.local", "--port", str(port), "--data", str(data), *arguments],
            cwd=ROOT,
            env=environment(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_health(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_health(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the host ended with status {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"the host did not start:\n{log.read_text()}")
