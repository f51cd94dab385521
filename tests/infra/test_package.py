"""The bundle: its list by `.funcignore`, and that it runs alone with `requirements.txt` and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pathspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.package import ROOT, UnknownPattern, bundled, bytecode, main, read_rules, runtime, write_zip
from tests.environments import CannotInstall, environment

# In a process with the bundle as its only folder: every module of it, and where what was loaded came from.
IMPORT_ALL = """
import importlib, json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(folder))
import function_app
first = sorted(sys.modules)
for path in sorted(folder.rglob("*.py")):
    parts = list(path.relative_to(folder).with_suffix("").parts)
    importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
places = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
ours = {name: place for name, place in places.items() if name.split(".")[0] in ("policies", "mcp_core", "function_app")}
print(json.dumps({"first": first, "ours": ours, "places": sorted({place for place in places.values() if place}),
                  "prefixes": [sys.prefix, sys.base_prefix]}))
"""

# What no first request needs: loaded by those that do.
LATE = {
    "pydantic",
    "httpx",
    "aiohttp",
    "joserfc",
    "redis",
    "liquid",
    "jsonschema_rs",
    "fastapi",
    "lxml",
    "yaml",
    "opentelemetry",
    "cryptography",
    "azure.identity",
    "azure.data",
    "azure.monitor",
}


def test_exactly_the_app_is_published() -> None:
    paths = bundled()
    assert {path.split("/")[0] for path in paths} == {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "mcp_core",
        "policies",
    }
    assert all(path.endswith(".py") for path in paths if "/" in path)
    for left_out in ("mcp_core/local/", "mcp_core/cli/", "mcp_core/__main__.py", "policies/samples/"):
        assert not any(path.startswith(left_out) for path in paths), left_out
    assert not any("__pycache__" in path or "test" in path.split("/")[-1] for path in paths)


def test_every_tracked_module_is_in_it_but_those_that_only_a_laptop_needs() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "policies", "mcp_core"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    kept = {
        path
        for path in tracked
        if not path.startswith(("mcp_core/local/", "mcp_core/cli/", "mcp_core/__main__", "policies/samples/"))
    }
    assert {path for path in kept if path.endswith(".py") and (ROOT / path).exists()} <= set(bundled())


_NAMES = st.sampled_from(
    ["a", "b.py", "c.md", "docs", ".git", "mcp_core", "local", "local.settings.json", "__pycache__", "x.db-wal"]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(_NAMES, min_size=1, max_size=4))
def test_the_rules_mean_what_git_means(parts: list[str]) -> None:
    text = (ROOT / ".funcignore").read_text(encoding="utf-8") + "docs/*.md\n/a\n"
    ignored = read_rules(text)
    folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
    ours = any(ignored(folder, True) for folder in folders) or ignored("/".join(parts), False)
    assert ours == pathspec.GitIgnoreSpec.from_lines(text.splitlines()).match_file("/".join(parts))


@pytest.mark.parametrize("pattern", ["!kept.py", "a/**/b", "[ab].py", "a\\ b"])
def test_a_pattern_that_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownPattern, match=r"\.funcignore"):
        read_rules(pattern)


def test_the_same_files_make_the_same_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert main(["--output", str(first)]) == main(["--output", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert "--build-remote true" in capsys.readouterr().out
    with zipfile.ZipFile(first) as bundle:
        assert [name for name in bundle.namelist() if not name.endswith(".pyc")] == bundled()
    assert first.stat().st_size < 3_000_000


@pytest.mark.skipif(not runtime(), reason="needs the Python that Azure runs the app on")
def test_nothing_of_the_bundle_is_compiled_when_it_is_imported(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    write_zip(archive, bundled(), compiled=bytecode(runtime(), bundled()))
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(tmp_path)  # with times of its own, as a host does
    script = """
import importlib.machinery, sys
compiled, usual = [], importlib.machinery.SourceFileLoader.source_to_code
def watched(self, data, path, **options):
    compiled.append(path)
    return usual(self, data, path, **options)
importlib.machinery.SourceFileLoader.source_to_code = watched
sys.path.insert(0, sys.argv[1])
import mcp_core.settings, policies.compiler
print(compiled, policies.compiler.__cached__)
open(policies.__file__, "a").write("# changed")
sys.modules.pop("policies")
import policies
print(len(compiled))
"""
    done = subprocess.run([runtime(), "-B", "-c", script, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True)
    cached = tmp_path / "policies" / "__pycache__" / "compiler.cpython-313.pyc"
    assert done.stdout.splitlines() == [f"[] {cached}", "1"], done.stderr
    assert not any(str(ROOT).encode() in path.read_bytes() for path in tmp_path.rglob("*.pyc"))


def test_the_bundle_imports_alone_with_its_requirements_only(tmp_path: Path) -> None:
    try:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        python = environment(f"bundle-{version}", requirements=ROOT / "requirements.txt")
    except CannotInstall as error:
        pytest.skip(str(error))
    archive, folder = tmp_path / "app.zip", tmp_path / "app"
    main(["--output", str(archive)])
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(folder)
    done = subprocess.run(
        [python, "-I", "-B", "-c", IMPORT_ALL, str(folder)], cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert {place for place in seen["ours"].values() if place and not place.startswith(str(folder))} == set()
    allowed = (str(folder), *seen["prefixes"])
    assert [place for place in seen["places"] if not place.startswith(allowed)] == []
    assert LATE & set(seen["first"]) == set()
