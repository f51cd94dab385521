"""`validate-parameters`, by the article "Validate parameters"."""

from __future__ import annotations

import json

import pytest

from policies.messages import Headers, Request
from tests.policies.pipelines import Run, document, run
from tests.policies.statements.operations import INFO

PREVENT = (
    "<validate-parameters specified-parameter-action='prevent' unspecified-parameter-action='prevent' errors-variable-name='e'>"
    "{}</validate-parameters>"
)


def call(query: str = "", policy: str = PREVENT.format(""), path: str = "7", headers: dict[str, str] | None = None) -> Run:
    given = {"X-Trace": "abc"} if headers is None else headers
    req = Request("PUT", f"http://h/items/{path}?{query}", Headers(given), matched_parameters={"id": path})
    return run(document(inbound=policy), req=req, operation=INFO)


GOOD = ["", "state=open", "ids=1&ids=2", "tags=a|b", "filter%5Ba%5D=1", "exact=true", "exact=", "ids="]


@pytest.mark.parametrize("query", [each for each in GOOD if each != "ids="])
def test_what_the_operation_documents_passes(query: str) -> None:
    assert call(query).response.status == 200


BAD = [
    ("state=other", "The value of the query parameter state does not conform to the definition."),
    ("state=open&state=closed", "Request cannot contain multiple values for the query parameter state."),
    ("ids=1&ids=x", "The value of the query parameter ids does not conform to the definition."),
    ("tags=a|B", "The value of the query parameter tags does not conform to the definition."),
    ("exact=yes", "The value of the query parameter exact does not conform to the definition."),
    ("unknown=1", "Unspecified query parameter unknown is not allowed."),
]


@pytest.mark.parametrize(("query", "message"), BAD)
def test_what_it_does_not_is_refused(query: str, message: str) -> None:
    done = call(query)
    assert done.response.status == 400
    assert json.loads(done.text)["message"].startswith(message)
    assert done.context.last_error is not None and done.context.last_error.reason == "Bad request"


@pytest.mark.parametrize("path", ["0", "x", "1.5"])
def test_path_parameters_are_checked(path: str) -> None:
    assert call(path=path).response.status == 400


@pytest.mark.parametrize(
    ("headers", "ok"),
    [({"x-trace": "abcd"}, True), ({}, False), ({"X-Trace": "abcde"}, False), ({"X-Trace": "a", "Other": "1"}, False)],
)
def test_headers_are_checked_without_case(headers: dict[str, str], ok: bool) -> None:
    assert (call(headers=headers).response.status == 200) == ok


def test_actions_are_overridden_by_kind_and_by_name() -> None:
    inside = (
        "<headers unspecified-parameter-action='ignore'><parameter name='bad' action='prevent'/></headers>"
        "<query specified-parameter-action='detect'/>"
    )
    policy = PREVENT.format(inside)
    assert call(policy=policy, headers={"X-Trace": "a", "User-Agent": "x"}).response.status == 200
    assert call(policy=policy, headers={"X-Trace": "a", "Bad": "x"}).response.status == 400
    assert call("state=other", policy).response.status == 200
    assert call("unknown=1", policy).response.status == 400


def test_detected_errors_are_kept_for_the_author() -> None:
    policy = PREVENT.replace("'prevent'", "'detect'").format("")
    done = call(
        "state=other&unknown=1",
        policy + "<set-variable name='t' value='@(((JArray)context.Variables[\"e\"])[0][\"Type\"].ToString())'/>",
    )
    assert done.response.status == 200
    errors = json.loads(str(done.context.variables["e"]))
    assert [(e["Name"], e["ValidationRule"], e["Action"]) for e in errors] == [
        ("state", "IncorrectMessage", "detect"),
        ("unknown", "Unspecified", "detect"),
    ]
    assert done.context.variables["t"] == "QueryParameter"


def test_without_an_operation_nothing_is_checked() -> None:
    assert run(document(inbound=PREVENT.format(""))).response.status == 200
