"""Tools and operations by hand, and a real backend in a thread, for the tests of this directory."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from mcp_core.calls import PreparedTool
from mcp_core.catalog.operations import (
    ArgumentBinding,
    BodyContent,
    Operation,
    Parameter,
    RequestBody,
    ResponseSpec,
    Tool,
    ToolAnnotations,
)

T = TypeVar("T")
SERVICE = "https://api.example.org/v1"


def tool_for(
    *parameters: Parameter,
    template: str = "",
    method: str = "GET",
    content: BodyContent | None = None,
    body_properties: tuple[str, ...] | None = None,
    body_required: bool = False,
    responses: tuple[ResponseSpec, ...] = (),
    definitions: dict[str, Any] | None = None,
    input_schema: dict[str, Any] | None = None,
    output_schema: dict[str, Any] | None = None,
    wraps_output: bool = False,
    service: str = SERVICE,
    server_url: str = "",
    max_text_bytes: int = 1024 * 1024,
) -> PreparedTool:
    """A tool whose arguments have the parameters' names, and `body` for a whole body (`body_properties` None)."""
    path = "".join(f"/{{{parameter.name}}}" for parameter in parameters if parameter.location == "path")
    operation = Operation(
        id="op",
        method=method,
        url_template=template or f"/things{path}",
        server_url=server_url,
        parameters=parameters,
        body=RequestBody((content,), required=body_required) if content is not None else None,
        responses=responses,
        definitions=definitions or {},
    )
    bindings = [ArgumentBinding(parameter.name, parameter.location, parameter.name) for parameter in parameters]
    if content is not None and body_properties is None:
        bindings.append(ArgumentBinding("body", "body"))
    bindings += [ArgumentBinding(name, "body-property", name) for name in body_properties or ()]
    tool = Tool(
        name="op",
        operation_id="op",
        title="",
        description="",
        input_schema=input_schema or {"type": "object"},
        arguments=tuple(bindings),
        annotations=ToolAnnotations(read_only=True, destructive=False, idempotent=True),
        output_schema=output_schema,
        wraps_output=wraps_output,
    )
    return PreparedTool(tool, operation, service, max_text_bytes=max_text_bytes)


class Loop:
    """An event loop in a thread of its own: servers and clients of a module live on it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that runs on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@contextmanager
def loop_in_thread() -> Iterator[Loop]:
    loop = Loop()
    try:
        yield loop
    finally:
        loop.stop()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ScriptedServer:
    """A server that does with each connection what a script says, byte for byte. `connections` counts them."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self.connections = 0
        self.requests = 0
        self.port = 0

    async def __aenter__(self) -> ScriptedServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, as some tests want
        finally:
            writer.close()


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Request line, header fields (lower case) and body of one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return line, headers, body


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
