"""Cases as data: expressions with their input and what .NET makes of them, read from `cases/*.toml`.

A file has a `source` (the .NET or C# page that says so) and `[[case]]` tables: `expression`, perhaps `request`, `response`,
`variables` (as JSON, for its null), and either `value` with `type`, or `error` (a part of the message) with `kind` and perhaps
`at = [line, column]`. A case's own `source` goes before the file's.
"""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policies.expressions.evaluate import evaluate

NULL = "null"


def load(directory: Path) -> list[Any]:
    """Every case of every file, as pytest parameters."""
    found = []
    for file in sorted(directory.glob("*.toml")):
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        for case in content["case"]:
            assert case.get("source") or content.get("source"), f"{file.name}: {case['expression']} names no source"
            found.append(pytest.param(case, id=f"{file.stem}: {' '.join(case['expression'].split())[:70]}"))
    return found


def check(case: dict[str, Any]) -> None:
    """Evaluate the case and compare."""
    given = {name: case[name] for name in ("expression", "request", "response") if name in case}
    given["variables"] = json.loads(case.get("variables", "{}"))
    answer = evaluate(given)
    if "error" in case:
        assert "error" in answer, answer
        assert answer["error"]["kind"] == case["kind"], answer
        assert case["error"] in answer["error"]["message"], answer
        if "at" in case:
            assert [answer["error"]["line"], answer["error"]["column"]] == case["at"]
        return
    assert "error" not in answer, answer
    assert answer["type"] == case["type"]
    expected = None if case["type"] == NULL else case["value"]
    if case["type"] == "System.Decimal":
        expected = Decimal(str(expected))
    assert answer["value"] == expected
    assert type(answer["value"]) is type(expected)
