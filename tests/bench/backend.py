"""The backend that the floor and the gateway both call: one bare ASGI app with one small JSON answer."""

from __future__ import annotations

import json
import sys
from typing import Any

import uvicorn

ANSWER = json.dumps({"id": 2, "customer": "Grace Hopper", "status": "shipped", "total": 1952.0}).encode()

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Bench", "version": "1"},
    "paths": {
        "/orders/{id}": {
            "get": {
                "operationId": "getOrder",
                "summary": "Get information for an order",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "The order"}},
            }
        },
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "summary": "List orders",
                "parameters": [{"name": "status", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The orders"}},
            }
        },
    },
}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(application, port=int(sys.argv[1]), log_level="error", lifespan="off", access_log=False, server_header=False)
