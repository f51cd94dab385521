"""The command line in this process, over a store of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_core.cli import main


@dataclass
class Ran:
    """What a command gave: exit status, stdout, stderr."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ran]

PETS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example/v1"}],
    "paths": {
        "/pets": {
            "get": {"operationId": "findPets", "summary": "Find pets", "responses": {"200": {"description": "Pets"}}},
            "post": {"operationId": "addPet", "summary": "Add a pet", "responses": {"201": {"description": "Added"}}},
        },
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "summary": "Get a pet",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "A pet"}},
            }
        },
    },
}


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command line; SystemExit of argparse counts as its status."""
    monkeypatch.setenv("MCP_STORE", f"sqlite:{tmp_path / 'gateway.db'}")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        try:
            status = main(list(arguments))
        except SystemExit as ended:
            status = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run


@pytest.fixture
def pets(command: Command, tmp_path: Path) -> Command:
    """The same with the API `pets` imported from pets.json and exported as `pets-mcp`."""
    (tmp_path / "pets.json").write_text(json.dumps(PETS))
    assert command("api", "import", "pets.json", "--api-id", "pets").status == 0
    assert command("mcp", "create", "pets-mcp", "--api", "pets").status == 0
    return command
