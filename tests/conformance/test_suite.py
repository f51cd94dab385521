"""The official suite finds what the expectations say (`python3 dev.py conformance` shows it scenario by scenario)."""

import pytest

from tests.conformance.__main__ import main
from tests.conformance.expectations import REACHABLE
from tests.node_tools import ToolsMissing, prepare


@pytest.mark.parametrize("revision", sorted(REACHABLE))
def test_every_reachable_scenario_is_met(revision, capsys):
    try:
        prepare()
    except ToolsMissing as error:
        pytest.skip(str(error))
    status = main(["--revision", revision])
    outcome = capsys.readouterr().out
    assert status == 0, outcome
    assert f"{len(REACHABLE[revision])} of {len(REACHABLE[revision])} met" in outcome
