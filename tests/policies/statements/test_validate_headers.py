"""`validate-headers`, by the article "Validate headers"."""

from __future__ import annotations

import json

import pytest

from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, document, run
from tests.policies.statements.operations import INFO

CASES = [
    ("prevent", "prevent", "", {"X-Left": "3"}, 200),
    ("prevent", "prevent", "", {"x-left": "many"}, 502),
    ("ignore", "prevent", "", {"X-Left": "many"}, 200),
    ("prevent", "prevent", "", {"Server": "x"}, 502),
    ("prevent", "detect", "", {"Server": "x"}, 200),
    ("prevent", "prevent", "<header name='server' action='ignore'/>", {"Server": "x"}, 200),
    ("ignore", "ignore", "<header name='Server' action='prevent'/>", {"Server": "x"}, 502),
]


@pytest.mark.parametrize(("specified", "unspecified", "inside", "headers", "status"), CASES)
def test_the_responses_headers_are_checked(
    specified: str, unspecified: str, inside: str, headers: dict[str, str], status: int
) -> None:
    policy = (
        f"<validate-headers specified-header-action='{specified}' unspecified-header-action='{unspecified}' "
        f"errors-variable-name='e'>"
        f"{inside}</validate-headers>"
    )
    done = run(document(outbound=policy), backend=Backend(lambda req: Response(200, Headers(headers))), operation=INFO)
    assert done.response.status == status
    if status == 502:
        assert "internal error" in json.loads(done.text)["message"], "the client learns nothing of the backend"
        assert done.context.last_error is not None and done.context.last_error.reason == "Response not allowed"
