"""`rewrite-uri`, by the article "Rewrite URL"."""

from __future__ import annotations

import pytest

from policies.context import ApiInfo, OperationInfo
from policies.messages import Request
from tests.policies.pipelines import document, run


def rewritten(
    attributes: str, template: str = "/stores/{store}", url: str = "http://api/base/stores/7?q=1", **matched: str
) -> str:
    req = Request("GET", url, matched_parameters=matched or {"store": "7"})
    done = run(
        document(inbound=f"<rewrite-uri {attributes}/>"),
        req=req,
        api=ApiInfo("a", "A", service_url="http://api/base"),
        operation=OperationInfo("o", "o", "GET", template),
    )
    return str(done.sent.url) if done.backend.requests else str(done.response.status)


CASES = [
    ("template='/v2/US/{store}'", "http://api/base/v2/US/7?q=1"),
    ("template='/put'", "http://api/base/put?q=1"),
    ("template='/put' copy-unmatched-params='false'", "http://api/base/put"),
    ("template='/put?City=x&amp;State={store}'", "http://api/base/put?City=x&State=7&q=1"),
    ("template='/put?q=2'", "http://api/base/put?q=2"),
    ("template='put/{store}?a=b' copy-unmatched-params='false'", "http://api/base/put/7?a=b"),
    ("template='/{q}'", "http://api/base/1"),
    ("template='@(\"/e/\" + context.Request.Method)'", "http://api/base/e/GET?q=1"),
    ('template=\'@("/e/{store}?at={store}&amp;" + "b={unknown}")\'', "http://api/base/e/7?at=7&b=%7Bunknown%7D&q=1"),
    ("template='/{unknown}'", "500"),
]


@pytest.mark.parametrize(("attributes", "expected"), CASES)
def test_path_and_query_follow_the_template(attributes: str, expected: str) -> None:
    assert rewritten(attributes) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [("template='/put'", "http://api/put?c=d"), ("template='/put' copy-unmatched-params='false'", "http://api/put")],
)
def test_the_articles_example_drops_what_the_operations_template_takes(attributes: str, expected: str) -> None:
    assert rewritten(attributes, "/get?a={b}", "http://api/get?a=b&c=d") == expected


@pytest.mark.parametrize(
    ("value", "segment"), [("a/b?c#d", "a%2Fb%3Fc%23d"), ("..", "%2E%2E"), (".", "%2E"), ("é ", "%C3%A9%20"), ("%2F", "%252F")]
)
def test_no_value_leaves_its_segment(value: str, segment: str) -> None:
    assert rewritten("template='/x/{store}/y'", store=value) == f"http://api/base/x/{segment}/y?q=1"
