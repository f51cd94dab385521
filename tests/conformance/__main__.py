"""`python3 dev.py conformance [--revision R] [--scenario S] [--output DIR] [--write]`."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conformance.expectations import REACHABLE, Check, reason_for, shortfall
from tests.conformance.report import PAGE, page
from tests.conformance.server import under_test
from tests.node_tools import NodeTools, ToolsMissing, prepare

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev.py conformance", description=__doc__)
    parser.add_argument("--revision", choices=sorted(REACHABLE), action="append", help="only this revision")
    parser.add_argument("--scenario", help="only this scenario")
    parser.add_argument("--output", type=Path, help="keep the suite's results in this folder")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE} and run nothing")
    chosen = parser.parse_args(arguments)
    if chosen.write:
        (ROOT / PAGE).write_text(page())
        return 0
    try:
        tools = prepare()
    except ToolsMissing as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch, under_test(Path(scratch)) as url:
        output = chosen.output or Path(scratch) / "results"
        revisions = chosen.revision or sorted(REACHABLE)
        return max([judge(revision, run(tools, url, revision, output, chosen.scenario)) for revision in revisions])


def run(tools: NodeTools, url: str, revision: str, output: Path, scenario: str | None) -> Mapping[str, Sequence[Check]]:
    """The suite's checks under one revision, scenario by scenario."""
    folder = output / revision
    command: list[Any] = [tools.node, tools.conformance, "server", "--url", url, "-o", folder]
    command += ["--scenario", scenario, "--spec-version", revision] if scenario else ["--requirements", revision]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    results = {}
    for file in sorted(folder.glob("*/checks.json")):
        name = re.sub(r"-\d{4}-\d\d-\d\dT[\d-]+Z$", "", file.parent.name).removeprefix("server-")
        results[name] = json.loads(file.read_text())
    if not results:
        raise SystemExit(f"the suite left no results:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return results


def judge(revision: str, results: Mapping[str, Sequence[Check]]) -> int:
    """Print each scenario's outcome; 1 when one that must be met is not."""
    print(f"\nProtocol revision {revision}")
    failed = False
    for scenario, checks in results.items():
        wanted = REACHABLE[revision].get(scenario)
        if wanted is None:
            reason = reason_for(scenario)
            failed = failed or not reason
            print(f"  {'out of reach' if reason else 'NOT EXPECTED':12} {scenario}")
            continue
        problems = shortfall(wanted, checks)
        failed = failed or bool(problems)
        print(f"  {'NOT MET' if problems else 'met':12} {scenario}", *(f"\n{'':17}{problem}" for problem in problems), sep="")
    met = sum(1 for name in results if name in REACHABLE[revision] and not shortfall(REACHABLE[revision][name], results[name]))
    expected = [name for name in REACHABLE[revision] if name in results or len(results) > 1]
    missing = [name for name in expected if name not in results]
    print(f"  {met} of {len(expected)} met" + (f"; not run: {', '.join(missing)}" if missing else ""))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
