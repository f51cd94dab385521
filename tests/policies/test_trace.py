"""A traced request tells what each policy did, and never a secret."""

from __future__ import annotations

import asyncio
import json

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Request, Response
from policies.ports import BackendUnavailable, ForwardOptions, Services
from policies.trace import Trace
from tests.policies.pipelines import context_of, document, request

SECRETS = Environment(named_values={"s": ("hunter2", True)})


def traced(
    *documents: ScopedDocument, environment: Environment = SECRETS, **more: object
) -> tuple[Trace, Response, PolicyContext]:
    pipeline = compile_pipeline(documents, environment)
    context = context_of(request(**more))  # type: ignore[arg-type]
    context.trace = trace = Trace(pipeline.secrets)
    return trace, asyncio.run(pipeline.run(context)), context


def api(**sections: str) -> ScopedDocument:
    return ScopedDocument("api/orders", document(**sections))


def test_each_policy_is_a_step_with_its_place_and_time() -> None:
    outer = ScopedDocument("global", document(inbound="<set-variable name='a' value='1'/>"))
    trace, _, _ = traced(outer, api(inbound="<choose><when condition='true'><set-method>PUT</set-method></when></choose>"))
    assert [(step.policy, step.scope, step.section, step.path) for step in trace.steps] == [
        ("set-variable", "global", "inbound", "set-variable[1]"),
        ("choose", "api", "inbound", "choose[1]"),
        ("set-method", "api", "inbound", "choose[1]/when[1]/set-method[1]"),
        ("forward-request", "global", "backend", "forward-request[1]"),
    ]
    assert all(step.milliseconds >= 0 for step in trace.steps)


def test_a_step_tells_what_it_changed() -> None:
    inbound = (
        "<set-header name='A'><value>1</value></set-header><set-variable name='v' value='@(1 + 1)'/>"
        "<rewrite-uri template='/new'/><set-body>x</set-body><set-header name='A' exists-action='delete'/>"
    )
    trace, _, _ = traced(api(inbound=inbound, outbound="<set-status code='201' reason='Made'/>"))
    assert [step.changes for step in trace.steps] == [
        ["request header A = 1"],
        ["variable v = 2"],
        ["request URL = http://gateway/new?x=1"],
        ["request body replaced"],
        ["request header A removed"],
        ["response status = 200", "response body replaced", "response header Content-Type = text/plain"],
        ["response status = 201 Made"],
    ]


def test_secrets_and_credentials_are_masked() -> None:
    inbound = (
        "<set-header name='Authorization'><value>Bearer plain</value></set-header>"
        "<set-header name='X'><value>pre-{{s}}-post</value></set-header>"
        "<set-query-parameter name='api-key'><value>plain</value></set-query-parameter>"
        "<set-variable name='clientSecret' value='plain'/><trace source='t'><message>it is {{s}}</message></trace>"
    )
    trace, _, _ = traced(api(inbound=inbound))
    text = json.dumps(trace.as_json())
    assert "hunter2" not in text
    assert "plain" not in text.replace("text/plain", "")
    assert "pre-*****-post" in text


def test_a_failure_is_told_whole_to_the_trace_only() -> None:
    trace, response, _ = traced(api(inbound="<set-variable name='x' value='@(context.Variables[\"gone\"].ToString())'/>"))
    step = trace.steps[-1]
    assert step.error == "ExpressionFailure"
    assert "gone" in step.messages[0]
    assert b"gone" not in response.body.data


def test_a_traced_request_does_the_same_as_another() -> None:
    branch = "<when condition='true'><return-response><set-status code='202'/></return-response></when>"
    trace, response, context = traced(api(inbound=f"<choose>{branch}</choose><set-method>X</set-method>"))
    assert response.status == 202
    assert [step.policy for step in trace.steps] == ["choose", "return-response"]
    assert context.request.method == "GET"


def test_messages_of_expressions_are_noted() -> None:
    trace, _, _ = traced(api(inbound="<set-variable name='x' value='@{ context.Trace(\"hello {{s}}\"); return 1; }'/>"))
    assert any("hello *****" in message for step in trace.steps for message in step.messages)


ODD = 'p@ss w"ord<é'
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln"


def test_a_secret_is_masked_however_it_is_written() -> None:
    inbound = (
        "<set-query-parameter name='q'><value>{{odd}}</value></set-query-parameter>"
        "<set-variable name='form' value='@(WebUtility.UrlEncode(context.Request.Url.Query[\"q\"][0]))'/>"
        "<set-variable name='json' value='@(JsonConvert.SerializeObject(context.Request.Url.Query[\"q\"][0]))'/>"
    )
    trace, _, _ = traced(api(inbound=inbound), environment=Environment(named_values={"odd": (ODD, True)}))
    assert [step.changes for step in trace.steps][:3] == [
        ["request URL = http://gateway/orders/2?x=1&q=*****"],
        ["variable form = *****"],
        ['variable json = "*****"'],
    ]


def test_tokens_are_masked_wherever_they_turn_up() -> None:
    inbound = (
        "<set-variable name='mine' value='@(context.Request.Headers.GetValueOrDefault(\"Authorization\", \"\"))'/>"
        f"<set-variable name='whole' value='said {JWT}.'/><set-variable name='b' value='Basic dTpw'/>"
        "<set-variable name='none' value='Bearer of news'/>"
    )
    trace, _, _ = traced(api(inbound=inbound), headers={"Authorization": f"Bearer {JWT}"})
    assert [step.changes[0] for step in trace.steps][:3] == [
        "variable mine = Bearer *****",
        "variable whole = said *****",
        "variable b = Basic *****",
    ]


def test_that_credentials_were_replaced_is_told_and_not_by_what() -> None:
    trace, _, _ = traced(
        api(inbound="<authentication-basic username='u' password='plain'/>"), headers={"Authorization": "Bearer before"}
    )
    assert trace.steps[0].changes == ["request header Authorization = *****"]


def test_an_error_that_is_ignored_is_told() -> None:
    policies = (
        "<send-request response-variable-name='r' ignore-error='true'><set-url>nowhere</set-url></send-request>"
        "<authentication-managed-identity resource='r' ignore-error='true'/>"
        "<get-authorization-context provider-id='p' authorization-id='a' context-variable-name='v' ignore-error='true'/>"
    )
    trace, response, _ = traced(api(inbound=policies))
    assert response.status == 200
    assert [step.messages[0].split(": ")[:2] for step in trace.steps[:3]] == [
        ["ignored", "InvalidUrl"],
        ["ignored", "ManagedIdentityTokenFailure"],
        ["ignored", "AuthorizationContextFailure"],
    ]


def test_branches_of_a_wait_keep_their_messages_apart() -> None:
    class Down:
        async def send(self, req: Request, options: ForwardOptions) -> Response:
            await asyncio.sleep(0)
            raise BackendUnavailable(req.url.host)

    branch = "<send-request response-variable-name='{0}' ignore-error='true'><set-url>http://{0}/</set-url></send-request>"
    xml = document(inbound=f"<wait>{branch.format('a')}{branch.format('b')}</wait>")
    context = PolicyContext(request(), Services(backend=Down()))
    context.trace = Trace()
    asyncio.run(compile_pipeline([ScopedDocument("api/a", xml)], Environment()).run(context))
    assert [(step.policy, [message[-1] for message in step.messages]) for step in context.trace.steps[:3]] == [
        ("wait", []),
        ("send-request", ["a"]),
        ("send-request", ["b"]),
    ]


def test_what_fails_before_any_policy_is_told_too() -> None:
    failure = PolicyFailure("no key", reason="SubscriptionKeyNotFound", source="authorization", status=401)
    context = context_of(request())
    context.trace = Trace()
    asyncio.run(compile_pipeline([], Environment()).run(context, failure=failure))
    (step,) = context.trace.as_json()
    assert (step["policy"], step["messages"]) == ("gateway", ["authorization: SubscriptionKeyNotFound: no key"])
