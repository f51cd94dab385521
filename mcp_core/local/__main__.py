"""`python -m mcp_core.local`: the gateway on this machine, with an embedded store and the sample Orders API.

The rule here: only what Azure Functions gives for free is made up for: a server, a store, a first API.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn

from mcp_core.app import Application
from mcp_core.collector import collect_rarely
from mcp_core.errors import CatalogError
from mcp_core.local.asgi import asgi
from mcp_core.local.greeting import USUAL_DATA, USUAL_PORT, greeting
from mcp_core.settings import load_settings
from mcp_core.storage.open import open_store, store_address
from policies.ports import StoreUnavailable

HOST = "127.0.0.1"


class Side(uvicorn.Server):
    """A server beside the main one, which alone listens to signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(port: int, host: str = HOST) -> socket.socket:
    """A listening socket, so that a port in use is known before anything is stored. Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 dev.py serve", description="Run the gateway on this machine.")
    parser.add_argument("--port", type=int, default=USUAL_PORT, help=f"port of the gateway (default {USUAL_PORT})")
    parser.add_argument(
        "--data", type=Path, default=USUAL_DATA, metavar="DIR", help="folder of the store, DIR/gateway.db (default .data)"
    )
    parser.add_argument("--no-sample", action="store_true", help="do not start and export the sample Orders API")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.port <= 65535:
        parser.error("--port must be from 1 to 65535")
    return chosen


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C; the exit status."""
    chosen = options(arguments)
    collect_rarely()
    if os.environ.get("MCP_STORE"):
        chosen.data = USUAL_DATA  # whoever set it needs not be told
    else:
        os.environ["MCP_STORE"] = f"sqlite:{chosen.data / 'gateway.db'}"
    try:
        listener = listen(chosen.port)
    except OSError as error:
        print(
            f"error: port {chosen.port} on {HOST} cannot be used: {error.strerror}."
            " Is a gateway running already? Choose another one with --port.",
            file=sys.stderr,
        )
        return 1
    try:
        return serve(chosen, listener)
    except (CatalogError, StoreUnavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        listener.close()


def serve(chosen: argparse.Namespace, listener: socket.socket) -> int:
    # Only these names: a web page that rebinds its own name to loopback must not reach what listens here.
    own_names = ("127.0.0.1", "localhost", "[::1]")
    settings = load_settings(allow_private_backends=True, trusted_proxies=0, allowed_hosts=own_names)
    application = Application(settings, open_store(store_address()))
    config = uvicorn.Config(
        asgi(application),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,  # else uvicorn believes what anybody on this machine writes into X-Forwarded-For
    )
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            return runner.run(run(chosen, listener, application, config))
    except KeyboardInterrupt:  # uvicorn raises the Ctrl-C again after it has shut everything down
        return 0


async def run(chosen: argparse.Namespace, listener: socket.socket, application: Application, config: uvicorn.Config) -> int:
    """The gateway, and the sample beside it, on one loop."""
    server = uvicorn.Server(config)
    if chosen.no_sample:
        print(greeting(chosen.port, chosen.data, sample=False), flush=True)
        await server.serve([listener])
        return 0
    # Imported here: without the sample, the host needs neither Starlette nor the importer.
    from mcp_core.local.sample import ensure_sample, sample_listener, sample_server

    backend = sample_listener(chosen.port + 1)
    side = sample_server(Side)
    beside = asyncio.create_task(side.serve([backend]))
    try:
        try:
            await ensure_sample(application.repository, f"http://{HOST}:{backend.getsockname()[1]}")
        except (CatalogError, StoreUnavailable):
            await application.close()
            raise
        print(greeting(chosen.port, chosen.data, sample=True), flush=True)
        await server.serve([listener])
    finally:
        side.should_exit = True
        await beside
        backend.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
