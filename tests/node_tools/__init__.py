"""Node.js 22 and the tools that need it, from npm, in a folder of their own (the machine's Node.js may be older).

`prepare()` installs what `package-lock.json` pins, once, and gives paths. The lock of the folder keeps two test processes from
installing at the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NodeTools", "ToolsMissing", "prepare"]

FOLDER = Path(__file__).resolve().parent
_MODULES = FOLDER / "node_modules"
_STAMP = _MODULES / ".installed"


class ToolsMissing(Exception):
    """The tools cannot be had here; `str()` says why."""


@dataclass(frozen=True)
class NodeTools:
    """Paths: Node.js 22, and the scripts that it runs."""

    node: Path
    conformance: Path
    inspector: Path


def prepare() -> NodeTools:
    """The tools, installed when they are not. Raises ToolsMissing."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if not _is_installed(wanted):
        with _alone():
            if not _is_installed(wanted):
                _install()
                _STAMP.write_text(wanted)
    modules = _MODULES / "@modelcontextprotocol"
    return NodeTools(
        _MODULES / "node" / "bin" / ("node.exe" if os.name == "nt" else "node"),
        modules / "conformance" / "dist" / "index.js",
        modules / "inspector" / "clients" / "launcher" / "build" / "index.js",
    )


def _is_installed(wanted: str) -> bool:
    return _STAMP.exists() and _STAMP.read_text() == wanted


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ToolsMissing("npm is not installed: Node.js 22, the MCP Inspector and the conformance suite come from it")
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise ToolsMissing(f"npm ci in {FOLDER} failed: {done.stderr.strip()[-500:]}")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One installer at a time; a lock that is older than an installation takes was left by a process that was killed."""
    lock = Path(tempfile.gettempdir()) / f"node-tools-{hashlib.sha256(str(FOLDER).encode()).hexdigest()[:16]}.lock"
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - lock.stat().st_mtime > 600:
                    lock.unlink()
            time.sleep(0.5)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
