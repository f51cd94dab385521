"""`check-header`, by the article "Check HTTP header"."""

from __future__ import annotations

import json

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, request, run

CHECK = (
    "<check-header name='X-Key' failed-check-httpcode='401' failed-check-error-message='Not \"authorized\"' ignore-case='{}'>"
    "{}</check-header>"
)
VALUES = '<value>One</value><value>@("T" + "wo")</value>'

PASSES = [("false", "", "x"), ("false", VALUES, "One"), ("false", VALUES, "Two"), ("true", VALUES, "oNE")]
FAILS = [
    ("false", "", None, "HeaderNotFound"),
    ("false", "", "  ", "HeaderNotFound"),
    ("false", VALUES, None, "HeaderNotFound"),
    ("false", VALUES, "one", "HeaderValueNotAllowed"),
    ("true", VALUES, "three", "HeaderValueNotAllowed"),
]


@pytest.mark.parametrize(("ignore_case", "values", "header"), PASSES)
def test_a_good_header_passes(ignore_case: str, values: str, header: str) -> None:
    done = run(document(inbound=CHECK.format(ignore_case, values)), req=request(headers={"X-Key": header}))
    assert done.response.status == 200


@pytest.mark.parametrize(("ignore_case", "values", "header", "reason"), FAILS)
def test_another_is_refused_with_the_documents_words(ignore_case: str, values: str, header: str | None, reason: str) -> None:
    req = request(headers={} if header is None else {"X-Key": header})
    done = run(document(inbound=CHECK.format(ignore_case, values)), req=req)
    assert json.loads(done.text) == {"statusCode": 401, "message": 'Not "authorized"'}
    assert done.context.last_error is not None
    assert (done.context.last_error.reason, done.context.last_error.source) == (reason, "check-header")
    assert "X-Key" in done.context.last_error.message


@pytest.mark.parametrize("status", ["200", "abc"])
def test_a_status_that_is_no_error_is_refused(status: str) -> None:
    xml = f"<check-header name='a' failed-check-httpcode='{status}' failed-check-error-message='m'/>"
    assert check_document(document(inbound=xml)).errors
