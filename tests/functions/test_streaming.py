"""The app with `MCP_STREAMING=1` under the runtime library: the host forwards requests to the worker's own HTTP server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.functions.conftest import ROOT, Worker, running


@pytest.fixture(scope="module")
def streaming(orders_store: str) -> Iterator[Worker]:
    environment = {
        "MCP_STORE": orders_store,
        "MCP_ALLOW_PRIVATE_BACKENDS": "1",
        "MCP_STREAMING": "1",
        "MCP_PUBLIC_URL": "https://gateway.example",
    }
    with running(ROOT, environment) as worker:
        yield worker


def forwarded(worker: Worker, method: str, path: str, invocation: str, body: bytes = b"") -> httpx.Request:
    """What the host does with a request: it tells of the invocation, and forwards the request with the invocation's id."""
    worker.begin("gateway", "req", method, f"https://gateway.example{path}", {}, b"", invocation)
    headers = {"x-ms-invocation-id": invocation, "Content-Type": "application/json", "Accept": "*/*"}
    return httpx.Request(method, worker.uri + path, headers=headers, content=body)


def test_the_first_event_arrives_while_the_stream_stays_open(streaming: Worker) -> None:
    assert streaming.uri
    with httpx.Client(timeout=20) as client:
        began = time.monotonic()
        stream = client.send(forwarded(streaming, "GET", "/orders-mcp/sse", "stream"), stream=True)
        assert stream.status_code == 200
        assert stream.headers["content-type"] == "text/event-stream"
        lines = stream.iter_lines()
        assert next(lines) == "event: endpoint"
        endpoint = next(lines).removeprefix("data: ")
        assert time.monotonic() - began < 10  # a stream lasts more than three minutes
        streaming.end()
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "getOrder", "arguments": {"id": 2}}}
        posted = client.send(forwarded(streaming, "POST", endpoint, "message", json.dumps(call).encode()))
        streaming.end()
        assert posted.status_code == 202
        assert next(lines) == ""
        assert next(lines) == "event: message"
        assert "Grace Hopper" in next(lines)
        stream.close()


def test_streamable_http_is_served_beside_it(streaming: Worker) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    with httpx.Client(timeout=20) as client:
        answer = client.send(forwarded(streaming, "POST", "/orders-mcp/mcp", "list", body))
        streaming.end()
        assert answer.status_code == 200
        assert "getOrder" in answer.text
        large = client.send(forwarded(streaming, "POST", "/orders-mcp/mcp", "large", b"x" * (4 * 1024 * 1024 + 1)))
        streaming.end()
        assert large.status_code == 413
