"""Older clients, each in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.environments import CannotInstall, environment

__all__ = ["CannotInstall", "seen_by_older_client"]

REQUIREMENTS = {
    "1.30.0": ("mcp==1.30.0",),
    # These reach into pydantic, which has moved on.
    "1.9.4": ("mcp==1.9.4", "pydantic==2.11.10"),
    "1.8.1": ("mcp==1.8.1", "pydantic==2.11.10"),
}


def seen_by_older_client(version: str, url: str) -> dict[str, Any]:
    """What the `mcp` client of this version sees of the server at `url`. Raises CannotInstall."""
    python = environment(f"client-{version}-py{sys.version_info.major}.{sys.version_info.minor}", *REQUIREMENTS[version])
    script = Path(__file__).with_name("clients") / "older.py"
    done = subprocess.run([python, script, url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
