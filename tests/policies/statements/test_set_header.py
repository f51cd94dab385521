"""`set-header`, by the article "Set header"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, request, run

BEFORE = {"A": "old", "User-Agent": "one"}
CASES = [
    ("name='A' exists-action='override'", ["new"], "A", ["new"]),
    ("name='a'", ["new"], "A", ["new"]),
    ("name='A'", ["1", "2"], "A", ["1,2"]),
    ("name='A' exists-action='skip'", ["new"], "A", ["old"]),
    ("name='B' exists-action='skip'", ["new"], "B", ["new"]),
    ("name='A' exists-action='append'", ["new"], "A", ["old,new"]),
    ("name='B' exists-action='append'", ["new"], "B", ["new"]),
    ("name='A' exists-action='delete'", [], "A", []),
    ("name='User-Agent' exists-action='append'", ["two"], "User-Agent", ["one", "two"]),
    ("name='@(\"A\")' exists-action='@(\"delete\")'", [], "A", []),
    ("name='A'", ["@(1 + 1)"], "A", ["2"]),
    ("name='A'", ["@(null)"], "A", [""]),
    ("name='A'", ["v=@(1);@(2)"], "A", ["v=1;2"]),
    ("name='Content-Length'", ["7"], "Content-Length", []),
]


@pytest.mark.parametrize(("attributes", "values", "name", "expected"), CASES)
def test_the_request_header_is_changed(attributes: str, values: list[str], name: str, expected: list[str]) -> None:
    inner = "".join(f"<value>{value}</value>" for value in values)
    done = run(document(inbound=f"<set-header {attributes}>{inner}</set-header>"), req=request(headers=BEFORE))
    assert done.sent.headers.get_all(name) == expected


def test_in_outbound_the_response_header_is_changed() -> None:
    done = run(document(outbound="<set-header name='A'><value>x</value></set-header>"))
    assert done.response.headers.get("A") == "x"
    assert "A" not in done.sent.headers


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nb", "a\x00b"])
def test_no_value_can_begin_another_field(value: str) -> None:
    done = run(
        document(inbound="<set-header name='A'><value>@((string)context.Variables[\"v\"])</value></set-header>"),
        variables={"v": value},
    )
    assert done.response.status == 500
    assert done.backend.requests == []


@pytest.mark.parametrize("name", ["a b", "a:", "", "a\nb"])
def test_no_name_can_be_anything_else(name: str) -> None:
    xml = "<set-header name='@((string)context.Variables[\"n\"])'><value>1</value></set-header>"
    assert run(document(inbound=xml), variables={"n": name}).response.status == 500


WRONG = [
    ("<set-header><value>1</value></set-header>", "<set-header> needs the attribute name"),
    ("<set-header name='a'/>", "set-header needs a <value>"),
    ("<set-header name='a'><value>1\n2</value></set-header>", "must be a header's value"),
    (
        "<set-header name='a' exists-action='replace'><value>1</value></set-header>",
        'must be "override", "skip", "append" or "delete"',
    ),
    ("<set-header name='a'><values>1</values></set-header>", "<values> may not stand in <set-header>"),
]


@pytest.mark.parametrize(("xml", "message"), WRONG)
def test_what_is_wrong_is_refused(xml: str, message: str) -> None:
    assert any(message in error.message for error in check_document(document(inbound=xml)).errors)


def test_a_literal_that_is_no_name_is_stored_with_a_warning_and_fails_when_it_runs() -> None:
    xml = document(inbound="<set-header name='some header name'><value>20</value></set-header>")
    (warning,) = check_document(xml).warnings
    assert warning.message == "'some header name' is no header name: the request will fail here"
    assert run(xml).response.status == 500
