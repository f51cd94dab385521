"""The page of the conformance results says what the expectations say; the judge does not take a tick for a proof."""

from pathlib import Path

from tests.conformance.expectations import REACHABLE, reason_for, shortfall
from tests.conformance.report import PAGE, page

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_made_from_the_expectations():
    assert (ROOT / PAGE).read_text() == page(), "run: python3 dev.py conformance --write"


def test_no_scenario_is_both_met_and_out_of_reach():
    both = [name for scenarios in REACHABLE.values() for name in scenarios if reason_for(name)]
    assert both == ["server-sse-multiple-streams"]  # without a session it checks something only under 2026-07-28


def test_a_success_with_the_wrong_text_is_not_met():
    wanted = REACHABLE["2025-11-25"]["tools-call-simple-text"]

    def outcome(text: str) -> list[str]:
        result = {"content": [{"type": "text", "text": text}]}
        return shortfall(wanted, [{"id": "tools-call-simple-text", "status": "SUCCESS", "details": {"result": result}}])

    assert outcome("This is a simple text response for testing.") == []
    assert outcome("Unknown tool: test_simple_text")[0].startswith("content:")


def test_a_check_that_did_not_run_is_not_met():
    wanted = REACHABLE["2025-11-25"]["tools-list"]
    assert shortfall(wanted, []) == ["tools-list: the suite did not check it", "tools-name-format: the suite did not check it"]


def test_an_unexpected_failure_or_skip_is_not_met():
    wanted = REACHABLE["2025-11-25"]["ping"]
    good = {"id": "ping", "status": "SUCCESS"}
    assert shortfall(wanted, [good]) == []
    for status in ("FAILURE", "WARNING", "SKIPPED"):
        assert shortfall(wanted, [good, {"id": "another", "status": status}]) == [f"another: {status}"]
