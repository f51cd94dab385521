"""One cold start of a function app under the library that Azure runs it with, timed: run as a script in a fresh process.

    python functions_start.py FOLDER BODY

Writes one JSON line: seconds until the app is indexed and until its first good answer, wall and processor time.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "functions"))
import worker


async def start(folder: str, body: bytes) -> dict[str, float]:
    import azure_functions_runtime as runtime  # the worker's own, loaded before the app on either side

    message = worker.messages(runtime)
    wall, cpu = time.perf_counter(), time.process_time()
    functions = await worker.index(runtime, message, folder)
    indexed, indexed_cpu = time.perf_counter() - wall, time.process_time() - cpu
    request = {
        "id": "first",
        "function": "gateway",
        "argument": "req",
        "method": "POST",
        "url": "https://gateway.example/orders-mcp/mcp",
        "headers": {
            "Host": "gateway.example",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Forwarded-For": "203.0.113.7:51000",  # as the platform appends it
        },
        "body": base64.b64encode(body).decode(),
    }
    answer = worker.answer(await worker.invoke(runtime, message, functions, request))
    assert answer.get("status") == 200, answer
    return {
        "indexed": indexed,
        "indexed_cpu": indexed_cpu,
        "answered": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
    }


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print("\x1e" + json.dumps(asyncio.run(start(sys.argv[1], sys.argv[2].encode()))), flush=True)
    sys.exit(0)
