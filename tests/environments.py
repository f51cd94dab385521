"""Virtual environments beside the project's own, made when first needed and kept (`.venv-…` at the top level, not in git)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

__all__ = ["CannotInstall", "environment"]

ROOT = Path(__file__).resolve().parents[1]


class CannotInstall(Exception):
    """The packages cannot be installed here; `str()` says why."""


def environment(name: str, *packages: str, requirements: Path | None = None, python: Sequence[str] = (sys.executable,)) -> Path:
    """The interpreter of an environment that holds these packages and nothing else. Another set of packages is another
    environment, so that what was installed once stays good. Raises CannotInstall."""
    wanted = "\n".join([*packages, requirements.read_text(encoding="utf-8") if requirements else ""])
    folder = ROOT / f".venv-{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / ".installed"
    with FileLock(ROOT / f".venv-{name}.lock"):  # tests of several files, each in a process of its own, may want the same one
        if done.exists():
            return interpreter
        for older in ROOT.glob(f".venv-{name}-*"):
            shutil.rmtree(older)
        _run([*python, "-m", "venv", str(folder)], name)
        listed = [*packages, *(["-r", str(requirements)] if requirements else [])]
        _run([str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *listed], name)
        done.touch()
    return interpreter


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise CannotInstall(f"the environment {name} cannot be made: {done.stderr.strip()[-300:]}")
