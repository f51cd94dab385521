"""`cors`, by the article "CORS"."""

from __future__ import annotations

import asyncio

import pytest

from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.messages import Response
from tests.policies.pipelines import Run, context_of, document, request, run

CORS = (
    "<cors allow-credentials='true' {}><allowed-origins><origin>http://localhost:8080/</origin>"
    "<origin>https://example.com</origin></allowed-origins><allowed-methods preflight-result-max-age='300'><method>GET</method>"
    "<method>PUT</method></allowed-methods><allowed-headers><header>X-One</header></allowed-headers>"
    "<expose-headers><header>X-Two</header></expose-headers></cors>"
)
ANY = (
    "<cors allow-credentials='true'><allowed-origins><origin>*</origin></allowed-origins><allowed-methods><method>*</method>"
    "</allowed-methods><allowed-headers><header>*</header></allowed-headers></cors>"
)


def call(cors: str, method: str = "GET", rest: str = "", **headers: str) -> Run:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return run(document(inbound=cors + rest), req=request(method, headers=named))


def preflight(cors: str, origin: str, method: str = "PUT", names: str = "") -> Run:
    headers = {"Origin": origin, "Access_Control_Request_Method": method}
    return call(cors, "OPTIONS", **headers, **({"Access_Control_Request_Headers": names} if names else {}))


def test_a_preflight_is_answered_without_the_backend() -> None:
    done = preflight(CORS.format(""), "http://localhost:8080", names="x-one")
    headers = done.response.headers
    assert (done.response.status, done.backend.requests) == (200, [])
    assert headers.get("Access-Control-Allow-Origin") == "http://localhost:8080"
    assert headers.get("Access-Control-Allow-Methods") == "PUT"
    assert headers.get("Access-Control-Allow-Headers") == "x-one"
    assert headers.get("Access-Control-Allow-Credentials") == "true"
    assert headers.get("Access-Control-Max-Age") == "300"


@pytest.mark.parametrize(
    ("origin", "method", "names"),
    [
        ("http://evil", "PUT", ""),
        ("http://localhost:8081", "PUT", ""),
        ("https://example.com", "DELETE", ""),
        ("https://example.com", "PUT", "X-Three"),
    ],
)
def test_a_preflight_that_is_not_allowed_gets_an_empty_200(origin: str, method: str, names: str) -> None:
    done = preflight(CORS.format(""), origin, method, names)
    assert (done.response.status, list(done.response.headers.items()), done.backend.requests) == (200, [], [])


@pytest.mark.parametrize("origin", ["https://example.com", "https://EXAMPLE.com:443"])
def test_an_allowed_origin_is_named_on_the_response(origin: str) -> None:
    headers = call(CORS.format(""), Origin=origin).response.headers
    assert headers.get("Access-Control-Allow-Origin") == origin
    assert headers.get("Access-Control-Allow-Credentials") == "true"
    assert headers.get("Access-Control-Expose-Headers") == "X-Two"
    assert headers.get("Vary") == "Origin"


def test_refusals_carry_the_headers_too() -> None:
    fails = "<check-header name='K' failed-check-httpcode='401' failed-check-error-message='no'/>"
    done = call(CORS.format(""), rest=fails, Origin="https://example.com")
    assert done.response.status == 401
    assert done.response.headers.get("Access-Control-Allow-Origin") == "https://example.com"


def test_a_foreign_origin_ends_simple_requests_unless_told_otherwise() -> None:
    assert call(CORS.format(""), Origin="http://evil").backend.requests == []
    done = call(CORS.format("terminate-unmatched-request='false'"), Origin="http://evil")
    assert len(done.backend.requests) == 1
    assert "Access-Control-Allow-Origin" not in done.response.headers
    assert len(call(CORS.format(""), "POST", Origin="http://evil").backend.requests) == 1


def test_without_an_origin_nothing_happens() -> None:
    assert "Vary" not in call(CORS.format("")).response.headers


def test_any_origin_never_comes_with_credentials() -> None:
    for done in (call(ANY, Origin="http://evil"), preflight(ANY, "http://evil", "DELETE", "x-any")):
        assert done.response.headers.get("Access-Control-Allow-Origin") == "*"
        assert "Access-Control-Allow-Credentials" not in done.response.headers


def test_get_and_post_are_allowed_when_no_methods_are_named() -> None:
    plain = "<cors><allowed-origins><origin>http://a</origin></allowed-origins></cors>"
    assert preflight(plain, "http://a", "POST").response.headers.get("Access-Control-Allow-Methods") == "POST"
    assert "Access-Control-Allow-Methods" not in preflight(plain, "http://a", "PUT").response.headers


def answer(*documents: ScopedDocument) -> Response | None:
    pipeline = compile_pipeline(documents, Environment())
    headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "PUT"}
    return asyncio.run(pipeline.preflight(context_of(request("OPTIONS", headers=headers))))


def test_a_preflight_runs_the_cors_policies_and_no_other() -> None:
    refuse = "<return-response><set-status code='401'/></return-response>"
    cors = ScopedDocument("global", document(inbound=CORS.format("terminate-unmatched-request='false'")))
    found = answer(cors, ScopedDocument("api/a", f"<policies><inbound>{refuse}<base/></inbound></policies>"))
    assert found is not None
    assert found.headers.get("Access-Control-Allow-Origin") == "https://example.com"
    assert answer(ScopedDocument("api/a", document(inbound=refuse))) is None
    empty = ScopedDocument(
        "api/a", document(inbound=CORS.format("terminate-unmatched-request='false'").replace("example", "other"))
    )
    found = answer(empty)
    assert found is not None and list(found.headers.items()) == []


@pytest.mark.parametrize(
    "xml",
    [
        "<cors/>",
        "<cors><allowed-origins/></cors>",
        "<cors><allowed-origins><origin/></allowed-origins></cors>",
        "<cors><allowed-origins><origin>*</origin></allowed-origins><allowed-methods/></cors>",
    ],
)
def test_what_is_wrong_is_refused(xml: str) -> None:
    assert check_document(document(inbound=xml)).errors


def test_it_stands_once_in_a_section() -> None:
    (error,) = check_document(document(inbound=ANY + ANY)).errors
    assert error.message == "<cors> may stand only once in a section"
