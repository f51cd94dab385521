"""The zip that Azure runs: what `.funcignore` leaves of this repository, the same bytes from the same files.

    python3 dev.py package [--output FILE] [--list]

The rule here: standard library only. `.funcignore` has the form of `.gitignore`; of that form this reads names with `*`
and `?`, paths from the top and folders (a final `/`), and refuses the rest instead of guessing.

Beside its sources the zip holds their bytecode, for an instance runs them from a folder that it cannot write to: every cold
start would compile them again. It is valid by the hash of the source (PEP 552), not by a time that unpacking changes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "dist" / "mcp-gateway.zip"
RUNTIME = "3.13"  # the version that infra/modules/functionApp.bicep asks for
WHEN = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold


class UnknownPattern(ValueError):
    """A line of `.funcignore` that this reader does not know."""


def read_rules(text: str) -> Callable[[str, bool], bool]:
    """`.funcignore` → whether a path (with `/`, from the top) is left out; the second argument: it is a folder."""
    rules: list[tuple[str, bool, bool]] = []
    for line in text.splitlines():
        pattern = line.rstrip()
        if not pattern or pattern.startswith("#"):
            continue
        if pattern.startswith("!") or "**" in pattern or set(pattern) & set("[]\\"):
            raise UnknownPattern(f".funcignore: {pattern!r} is not understood here; use names, `*`, `?` and a final `/`")
        folders_only = pattern.endswith("/")
        pattern = pattern.removesuffix("/")
        rules.append((pattern.removeprefix("/"), "/" in pattern, folders_only))

    def ignored(path: str, is_folder: bool) -> bool:
        name = path.rpartition("/")[2]
        return any(
            (is_folder or not folders_only) and _matches(path if anchored else name, pattern)
            for pattern, anchored, folders_only in rules
        )

    return ignored


def _matches(path: str, pattern: str) -> bool:
    parts, patterns = path.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def bundled(root: Path = ROOT) -> list[str]:
    """The paths of what is published, sorted."""
    ignored = read_rules((root / ".funcignore").read_text(encoding="utf-8"))
    return sorted(_walk(root, "", ignored))


def _walk(root: Path, folder: str, ignored: Callable[[str, bool], bool]) -> Iterator[str]:
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = folder + entry.name
            if ignored(path, entry.is_dir()) or entry.name == "__pycache__":  # made anew, see `bytecode`
                continue
            if entry.is_dir():
                yield from _walk(root, f"{path}/", ignored)
            else:
                yield path


def runtime() -> str:
    """A Python of the version that the app runs on; "" where there is none."""
    beside = [ROOT / folder / "bin" / "python" for folder in (f".venv-{RUNTIME}", ".venv")]
    for python in (sys.executable, *map(str, beside), shutil.which(f"python{RUNTIME}") or ""):
        if python and Path(python).exists():
            told = subprocess.run([python, "--version"], capture_output=True, text=True, check=False).stdout
            if told.startswith(f"Python {RUNTIME}."):
                return python
    return ""


_COMPILE = """
import py_compile, sys
from importlib.util import cache_from_source
root, target = sys.argv[1:]
for path in sys.stdin.read().splitlines():
    made = cache_from_source(path)
    py_compile.compile(f"{root}/{path}", f"{target}/{made}", dfile=path, doraise=True,
                       invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    print(made)
"""


def bytecode(python: str, paths: Sequence[str], root: Path = ROOT) -> dict[str, bytes]:
    """What `python` makes of the sources among the paths, by the path at which it looks for it."""
    sources = "\n".join(path for path in paths if path.endswith(".py"))
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-I", "-c", _COMPILE, str(root), folder]
        done = subprocess.run(command, input=sources, capture_output=True, text=True, check=True)
        return {path: (Path(folder) / path).read_bytes() for path in done.stdout.splitlines()}


def write_zip(target: Path, paths: Sequence[str], root: Path = ROOT, *, compiled: Mapping[str, bytes] | None = None) -> None:
    """The files, and their bytecode, as a zip whose bytes depend on nothing else."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for path, content in [*((path, (root / path).read_bytes()) for path in paths), *sorted((compiled or {}).items())]:
            entry = zipfile.ZipInfo(path, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            bundle.writestr(entry, content)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py package", description="Make the zip that Azure runs.")
    parser.add_argument("--output", type=Path, default=TARGET, metavar="FILE", help="where to (default dist/mcp-gateway.zip)")
    parser.add_argument("--list", action="store_true", help="only list what would be in it")
    chosen = parser.parse_args(arguments)
    paths = bundled()
    if chosen.list:
        print("\n".join(paths))
        return 0
    python = runtime()
    compiled = bytecode(python, paths) if python else {}
    write_zip(chosen.output, paths, compiled=compiled)
    with_bytecode = f", with bytecode for Python {RUNTIME}" if compiled else ""
    print(f"{chosen.output}: {len(paths)} files{with_bytecode}, {chosen.output.stat().st_size / 1024:,.0f} KB")
    if not compiled:
        print(f"Without bytecode, for there is no Python {RUNTIME} here: a cold start takes longer by some 0.3 s.")
    print("Deploy it with: az functionapp deployment source config-zip --build-remote true -g GROUP -n APP --src FILE")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
