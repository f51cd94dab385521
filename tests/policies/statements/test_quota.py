"""`quota` and `quota-by-key`, by their articles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from policies.compiler import ScopedDocument
from policies.context import ApiInfo, SubscriptionInfo
from policies.messages import Body, Headers, Response
from tests.policies.pipelines import document, request
from tests.policies.statements.limits import SUBSCRIPTION, Gateway, fields, gateway, mistake

__all__ = ["gateway"]


def by_key(**attributes: str) -> str:
    given = {"renewal-period": "3600", "counter-key": "k"} | {name.replace("_", "-"): v for name, v in attributes.items()}
    return "<quota-by-key " + " ".join(f'{name}="{value}"' for name, value in given.items()) + "/>"


def product(xml: str) -> ScopedDocument:
    return ScopedDocument("product/gold", document(inbound=xml))


def test_calls_are_limited_in_fixed_windows(gateway: Gateway) -> None:
    quota = document(inbound=by_key(calls="3", first_period_start="2027-01-15T07:30:00Z"))  # 1,799,998,200
    runs = [gateway.call(quota) for _ in range(4)]
    assert [run.response.status for run in runs] == [200, 200, 200, 403]
    message = "Out of call volume quota. Quota will be replenished in 00:30:00."
    assert json.loads(runs[3].text) == {"statusCode": 403, "message": message}
    assert fields(runs[3])["retry-after"] == "1800"
    assert (runs[3].context.last_error.reason, runs[3].context.last_error.source) == ("QuotaExceeded", "quota-by-key")
    gateway.now += 1800
    assert gateway.statuses(4, quota) == [200, 200, 200, 403]


def test_long_waits_are_told_in_days(gateway: Gateway) -> None:
    quota = document(inbound=by_key(calls="1", renewal_period="604800", first_period_start="2027-01-12T12:23:11Z"))
    gateway.call(quota)
    assert "replenished in 4.04:23:11." in gateway.call(quota).text


def test_a_period_of_nothing_is_for_ever(gateway: Gateway) -> None:
    quota = document(inbound=by_key(calls="1", renewal_period="0"))
    gateway.call(quota)
    gateway.now += 10**9
    run = gateway.call(quota)
    assert json.loads(run.text) == {"statusCode": 403, "message": "Out of call volume quota."}
    assert "retry-after" not in fields(run)


def test_bandwidth_counts_both_bodies_in_kilobytes(gateway: Gateway) -> None:
    quota = document(inbound=by_key(bandwidth="3"))
    gateway.backend.answer = lambda req: Response(200, body=b"x" * 1000)
    upload = request("POST", body=b"y" * 536)
    assert [gateway.call(quota, req=upload).response.status for _ in range(3)] == [200, 200, 403]
    assert "Out of bandwidth quota. Quota will be replenished in " in gateway.call(quota, req=upload).text


def test_a_streamed_response_counts_when_it_has_passed(gateway: Gateway) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"z" * 512

    gateway.backend.answer = lambda req: Response(200, body=Body(stream=stream()))
    quota = document(inbound=by_key(bandwidth="2"))
    run = gateway.call(quota)
    assert not run.response.body.is_buffered
    assert len(asyncio.run(run.response.body.read())) == 2048
    assert gateway.call(quota).response.status == 403


def test_a_condition_decides_whether_a_call_counts(gateway: Gateway) -> None:
    quota = document(inbound=by_key(calls="1", bandwidth="100", increment_condition="@(context.Response.StatusCode &lt; 400)"))
    gateway.backend.answer = lambda req: Response(500)
    assert gateway.statuses(3, quota) == [500] * 3
    gateway.backend.answer = lambda req: Response(200)
    assert gateway.statuses(2, quota) == [200, 403]


def test_a_call_counts_as_much_as_the_document_says(gateway: Gateway) -> None:
    assert gateway.statuses(3, document(inbound=by_key(calls="10", increment_count="4"))) == [200, 200, 403]
    gateway.backend.answer = lambda req: Response(200, Headers({"Used": "9"}))
    later = by_key(
        calls="10", counter_key="t", increment_count='@(int.Parse(context.Response.Headers.GetValueOrDefault("Used","0")))'
    )
    assert gateway.statuses(3, document(inbound=later)) == [200, 200, 403]


def test_one_request_is_counted_once_however_many_policies_name_its_key(gateway: Gateway) -> None:
    outer = ScopedDocument("global", document(inbound=by_key(calls="3")))
    inner = ScopedDocument("api/orders", document(inbound=by_key(calls="2")))
    assert gateway.statuses(3, outer, inner) == [200, 200, 403]
    other = ScopedDocument("global", document(inbound=by_key(calls="2", counter_key="o")))
    assert gateway.statuses(3, other, ScopedDocument("api/orders", document(inbound=by_key(calls="2", counter_key="o")))) == [
        200,
        200,
        403,
    ]


def test_what_does_not_count_passes(gateway: Gateway) -> None:
    quota = document(inbound=by_key(calls="1"))
    gateway.call(quota)
    assert gateway.call(quota).response.status == 403
    assert gateway.call(quota, counts=False).response.status == 200


def test_when_the_store_fails(gateway: Gateway) -> None:
    quota = document(inbound=by_key(calls="1"))
    gateway.store.down = True
    run = gateway.call(quota)
    assert (run.response.status, "retry-after" in fields(run)) == (503, True)
    gateway.admit_when_store_fails = True
    gateway.restart()
    assert gateway.statuses(3, quota) == [200] * 3


def test_a_subscriptions_windows_begin_with_it(gateway: Gateway) -> None:
    quota = product('<quota calls="2" renewal-period="6000" />')  # created 10,000 s ago: 2,000 s are left
    runs = [gateway.call(quota, subscription=SUBSCRIPTION) for _ in range(3)]
    assert [run.response.status for run in runs] == [200, 200, 403]
    assert fields(runs[2])["retry-after"] == "2000"
    other = SubscriptionInfo("bob", "Bob's", created_date=1_799_990_000.0, start_date=1_799_999_999.0)
    assert gateway.call(quota, subscription=other).response.status == 200
    gateway.call(quota, subscription=other)
    assert fields(gateway.call(quota, subscription=other))["retry-after"] == "5999"


def test_a_request_without_a_subscription_has_no_quota(gateway: Gateway) -> None:
    assert gateway.statuses(3, product('<quota calls="1" renewal-period="300" />')) == [200] * 3


def test_quotas_of_apis_apply_independently(gateway: Gateway) -> None:
    quota = product('<quota calls="3" bandwidth="100" renewal-period="3600"><api id="orders" calls="1" /></quota>')
    orders, pets = ApiInfo("orders", "Orders"), ApiInfo("pets", "Pets")
    assert gateway.statuses(3, quota, subscription=SUBSCRIPTION, api=orders) == [200, 403, 403]
    gateway.restart()
    assert gateway.statuses(1, quota, subscription=SUBSCRIPTION, api=orders) == [403]
    assert gateway.statuses(3, quota, subscription=SUBSCRIPTION, api=pets) == [200, 200, 403]


def test_the_bandwidth_of_a_subscription(gateway: Gateway) -> None:
    quota = product('<quota bandwidth="1" renewal-period="3600" />')
    gateway.backend.answer = lambda req: Response(200, body=b"x" * 600)
    assert gateway.statuses(3, quota, subscription=SUBSCRIPTION) == [200, 200, 403]


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (by_key(), "quota-by-key limits nothing"),
        (by_key(calls="0"), "calls of <quota-by-key> must be a whole number from 1"),
        (by_key(calls="-5"), "must be a whole number from 1"),
        (by_key(bandwidth="many"), "bandwidth of <quota-by-key> must be a whole number from 1"),
        (by_key(calls="9" * 30), "must be a whole number from 1"),
        (by_key(calls="1", renewal_period="299"), "must be 0 (for ever) or a whole number of seconds from 300"),
        (by_key(calls="1", renewal_period="-1"), "must be 0 (for ever)"),
        (by_key(calls="1", renewal_period="1e9"), "must be 0 (for ever)"),
        (by_key(calls="1", renewal_period="9" * 20), "must be 0 (for ever)"),
        (by_key(calls="@(1)"), "an expression is not allowed"),
        (by_key(calls="1", first_period_start="yesterday"), "must be a time like 2026-01-31T00:00:00Z"),
        (by_key(calls="1", first_period_start="2026-13-01T00:00:00Z"), "must be a time like"),
        (by_key(calls="1", counter_key=" "), "must be a text that is not empty"),
    ],
)
def test_a_bad_quota_by_key_is_refused(xml: str, words: str) -> None:
    assert words in mistake(xml)


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ('<quota renewal-period="300" />', "<quota> limits nothing"),
        ('<quota calls="1" />', "needs the attribute renewal-period"),
        ('<quota calls="1" renewal-period="-1" />', "must be a whole number from 0"),
        ('<quota calls="1" renewal-period="1"><api id="a" /></quota>', "<api> limits nothing"),
        ('<quota calls="1" renewal-period="1"><api calls="1" /></quota>', "<api> names no api"),
        ('<quota calls="1" renewal-period="1" /><quota calls="1" renewal-period="1" />', "only once"),
    ],
)
def test_a_bad_quota_is_refused(xml: str, words: str) -> None:
    assert words in mistake(xml, "product/gold")


def test_a_quota_stands_at_a_product() -> None:
    xml = '<quota calls="1" renewal-period="0" />'
    assert [bool(mistake(xml, scope)) for scope in ("global", "product/a", "api/a")] == [True, False, True]
