"""The floor: what the least possible gateway costs. A bare route that reads the JSON-RPC message, fetches from the backend
with aiohttp and answers; tools/list is a constant."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BACKEND = sys.argv[2] if len(sys.argv) > 2 else ""
TOOLS = [
    {"name": name, "description": text, "inputSchema": {"type": "object", "properties": {key: {"type": kind}}}}
    for name, text, key, kind in (
        ("getOrder", "Get information for an order", "id", "integer"),
        ("listOrders", "List orders", "status", "string"),
    )
]
session: aiohttp.ClientSession


async def rpc(request: Request) -> Response:
    message = json.loads(await request.body())
    if message["method"] == "tools/list":
        result: dict[str, Any] = {"tools": TOOLS}
    else:
        async with session.get(f"{BACKEND}/orders/{message['params']['arguments']['id']}") as answer:
            text = (await answer.read()).decode()
        result = {"content": [{"type": "text", "text": text}], "isError": False}
    body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
    return Response(body, media_type="application/json")


@asynccontextmanager
async def lifespan(_: Starlette) -> Any:
    global session
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield


application = Starlette(routes=[Route("/bench-mcp/mcp", rpc, methods=["POST"])], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(application, port=int(sys.argv[1]), log_level="error", access_log=False, server_header=False)
