"""The load that the bench puts on a server: what is measured is what was asked for, with either generator."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.bench.load import LOAD_SHOT_HEADERS, Shot, WrongAnswer, _generate, _wrk

BODY = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'


class _Listing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        as_asked = sent == BODY and self.headers["MCP-Protocol-Version"] == "2025-11-25"
        answer = b'{"tools":[]}' if as_asked else b"something else"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing is said of requests."""


def _asyncio(shot: Shot) -> float:
    return asyncio.run(_generate(shot, 2, 0.1))


def _by_wrk(shot: Shot) -> float:
    return _wrk(shot, 2, 1, None)


@pytest.fixture(params=[_asyncio, pytest.param(_by_wrk, marks=pytest.mark.skipif(not shutil.which("wrk"), reason="no wrk"))])
def generate(request: pytest.FixtureRequest) -> Callable[[Shot], float]:
    return request.param  # type: ignore[no-any-return]  # one of the two above


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Listing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_request_that_is_measured_is_the_one_asked_for(generate: Callable[[Shot], float], port: int) -> None:
    assert generate(Shot(port, "/s/mcp", BODY, b'"tools"', LOAD_SHOT_HEADERS)) > 0


def test_an_answer_that_is_not_the_one_expected_ends_the_measuring(generate: Callable[[Shot], float], port: int) -> None:
    with pytest.raises(WrongAnswer, match="something else"):
        generate(Shot(port, "/s/mcp", BODY, b'"tools"'))  # the server wants a header that is not sent
