"""Real HTTP servers on loopback for tests: any ASGI application, in a thread, on a free port."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn

__all__ = ["serving"]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def serving(application: Any, *, lifespan: str = "off") -> Iterator[str]:
    """Serve `application`; gives its base URL. Ends the server when the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="error", lifespan=lifespan, server_header=False)  # type: ignore[arg-type]
    server = _Server(config)
    ready = threading.Event()
    started = config.load

    def load() -> None:
        started()
        ready.set()

    config.load = load  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    assert ready.wait(10)  # the socket listens already: a request waits in its backlog until the loop takes it
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
