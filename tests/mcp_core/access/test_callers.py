"""Subscription keys: whom they name and what they open."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_core.access import Caller, Callers, key_record, new_key
from mcp_core.access.keys import matches
from mcp_core.catalog.model import Api, Catalogue, McpServer, Product, Subscription
from policies.errors import PolicyFailure
from policies.messages import Headers, Request
from policies.records import replace
from policies.secret import NO_SECRET, Secret

NOW = 1_800_000_000.0
KEY, SECOND = "a" * 63 + "1", "b" * 63 + "2"
API = Api("orders", "Orders", "orders", "https://orders.example")
OPEN = McpServer("orders-mcp", "orders")
CLOSED = replace(OPEN, subscription_required=True)
GOLD = Product("gold", "Gold", servers=("orders-mcp",))
SUBSCRIPTION = Subscription(
    "team-a",
    name="Team A",
    scope="mcp/orders-mcp",
    primary=key_record(KEY),
    secondary=key_record(SECOND),
    owner={"id": "ada", "email": "ada@example.com"},
    created=1.0,
)


def identified(
    subscription: Subscription = SUBSCRIPTION,
    *,
    server: McpServer = CLOSED,
    product: Product = GOLD,
    header: str = "",
    query: str = "",
    header_name: str = "Ocp-Apim-Subscription-Key",
) -> Caller | PolicyFailure:
    request = sent(header, query=query, header_name=header_name)
    return Callers(catalogue(subscription, product)).identify(server, API, request, NOW)


def catalogue(subscription: Subscription, product: Product = GOLD) -> Catalogue:
    return Catalogue(products={product.id: product}, subscriptions={subscription.id: subscription})


def sent(header: str = "", *, query: str = "", header_name: str = "Ocp-Apim-Subscription-Key") -> Request:
    headers = Headers({header_name: header} if header else {})
    return Request("POST", f"https://gateway.example/orders-mcp/mcp{query}", headers)


def test_a_key_names_its_subscription_and_user() -> None:
    caller = identified(header=KEY)
    assert isinstance(caller, Caller)
    assert caller.subscription is not None
    assert (caller.subscription.id, caller.subscription.name, caller.subscription.key) == ("team-a", "Team A", Secret(KEY))
    assert (caller.subscription.primary_key, caller.subscription.secondary_key) == (Secret(KEY), NO_SECRET)
    assert caller.user is not None
    assert caller.user.email == "ada@example.com"
    assert caller.product is None


def test_the_second_key_is_as_good_and_so_is_the_query() -> None:
    assert isinstance(identified(header=SECOND), Caller)
    assert isinstance(identified(query=f"?subscription-key={KEY}"), Caller)


def test_the_header_goes_before_the_query() -> None:
    assert isinstance(identified(header=new_key(), query=f"?subscription-key={KEY}"), PolicyFailure)


def test_names_of_header_and_query_can_be_changed() -> None:
    server = replace(CLOSED, subscription_key_header="X-Key", subscription_key_query="k")
    assert isinstance(identified(server=server, header=KEY, header_name="X-Key"), Caller)
    assert isinstance(identified(server=server, query=f"?k={KEY}"), Caller)
    assert isinstance(identified(server=server, header=KEY), PolicyFailure)


@pytest.mark.parametrize(
    ("header", "reason", "message"),
    [
        ("", "SubscriptionKeyNotFound", "Access denied due to missing subscription key."),
        (new_key(), "SubscriptionKeyInvalid", "Access denied due to invalid subscription key."),
        (KEY[:-1], "SubscriptionKeyInvalid", "Access denied due to invalid subscription key."),
        (KEY.upper(), "SubscriptionKeyInvalid", "Access denied due to invalid subscription key."),
    ],
    ids=["no key", "another key", "a shorter key", "the key in capitals"],
)
def test_without_a_good_key_the_refusal_is_apims(header: str, reason: str, message: str) -> None:
    refused = identified(header=header)
    assert isinstance(refused, PolicyFailure)
    assert (refused.status, refused.reason) == (401, reason)
    assert refused.message.startswith(message)
    assert refused.response is not None
    where = 'realm="orders-mcp",name="Ocp-Apim-Subscription-Key",type="header"'
    assert refused.response.headers.get("WWW-Authenticate") == f"AzureApiManagementKey {where}"
    assert header == "" or header not in refused.message


@pytest.mark.parametrize(
    "subscription",
    [
        replace(SUBSCRIPTION, state="suspended"),
        replace(SUBSCRIPTION, state="submitted"),
        replace(SUBSCRIPTION, starts=NOW + 1),
        replace(SUBSCRIPTION, expires=NOW),
        replace(SUBSCRIPTION, scope="mcp/other-mcp"),
        replace(SUBSCRIPTION, scope="api/other"),
        replace(SUBSCRIPTION, scope="product/other"),
    ],
)
def test_a_key_opens_nothing_out_of_its_state_time_or_scope(subscription: Subscription) -> None:
    assert isinstance(identified(subscription, header=KEY), PolicyFailure)


@pytest.mark.parametrize("scope", ["", "api/orders", "mcp/orders-mcp", "product/gold"])
def test_every_scope_that_covers_the_server_opens_it(scope: str) -> None:
    caller = identified(replace(SUBSCRIPTION, scope=scope, starts=NOW, expires=NOW + 1), header=KEY)
    assert isinstance(caller, Caller)
    assert (caller.product.id if caller.product else None) == ("gold" if scope == "product/gold" else None)


def test_an_unpublished_product_opens_nothing() -> None:
    hidden = replace(GOLD, state="notPublished")
    assert isinstance(identified(replace(SUBSCRIPTION, scope="product/gold"), product=hidden, header=KEY), PolicyFailure)


def test_an_open_server_takes_anybody_and_still_knows_a_good_key() -> None:
    assert identified(server=OPEN) == Caller()
    known = identified(server=OPEN, header=KEY)
    assert isinstance(known, Caller)
    assert known.subscription is not None


@pytest.mark.parametrize("subscription", [SUBSCRIPTION, replace(SUBSCRIPTION, state="suspended")])
def test_whoever_sends_a_key_must_send_a_good_one_also_where_none_is_asked_for(subscription: Subscription) -> None:
    key = KEY if subscription.state == "suspended" else new_key()
    for product in (GOLD, replace(GOLD, subscription_required=False)):
        refused = identified(subscription, server=OPEN, product=product, header=key)
        assert isinstance(refused, PolicyFailure)
        assert (refused.status, refused.reason) == (401, "SubscriptionKeyInvalid")


@pytest.mark.parametrize("server", [OPEN, CLOSED])
def test_somebody_without_a_key_comes_under_an_open_products_policies(server: McpServer) -> None:
    caller = identified(server=server, product=replace(GOLD, subscription_required=False))
    assert isinstance(caller, Caller)
    assert caller.product is not None
    assert caller.product.id == "gold"


@pytest.mark.parametrize("change", [{"state": "notPublished"}, {"servers": ()}])
def test_an_open_product_that_is_unpublished_or_of_others_opens_nothing(change: dict[str, Any]) -> None:
    refused = identified(product=replace(GOLD, subscription_required=False, **change))
    assert isinstance(refused, PolicyFailure)
    assert refused.reason == "SubscriptionKeyNotFound"


def test_a_caller_who_is_known_comes_and_goes_with_the_subscriptions_time() -> None:
    """And is known to each server by itself."""
    callers = Callers(catalogue(replace(SUBSCRIPTION, starts=NOW, expires=NOW + 10)))
    elsewhere = replace(CLOSED, name="other-mcp")
    for moment, opens in ((NOW - 1, False), (NOW, True), (NOW + 9, True), (NOW + 10, False), (NOW + 5, True)):
        assert isinstance(callers.identify(CLOSED, API, sent(KEY), moment), Caller) == opens
        assert isinstance(callers.identify(elsewhere, API, sent(KEY), moment), PolicyFailure)


def test_callers_are_known_by_their_whole_keys_and_not_without_end() -> None:
    many = {
        f"team-{number}": replace(SUBSCRIPTION, id=f"team-{number}", primary=key_record(f"{number:064}"), secondary=None)
        for number in range(1_100)
    }
    callers = Callers(Catalogue(subscriptions=many))
    for _ in range(2):
        for number, name in enumerate(many):
            caller = callers.identify(CLOSED, API, sent(f"{number:064}"), NOW)
            assert isinstance(caller, Caller)
            assert caller.subscription is not None
            assert caller.subscription.id == name
    assert isinstance(callers.identify(CLOSED, API, sent("0" * 63), NOW), PolicyFailure)


def test_an_open_product_is_that_of_the_server_that_is_called() -> None:
    callers = Callers(catalogue(SUBSCRIPTION, replace(GOLD, subscription_required=False)))
    elsewhere = replace(OPEN, name="other-mcp")
    for _ in range(2):
        assert callers.identify(OPEN, API, sent(), NOW) != Caller()
        assert callers.identify(elsewhere, API, sent(), NOW) == Caller()


def test_what_is_stored_of_a_key_is_neither_the_key_nor_the_same_twice() -> None:
    one, other = key_record(KEY), key_record(KEY)
    assert KEY not in repr((one.lookup, one.salt, one.digest))
    assert one.digest != other.digest
    assert matches(KEY, one)
    assert not matches(SECOND, one)
    assert one.digest not in repr(one)


def test_keys_have_256_bits() -> None:
    assert len(bytes.fromhex(new_key())) == 32
    assert new_key() != new_key()
