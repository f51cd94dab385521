"""`rate-limit-by-key`, by its article."""

from __future__ import annotations

import json

import pytest

from policies.compiler import ScopedDocument
from policies.messages import Headers, Response
from tests.policies.pipelines import document, request
from tests.policies.statements.limits import Gateway, fields, gateway, mistake

__all__ = ["gateway"]

DOCUMENTED = document(
    inbound='<rate-limit-by-key calls="5" renewal-period="30" counter-key="@(context.Request.IpAddress)" '
    'remaining-calls-variable-name="remainingCallsPerIP" />'
)


def limit(**attributes: str) -> str:
    given = {"calls": "2", "renewal-period": "60", "counter-key": "k"}
    given |= {name.replace("_", "-"): value for name, value in attributes.items()}
    return "<rate-limit-by-key " + " ".join(f'{name}="{value}"' for name, value in given.items()) + "/>"


def test_the_documented_policy_lets_five_calls_through_and_refuses_the_sixth(gateway: Gateway) -> None:
    runs = [gateway.call(DOCUMENTED) for _ in range(6)]
    assert [run.response.status for run in runs] == [200] * 5 + [429]
    assert [run.context.variables["remainingCallsPerIP"] for run in runs] == [4, 3, 2, 1, 0, 0]
    assert fields(runs[5])["retry-after"] == "30"
    seconds = fields(runs[5])["retry-after"]
    message = f"Rate limit is exceeded. Try again in {seconds} seconds."
    assert json.loads(runs[5].text) == {"statusCode": 429, "message": message}
    assert runs[5].context.refusal.message == message
    error = runs[5].context.last_error
    assert (error.source, error.reason, error.section) == ("rate-limit-by-key", "RateLimitExceeded", "inbound")
    assert len(gateway.backend.requests) == 5
    gateway.now += 30.5
    assert gateway.statuses(6, DOCUMENTED) == [200] * 5 + [429]


def test_each_key_has_its_own_counter(gateway: Gateway) -> None:
    other = request()
    other.ip_address = "198.51.100.4"
    assert gateway.statuses(6, DOCUMENTED)[-1] == 429
    assert gateway.call(DOCUMENTED, req=other).response.status == 200


def test_a_counter_survives_the_instance(gateway: Gateway) -> None:
    gateway.statuses(5, DOCUMENTED)
    gateway.restart()
    assert gateway.call(DOCUMENTED).response.status == 429


def test_all_scopes_share_the_counter_of_a_key(gateway: Gateway) -> None:
    outer = ScopedDocument("global", document(inbound=limit(calls="10")))
    inner = ScopedDocument("api/orders", document(inbound=limit(calls="5")))
    assert gateway.statuses(4, outer, inner) == [200, 200, 429, 429]  # each passing call counts at both
    elsewhere = ScopedDocument("api/pets", document(inbound=limit(calls="10")))
    assert gateway.call(outer, elsewhere).response.status == 200  # 5 at the inner's first refusal, 6 at the second: 8 now
    assert gateway.statuses(2, elsewhere) == [200, 200]
    assert gateway.call(elsewhere).response.status == 429


def test_what_does_not_count_passes_and_still_sets_the_variable(gateway: Gateway) -> None:
    run = gateway.call(DOCUMENTED, counts=False)
    assert run.context.variables["remainingCallsPerIP"] == 5
    gateway.statuses(5, DOCUMENTED)
    before = gateway.store.calls.total()
    run = gateway.call(DOCUMENTED, counts=False)
    assert (run.response.status, run.context.variables["remainingCallsPerIP"]) == (200, 0)
    assert gateway.store.calls.total() == before


def test_headers_and_variables_by_the_documents_names(gateway: Gateway) -> None:
    told = document(
        inbound=limit(
            retry_after_header_name="X-Wait",
            retry_after_variable_name="wait",
            remaining_calls_header_name="X-Left",
            remaining_calls_variable_name="left",
            total_calls_header_name="X-All",
        )
    )
    runs = [gateway.call(told) for _ in range(3)]
    assert [fields(run)["x-left"] for run in runs] == ["1", "0", "0"]
    assert [fields(run)["x-all"] for run in runs] == ["2", "2", "2"]
    assert "x-wait" not in fields(runs[1])
    assert "wait" not in runs[1].context.variables
    assert "retry-after" not in fields(runs[2])
    assert fields(runs[2])["x-wait"] == str(runs[2].context.variables["wait"])
    assert runs[2].context.variables["wait"] == 60


def test_on_error_can_read_and_change_the_refusal(gateway: Gateway) -> None:
    friendly = document(
        inbound=limit(calls="1", retry_after_variable_name="wait"),
        on_error='<set-body>@("wait " + context.Variables["wait"] + " " + context.LastError.Reason + " " '
        "+ context.Response.StatusCode)</set-body>",
    )
    runs = [gateway.call(friendly) for _ in range(2)]
    assert runs[1].text == "wait 60 RateLimitExceeded 429"
    assert runs[1].context.refusal is None


def test_a_condition_decides_on_the_response_whether_a_call_counts(gateway: Gateway) -> None:
    conditional = document(inbound=limit(increment_condition="@(context.Response.StatusCode == 200)"))
    gateway.backend.answer = lambda req: Response(503)
    assert gateway.statuses(5, conditional) == [503] * 5
    gateway.backend.answer = lambda req: Response(200)
    assert gateway.statuses(3, conditional) == [200, 200, 429]


def test_a_condition_is_decided_when_the_pipeline_refuses_too(gateway: Gateway) -> None:
    conditional = document(
        inbound=limit(increment_condition="@(context.Response.StatusCode != 401)")
        + '<return-response><set-status code="401" /></return-response>'
    )
    assert gateway.statuses(5, conditional) == [401] * 5


def test_a_condition_may_look_into_the_body(gateway: Gateway) -> None:
    conditional = document(inbound=limit(increment_condition='@((bool)context.Response.Body.As<JObject>(true)["billed"])'))
    gateway.backend.answer = lambda req: Response(200, Headers({"Content-Type": "application/json"}), b'{"billed": false}')
    assert gateway.statuses(4, conditional) == [200] * 4
    gateway.backend.answer = lambda req: Response(200, Headers({"Content-Type": "application/json"}), b'{"billed": true}')
    assert gateway.statuses(3, conditional) == [200, 200, 429]
    assert json.loads(gateway.call(document(inbound="")).text) == {"billed": True}


def test_a_call_counts_as_much_as_the_document_says(gateway: Gateway) -> None:
    assert gateway.statuses(3, document(inbound=limit(calls="10", increment_count="4"))) == [200, 200, 429]
    by_header = document(
        inbound=limit(
            calls="10", increment_count='@(int.Parse(context.Request.Headers.GetValueOrDefault("N","1")))', counter_key="h"
        )
    )
    assert gateway.call(by_header, req=request(headers={"N": "9"})).response.status == 200
    assert gateway.statuses(2, by_header) == [200, 429]


def test_a_count_that_only_the_response_tells_is_put_right_afterwards(gateway: Gateway) -> None:
    tokens = document(
        inbound=limit(calls="100", increment_count='@(int.Parse(context.Response.Headers.GetValueOrDefault("Used","0")))')
    )
    gateway.backend.answer = lambda req: Response(200, Headers({"Used": "70"}))
    assert gateway.statuses(3, tokens) == [200, 200, 429]  # 70, then 140: over, so the next one waits


def test_values_may_be_expressions(gateway: Gateway) -> None:
    text = document(inbound=limit(calls="@(1 + 1)", renewal_period='@("6" + "0")'))
    assert gateway.statuses(3, text) == [200, 200, 429]


@pytest.mark.parametrize(
    "attributes",
    [
        {"counter_key": "@((string)null)"},
        {"counter_key": '@("")'},
        {"counter_key": "@(context.Request.Headers)"},
        {"counter_key": "@(context.Request)"},
        {"counter_key": "@(new JObject())"},
        {"counter_key": "@(new string[0])"},
        {"calls": "@(0)"},
        {"calls": "@(-3)"},
        {"calls": '@("many")'},
        {"renewal_period": "@(301)"},
        {"increment_count": "@(-1)"},
    ],
    ids=lambda attributes: next(iter(attributes.values())),
)
def test_an_expression_that_gives_nonsense_is_an_error_of_the_document(gateway: Gateway, attributes: dict[str, str]) -> None:
    run = gateway.call(document(inbound=limit(**attributes)))
    assert run.response.status == 500
    assert run.context.last_error.reason == "ExpressionValueEvaluationFailure"
    assert not gateway.backend.requests
    assert gateway.store.calls["insert"] == 0


@pytest.mark.parametrize(
    "key",
    [
        "@(5)",
        "@(true)",
        '@(JObject.Parse("{\\"a\\":\\"x\\"}")["a"])',
        "@(Guid.Empty)",
        "a/b#c?d\\e",
        "@(new string('x', 10000))",
    ],
)
def test_any_value_with_a_text_is_a_key(gateway: Gateway, key: str) -> None:
    key = key.replace('"', "&quot;")
    assert gateway.statuses(3, document(inbound=limit(counter_key=key))) == [200, 200, 429]


def test_when_the_store_fails_calls_are_refused(gateway: Gateway) -> None:
    gateway.store.down = True
    run = gateway.call(DOCUMENTED)
    assert run.response.status == 503
    assert int(fields(run)["retry-after"]) >= 1
    assert run.context.last_error.reason == "StoreUnavailable"
    gateway.store.down = False
    gateway.now += 1
    assert gateway.call(DOCUMENTED).response.status == 200


def test_when_the_store_fails_calls_are_admitted_where_the_setting_says_so(gateway: Gateway) -> None:
    gateway.admit_when_store_fails = True
    gateway.restart()
    gateway.store.down = True
    runs = [gateway.call(DOCUMENTED) for _ in range(7)]
    assert [run.response.status for run in runs] == [200] * 7
    assert runs[0].context.variables["remainingCallsPerIP"] == 5


def test_a_response_that_does_not_count_any_more_because_the_store_failed_is_delivered(gateway: Gateway) -> None:
    conditional = document(inbound=limit(increment_condition="@(false)"))

    def down(req: object) -> Response:
        gateway.store.down = True
        return Response(200, body=b"made it")

    gateway.backend.answer = down
    assert gateway.call(conditional).text == "made it"


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"calls": "0"}, "calls of <rate-limit-by-key> must be a whole number from 1"),
        ({"calls": "-1"}, "must be a whole number from 1"),
        ({"calls": "five"}, "must be a whole number from 1"),
        ({"calls": "1.5"}, "must be a whole number from 1"),
        ({"calls": "99999999999999999999"}, "must be a whole number from 1 up to 2147483647"),
        ({"calls": ""}, "must be a whole number from 1"),
        ({"renewal_period": "0"}, "must be a whole number from 1 up to 300"),
        ({"renewal_period": "301"}, "must be a whole number from 1 up to 300"),
        ({"renewal_period": "30s"}, "must be a whole number from 1 up to 300"),
        ({"increment_count": "-1"}, "must be a whole number from 0"),
        ({"increment_condition": "yes"}, "must be true or false"),
        ({"counter_key": ""}, "must be a text that is not empty"),
        ({"counter_key": "@(context.Nothing)"}, "Nothing"),
        ({"remaining_calls_variable_name": "@(1)"}, "an expression is not allowed"),
        ({"remaining_calls_variable_name": ""}, "remaining-calls-variable-name is empty"),
        ({"remaining_calls_header_name": "X Left"}, "'X Left' is no header name"),
        ({"retry_after_header_name": "a:b"}, "is no header name"),
        ({"limit": "3"}, "has no attribute limit"),
    ],
)
def test_a_document_with_a_bad_value_is_refused_with_its_place(attributes: dict[str, str], words: str) -> None:
    text = mistake(limit(**attributes))
    assert words in text
    assert text.startswith("1:")


@pytest.mark.parametrize("missing", ["calls", "renewal-period", "counter-key"])
def test_what_is_required_is_asked_for(missing: str) -> None:
    attributes = {"calls": "1", "renewal-period": "1", "counter-key": "k"}
    del attributes[missing]
    text = mistake("<rate-limit-by-key " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + "/>")
    assert f"needs the attribute {missing}" in text


@pytest.mark.parametrize("section", ["backend", "outbound", "on-error"])
def test_it_stands_in_inbound_only(section: str) -> None:
    assert f"may not stand in the section {section}" in mistake(limit(), section=section)


@pytest.mark.parametrize("scope", ["global", "product/gold", "mcp/orders", "api/orders", "api/orders/get"])
def test_it_stands_at_every_scope(scope: str) -> None:
    assert not mistake(limit(), scope=scope)
