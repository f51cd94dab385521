"""The offline evaluator: JSON in, JSON out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.expressions.evaluate import as_json, evaluate


def test_it_gives_value_and_type() -> None:
    assert evaluate({"expression": "@(1 + 2)"}) == {"type": "System.Int32", "value": 3}


def test_the_brackets_may_be_left_out() -> None:
    assert evaluate({"expression": "1 + 2"}) == {"type": "System.Int32", "value": 3}
    assert evaluate({"expression": "\n @{ return 1; } \n"})["value"] == 1


def test_it_sees_the_described_request_response_and_variables() -> None:
    case = {
        "expression": """@(context.Request.Method + context.Request.Url.Query.GetValueOrDefault("q", "")
            + context.Request.Headers.GetValueOrDefault("x-a", "") + context.Request.IpAddress
            + (string)context.Request.Body.As<JObject>()["k"] + context.Response.StatusCode + context.Response.StatusReason
            + (int)context.Variables["n"] + (string)((JArray)context.Variables["list"])[0])""",
        "request": {
            "method": "POST",
            "url": "https://h/p?q=Q",
            "headers": {"X-A": ["1", "2"]},
            "body": {"k": "v"},
            "ip": "1.2.3.4",
        },
        "response": {"status": 201, "reason": "Created", "headers": {}, "body": ""},
        "variables": {"n": 5, "list": ["L"]},
    }
    assert evaluate(case) == {"type": "System.String", "value": "POSTQ1,21.2.3.4v201Created5L"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (1, "System.Int32"),
        (2**40, "System.Int64"),
        (1.5, "System.Double"),
        ("x", "System.String"),
        (True, "System.Boolean"),
        (None, "null"),
        ([1], "Newtonsoft.Json.Linq.JArray"),
        ({"a": 1}, "Newtonsoft.Json.Linq.JObject"),
    ],
)
def test_variables_have_the_types_that_policies_would_give_them(given: Any, name: str) -> None:
    assert evaluate({"expression": '@(context.Variables["v"])', "variables": {"v": given}}) == {"type": name, "value": given}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("@(new { a = 1, b = new[] { 1, 2 }, c = (string)null })", {"a": 1, "b": [1, 2], "c": None}),
        ('@(new Dictionary<string, object> { ["a"] = 1.5 })', {"a": 1.5}),
        ("@(new[] { 1, 2 }.Select(x => x * 2))", [2, 4]),
        ("@(JObject.Parse(\"{'a': [true]}\"))", {"a": [True]}),
        ("@(new byte[] { 1, 2 })", "AQI="),
        ("@(DateTime.MinValue)", "0001-01-01T00:00:00"),
        ("@(Guid.Empty)", "00000000-0000-0000-0000-000000000000"),
        ("@(StringComparison.Ordinal)", "Ordinal"),
        ("@(1.0 / 0)", "Infinity"),
        ("@(0.1f)", 0.1),
        ("@(float.NaN)", "NaN"),
        ("@('c')", "c"),
        ('@("😀")', "😀"),
    ],
)
def test_values_become_json(expression: str, value: Any) -> None:
    answer = evaluate({"expression": expression})
    assert answer["value"] == value
    assert json.loads(as_json(answer)) == answer


@pytest.mark.parametrize(
    ("expression", "digits"),
    [
        ("@(1.50m)", "1.50"),
        ("@(1m / 3)", "0.3333333333333333333333333333"),
        ("@(decimal.MaxValue)", "79228162514264337593543950335"),
    ],
)
def test_decimals_keep_their_digits(expression: str, digits: str) -> None:
    assert as_json(evaluate({"expression": expression})) == '{"type": "System.Decimal", "value": ' + digits + "}"


def test_compile_errors_have_a_place() -> None:
    answer = evaluate({"expression": "@{\n  return foo;\n}"})["error"]
    assert (answer["kind"], answer["line"], answer["column"]) == ("compile", 2, 10)
    assert "the name 'foo' does not exist" in answer["message"]


def test_runtime_errors_have_dotnets_text() -> None:
    answer = evaluate({"expression": '@(int.Parse("x"))'})
    assert answer == {
        "error": {
            "kind": "runtime",
            "message": "System.FormatException: The input string 'x' was not in a correct format.",
            "line": None,
            "column": None,
        }
    }


def test_what_runs_only_when_it_is_shown_may_fail_too() -> None:
    assert evaluate({"expression": "@(new[] { 0 }.Select(x => 1 / x))"})["error"]["kind"] == "runtime"
    assert evaluate({"expression": "@(Enumerable.Range(0, 2000000000).Select(x => x))"})["error"]["kind"] == "runtime"


def test_an_open_bracket_is_a_compile_error() -> None:
    assert evaluate({"expression": "@(1"})["error"]["kind"] == "compile"


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"expression": 5},
        {"expression": "1", "request": []},
        {"expression": "1", "request": {"verb": "GET"}},
        {"expression": "1", "response": {"status": "x"}},
        {"expression": "1", "variables": []},
        {"expression": "1", "request": {"headers": []}},
    ],
)
def test_a_bad_description_is_a_value_error(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|has no"):
        evaluate(case)
