"""A pipeline runs its sections in order, answers every failure in one way, and cleans up whatever happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import LastError, PolicyContext
from policies.errors import DocumentError, PolicyFailure
from policies.messages import Body, Headers, Request, Response
from policies.ports import BackendUnavailable, ForwardOptions, Services, StoreUnavailable
from tests.policies.pipelines import Backend, context_of, document, request, run


def variable(name: str, value: str) -> str:
    return f"<set-variable name='{name}' value='{value}'/>"


def note(text: str) -> str:
    """Appends to the variable `order`."""
    return f'<set-variable name=\'order\' value=\'@(context.Variables.GetValueOrDefault<string>("order", "") + "{text} ")\'/>'


def order(context: PolicyContext) -> str:
    return str(context.variables.get("order", "")).strip()


def failing(answer: Exception) -> Backend:
    def fail(req: Request) -> Response:
        raise answer

    return Backend(fail)


BOOM = "<set-variable name='x' value='@(context.Variables[\"nothing\"].ToString())'/>"
RETURN = "<return-response><set-status code='401' reason='Go away'/></return-response>"


def test_without_documents_the_request_is_forwarded() -> None:
    done = run()
    assert done.text == "backend"
    assert done.sent.method == "GET"


def test_sections_run_in_order_and_outer_scopes_around_inner_ones() -> None:
    outer = (
        f"<policies><inbound>{note('global-in')}</inbound><backend>{note('global-back')}<base/></backend>"
        f"<outbound>{note('global-out')}</outbound></policies>"
    )
    inner = (
        f"<policies><inbound>{note('in-1')}<base/>{note('in-2')}</inbound><outbound><base/>{note('out')}</outbound></policies>"
    )
    done = run(ScopedDocument("global", outer), ScopedDocument("product/p", "<policies/>"), ScopedDocument("mcp/s", inner))
    assert order(done.context) == "in-1 global-in in-2 global-back global-out out"


def test_a_section_without_base_cuts_the_outer_ones_off() -> None:
    inner = f"<policies><inbound>{note('inner')}</inbound></policies>"
    done = run(ScopedDocument("global", document(inbound=note("outer"))), ScopedDocument("api/a", inner))
    assert order(done.context) == "inner"


def test_a_section_that_a_document_does_not_have_is_just_base() -> None:
    outer = document(inbound=note("outer"), outbound=note("outer-out"))
    done = run(ScopedDocument("global", outer), ScopedDocument("api/a", document(inbound=note("inner"))))
    assert order(done.context) == "outer inner outer-out"


def test_without_forward_request_outbound_follows_with_an_empty_200() -> None:
    done = run(f"<policies><backend/><outbound>{note('out')}</outbound></policies>")
    assert (done.response.status, done.text, done.backend.requests, order(done.context)) == (200, "", [], "out")


@pytest.mark.parametrize("wrapped", [RETURN, f"<choose><when condition='true'>{RETURN}</when></choose>"])
def test_return_response_in_inbound_skips_backend_and_outbound(wrapped: str) -> None:
    done = run(document(inbound=note("in") + wrapped + note("never"), outbound=note("never")))
    assert (done.response.status, done.backend.requests, order(done.context)) == (401, [], "in")


def test_a_bare_error_status_that_a_policy_returns_is_a_refusal() -> None:
    done = run(document(inbound=RETURN))
    assert done.context.refusal is not None
    assert done.context.refusal.message == "Go away"


def test_a_returned_body_is_not_a_refusal() -> None:
    done = run(
        document(inbound="<return-response><set-status code='401' reason='No'/><set-body>mine</set-body></return-response>")
    )
    assert (done.text, done.context.refusal) == ("mine", None)


def test_a_failing_expression_is_500_without_the_exceptions_text() -> None:
    done = run(document(inbound=BOOM))
    assert done.response.status == 500
    assert json.loads(done.text)["statusCode"] == 500
    assert "nothing" not in done.text
    assert done.context.refusal is not None
    assert done.context.refusal.reason == "ExpressionValueEvaluationFailure"


def test_last_error_names_the_policy_its_scope_section_path_and_id() -> None:
    inner = (
        "<policies><inbound><base/><set-variable name='a' value='b'/><choose><when condition='false'/>"
        "<when condition='true'><set-header name='h' id='the-one'><value>@(context.Variables[\"no\"].ToString())</value>"
        "</set-header></when></choose></inbound></policies>"
    )
    done = run(ScopedDocument("global", "<policies/>"), ScopedDocument("api/a/op", inner))
    error = done.context.last_error
    assert error is not None
    assert (error.source, error.scope, error.section, error.path, error.policy_id) == (
        "set-header",
        "operation",
        "inbound",
        "choose[1]/when[2]/set-header[1]",
        "the-one",
    )


def test_an_error_of_an_outer_document_names_the_outer_scope() -> None:
    done = run(ScopedDocument("product/p", document(inbound=BOOM)), ScopedDocument("api/a", document(inbound=note("x"))))
    assert done.context.last_error is not None
    assert done.context.last_error.scope == "product"


def test_on_error_sees_the_predefined_answer_and_may_change_it() -> None:
    handler = (
        "<set-header name='Reason'><value>@(context.LastError.Reason + \"/\" + context.LastError.Source)</value></set-header>"
        "<set-header name='Was'><value>@(context.Response.StatusCode.ToString())</value></set-header>"
        "<set-status code='418' reason='Teapot'/>"
    )
    done = run(document(inbound=BOOM, on_error=handler))
    assert done.response.status == 418
    assert done.response.headers.get("Reason") == "ExpressionValueEvaluationFailure/set-variable"
    assert done.response.headers.get("Was") == "500"
    assert done.context.refusal is not None, "the body is still the pipeline's own"


def test_a_body_set_by_on_error_is_not_a_refusal() -> None:
    done = run(document(inbound=BOOM, on_error="<set-body>sorry</set-body>"))
    assert (done.text, done.context.refusal) == ("sorry", None)


def test_return_response_in_on_error_is_the_answer() -> None:
    done = run(document(inbound=BOOM, on_error=RETURN + note("never")))
    assert (done.response.status, order(done.context)) == (401, "")


def test_a_bare_status_returned_by_on_error_is_a_refusal_too() -> None:
    done = run(document(inbound=BOOM, on_error=RETURN))
    assert done.context.refusal is not None
    assert (done.context.refusal.message, done.context.refusal.source) == ("Go away", "return-response")


def test_a_failure_in_on_error_is_answered_too() -> None:
    done = run(document(inbound=BOOM, on_error=BOOM + note("never")))
    assert done.response.status == 500
    assert done.context.last_error is not None
    assert done.context.last_error.section == "on-error"


FAILURES = [
    (BackendUnavailable("http://secret did not answer", reason="Timeout", status=504), 504, "Timeout", "forward-request"),
    (BackendUnavailable("http://secret refused"), 502, "BackendConnectionFailure", "forward-request"),
    (StoreUnavailable("secret host"), 503, "StoreUnavailable", "forward-request"),
    (PolicyFailure("no", reason="Mine", status=403, source="validate-jwt"), 403, "Mine", "validate-jwt"),
    (RuntimeError("secret"), 500, "InternalError", "forward-request"),
]


@pytest.mark.parametrize(("raised", "status", "reason", "source"), FAILURES, ids=[case[2] for case in FAILURES])
@pytest.mark.parametrize("policies", ["", document(inbound=note("in"))], ids=["nothing else", "something before"])
def test_every_failure_becomes_last_error_and_an_answer(
    raised: Exception, status: int, reason: str, source: str, policies: str
) -> None:
    done = run(*([policies] if policies else []), backend=failing(raised))
    assert done.response.status == status
    assert isinstance(done.context.last_error, LastError)
    assert (done.context.last_error.reason, done.context.last_error.source) == (reason, source)
    assert "secret" not in done.text
    assert json.loads(done.text)["statusCode"] == status


def test_where_a_backend_stands_is_told_to_on_error_and_the_log_but_to_no_client(caplog: pytest.LogCaptureFixture) -> None:
    told = "The backend http://orders.internal:8080 could not be reached: Connection refused."
    done = run(backend=failing(BackendUnavailable(told)))
    assert json.loads(done.text)["message"] == "The backend could not be reached, or broke off its answer."
    assert done.context.last_error is not None and done.context.last_error.message == told
    assert caplog.messages == [told]


def test_a_store_that_fails_says_when_to_try_again() -> None:
    assert run(backend=failing(StoreUnavailable(""))).response.headers.get("Retry-After") == "1"


def test_a_failures_own_answer_keeps_its_headers() -> None:
    answer = Response(429, Headers({"Retry-After": "7"}), b'{"statusCode":429}')
    done = run(backend=failing(PolicyFailure("slow down", reason="RateLimitExceeded", status=429, response=answer)))
    assert done.response.headers.get("Retry-After") == "7"
    assert done.context.refusal is not None
    assert done.context.refusal.message == "slow down"


def test_the_client_reads_the_public_text_and_last_error_the_message() -> None:
    done = run(backend=failing(PolicyFailure("inner", reason="R", status=400, public="outer")))
    assert json.loads(done.text)["message"] == "outer"
    assert done.context.last_error is not None and done.context.last_error.message == "inner"
    assert done.context.refusal is not None and done.context.refusal.message == "outer"


THROWING = [
    ('@{ throw new Exception("EXPECTED400: no customer"); }', "EXPECTED400: no customer"),
    ('@(context.Variables["x"])', "The given key 'x' was not present in the dictionary."),
    ("@(((string)null).Length)", "Object reference not set to an instance of an object."),
]


@pytest.mark.parametrize(("expression", "said"), THROWING)
def test_what_an_expression_threw_is_for_on_error_and_not_for_the_client(expression: str, said: str) -> None:
    message = "<set-variable name='said' value='@(context.LastError.Message)'/>"
    done = run(document(inbound=f"<set-variable name='v' value='{expression}'/>", on_error=message))
    assert done.context.variables["said"] == f"Expression evaluation failed. {said}"
    assert done.response.status == 500
    assert said not in done.text
    assert done.context.refusal is not None and said not in done.context.refusal.message


def test_a_failure_before_the_policies_runs_on_error_only() -> None:
    pipeline = compile_pipeline([ScopedDocument("api/a", document(inbound=note("in"), on_error=note("error")))], Environment())
    context = context_of(request())
    failure = PolicyFailure("no key", reason="SubscriptionKeyNotFound", source="authorization", status=401)
    response = asyncio.run(pipeline.run(context, failure=failure))
    assert (response.status, order(context)) == (401, "error")
    assert context.last_error is not None and context.last_error.source == "authorization"


def test_forward_replaces_the_backend() -> None:
    async def dispatch(context: PolicyContext) -> Response:
        return Response(200, body=b"dispatched")

    for xml in ("<policies/>", document(inbound=note("in"))):
        backend = Backend()
        pipeline = compile_pipeline([ScopedDocument("mcp/s", xml)], Environment())
        response = asyncio.run(pipeline.run(context_of(request(), backend), dispatch))
        assert (response.body.data, backend.requests) == (b"dispatched", [])


def test_completions_see_the_final_response_and_cleanups_come_last() -> None:
    happened: list[str] = []
    context = context_of(request(), failing(RuntimeError()))

    async def complete() -> None:
        assert context.response is not None
        happened.append(f"completed {context.response.status}")
        raise RuntimeError

    context.completions.append(complete)
    context.cleanups += [lambda: happened.append("first in, last out"), lambda: happened.append("last in")]
    asyncio.run(compile_pipeline([], Environment()).run(context))
    assert happened == ["completed 500", "last in", "first in, last out"]


def test_cleanups_run_when_the_request_is_cancelled() -> None:
    class Slow:
        async def send(self, req: Request, options: ForwardOptions) -> Response:
            await asyncio.Event().wait()
            raise AssertionError

    async def cancel() -> list[str]:
        happened: list[str] = []
        context = PolicyContext(request(), Services(backend=Slow()))
        context.cleanups.append(lambda: happened.append("cleaned"))
        task = asyncio.create_task(compile_pipeline([], Environment()).run(context))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return happened

    assert asyncio.run(cancel()) == ["cleaned"]


class Stream:
    """A backend whose answer is a stream that tells how far it was read."""

    def __init__(self) -> None:
        self.read = 0

    async def send(self, req: Request, options: ForwardOptions) -> Response:
        return Response(200, None, Body(stream=self.chunks()))

    async def chunks(self) -> AsyncIterator[bytes]:
        for _ in range(3):
            self.read += 1
            yield b"abc"


@pytest.mark.parametrize(
    ("outbound", "read"),
    [
        ("", 0),
        ("<set-header name='a'><value>@(context.Response.StatusCode.ToString())</value></set-header>", 0),
        (
            "<choose><when condition='@(1 > 2)'><find-and-replace from='a' to='b'/></when></choose>",
            0,
        ),
        ("<set-variable name='a' value='@(context.Response.Body.As<string>(preserveContent: true))'/>", 3),
        ("<choose><when condition='@(context.Response.Body.As<string>(true).Length > 3)'/></choose>", 3),
        ("<find-and-replace from='a' to='b'/>", 3),
    ],
)
def test_a_response_streams_through_unless_a_step_that_runs_needs_it(outbound: str, read: int) -> None:
    stream = Stream()
    pipeline = compile_pipeline([ScopedDocument("api/a", document(outbound=outbound))], Environment())
    context = PolicyContext(request(), Services(backend=stream))
    response = asyncio.run(pipeline.run(context))
    assert context.refusal is None and response.status == 200
    assert stream.read == read
    assert response.body.is_buffered == (read > 0)


READS = [
    ("", "", False, False),
    ("<set-body>@(context.Request.Body.As<string>())</set-body>", "", True, False),
    ("", "<xml-to-json kind='direct' apply='always'/>", False, True),
    ("<find-and-replace from='a' to='b'/>", "<set-body template='liquid'>{{body}}</set-body>", True, True),
    (
        "<choose><when condition='true'><set-variable name='b' value='@(context.Request.Body.As<string>())'/></when></choose>",
        "",
        True,
        False,
    ),
]


@pytest.mark.parametrize(("inbound", "outbound", "reads_request", "reads_response"), READS)
def test_a_pipeline_knows_which_bodies_it_may_read(
    inbound: str, outbound: str, reads_request: bool, reads_response: bool
) -> None:
    pipeline = compile_pipeline([ScopedDocument("api/a", document(inbound=inbound, outbound=outbound))], Environment())
    assert (pipeline.reads_request_body, pipeline.reads_response_body) == (reads_request, reads_response)


def test_a_shared_outer_document_is_compiled_once() -> None:
    environment = Environment()
    outer = ScopedDocument("global", document(inbound=note("outer")))
    first = compile_pipeline([outer, ScopedDocument("api/a", document(inbound=note("a")))], environment)
    second = compile_pipeline([outer, ScopedDocument("api/b", document(inbound=note("b")))], environment)
    assert first.inbound.steps[0][0] is second.inbound.steps[0][0]


def test_a_document_that_does_not_compile_is_refused_with_its_first_mistake() -> None:
    with pytest.raises(DocumentError) as caught:
        compile_pipeline([ScopedDocument("mcp/s", "<policies>\n<inbound><bse/>\n<nope/></inbound></policies>")], Environment())
    assert str(caught.value).startswith("mcp/s:2:10: <bse> is no policy")
