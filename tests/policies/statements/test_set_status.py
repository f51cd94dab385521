"""`set-status`, by the article "Set status code"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, run


def test_status_and_reason_are_set() -> None:
    done = run(document(outbound="<set-status code='404' reason='Nope'/>"))
    assert (done.response.status, done.response.reason) == (404, "Nope")


@pytest.mark.parametrize("code", ["@(200 + 2)", '@("202")', "202"])
def test_the_code_may_be_an_expression(code: str) -> None:
    assert run(document(outbound=f"<set-status code='{code}'/>")).response.status == 202


def test_an_expression_that_gives_no_status_fails_the_request() -> None:
    done = run(document(outbound="<set-status code='@(context.Request.Method)'/>"))
    assert done.response.status == 500


@pytest.mark.parametrize("code", ["", "abc", "99", "100", "1000", "2_00", "@(true)"])
def test_what_is_no_status_is_refused(code: str) -> None:
    (error,) = check_document(document(outbound=f"<set-status code='{code}'/>")).errors
    assert "must be a whole number from 200 up to 999" in error.message
