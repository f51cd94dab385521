#!/usr/bin/env python3
"""The developer's one command. Standard library only: it runs before anything is installed.

    python3 dev.py serve        the local host with the sample Orders API
    python3 dev.py test         all tests (arguments go to pytest)
    python3 dev.py check        ruff, mypy, import-linter
    python3 dev.py bench        speed, as ratios in one interleaved run
    python3 dev.py conformance  the official MCP conformance suite
    python3 dev.py package      the zip that Azure runs

Each makes the virtual environment and installs the pinned requirements when they are missing or have changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20


class SetupFailed(Exception):
    """The machine lacks something; `str()` says what, and what to do."""


def environment_folder() -> Path:
    """`.venv`, or `.venv-3.x` beside it when `.venv` belongs to another Python version. VIRTUAL_ENV is not looked at: the
    pinned versions of this project would change an environment that somebody else keeps."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    usual = ROOT / ".venv"
    marker = usual / "pyvenv.cfg"
    if not marker.exists():
        return usual
    lines = dict(line.split(" = ", 1) for line in marker.read_text().splitlines() if " = " in line)
    found = (lines.get("version") or lines.get("version_info") or version).strip()
    return usual if found.startswith(f"{version}.") or found == version else ROOT / f".venv-{version}"


def interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare_python(requirements: str) -> Path:
    """The interpreter of an environment that holds exactly the pins of `requirements` (a file name at the top level)."""
    folder = environment_folder()
    python = interpreter(folder)
    stamp = folder / f".installed-{requirements}"
    wanted = fingerprint(ROOT / requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    if not python.exists():
        say(f"making the virtual environment {folder.name}")
        try:
            venv.create(folder, with_pip=True, clear=folder.exists())
        except (subprocess.CalledProcessError, OSError) as error:
            raise SetupFailed(
                f"cannot make a virtual environment in {folder}: {error}. On Debian and Ubuntu: apt install python3-venv."
            ) from error
    say(f"installing {requirements}")
    run_setup([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", ROOT / requirements], "pip")
    stamp.write_text(wanted)
    return python


def fingerprint(requirements: Path) -> str:
    """A hash over a requirements file and those that it includes."""
    digest = hashlib.sha256()
    for line in requirements.read_text().splitlines():
        included = line.removeprefix("-r ").strip() if line.startswith("-r ") else ""
        digest.update((fingerprint(requirements.parent / included) if included else line).encode())
    return digest.hexdigest()


def prepare_node() -> None:
    """The npm packages of the tests (`npm ci`), when they are missing or have changed."""
    stamp = ROOT / "node_modules" / ".installed"
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SetupFailed(f"the tests need Node.js {OLDEST_NODE} or newer with npm (they run the storage emulator Azurite).")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        raise SetupFailed(f"Node.js {OLDEST_NODE} or newer is needed for the tests; {node} is {version}.")
    say("installing the npm packages of the tests")
    run_setup([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], "npm ci")
    stamp.write_text(wanted)


def run_setup(command: Sequence[str | Path], name: str) -> None:
    result = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if result.returncode:
        raise SetupFailed(f"{name} failed with status {result.returncode}; what it printed stands above.")


def say(text: str) -> None:
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def run(command: Sequence[str | Path]) -> int:
    """Run in the foreground with the repository on the import path; its exit status."""
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the child got the same Ctrl-C and ends by itself
            continue


def serve(arguments: list[str]) -> int:
    python = prepare_python("requirements-local.txt")
    command = [str(python), "-m", "mcp_core.local", *arguments]
    if os.name == "nt":
        return run(command)
    os.chdir(ROOT)
    os.execv(command[0], command)  # the host itself gets Ctrl-C and SIGTERM


def test(arguments: list[str]) -> int:
    python = prepare_python("requirements-dev.txt")
    prepare_node()
    parallel = [] if any(part.startswith("-n") for part in arguments) else ["-n", str(min(4, os.cpu_count() or 1))]
    return run([python, "-m", "pytest", *parallel, "--dist", "loadfile", *arguments])


def check(arguments: list[str]) -> int:
    """Every check runs, so that one run shows all there is to mend."""
    python = prepare_python("requirements-dev.txt")
    tools = python.parent
    statuses = [
        run([tools / "ruff", "check", "."]),
        run([tools / "ruff", "format", "--check", "--quiet", "."]),
        run([tools / "mypy"]),
        run([tools / "lint-imports"]),
    ]
    return max(statuses)


def bench(arguments: list[str]) -> int:
    python = prepare_python("requirements-dev.txt")
    return run([python, "-m", "tests.bench", *arguments])


def conformance(arguments: list[str]) -> int:
    python = prepare_python("requirements-dev.txt")
    prepare_node()
    return run([python, "-m", "tests.conformance", *arguments])


def package(arguments: list[str]) -> int:
    return run([sys.executable, ROOT / "infra" / "package.py", *arguments])


COMMANDS = {
    "serve": (serve, "run the local host with the sample Orders API (--port, --data DIR, --no-sample)"),
    "test": (test, "run all tests; arguments go to pytest"),
    "check": (check, "ruff, mypy strict, import-linter"),
    "bench": (bench, "measure speed as ratios in one interleaved run"),
    "conformance": (conformance, "run the official MCP conformance suite"),
    "package": (package, "make the zip that is deployed"),
}


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        say(f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; this is {sys.version.split()[0]}.")
        return 2
    parser = argparse.ArgumentParser(prog="dev.py", description="Serve, test, check and measure this project.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    chosen, rest = parser.parse_known_args(arguments[:1]), arguments[1:]
    try:
        return COMMANDS[chosen[0].command][0](rest)
    except SetupFailed as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
