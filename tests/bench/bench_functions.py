"""Cold start under the library that Azure runs the app with, as a ratio to an app of one empty function with the same storage
client; size and import of the bundle.

    python -m tests.bench.bench_functions

All apps read from the same Azurite over the same SDK, in folders that are not written to, as in Azure. A start is: initialise,
index, first answer (`tools/list` here, one entity read there). Each round starts every app once; ratios are of one round.
Needs Python 3.13 with azure-functions-runtime.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from infra.package import ROOT, bundled, bytecode, write_zip
from mcp_core.catalog.model import PolicyText
from mcp_core.catalog.repository import Repository
from mcp_core.local.sample import ensure_sample
from mcp_core.storage.open import open_store
from tests.azurite import running_azurite

ROUNDS = 9
SCRIPT = Path(__file__).with_name("functions_start.py")
SCOPE = "mcp/orders-mcp"
LIMIT = """<policies><inbound><base />
<rate-limit-by-key calls="5" renewal-period="30" counter-key="@(context.Request.IpAddress)"
 remaining-calls-variable-name="remainingCallsPerIP" />
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""
LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'

EMPTY = """
import os
import azure.functions as func
from azure.data.tables.aio import TableServiceClient

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
service = TableServiceClient.from_connection_string(os.environ["MCP_STORE"].removeprefix("tables:"))

@app.function_name("gateway")
@app.route(route="{*path}", methods=["POST"])
async def gateway(req: func.HttpRequest) -> func.HttpResponse:
    table = service.get_table_client("catalog")
    async for _ in table.list_entities(results_per_page=1):
        break
    return func.HttpResponse("ok")
"""


def interpreter() -> Path | None:
    own = Path(sys.executable)
    beside = ROOT / ".venv-3.13" / "bin" / "python"
    for python in (own, beside):
        if (
            python.exists()
            and not subprocess.run([python, "-c", "import azure_functions_runtime"], capture_output=True).returncode
        ):
            return python
    return None


def run(python: Path, folder: Path, store: str, *command: object) -> str:
    done = subprocess.run(
        [python, *map(str, command)],
        cwd=folder,
        env={**os.environ, "MCP_STORE": store, "MCP_ALLOW_PRIVATE_BACKENDS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [line[1:] for line in done.stdout.split("\n") if line.startswith("\x1e")]
    if done.returncode or not lines:
        raise RuntimeError(f"{folder}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return lines[-1]


IMPORT = "import time; t = time.process_time(); import function_app; print(f'\x1e{time.process_time() - t}')"


def start(python: Path, folder: Path, store: str) -> dict[str, float]:
    measured: dict[str, float] = json.loads(run(python, folder, store, SCRIPT, folder, LIST))
    return {**measured, "imported": float(run(python, folder, store, "-c", IMPORT))}


async def fill(address: str) -> None:
    store = open_store(address)
    await ensure_sample(Repository(store), "http://127.0.0.1:9")
    await store.close()


async def limit(address: str, on: bool) -> None:
    """Put the documented rate limit on the server, or take it away."""
    store = open_store(address)
    repository = Repository(store)
    if on:
        await repository.policies.save(PolicyText(SCOPE, LIMIT))
    else:
        await repository.policies.delete(SCOPE)
    await store.close()


def unpacked(place: Path, name: str, compiled: dict[str, bytes]) -> tuple[Path, float]:
    """The bundle as Azure unpacks it, and the zip's size in KB."""
    archive, folder = place / f"{name}.zip", place / name
    write_zip(archive, bundled(), compiled=compiled)
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(folder)
    return folder, archive.stat().st_size / 1024


LABELS = {
    "imported": "import of function_app, processor s",
    "indexed": "indexed, s",
    "answered": "answered, s",
    "indexed_cpu": "indexed, processor s",
    "cpu": "answered, processor s",
}


def show(rounds: Sequence[dict[str, dict[str, float]]]) -> None:
    others = [name for name in rounds[0] if name != "empty app"]
    print("\ncold start as a function app: initialise, index, first answer from the store; aim ≤ 1.3 of the empty app")
    print(f"  {'':38}{'empty app':>10}" + "".join(f"{name:>26}" for name in others))
    for key, label in LABELS.items():
        base = [each["empty app"][key] for each in rounds]
        line = f"  {label:38}{statistics.median(base):10.3f}"
        for name in others:
            ours = [each[name][key] for each in rounds]
            ratio = statistics.median(b / a for a, b in zip(base, ours, strict=True))
            line += f"{statistics.median(ours):18.3f} ({ratio:.2f})"
        print(line)


def main() -> None:
    python = interpreter()
    if python is None:
        print("\nfunctions: left out, for azure-functions-runtime needs Python 3.13")
        return
    with tempfile.TemporaryDirectory() as folder, running_azurite() as service:
        place, store = Path(folder), f"tables:{service.connection_string}"
        asyncio.run(fill(store))
        empty = place / "empty"
        empty.mkdir()
        (empty / "function_app.py").write_text(EMPTY)
        (empty / "host.json").write_text((ROOT / "host.json").read_text())
        ours, size = unpacked(place, "ours", bytecode(str(python), bundled()))
        bare, bare_size = unpacked(place, "bare", {})
        rounds = []
        for _ in range(ROUNDS):
            measured = {"empty app": start(python, empty, store), "gateway": start(python, ours, store)}
            asyncio.run(limit(store, True))
            measured["with a rate limit"] = start(python, ours, store)
            asyncio.run(limit(store, False))
            measured["without bytecode"] = start(python, bare, store)
            rounds.append(measured)
        show(rounds)
        print(f"  bundle: {len(bundled())} files; {size:,.0f} KB with bytecode, {bare_size:,.0f} KB without")


if __name__ == "__main__":
    main()
