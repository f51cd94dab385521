"""`rate-limit`, by its article."""

from __future__ import annotations

import pytest

from policies.compiler import ScopedDocument
from policies.context import ApiInfo, OperationInfo, SubscriptionInfo
from tests.policies.pipelines import document
from tests.policies.statements.limits import SUBSCRIPTION, Gateway, fields, gateway, mistake

__all__ = ["gateway"]

ORDERS = ApiInfo("orders", "Orders API")
PETS = ApiInfo("pets", "Pets API")
GET = OperationInfo("get", "Get an order", "GET", "/orders/{id}")
PUT = OperationInfo("put", "Change an order", "PUT", "/orders/{id}")


def scoped(xml: str, scope: str = "product/gold") -> ScopedDocument:
    return ScopedDocument(scope, document(inbound=xml))


def test_each_subscription_has_its_own_counter(gateway: Gateway) -> None:
    limit = scoped('<rate-limit calls="2" renewal-period="60" />')
    assert gateway.statuses(3, limit, subscription=SUBSCRIPTION) == [200, 200, 429]
    other = SubscriptionInfo("bob", "Bob's")
    assert gateway.statuses(3, limit, subscription=other) == [200, 200, 429]


def test_a_request_without_a_subscription_is_not_limited(gateway: Gateway) -> None:
    assert gateway.statuses(5, scoped('<rate-limit calls="1" renewal-period="60" />')) == [200] * 5


def test_each_scope_counts_by_itself(gateway: Gateway) -> None:
    outer = scoped('<rate-limit calls="3" renewal-period="60" />')
    inner = scoped('<rate-limit calls="2" renewal-period="60" />', "api/orders")
    elsewhere = scoped('<rate-limit calls="2" renewal-period="60" />', "api/pets")
    assert gateway.statuses(3, outer, inner, subscription=SUBSCRIPTION) == [200, 200, 429]
    assert gateway.statuses(2, elsewhere, subscription=SUBSCRIPTION) == [200, 200]


NESTED = scoped(
    '<rate-limit calls="10" renewal-period="60" remaining-calls-variable-name="left" retry-after-variable-name="wait">'
    '<api id="orders" calls="4" renewal-period="60"><operation name="Get an order" calls="2" renewal-period="30" /></api>'
    '<api name="Pets API" id="" calls="3" renewal-period="60" />'
    "</rate-limit>"
)


def test_limits_of_apis_and_operations_apply_independently(gateway: Gateway) -> None:
    def calls(count: int, api: ApiInfo, operation: OperationInfo) -> list[int]:
        return gateway.statuses(count, NESTED, subscription=SUBSCRIPTION, api=api, operation=operation)

    assert calls(3, ORDERS, GET) == [200, 200, 429]
    assert calls(3, ORDERS, PUT) == [200, 200, 429]
    assert calls(4, PETS, GET) == [200, 200, 200, 429]
    assert calls(4, ApiInfo("other", "Other"), GET) == [200, 200, 200, 429]  # ten in all


def test_a_call_that_one_level_refuses_counts_at_none(gateway: Gateway) -> None:
    run = None
    for _ in range(20):
        run = gateway.call(NESTED, subscription=SUBSCRIPTION, api=ORDERS, operation=GET)
    assert run.response.status == 429
    assert run.context.variables == {"left": 0, "wait": int(fields(run)["retry-after"])}
    left = gateway.call(NESTED, subscription=SUBSCRIPTION, api=ORDERS, operation=PUT).context.variables["left"]
    assert left == 7
    gateway.restart()  # another instance, which does not know that the operation's limit is exhausted, gives back too
    gateway.call(NESTED, subscription=SUBSCRIPTION, api=ORDERS, operation=GET)
    assert gateway.call(NESTED, subscription=SUBSCRIPTION, api=ORDERS, operation=PUT).context.variables["left"] == 6


def test_a_refusal_that_is_known_costs_nothing(gateway: Gateway) -> None:
    for _ in range(4):
        gateway.call(NESTED, subscription=SUBSCRIPTION, api=ORDERS, operation=GET)
    before = gateway.store.calls["replace"]
    for _ in range(10):
        gateway.call(NESTED, subscription=SUBSCRIPTION, api=ORDERS, operation=GET)
    assert gateway.store.calls["replace"] <= before + 1


def test_what_does_not_count_passes(gateway: Gateway) -> None:
    runs = [gateway.call(NESTED, subscription=SUBSCRIPTION, counts=False) for _ in range(12)]
    assert {run.response.status for run in runs} == {200}
    assert runs[-1].context.variables == {"left": 10}


def test_when_the_store_fails(gateway: Gateway) -> None:
    gateway.store.down = True
    assert gateway.statuses(1, NESTED, subscription=SUBSCRIPTION, api=ORDERS) == [503]
    gateway.admit_when_store_fails = True
    gateway.restart()
    assert gateway.statuses(1, NESTED, subscription=SUBSCRIPTION, api=ORDERS) == [200]


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ('<rate-limit calls="0" renewal-period="1" />', "calls of <rate-limit> must be a whole number from 1"),
        ('<rate-limit calls="@(1)" renewal-period="1" />', "an expression is not allowed"),
        ('<rate-limit calls="1" renewal-period="400" />', "up to 300"),
        ('<rate-limit calls="1" />', "needs the attribute renewal-period"),
        ('<rate-limit calls="1" renewal-period="1"><api calls="1" renewal-period="1" /></rate-limit>', "<api> names no api"),
        (
            '<rate-limit calls="1" renewal-period="1"><api id="a" renewal-period="1" /></rate-limit>',
            "needs the attribute calls",
        ),
        (
            '<rate-limit calls="1" renewal-period="1"><api id="a" calls="1" renewal-period="1">'
            '<operation calls="1" renewal-period="1" /></api></rate-limit>',
            "<operation> names no operation",
        ),
        ('<rate-limit calls="1" renewal-period="1"><operation id="a" /></rate-limit>', "<operation> may not stand in"),
        ('<rate-limit calls="1" renewal-period="1" /><rate-limit calls="1" renewal-period="1" />', "only once"),
    ],
)
def test_a_bad_document_is_refused(xml: str, words: str) -> None:
    assert words in mistake(xml)


def test_it_stands_at_product_api_and_operation() -> None:
    xml = '<rate-limit calls="1" renewal-period="1" />'
    assert [bool(mistake(xml, scope)) for scope in ("global", "product/a", "mcp/a", "api/a", "api/a/b")] == [True] + [False] * 4
