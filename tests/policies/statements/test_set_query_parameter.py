"""`set-query-parameter`, by the article "Set query string parameter"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, request, run

CASES = [
    ("name='a'", ["2"], "a=2&b=x"),
    ("name='A'", ["2"], "b=x&a=2"),
    ("name='a' exists-action='skip'", ["2"], "a=1&b=x"),
    ("name='c' exists-action='skip'", ["2"], "a=1&b=x&c=2"),
    ("name='a' exists-action='append'", ["2"], "b=x&a=1&a=2"),
    ("name='a' exists-action='delete'", [], "b=x"),
    ("name='c'", ["1", "2"], "a=1&b=x&c=1&c=2"),
    ("name='c'", ["a&amp;b=c é"], "a=1&b=x&c=a%26b%3Dc%20%C3%A9"),
    ("name='@(\"c\")'", ["@(context.Request.Method)"], "a=1&b=x&c=GET"),
]


@pytest.mark.parametrize(("attributes", "values", "query"), CASES)
def test_the_query_is_changed(attributes: str, values: list[str], query: str) -> None:
    inner = "".join(f"<value>{value}</value>" for value in values)
    xml = f"<set-query-parameter {attributes}>{inner}</set-query-parameter>"
    done = run(document(inbound=xml), req=request(url="http://h/p?a=1&b=x"))
    assert sorted(done.sent.url.query_string.split("&")) == sorted(query.split("&"))


@pytest.mark.parametrize(
    ("action", "query"),
    [("delete", "b=x"), ("override", "b=x&Key=new"), ("append", "b=x&Key=1&Key=2&Key=new"), ("skip", "Key=1&b=x&KEY=2")],
)
def test_a_parameter_written_in_several_ways_is_one(action: str, query: str) -> None:
    xml = f"<set-query-parameter name='key' exists-action='{action}'><value>new</value></set-query-parameter>"
    done = run(document(inbound=xml), req=request(url="http://h/p?Key=1&b=x&KEY=2"))
    assert done.sent.url.query_string == query


def test_the_url_that_the_client_called_stays() -> None:
    done = run(
        document(inbound="<set-query-parameter name='a'><value>1</value></set-query-parameter>"), req=request(url="http://h/p")
    )
    assert str(done.context.request.original_url) == "http://h/p"


def test_it_belongs_to_requests() -> None:
    xml = "<set-query-parameter name='a'><value>1</value></set-query-parameter>"
    (error,) = check_document(document(outbound=xml)).errors
    assert error.message == "<set-query-parameter> may not stand in the section outbound"
    assert error.hint == "it belongs to inbound, backend"
