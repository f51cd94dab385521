"""`return-response`, by the article "Return response"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from policies.messages import Headers, Response
from tests.policies.pipelines import document, request, run


def test_by_default_it_is_an_empty_200() -> None:
    done = run(document(inbound="<return-response/>"))
    assert (done.response.status, done.text, done.backend.requests) == (200, "", [])


def test_status_header_and_body_are_set_in_order() -> None:
    xml = (
        "<return-response><set-status code='401' reason='Unauthorized'/><set-header name='WWW-Authenticate'>"
        '<value>Bearer error="invalid_token"</value></set-header><set-body>@(context.Request.Method + "!")</set-body>'
        "</return-response>"
    )
    done = run(document(inbound=xml))
    assert (done.response.status, done.response.reason, done.text) == (401, "Unauthorized", "GET!")
    assert done.response.headers.get("WWW-Authenticate") == 'Bearer error="invalid_token"'


def test_in_outbound_expressions_still_see_the_backends_response() -> None:
    body = "<set-body>@(context.Response.StatusCode.ToString())</set-body>"
    xml = f"<return-response><set-status code='201'/>{body}</return-response>"
    done = run(document(outbound=xml))
    assert (done.response.status, done.text) == (201, "200")
    assert "Content-Type" not in done.response.headers, "the backend's headers are gone"


def test_a_kept_response_is_returned_changed_but_stays_as_it_was() -> None:
    kept = Response(202, Headers({"A": "1"}), b"kept", reason="Accepted")
    xml = "<return-response response-variable-name='r'><set-header name='B'><value>2</value></set-header></return-response>"
    done = run(document(inbound=xml), variables={"r": kept})
    assert (done.response.status, done.response.reason, done.text) == (202, "Accepted", "kept")
    assert list(done.response.headers.items()) == [("A", "1"), ("B", "2")]
    assert list(kept.headers.items()) == [("A", "1")]


def test_a_variable_without_a_response_gives_the_default() -> None:
    done = run(document(inbound="<return-response response-variable-name='r'/>"), variables={"r": None})
    assert done.response.status == 200


def test_a_liquid_template_inside_gets_no_body() -> None:
    xml = "<return-response><set-body template='liquid'>[{{body}}]</set-body></return-response>"
    assert run(document(inbound=xml), req=request("POST", body=b"hello")).text == "[]"


@pytest.mark.parametrize(
    "xml", ["<return-response><set-method>GET</set-method></return-response>", "<return-response><base/></return-response>"]
)
def test_only_what_makes_a_response_may_stand_inside(xml: str) -> None:
    (error,) = check_document(document(inbound=xml)).errors
    assert "may not stand in <return-response>" in error.message
