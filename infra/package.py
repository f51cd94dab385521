"""The zip that Azure runs: what `.funcignore` leaves of this repository, the same bytes from the same files.

    python3 dev.py package [--output FILE] [--list]

The rule here: standard library only. `.funcignore` has the form of `.gitignore`; of that form this reads names with `*`
and `?`, paths from the top and folders (a final `/`), and refuses the rest instead of guessing.
"""

from __future__ import annotations

import argparse
import os
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "dist" / "mcp-gateway.zip"
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
            if ignored(path, entry.is_dir()):
                continue
            if entry.is_dir():
                yield from _walk(root, f"{path}/", ignored)
            else:
                yield path


def write_zip(target: Path, paths: Sequence[str], root: Path = ROOT) -> None:
    """The files as a zip whose bytes depend on nothing else."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for path in paths:
            entry = zipfile.ZipInfo(path, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            bundle.writestr(entry, (root / path).read_bytes())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py package", description="Make the zip that Azure runs.")
    parser.add_argument("--output", type=Path, default=TARGET, metavar="FILE", help="where to (default dist/mcp-gateway.zip)")
    parser.add_argument("--list", action="store_true", help="only list what would be in it")
    chosen = parser.parse_args(arguments)
    paths = bundled()
    if chosen.list:
        print("\n".join(paths))
        return 0
    write_zip(chosen.output, paths)
    print(f"{chosen.output}: {len(paths)} files, {chosen.output.stat().st_size / 1024:,.0f} KB")
    print("Deploy it with: az functionapp deployment source config-zip --build-remote true -g GROUP -n APP --src FILE")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
