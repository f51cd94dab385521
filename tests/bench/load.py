"""Keep-alive load on one URL, every answer checked: wrk where the machine has it, else an asyncio generator.

Bounded: a run ends after `seconds`; only loopback is ever called.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HOST = "127.0.0.1"
LOAD_SHOT_HEADERS = (("MCP-Protocol-Version", "2025-11-25"),)


@dataclass(frozen=True)
class Shot:
    """One request that is sent again and again, and what a good answer holds."""

    port: int
    path: str
    body: bytes
    expect: bytes
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200


class WrongAnswer(AssertionError):
    """An answer that is not the one expected: what was measured would mean nothing."""


def run(shot: Shot, *, connections: int, seconds: float, cpu: int | None = None) -> float:
    """Answers per second. Raises WrongAnswer."""
    if shutil.which("wrk"):
        return _wrk(shot, connections, seconds, cpu)
    return asyncio.run(_generate(shot, connections, seconds))


def _wrk(shot: Shot, connections: int, seconds: float, cpu: int | None) -> float:
    # The space keeps Lua from reading "[[" as the start of a long text.
    headers = "".join(f"wrk.headers[ {_lua(name)} ] = {_lua(value)}\n" for name, value in _headers(shot))
    script = f"""
wrk.method = "POST"
wrk.body = {_lua(shot.body.decode())}
{headers}
local wrong = 0
function response(status, headers, body)
  if status ~= {shot.status} or not string.find(body, {_lua(shot.expect.decode())}, 1, true) then
    if wrong == 0 then io.write("WRONG " .. status .. " " .. string.sub(body, 1, 300) .. "\\n") end
    wrong = wrong + 1
  end
end
function done() io.write("CHECKED\\n") end
"""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shot.lua"
        file.write_text(script)
        pin = ["taskset", "-c", str(cpu)] if cpu is not None and shutil.which("taskset") else []
        command = [*pin, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(file)]
        url = f"http://{HOST}:{shot.port}{shot.path}"
        output = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    if "WRONG" in output:
        raise WrongAnswer(output[output.index("WRONG") :][:400])
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "CHECKED" not in output:  # wrk goes on without a script that it cannot read
        raise WrongAnswer(f"wrk did not measure what it was asked to: {output[:400]}")
    return float(found[1])


def _lua(text: str) -> str:
    return "[==[" + text + "]==]"


def _headers(shot: Shot) -> list[tuple[str, str]]:
    usual = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
    return [*usual, *shot.headers]


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the last answer is whole."""

    def __init__(self, shot: Shot, until: float, done: asyncio.Future[int]) -> None:
        head = f"POST {shot.path} HTTP/1.1\r\nHost: {HOST}:{shot.port}\r\nContent-Length: {len(shot.body)}\r\n"
        fields = "".join(f"{name}: {value}\r\n" for name, value in _headers(shot))
        self.request = (head + fields + "\r\n").encode() + shot.body
        self.shot, self.until, self.done = shot, until, done
        self.closed = asyncio.get_running_loop().create_future()
        self.start = f"HTTP/1.1 {shot.status} ".encode()
        self.buffer = b""
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at : at + 12].split(b"\r\n")[0])
        if len(self.buffer) < end + 4 + length:
            return
        if not self.buffer.startswith(self.start) or self.shot.expect not in self.buffer:
            self.finish(WrongAnswer(self.buffer[:500].decode(errors="replace")))
            return
        self.answers += 1
        self.buffer = b""
        if time.perf_counter() < self.until:
            self.transport.write(self.request)
        else:
            self.finish(None)

    def finish(self, error: Exception | None) -> None:
        self.transport.close()
        if not self.done.done():
            if error:
                self.done.set_exception(error)
            else:
                self.done.set_result(self.answers)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(None)
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))


async def _generate(shot: Shot, connections: int, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    futures = [loop.create_future() for _ in range(connections)]
    made: list[Connection] = []
    try:
        for future in futures:
            connect = loop.create_connection(partial(Connection, shot, start + seconds, future), HOST, shot.port)
            made.append((await connect)[1])
        counts = await asyncio.wait_for(asyncio.gather(*futures), seconds + 30)
    finally:
        for connection in made:
            connection.transport.abort()
        await asyncio.gather(*(connection.closed for connection in made))
    return sum(counts) / (time.perf_counter() - start)


def pin(cpu: int) -> None:
    """Keep this process, and those it starts, on one core where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        available = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {available[cpu % len(available)]})
