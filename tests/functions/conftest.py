"""A function app under the library that Azure runs it with, and a store with the sample API exported."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_core.catalog.repository import Repository
from mcp_core.local.orders import orders_api
from mcp_core.local.sample import ensure_sample
from mcp_core.storage.open import open_store
from tests.azurite import azurite
from tests.servers import serving

__all__ = ["azurite"]

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 13)


def interpreter() -> str:
    """A Python that azure-functions-runtime runs on, with it installed."""
    if sys.version_info >= OLDEST:
        return sys.executable
    beside = ROOT / ".venv-3.13" / "bin" / "python"
    if beside.exists():
        probe = subprocess.run([str(beside), "-c", "import azure_functions_runtime"], capture_output=True)
        if probe.returncode == 0:
            return str(beside)
    pytest.skip("azure-functions-runtime needs Python 3.13, and no environment .venv-3.13 with it is here")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Worker:
    """A running function app. `functions` is what was indexed: name → bindings; `uri` is where the host forwards requests to
    when the app streams, else ""; `log` is the file that it logs to."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log
        indexed = self._read()
        self.functions: dict[str, list[dict[str, Any]]] = indexed["functions"]
        self.uri: str = indexed["uri"]

    def _read(self) -> Any:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("\x1e"):
                content = json.loads(line[1:])
                assert "failed" not in content, content["failed"]
                return content
        raise AssertionError("the worker ended")

    def begin(
        self, function: str, argument: str, method: str, url: str, headers: Mapping[str, str], body: bytes, invocation: str = ""
    ) -> None:
        """Invoke without waiting; `end` gives the answer."""
        assert self.process.stdin is not None
        request = {
            "id": invocation,
            "function": function,
            "argument": argument,
            "method": method,
            "url": url,
            "headers": dict(headers),
            "body": base64.b64encode(body).decode(),
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def end(self) -> Answer:
        answer = self._read()
        return Answer(answer["status"], answer.get("headers", {}), base64.b64decode(answer.get("body", "")))

    def invoke(self, function: str, argument: str, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.begin(function, argument, method, url, headers, body)
        return self.end()

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """A request to the one HTTP function, as the host passes it on."""
        fields = {"Host": "gateway.example", "X-Forwarded-For": "203.0.113.7:4711", **headers}
        return self.invoke("gateway", "req", method, f"https://gateway.example{path}", fields, body)

    def rpc(self, method: str, params: dict[str, Any] | None = None, path: str = "/orders-mcp/mcp") -> Answer:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
        fields = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
        }
        return self.request("POST", path, body, **fields)


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[Worker]:
    """Index the app in `folder` in a process of its own, which ends with the block."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MCP_", "AzureWebJobs", "APPLICATIONINSIGHTS"))
    }
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [interpreter(), str(Path(__file__).with_name("worker.py")), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=folder,
                env={**kept, **environment},
            )
            with process:  # leaving closes its pipes, at which it ends
                yield Worker(process, log)


@pytest.fixture(scope="module")
def orders_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MCP_STORE of a store that has the sample Orders API exported, its backend running."""
    interpreter()  # skips before anything is started
    address = f"sqlite:{tmp_path_factory.mktemp('store') / 'gateway.db'}"

    async def fill(url: str) -> None:
        store = open_store(address)
        await ensure_sample(Repository(store), url)
        await store.close()

    with serving(orders_api()) as url:
        asyncio.run(fill(url))
        yield address


@pytest.fixture(scope="module")
def worker(orders_store: str) -> Iterator[Worker]:
    """This repository's function app over the sample."""
    with running(ROOT, {"MCP_STORE": orders_store, "MCP_ALLOW_PRIVATE_BACKENDS": "1"}) as started:
        yield started
