"""`set-method`, by the article "Set request method"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, run


@pytest.mark.parametrize(("text", "method"), [("POST", "POST"), (" post ", "POST"), ('@("P" + "UT")', "PUT")])
def test_the_method_is_set(text: str, method: str) -> None:
    assert run(document(inbound=f"<set-method>{text}</set-method>")).sent.method == method


@pytest.mark.parametrize("text", ["", "GET / HTTP/1.1", "G&#10;T"])
def test_what_is_no_method_is_refused(text: str) -> None:
    assert check_document(document(inbound=f"<set-method>{text}</set-method>")).errors


def test_an_expression_that_gives_no_method_fails_the_request() -> None:
    done = run(document(inbound='<set-method>@("a b")</set-method>'))
    assert (done.response.status, done.backend.requests) == (500, [])
