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
            "line": 1,
            "column": 7,
        }
    }


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ('@{ string s = (string)context.Variables["s"];\n  var n = 1;\n  return s.Length; }', (3, 10)),
        ("@{ var a = new[] { 1, 2 };\n  return a.Select(x =>\n    x / (x - 1)).ToList(); }", (3, 7)),
        ('@("abc".Substring(1) + "abc".Substring(5))', (1, 30)),
        ("@(new[] { 1, 2 }.Select(x =>\n  x / 0))", (2, 5)),
        ('@{ throw new Exception("x"); }', (1, 10)),
        ('@(((JObject)null)["b"])', (1, 4)),
        ("@{ int n = 0;\n  while (true) { n++; } }", (2, 18)),
    ],
)
def test_runtime_errors_have_a_place(expression: str, place: tuple[int, int]) -> None:
    error = evaluate({"expression": expression, "variables": {"s": None}})["error"]
    assert (error["kind"], error["line"], error["column"]) == ("runtime", *place)


def test_members_of_objects_are_given_as_their_texts() -> None:
    answer = evaluate({"expression": '@(new JObject { ["a"] = 1 }.Properties())'})
    assert answer["value"] == ['"a": 1']


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
