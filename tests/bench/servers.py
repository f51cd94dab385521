"""The processes that are measured: the backend, the floor and the gateway, each alone on the first core while load and
backend share the second."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.backend import DOCUMENT

ROOT = Path(__file__).resolve().parents[2]
LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
}
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True)
class Started:
    """A running server: its port, its process id, and the seconds from its start to its first good tools/list."""

    port: int
    pid: int
    seconds: float

    def memory(self) -> float:
        """Resident memory in MB (Linux; 0 elsewhere)."""
        status = Path(f"/proc/{self.pid}/status")
        if not status.exists():
            return 0.0
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def cpu(self) -> float:
        """Seconds of processor time that it has used (Linux; 0 elsewhere)."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(command: list[str], core: int, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A child process kept on one core; ended with the block."""

    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(child.pid, {cores[core % len(cores)]})
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(port: int, path: str, body: bytes, expect: bytes, child: subprocess.Popen[bytes], *, patience: float = 30) -> None:
    """Return when the server gives the expected answer; bounded."""
    until = time.perf_counter() + patience
    while True:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with status {child.returncode} before it answered")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("POST", path, body, HEADERS)
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            if answer.status == 200 and expect in data:
                return
        except OSError:
            pass  # not listening yet
        if time.perf_counter() > until:
            raise RuntimeError(f"no good answer from port {port} within {patience:g} s")
        time.sleep(0.002)


@contextlib.contextmanager
def backend() -> Iterator[str]:
    """The REST backend; gives its base URL."""
    port = free_port()
    with process([sys.executable, "-m", "tests.bench.backend", str(port)], LOAD_CORE) as child:
        wait_for(port, "/orders/2", b"", b"Grace", child)
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def floor(backend_url: str) -> Iterator[Started]:
    port = free_port()
    start = time.perf_counter()
    with process([sys.executable, "-m", "tests.bench.floor", str(port), backend_url], SERVER_CORE) as child:
        wait_for(port, "/bench-mcp/mcp", LIST, b"getOrder", child)
        yield Started(port, child.pid, time.perf_counter() - start)


@contextlib.contextmanager
def gateway(store: Path, environment: Mapping[str, str] | None = None) -> Iterator[Started]:
    port = free_port()
    start = time.perf_counter()
    command = [sys.executable, "-m", "mcp_core.local", "--no-sample", "--port", str(port), "--data", str(store)]
    with process(command, SERVER_CORE, environment) as child:
        wait_for(port, "/bench-mcp/mcp", LIST, b"getOrder", child)
        yield Started(port, child.pid, time.perf_counter() - start)


@contextlib.contextmanager
def prepared_store(backend_url: str, policy: str = "") -> Iterator[Path]:
    """A store folder with the bench API exported as `bench-mcp`, made by the command line as an owner would."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        document = place / "bench.json"
        document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": backend_url}]}))
        environment = {**os.environ, "MCP_STORE": f"sqlite:{place / 'gateway.db'}", "MCP_ALLOW_PRIVATE_BACKENDS": "1"}
        commands = [["api", "import", str(document), "--api-id", "bench"], ["mcp", "create", "bench-mcp", "--api", "bench"]]
        if policy:
            file = place / "policy.xml"
            file.write_text(policy)
            commands.append(["policy", "set", "mcp/bench-mcp", str(file)])
        for command in commands:
            subprocess.run(
                [sys.executable, "-m", "mcp_core", *command],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        yield place
