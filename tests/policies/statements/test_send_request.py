"""`send-request`, by the article "Send request"."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from policies.compiler import check_document
from policies.messages import Body, Headers, Request, Response
from policies.ports import BackendUnavailable
from policies.secret import Secret
from tests.policies.pipelines import Backend, Run, document, request, run


def asking(inside: str, attributes: str = "response-variable-name='r'", section: str = "inbound", **more: object) -> Run:
    xml = f"<send-request {attributes}>{inside}</send-request>"
    req = request("POST", headers={"A": "1", "Host": "gateway", "Content-Length": "4"}, body=b"mine")
    return run(document(**{section: xml}), req=req, **more)  # type: ignore[arg-type]


def asked(done: Run) -> Request:
    """The request that the policy made."""
    return next(req for req in done.backend.requests if req.url.host == "other")


URL = "<set-url>http://other/x?y=1</set-url>"


def test_a_new_request_starts_empty_and_its_answer_is_kept_with_its_body() -> None:
    header = "<set-header name='B'><value>@(context.Request.Method)</value></set-header>"
    inside = f'{URL}<set-method>PUT</set-method>{header}<set-body>@("x" + 1)</set-body>'
    done = asking(inside)
    made = asked(done)
    assert (made.method, str(made.url), list(made.headers.items()), made.body.data) == (
        "PUT",
        "http://other/x?y=1",
        [("B", "POST")],
        b"x1",
    )
    kept = done.context.variables["r"]
    assert isinstance(kept, Response) and kept.body.data == b"backend"
    assert done.context.request.method == "POST", "the client's own request is untouched"


def test_expressions_read_the_kept_answer() -> None:
    xml = (
        f"<send-request response-variable-name='r'>{URL}</send-request><set-variable name='s' "
        'value=\'@(((IResponse)context.Variables["r"]).StatusCode + ((IResponse)context.Variables["r"]).Body.As<string>())\'/>'
    )
    assert run(document(inbound=xml)).context.variables["s"] == "200backend"


def test_a_copy_has_the_headers_and_the_body_but_not_the_connections() -> None:
    made = asked(asking(URL, "response-variable-name='r' mode='copy'"))
    assert (made.method, list(made.headers.items()), made.body.data) == ("POST", [("A", "1")], b"mine")


def test_in_outbound_a_copy_has_no_body() -> None:
    made = asked(asking(URL, "response-variable-name='r' mode='copy'", "outbound"))
    assert (made.method, made.body.data) == ("POST", b"")


@pytest.mark.parametrize(("attributes", "timeout"), [("", 60.0), ("timeout='5'", 5.0), ("timeout='@(2 + 1)'", 3.0)])
def test_the_timeout_is_passed_on(attributes: str, timeout: float) -> None:
    done = asking(URL, f"response-variable-name='r' {attributes}")
    assert done.backend.options[0].timeout == timeout


def test_inside_policies_decide_how_it_is_sent() -> None:
    inside = (
        f"{URL}<authentication-basic username='u' password='p'/><proxy url='http://proxy:8080' username='pu' password='pp'/>"
    )
    done = asking(inside)
    assert asked(done).headers.get("Authorization") == "Basic dTpw"
    options = done.backend.options
    assert (options[0].proxy, options[0].proxy_username, options[0].proxy_password) == ("http://proxy:8080", "pu", Secret("pp"))
    assert options[1].proxy == "", "the request to the backend goes its own way"


def failing() -> Backend:
    def answer(req: Request) -> Response:
        if req.url.host == "other":
            raise BackendUnavailable("no answer", reason="Timeout", status=504)
        return Response(200)

    return Backend(answer)


def test_an_error_fails_the_request() -> None:
    done = asking(URL, backend=failing())
    assert done.response.status == 504
    assert done.context.last_error is not None
    assert (done.context.last_error.source, done.context.last_error.reason) == ("send-request", "Timeout")


def test_an_ignored_error_leaves_null() -> None:
    done = asking(URL, "response-variable-name='r' ignore-error='true'", backend=failing())
    assert done.response.status == 200
    assert done.context.variables["r"] is None


@pytest.mark.parametrize("url", ["/relative", "ftp://other/", "http://", '@("")', "file:///etc/passwd"])
def test_what_is_no_url_is_not_asked(url: str) -> None:
    done = asking(f"<set-url>{url}</set-url>")
    assert (done.response.status, done.backend.requests) == (500, [])


def test_a_liquid_template_inside_sees_the_body_in_the_pipeline() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"a": "from the backend"}'

    json = {"Content-Type": "application/json"}
    ask = f"<send-request>{URL}<set-body template='liquid'>[{{{{body.a}}}}]</set-body></send-request>"
    done = run(
        document(inbound=ask, outbound=ask),
        req=request("POST", headers=json, body=b'{"a": "from the client"}'),
        backend=Backend(lambda req: Response(200, Headers(json), Body(stream=chunks()))),
    )
    assert [sent.body.data for sent in done.backend.requests] == [
        b"[from the client]",
        b'{"a": "from the client"}',
        b"[from the backend]",
    ]
    assert done.text == '{"a": "from the backend"}'


WRONG = [
    ("<send-request response-variable-name='r'/>", "send-request needs a <set-url>"),
    ("<send-request response-variable-name='r'><set-url/></send-request>", "<set-url> is empty"),
    (f"<send-request mode='clone'>{URL}</send-request>", 'must be "new" or "copy"'),
    (f"<send-request>{URL}<set-status code='200'/></send-request>", "<set-status> may not stand in <send-request>"),
]


@pytest.mark.parametrize(("xml", "message"), WRONG)
def test_what_is_wrong_is_refused(xml: str, message: str) -> None:
    assert any(message in error.message for error in check_document(document(inbound=xml)).errors)
