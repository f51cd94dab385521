"""Environments with older clients, made when first needed and kept (`.venv-clients-…` at the top level, not in git)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

__all__ = ["CannotInstall", "seen_by_older_client"]

ROOT = Path(__file__).resolve().parents[2]


REQUIREMENTS = {
    "1.30.0": ("mcp==1.30.0",),
    # These reach into pydantic, which has moved on.
    "1.9.4": ("mcp==1.9.4", "pydantic==2.11.10"),
    "1.8.1": ("mcp==1.8.1", "pydantic==2.11.10"),
}


class CannotInstall(Exception):
    """The client cannot be installed here; `str()` says why."""


def seen_by_older_client(version: str, url: str) -> dict[str, Any]:
    """What the `mcp` client of this version sees of the server at `url`. Raises CannotInstall."""
    python = _environment(version)
    script = Path(__file__).with_name("clients") / "older.py"
    done = subprocess.run([python, script, url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _environment(version: str) -> Path:
    folder = ROOT / f".venv-clients-{version}-py{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / ".installed"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS[version]]
        installed = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if installed.returncode:
            raise CannotInstall(f"mcp=={version} cannot be installed: {installed.stderr.strip()[-300:]}")
        done.touch()
    return python
