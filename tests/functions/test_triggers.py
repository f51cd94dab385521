"""What the runtime library does not check of triggers, and the host would: route templates, duplicates, schedules."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.functions.conftest import ROOT, Worker

_LITERAL = r"[A-Za-z0-9._~-]+"
_PARAMETER = r"\{[A-Za-z_]\w*(?::[a-z]+)?\??\}"
_SEGMENT = re.compile(rf"(?:{_LITERAL}|{_PARAMETER})+")
_CATCH_ALL = re.compile(r"\{\*[A-Za-z_]\w*\}")
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))  # second, minute, hour, day, month, day of week


def route_problems(route: str) -> list[str]:
    """What is wrong with a route template of the Functions host (ASP.NET Core's, less what the host keeps for itself)."""
    problems = []
    if route != route.strip("/"):
        problems.append("begins or ends with /")
    segments = route.strip("/").split("/")
    for place, segment in enumerate(segments, 1):
        if _CATCH_ALL.fullmatch(segment):
            if place < len(segments):
                problems.append("a catch-all must be last")
        elif not _SEGMENT.fullmatch(segment):
            problems.append(f"{segment!r} is no segment")
    names = re.findall(r"\{\*?(\w+)", route)
    if len(set(names)) < len(names):
        problems.append("a parameter twice")
    if segments[0].lower() in {"admin", "runtime"}:
        problems.append(f"{segments[0]} belongs to the host")
    return problems


def schedule_problems(schedule: str) -> list[str]:
    """What is wrong with an NCRONTAB expression of six fields."""
    fields = schedule.split(" ")
    if len(fields) != len(_RANGES):
        return [f"{len(fields)} fields instead of six"]
    return [field for field, (least, most) in zip(fields, _RANGES, strict=True) if not _is_field(field, least, most)]


def _is_field(field: str, least: int, most: int) -> bool:
    for part in field.split(","):
        found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
        if not found or found[3] == "0":
            return False
        bounds = [int(text) for text in found.groups()[:2] if text]
        if bounds != sorted(bounds) or not all(least <= bound <= most for bound in bounds):
            return False
    return True


@pytest.mark.parametrize("route", ["{*path}", "a/{b}", "a/{b:int}/c", "orders-mcp/mcp", "{a}-{b}", "a/{b?}"])
def test_good_routes_pass(route: str) -> None:
    assert route_problems(route) == []


@pytest.mark.parametrize("route", ["/a", "a/", "{*a}/b", "a//b", "{a}/{a}", "admin/x", "Runtime/{x}", "a b", "{a", "a/{*b"])
def test_bad_routes_are_seen(route: str) -> None:
    assert route_problems(route)


@pytest.mark.parametrize(
    "schedule", ["0 */10 * * *", "60 * * * * *", "0 */0 * * * *", "* * * 0 * *", "0 5-1 * * * *", "x * * * * *"]
)
def test_bad_schedules_are_seen(schedule: str) -> None:
    assert schedule_problems(schedule)


def bindings(worker: Worker, kind: str) -> list[dict[str, Any]]:
    return [each for found in worker.functions.values() for each in found if each["type"] == kind]


def test_every_route_and_schedule_is_good(worker: Worker) -> None:
    assert [route_problems(each["route"]) for each in bindings(worker, "httpTrigger")] == [[]]
    assert [schedule_problems(each["schedule"]) for each in bindings(worker, "timerTrigger")] == [[]]


def test_no_two_functions_share_a_route_or_a_name(worker: Worker) -> None:
    http = bindings(worker, "httpTrigger")
    served = [(each["route"].lower(), method) for each in http for method in each["methods"]]
    assert len(set(served)) == len(served)
    names = [name.lower() for name in worker.functions]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,126}", name) for name in names)


def test_routes_have_no_prefix_and_the_bundle_of_extensions_is_named() -> None:
    host = json.loads((Path(ROOT) / "host.json").read_text(encoding="utf-8"))
    assert host["extensions"]["http"]["routePrefix"] == ""
    assert host["extensionBundle"]["version"] == "[4.0.0, 5.0.0)"


def test_each_kind_of_function_has_one_trigger(worker: Worker) -> None:
    for name, found in worker.functions.items():
        assert sum(each["type"].endswith("Trigger") for each in found) == 1, name
    assert sorted(itertools.chain(worker.functions)) == ["clean", "gateway", "warm_up"]
