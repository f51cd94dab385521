"""checkov's rules for Azure over the Bicep files."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.environments import CannotInstall, environment
from tests.infra.bicep import plain, sources

CHECKOV = "checkov==3.3.30"  # in an environment of its own: it pins half a hundred packages


def test_every_rule_passes_or_is_suppressed_with_a_reason(tmp_path: Path) -> None:
    try:
        python = environment("checkov", CHECKOV)
    except CannotInstall as error:
        pytest.skip(str(error))
    for name, file in sources().items():
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(plain(file.text), encoding="utf-8")
    done = subprocess.run(
        [python, "-m", "checkov.main", "-d", ".", "--framework", "bicep", "--skip-download", "--quiet", "-o", "json"],
        cwd=tmp_path,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    report = json.loads(done.stdout)
    assert [f"{each['check_id']} {each['file_path']} {each['check_name']}" for each in report["results"]["failed_checks"]] == []
    assert report["summary"]["parsing_errors"] == 0, done.stderr
    assert report["summary"]["passed"] > 20
    suppressed = [line for file in sources().values() for line in re.findall(r"checkov:skip=(.*)", file.text)]
    assert report["summary"]["skipped"] == len(suppressed)
    for line in suppressed:
        assert re.fullmatch(r"CKV_AZURE_\d+:.{30,}", line), line
