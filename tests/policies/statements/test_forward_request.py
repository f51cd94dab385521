"""`forward-request`, by the article "Forward request"."""

from __future__ import annotations

import asyncio

import pytest

from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, context_of, request, run


def forwarding(attributes: str = "", inbound: str = "<base/>", rest: str = "") -> str:
    return f"<policies><inbound>{inbound}</inbound><backend><forward-request {attributes}/></backend>{rest}</policies>"


OPTIONS = [
    ("", "timeout", None),  # the backend has a default of its own
    ("timeout='60'", "timeout", 60.0),
    ("timeout='@(1 + 1)'", "timeout", 2.0),
    ("timeout-ms='1500'", "timeout", 1.5),
    ("", "follow_redirects", False),
    ("follow-redirects='true'", "follow_redirects", True),
    ("buffer-request-body='true'", "buffer_request_body", True),
    ("buffer-response='false'", "buffer_response", False),
    ("http-version='2'", "http_version", "2"),
]


@pytest.mark.parametrize(("attributes", "option", "value"), OPTIONS)
def test_attributes_become_options(attributes: str, option: str, value: object) -> None:
    done = run(forwarding(attributes))
    assert getattr(done.backend.options[0], option) == value


@pytest.mark.parametrize(("attribute", "status", "handled"), [("true", 404, True), ("true", 200, False), ("false", 404, False)])
def test_error_statuses_may_go_to_on_error(attribute: str, status: int, handled: bool) -> None:
    backend = Backend(lambda req: Response(status, Headers({"A": "1"}), b"from the backend"))
    on_error = "<on-error><set-header name='Handled'><value>@(context.LastError.Source)</value></set-header></on-error>"
    done = run(forwarding(f"fail-on-error-status-code='{attribute}'", rest=on_error), backend=backend)
    assert done.response.status == status
    assert done.response.headers.get("Handled") == ("forward-request" if handled else None)
    assert done.text == "from the backend"


def test_the_dispatch_of_a_message_is_bounded_by_a_given_timeout_only() -> None:
    async def never(context: PolicyContext) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    pipeline = compile_pipeline([ScopedDocument("mcp/s", forwarding("timeout='0.01'"))], Environment())
    context = context_of(request())
    response = asyncio.run(pipeline.run(context, never))
    assert response.status == 504
    assert context.last_error is not None and context.last_error.reason == "Timeout"


def test_without_a_backend_the_answer_says_that_none_is_configured() -> None:
    context = context_of(request())
    context.services.backend = None
    response = asyncio.run(compile_pipeline([], Environment()).run(context))
    assert response.status == 500
    assert context.last_error is not None and context.last_error.reason == "BackendNotConfigured"


def test_it_belongs_to_the_backend_section() -> None:
    (error,) = check_document("<policies><inbound><forward-request/></inbound></policies>").errors
    assert error.message == "<forward-request> may not stand in the section inbound"
