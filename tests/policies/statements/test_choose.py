"""`choose`, by the article "Control flow"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, run


def branch(text: str) -> str:
    return f"<set-variable name='taken' value='{text}'/>"


def choose(*conditions: str, otherwise: bool = True) -> str:
    whens = "".join(f"<when condition='{condition}'>{branch(str(i))}</when>" for i, condition in enumerate(conditions))
    last = f"<otherwise>{branch('else')}</otherwise>"
    return f"<choose>{whens}{last if otherwise else ''}</choose>"


CASES = [
    (["true"], "0"),
    (["false", "true"], "1"),
    (["true", "true"], "0"),
    (["false"], "else"),
    (['@(context.Request.Method == "GET")'], "0"),
    (['@(context.Request.Method == "PUT")', "@(1 < 2)"], "1"),
    (['@(context.Variables.ContainsKey("x"))'], "else"),
]


@pytest.mark.parametrize(("conditions", "taken"), CASES)
def test_the_first_branch_that_holds_is_taken(conditions: list[str], taken: str) -> None:
    assert run(document(inbound=choose(*conditions))).context.variables["taken"] == taken


def test_without_otherwise_nothing_happens() -> None:
    assert "taken" not in run(document(inbound=choose("false", otherwise=False))).context.variables


def test_branches_that_wait_are_waited_for() -> None:
    request = "<send-request response-variable-name='r'><set-url>http://other/</set-url></send-request>"
    xml = f"<choose><when condition='true'>{request}{branch('after')}</when></choose>"
    assert run(document(inbound=xml)).context.variables["taken"] == "after"


WRONG = [
    ("<choose/>", "<choose> needs a <when>"),
    ("<choose><when/></choose>", "<when> needs the attribute condition"),
    ("<choose><when condition='maybe'/></choose>", "must be true or false, not 'maybe'"),
    ("<choose><when condition='@(1)'/></choose>", "must be true or false, not a System.Int32"),
    ("<choose><when condition='true'/><else/></choose>", "<else> may not stand in <choose>"),
    ("<choose><when condition='true'/><otherwise/><otherwise/></choose>", "<otherwise> may stand only once in <choose>"),
    ("<choose><when condition='true'><set-stattus/></when></choose>", "<set-stattus> is no policy"),
]


@pytest.mark.parametrize(("xml", "message"), WRONG)
def test_what_is_wrong_is_refused(xml: str, message: str) -> None:
    assert any(message in error.message for error in check_document(document(inbound=xml)).errors)
