"""Cold start under the library that Azure runs the app with, as a ratio to an app of one empty function with the same storage
client; size and import of the bundle.

    python -m tests.bench.bench_functions

Both apps read from the same Azurite over the same SDK. A start is: initialise, index, first answer (`tools/list` here, one
entity read there). Needs Python 3.13 with azure-functions-runtime.
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
from pathlib import Path

from infra.package import ROOT, bundled, write_zip
from mcp_core.catalog.repository import Repository
from mcp_core.local.sample import ensure_sample
from mcp_core.storage.open import open_store
from tests.azurite import running_azurite

ROUNDS = 7
SCRIPT = Path(__file__).with_name("functions_start.py")
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


def start(python: Path, folder: Path, store: str) -> dict[str, float]:
    done = subprocess.run(
        [python, SCRIPT, folder, LIST],
        cwd=folder,
        env={**os.environ, "MCP_STORE": store, "MCP_ALLOW_PRIVATE_BACKENDS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [line[1:] for line in done.stdout.split("\n") if line.startswith("\x1e")]
    if done.returncode or len(lines) < 2:
        raise RuntimeError(f"{folder}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    measured: dict[str, float] = json.loads(lines[-1])
    return measured


async def fill(address: str) -> None:
    store = open_store(address)
    await ensure_sample(Repository(store), "http://127.0.0.1:9")
    await store.close()


def main() -> None:
    python = interpreter()
    if python is None:
        print("\nfunctions: left out, for azure-functions-runtime needs Python 3.13")
        return
    with tempfile.TemporaryDirectory() as place, running_azurite() as service:
        store = f"tables:{service.connection_string}"
        asyncio.run(fill(store))
        empty, ours, archive = Path(place) / "empty", Path(place) / "ours", Path(place) / "app.zip"
        empty.mkdir()
        (empty / "function_app.py").write_text(EMPTY)
        (empty / "host.json").write_text((ROOT / "host.json").read_text())
        write_zip(archive, bundled())
        with zipfile.ZipFile(archive) as bundle:
            bundle.extractall(ours)
        sides = {"empty": empty, "ours": ours}
        for folder in sides.values():
            start(python, folder, store)  # compiled once, as a published app is
        rounds = [{name: start(python, folder, store) for name, folder in sides.items()} for _ in range(ROUNDS)]
        print("\ncold start as a function app: initialise, index, first answer from the store")
        print(f"  {'':34}{'empty app':>10}{'gateway':>10}{'ratio':>8}")
        labels = {
            "indexed": "indexed, s",
            "answered": "answered, s",
            "indexed_cpu": "indexed, processor s",
            "cpu": "answered, processor s",
        }
        for key, label in labels.items():
            base, our = ([each[name][key] for each in rounds] for name in sides)
            ratio = statistics.median(b / a for a, b in zip(base, our, strict=True))
            aim = "   aim ≤ 1.3" if key in {"answered", "cpu"} else ""
            print(f"  {label:34}{statistics.median(base):10.2f}{statistics.median(our):10.2f}{ratio:8.2f}{aim}")
        print(f"  bundle: {len(bundled())} files, {archive.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
