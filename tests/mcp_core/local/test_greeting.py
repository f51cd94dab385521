"""What the local host prints can be copied as it stands, whatever port and folder were chosen."""

from __future__ import annotations

import shlex
from pathlib import Path

from mcp_core.local.greeting import USUAL_DATA, USUAL_PORT, greeting


def _commands(text: str) -> list[list[str]]:
    return [shlex.split(line) for line in text.splitlines() if line.startswith(("  python", "  export"))]


def test_the_usual_host_needs_no_options() -> None:
    first = _commands(greeting(USUAL_PORT, USUAL_DATA, sample=True))[0]
    assert first == ["python", "-m", "mcp_core", "tool", "call", "orders-mcp", "getOrder", '{"id": 2}']


def test_another_port_and_folder_are_in_the_commands() -> None:
    for sample in (True, False):
        commands = _commands(greeting(8080, Path("my data"), sample=sample))
        assert commands[0] == ["export", "MCP_STORE=sqlite:my data/gateway.db"]
    call = _commands(greeting(8080, Path("my data"), sample=True))[1]
    assert call[3:7] == ["tool", "call", "--url", "http://127.0.0.1:8080"]
