"""`validate-status-code`, by the article "Validate status code"."""

from __future__ import annotations

import pytest

from policies.messages import Response
from tests.policies.pipelines import Backend, document, run
from tests.policies.statements.operations import INFO

CASES = [
    ("prevent", "", 200, 200),
    ("prevent", "", 404, 404),
    ("prevent", "", 500, 502),
    ("ignore", "", 500, 500),
    ("detect", "", 500, 500),
    ("prevent", "<status-code code='500' action='ignore'/>", 500, 500),
    ("ignore", "<status-code code='500' action='prevent'/>", 500, 502),
    ("ignore", "<status-code code='200' action='prevent'/>", 200, 200),
]


@pytest.mark.parametrize(("action", "inside", "backend", "expected"), CASES)
def test_undocumented_statuses_are_kept_back(action: str, inside: str, backend: int, expected: int) -> None:
    attributes = f"unspecified-status-code-action='{action}' errors-variable-name='e'"
    policy = f"<validate-status-code {attributes}>{inside}</validate-status-code>"
    answer = Response(backend, body=b"at Program.Main()")
    done = run(document(outbound=policy), backend=Backend(lambda req: answer), operation=INFO)
    assert done.response.status == expected
    assert ("Program" in done.text) == (expected == backend)
    assert ("e" in done.context.variables) == (backend == 500 and (action == "detect" or expected == 502))
