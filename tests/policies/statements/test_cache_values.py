"""`cache-store-value`, `cache-lookup-value` and `cache-remove-value`, by their articles."""

from __future__ import annotations

import pytest

from policies.messages import Headers, Response
from tests.policies.pipelines import document
from tests.policies.statements.limits import Gateway, gateway, mistake

__all__ = ["gateway"]


def store(value: str, key: str = "k", more: str = "") -> str:
    return document(inbound=f"<cache-store-value key='{key}' value='{value}' duration='60' {more}/>")


def lookup(
    key: str = "k", more: str = "", read: str = 'context.Variables.ContainsKey("v") ? "" + context.Variables["v"] : "none"'
) -> str:
    return document(
        inbound=f"<cache-lookup-value key='{key}' variable-name='v' {more}/>"
        f"<return-response><set-body>@({read})</set-body></return-response>"
    )


def test_a_value_is_found_until_it_is_over_by_every_instance(gateway: Gateway) -> None:
    gateway.call(store("hello"))
    assert gateway.call(lookup()).text == "hello"
    gateway.restart()
    assert gateway.call(lookup()).text == "hello"
    gateway.now += 61
    assert gateway.call(lookup()).text == "none"


def test_a_removed_value_is_gone(gateway: Gateway) -> None:
    gateway.call(store("hello"))
    gateway.call(document(inbound="<cache-remove-value key='k' />"))
    gateway.call(document(inbound="<cache-remove-value key='never there' />"))
    assert gateway.call(lookup()).text == "none"


def test_a_miss_gives_the_default_where_there_is_one(gateway: Gateway) -> None:
    assert gateway.call(lookup()).text == "none"
    assert gateway.call(lookup(more="default-value='other'")).text == "other"
    assert (
        gateway.call(lookup(more="default-value='@(40 + 2)'", read='((int)context.Variables["v"] + 1).ToString()')).text == "43"
    )


def test_a_miss_leaves_the_variable_as_it_was(gateway: Gateway) -> None:
    assert gateway.call(lookup(), variables={"v": "before"}).text == "before"


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        ('@("text € 😀")', '(string)context.Variables["v"]', "text € 😀"),
        ("@(7)", '((int)context.Variables["v"] / 2).ToString()', "3"),
        ("@(7L)", '((long)context.Variables["v"] + 1L).ToString()', "8"),
        ("@(7.5)", '((double)context.Variables["v"]).ToString()', "7.5"),
        ("@(7.50m)", '((decimal)context.Variables["v"]).ToString()', "7.50"),
        ("@(true)", '(bool)context.Variables["v"] ? "yes" : "no"', "yes"),
        ("@(new byte[] { 1, 2, 255 })", 'Convert.ToBase64String((byte[])context.Variables["v"])', "AQL/"),
        ('@(JObject.Parse("{\\"a\\": [1, null, \\"x\\"]}"))', '(string)((JObject)context.Variables["v"])["a"][2]', "x"),
        ('@(JArray.Parse("[1, 2]"))', '((JArray)context.Variables["v"]).Count.ToString()', "2"),
    ],
)
def test_a_value_comes_back_as_what_it_was(gateway: Gateway, value: str, read: str, expected: str) -> None:
    assert gateway.call(store(value)).response.status == 200
    gateway.restart()
    assert gateway.call(lookup(read=read)).text == expected


def test_a_whole_response_can_be_kept(gateway: Gateway) -> None:
    gateway.backend.answer = lambda req: Response(203, Headers({"X-A": "1"}), b"body")
    keep = document(outbound="<cache-store-value key='k' value='@(context.Response)' duration='60' />")
    gateway.call(keep)
    gateway.restart()
    read = '((IResponse)context.Variables["v"]).StatusCode + ((IResponse)context.Variables["v"]).Body.As<string>()'
    assert gateway.call(lookup(read=read)).text == "203body"


def test_null_is_not_kept(gateway: Gateway) -> None:
    gateway.call(store("kept"))
    gateway.call(store("@((string)null)"))
    assert gateway.call(lookup()).text == "kept"


def test_what_cannot_be_kept_is_an_error_of_the_document(gateway: Gateway) -> None:
    run = gateway.call(store("@(context.Request)"))
    assert (run.response.status, run.context.last_error.reason) == (500, "CacheValueNotSupported")


@pytest.mark.parametrize("key", ["@((string)null)", '@("")', "@(context.Request)"])
@pytest.mark.parametrize(
    "policy",
    [
        "<cache-lookup-value variable-name='v' {}/>",
        "<cache-store-value value='x' duration='1' {}/>",
        "<cache-remove-value {}/>",
    ],
)
def test_a_key_that_is_none_is_an_error_of_the_document(gateway: Gateway, policy: str, key: str) -> None:
    run = gateway.call(document(inbound=policy.format(f"key='{key}'")))
    assert (run.response.status, run.context.last_error.reason) == (500, "ExpressionValueEvaluationFailure")


def test_values_and_responses_do_not_mix(gateway: Gateway) -> None:
    gateway.call(store("hello", key="response x"))
    assert gateway.call(lookup(key="x")).text == "none"


@pytest.mark.parametrize("section", ["inbound", "backend", "outbound", "on-error"])
def test_they_stand_in_every_section(section: str) -> None:
    for xml in (
        "<cache-lookup-value key='k' variable-name='v' />",
        "<cache-store-value key='k' value='v' duration='1' />",
        "<cache-remove-value key='k' />",
    ):
        assert not mistake(xml, section=section, scope="global")


def test_a_failing_cache_is_a_miss_and_stores_nothing(gateway: Gateway) -> None:
    gateway.store.down = True
    assert gateway.call(store("hello")).response.status == 200
    gateway.restart()
    assert gateway.call(lookup(more="default-value='d'")).text == "d"
    assert gateway.call(document(inbound="<cache-remove-value key='k' />")).response.status == 200


def test_an_external_cache_that_is_not_configured_is_a_miss(gateway: Gateway) -> None:
    gateway.call(store("hello", more="caching-type='external' "))
    assert gateway.call(lookup(more="caching-type='external' default-value='d'")).text == "d"
    assert gateway.call(lookup(more="caching-type='internal'")).text == "none"


@pytest.mark.parametrize(
    "damage", [b"", b"?", b"i", b"i[1]", b'i["str",1]', b"fx", b"d1e", b"x!", b"s\xff", b"j{", b"r", b"r[]\n"]
)
def test_a_damaged_value_is_a_miss(gateway: Gateway, damage: bytes) -> None:
    class Broken:
        async def get(self, key: str) -> bytes:
            return damage

    gateway.services.caches = {"internal": Broken()}
    assert gateway.call(lookup(more="default-value='d'")).text == "d"


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("<cache-lookup-value key='k' />", "needs the attribute variable-name"),
        ("<cache-lookup-value key='k' variable-name=' ' />", "variable-name is empty"),
        ("<cache-lookup-value key='k' variable-name='@(1)' />", "an expression is not allowed"),
        ("<cache-lookup-value key='' variable-name='v' />", "must be a text that is not empty"),
        ("<cache-store-value key='k' duration='1' />", "needs the attribute value"),
        ("<cache-store-value key='k' value='v' />", "needs the attribute duration"),
        ("<cache-store-value key='k' value='v' duration='soon' />", "must be a whole number from 0"),
        ("<cache-remove-value />", "needs the attribute key"),
        ("<cache-remove-value key='k' caching-type='memory' />", 'must be "prefer-external", "external" or "internal"'),
    ],
)
def test_a_bad_document_is_refused(xml: str, words: str) -> None:
    assert words in mistake(xml)
