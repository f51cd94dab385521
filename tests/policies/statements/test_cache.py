"""`cache-lookup` and `cache-store`, by their articles."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import count

import pytest

from policies.compiler import ScopedDocument
from policies.context import ApiInfo, GroupInfo, OperationInfo, UserInfo
from policies.messages import Body, Headers, Response
from tests.policies.pipelines import Run, document, request
from tests.policies.statements.limits import SUBSCRIPTION, Gateway, fields, gateway, mistake

__all__ = ["gateway"]


def cached(lookup: str = "", inside: str = "", store: str = 'duration="60"', after: str = "", before: str = "") -> str:
    return document(
        inbound=f"<cache-lookup {lookup}>{inside}</cache-lookup>", outbound=f"{before}<cache-store {store} />{after}"
    )


PLAIN = cached()


@pytest.fixture
def counting(gateway: Gateway) -> Gateway:
    """A backend that answers 1, 2, 3 …"""
    numbers = count(1)
    gateway.backend.answer = lambda req: Response(200, Headers({"Content-Type": "text/plain"}), b"%d" % next(numbers))
    return gateway


def texts(gateway: Gateway, document: str, *requests: object, **more: object) -> list[str]:
    return [gateway.call(document, req=req, **more).text for req in requests]


def test_a_cached_answer_is_served_without_the_backend_until_it_is_over(counting: Gateway) -> None:
    assert [counting.call(PLAIN).text for _ in range(3)] == ["1", "1", "1"]
    assert len(counting.backend.requests) == 1
    counting.now += 61
    assert counting.call(PLAIN).text == "2"


def test_another_instance_finds_it(counting: Gateway) -> None:
    counting.call(PLAIN)
    counting.restart()
    run = counting.call(PLAIN)
    assert (run.text, fields(run)["content-type"]) == ("1", "text/plain")


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE"])
def test_only_get_is_cached(counting: Gateway, method: str) -> None:
    assert texts(counting, PLAIN, request(method), request(method)) == ["1", "2"]


def test_every_query_parameter_counts_unless_some_are_named(counting: Gateway) -> None:
    a, b, reordered = (request(url=f"http://gateway/orders?{query}") for query in ("x=1&y=1", "x=1&y=2", "y=1&x=1"))
    assert texts(counting, PLAIN, a, b, reordered) == ["1", "2", "1"]
    named = cached(inside="<vary-by-query-parameter>x</vary-by-query-parameter>")
    assert texts(counting, named, a, b, request(url="http://gateway/orders?x=2")) == ["3", "3", "4"]
    several = cached(inside="<vary-by-query-parameter>x;y</vary-by-query-parameter>")
    assert texts(counting, several, a, b, request(url="http://gateway/orders?x=1&y=1&z=9")) == ["1", "2", "1"]


def test_a_query_goes_to_the_backend_byte_for_byte(counting: Gateway) -> None:
    query = "x=a%20b+c&y=%c3%bc&&z"
    counting.call(PLAIN, req=request(url=f"http://gateway/orders?{query}"))
    assert counting.backend.requests[0].url.query_string == query


def test_entries_differ_by_path_api_operation_and_document(counting: Gateway) -> None:
    get = OperationInfo("get", "Get", "GET", "/orders/{id}")
    got = [
        counting.call(PLAIN, req=request(url="http://gateway/a")).text,
        counting.call(PLAIN, req=request(url="http://gateway/A")).text,
        counting.call(PLAIN, req=request(url="http://gateway/a"), api=ApiInfo("x", "X")).text,
        counting.call(PLAIN, req=request(url="http://gateway/a"), api=ApiInfo("x", "X"), operation=get).text,
        counting.call(ScopedDocument("api/other", PLAIN), req=request(url="http://gateway/a")).text,
    ]
    assert got == ["1", "2", "3", "4", "5"]


def test_entries_differ_by_the_headers_that_are_named(counting: Gateway) -> None:
    german, english = request(headers={"Accept-Language": "de"}), request(headers={"accept-language": "en"})
    assert texts(counting, PLAIN, german, english) == ["1", "1"]
    varied = cached(inside="<vary-by-header>Accept-Language</vary-by-header>")
    assert texts(counting, varied, german, english, german, request()) == ["2", "3", "2", "4"]


def test_entries_differ_by_developer_and_groups_where_asked(counting: Gateway) -> None:
    ann = UserInfo("ann", groups=(GroupInfo("dev", "Dev"), GroupInfo("ops", "Ops")))
    bob = UserInfo("bob", groups=(GroupInfo("ops", "Ops"), GroupInfo("dev", "Dev")))
    guest = UserInfo("guest")

    def seen(lookup: str) -> list[str]:
        return [counting.call(cached(lookup), user=user).text for user in (ann, bob, guest, ann, None)]

    assert seen("") == ["1"] * 5
    assert seen('vary-by-developer="true" vary-by-developer-groups="false"') == ["2", "3", "4", "2", "5"]
    assert seen('vary-by-developer="false" vary-by-developer-groups="@(true)"') == ["6", "6", "7", "6", "7"]
    by_subscription = cached('vary-by-developer="true"')
    assert counting.call(by_subscription, subscription=SUBSCRIPTION).text == "8"


# Private answers.


def _secret(gateway: Gateway) -> list[Run]:
    gateway.backend.answer = lambda req: Response(200, body=(req.headers.get("Authorization") or "nobody").encode())
    people = [request(headers={"Authorization": name}) for name in ("ann", "bob", "ann")]
    return people


def test_a_private_answer_is_neither_kept_nor_served_to_another_caller(gateway: Gateway) -> None:
    assert texts(gateway, PLAIN, *_secret(gateway)) == ["ann", "bob", "ann"]
    assert len(gateway.backend.requests) == 3


def test_a_public_answer_is_not_served_to_a_request_with_credentials(gateway: Gateway) -> None:
    ann = _secret(gateway)[0]
    assert texts(gateway, PLAIN, request(), ann, request()) == ["nobody", "ann", "nobody"]


def test_private_answers_are_kept_where_allowed_each_for_its_own_caller(gateway: Gateway) -> None:
    allowed = cached('allow-private-response-caching="@(true)"')
    assert texts(gateway, allowed, *_secret(gateway)) == ["ann", "bob", "ann"]
    assert len(gateway.backend.requests) == 2


def test_credentials_that_a_later_policy_puts_in_keep_the_answer_private(gateway: Gateway) -> None:
    late = document(
        inbound='<cache-lookup /><set-header name="Authorization"><value>@(context.Variables.GetValueOrDefault("who", "x"))'
        "</value></set-header>",
        outbound='<cache-store duration="60" />',
    )
    _secret(gateway)
    assert [gateway.call(late, variables={"who": who}).text for who in ("ann", "bob")] == ["ann", "bob"]


def test_cookies_are_not_kept(gateway: Gateway) -> None:
    gateway.backend.answer = lambda req: Response(200, Headers([("Set-Cookie", "s=1"), ("X-Kept", "yes")]), b"x")
    first, second = gateway.call(PLAIN), gateway.call(PLAIN)
    assert fields(first)["set-cookie"] == "s=1"
    assert "set-cookie" not in fields(second)
    assert fields(second)["x-kept"] == "yes"


# What is kept.


@pytest.mark.parametrize(
    ("status", "store", "kept"),
    [
        (200, 'duration="60"', True),
        (201, 'duration="60"', False),
        (404, 'duration="60"', False),
        (500, 'duration="60"', False),
        (404, 'duration="60" cache-response="true"', True),
        (404, 'duration="60" cache-response="@(context.Response.StatusCode == 404)"', True),
        (200, 'duration="60" cache-response="false"', False),
        (200, 'duration="0"', False),
        (200, 'duration="@(30 * 2)"', True),
    ],
)
def test_what_is_kept(gateway: Gateway, status: int, store: str, kept: bool) -> None:
    gateway.backend.answer = lambda req: Response(status, body=b"x")
    runs = [gateway.call(cached(store=store)) for _ in range(2)]
    assert [run.response.status for run in runs] == [status] * 2
    assert len(gateway.backend.requests) == (1 if kept else 2)


def test_a_stream_is_kept_whole_and_a_cut_answer_not_at_all(gateway: Gateway) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for letter in (b"a", b"b", b"c"):
            yield letter

    gateway.backend.answer = lambda req: Response(200, body=Body(stream=pieces()))
    assert [gateway.call(PLAIN).text for _ in range(2)] == ["abc", "abc"]
    assert len(gateway.backend.requests) == 1

    def cut(req: object) -> Response:
        body = Body(b"only the begi")
        body.truncated = True
        return Response(200, body=body)

    gateway.backend.answer = cut
    other = request(url="http://gateway/cut")
    assert texts(gateway, PLAIN, other, other) == ["only the begi"] * 2
    assert len(gateway.backend.requests) == 3


def test_large_answers_come_back_whole(gateway: Gateway) -> None:
    body = json.dumps([str(number) for number in range(200_000)]).encode()
    gateway.backend.answer = lambda req: Response(200, body=body)
    gateway.call(PLAIN)
    gateway.restart()
    assert gateway.call(PLAIN).text.encode() == body
    assert len(gateway.backend.requests) == 1


def test_cache_store_alone_does_nothing(counting: Gateway) -> None:
    alone = document(outbound='<cache-store duration="60" />')
    assert [counting.call(alone).text for _ in range(2)] == ["1", "2"]


# The way after a hit, and after a miss.


def test_after_a_hit_outbound_goes_on_behind_cache_store(counting: Gateway) -> None:
    mark = '<set-header name="{}"><value>@({})</value></set-header>'
    marked = cached(
        before=mark.format("X-Before", 'context.Response.Body.As&lt;string&gt;(true) + "!"'),
        after=mark.format("X-After", "context.RequestId"),
    )
    first, second = counting.call(marked), counting.call(marked)
    assert fields(first)["x-before"] == fields(second)["x-before"] == "1!"
    assert fields(second)["x-after"] == second.context.request_id != first.context.request_id


def test_after_a_hit_the_rest_of_inbound_is_not_run(counting: Gateway) -> None:
    text = document(
        inbound='<cache-lookup /><set-variable name="went" value="on" />',
        outbound='<cache-store duration="60" />',
    )
    assert [counting.call(text).context.variables for _ in range(2)] == [{"went": "on"}, {}]


def test_outer_outbound_policies_are_run_after_a_hit(counting: Gateway) -> None:
    outer = ScopedDocument("global", document(outbound='<set-header name="X-Outer"><value>yes</value></set-header>'))
    inner = ScopedDocument(
        "api/orders",
        "<policies><inbound><base /><cache-lookup /></inbound>"
        "<outbound><cache-store duration='60' /><base /></outbound></policies>",
    )
    runs = [counting.call(outer, inner) for _ in range(2)]
    assert [(run.text, fields(run)["x-outer"]) for run in runs] == [("1", "yes")] * 2


def test_a_cache_store_inside_choose_does_nothing_after_a_hit(counting: Gateway) -> None:
    text = document(
        inbound="<cache-lookup />",
        outbound='<choose><when condition="@(true)"><cache-store duration="60" /></when></choose>'
        '<set-header name="X-After"><value>yes</value></set-header>',
    )
    runs = [counting.call(text) for _ in range(3)]
    assert [(run.text, fields(run)["x-after"]) for run in runs] == [("1", "yes")] * 3


def test_after_a_miss_the_backend_is_asked_for_the_whole(counting: Gateway) -> None:
    conditional = request(headers={"If-None-Match": '"x"', "Cache-Control": "max-age=0", "Accept": "a/b"})
    counting.call(PLAIN, req=conditional)
    assert sorted(counting.backend.requests[0].headers.names()) == ["Accept"]


@pytest.mark.parametrize(
    ("lookup", "first"),
    [
        ("", "no-store"),
        ('downstream-caching-type="none"', "no-store"),
        ('downstream-caching-type="private"', "private, max-age=60, must-revalidate"),
        ('downstream-caching-type="public" must-revalidate="false"', "public, max-age=60"),
        ('downstream-caching-type="@(&quot;public&quot;)"', "public, max-age=60, must-revalidate"),
    ],
)
def test_caches_behind_the_gateway_are_told_what_they_may_do(gateway: Gateway, lookup: str, first: str) -> None:
    gateway.backend.answer = lambda req: Response(200, Headers({"Cache-Control": "max-age=9999"}), b"x")
    assert fields(gateway.call(cached(lookup)))["cache-control"] == first
    gateway.now += 20
    assert fields(gateway.call(cached(lookup)))["cache-control"] == first.replace("60", "40")


def test_caches_behind_the_gateway_are_told_what_varies(gateway: Gateway) -> None:
    gateway.backend.answer = lambda req: Response(200, Headers({"Vary": "Origin, accept"}), b"x")
    text = cached(
        'downstream-caching-type="public"', "<vary-by-header>Accept</vary-by-header><vary-by-header>X-A</vary-by-header>"
    )
    assert [fields(gateway.call(text))["vary"] for _ in range(2)] == ["Origin, accept, x-a"] * 2


# Which cache, and when it fails.


def test_a_cache_that_fails_is_no_error_of_the_call(counting: Gateway) -> None:
    counting.store.down = True
    assert [counting.call(PLAIN).response.status for _ in range(2)] == [200, 200]
    counting.store.down = False


def test_an_external_cache_is_preferred_where_there_is_one(counting: Gateway) -> None:
    kept: dict[str, bytes] = {}

    class External:
        async def get(self, key: str) -> bytes | None:
            return kept.get(key)

        async def put(self, key: str, value: bytes, duration: float) -> None:
            kept[key] = value

    internal = counting.services.caches["internal"]
    counting.services.caches = {"internal": internal, "external": External()}
    assert [counting.call(PLAIN).text for _ in range(2)] == ["1", "1"]
    assert len(kept) == 1
    assert [counting.call(cached('caching-type="internal"')).text for _ in range(2)] == ["2", "2"]
    assert len(kept) == 1
    counting.services.caches = {"internal": internal}
    assert [counting.call(cached('caching-type="external"')).text for _ in range(2)] == ["3", "4"]
    assert counting.call(cached('caching-type="prefer-external"')).text == "2"


@pytest.mark.parametrize(
    "damage",
    [b"", b"123", b"x {}\n", b"1900000000 nonsense", b'1900000000 [200,"",[["a"]]]\nx', b'1900000000 ["200","",[]]\nx'],
)
def test_a_damaged_entry_is_a_miss(counting: Gateway, damage: bytes) -> None:
    class Broken:
        async def get(self, key: str) -> bytes:
            return damage

        async def put(self, key: str, value: bytes, duration: float) -> None:
            return None

    counting.services.caches = {"internal": Broken()}
    assert counting.call(PLAIN).text == "1"


@pytest.mark.parametrize(
    ("xml", "section", "words"),
    [
        ('<cache-lookup caching-type="redis" />', "inbound", 'must be "prefer-external", "external" or "internal"'),
        ('<cache-lookup caching-type="@(1)" />', "inbound", "an expression is not allowed"),
        ('<cache-lookup downstream-caching-type="shared" />', "inbound", 'must be "none", "private" or "public"'),
        ('<cache-lookup vary-by-developer="maybe" />', "inbound", "must be true or false"),
        ("<cache-lookup><vary-by-header></vary-by-header></cache-lookup>", "inbound", "<vary-by-header> is empty"),
        ("<cache-lookup><vary-by-cookie>a</vary-by-cookie></cache-lookup>", "inbound", "<vary-by-cookie> may not stand"),
        ("<cache-lookup /><cache-lookup />", "inbound", "only once"),
        ("<cache-lookup />", "outbound", "may not stand in the section outbound"),
        ("<cache-store />", "outbound", "needs the attribute duration"),
        ('<cache-store duration="-1" />', "outbound", "must be a whole number from 0"),
        ('<cache-store duration="1h" />', "outbound", "must be a whole number from 0"),
        ('<cache-store duration="1" />', "inbound", "may not stand in the section inbound"),
        ('<cache-store duration="1" /><cache-store duration="1" />', "outbound", "only once"),
    ],
)
def test_a_bad_document_is_refused(xml: str, section: str, words: str) -> None:
    assert words in mistake(xml, section=section)
