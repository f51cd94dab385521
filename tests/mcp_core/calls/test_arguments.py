"""Validation messages: a model must be able to correct itself by them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mcp_core.calls.building import tool_for

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1, "maximum": 5},
        "status": {"enum": ["placed", "paid"]},
        "kind": {"const": "x"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$", "maxLength": 3},
        "when": {"type": "string", "format": "date-time"},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["sku"], "properties": {"price": {"type": "number"}}},
        },
        "choice": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]},
        "node": {"$ref": "#/$defs/Node"},
        "never": False,
    },
    "required": ["id"],
    "additionalProperties": False,
    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer"}}}},
}

WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Argument `id` is required."]),
    ({"id": "2"}, ['Argument `id` is not of type "integer"; it is "2".']),
    ({"id": 9}, ["Argument `id` is greater than the maximum of 5; it is 9."]),
    ({"id": 1, "status": "lost"}, ['Argument `status` is not one of "placed" or "paid"; it is "lost".']),
    ({"id": 1, "kind": "y"}, ['Argument `kind` must be "x".']),
    ({"id": 1, "code": "abc"}, ['Argument `code` does not match "^[A-Z]{3}$"; it is "abc".']),
    ({"id": 1, "items": [{"sku": 1}, {}]}, ["Argument `items[1].sku` is required."]),
    ({"id": 1, "items": [{"sku": 1, "price": "9"}]}, ['Argument `items[0].price` is not of type "number"; it is "9".']),
    ({"id": 1, "items": []}, ["Argument `items` has less than 1 item."]),
    ({"id": 1, "node": {"next": {"n": "x"}}}, ['Argument `node.next.n` is not of type "integer"; it is "x".']),
    ({"id": 1, "never": 1}, ["Argument `never` must not be given."]),
    (
        {"id": 1, "ID": 2},
        ["Argument `ID` is unknown. There are: `id`, `status`, `kind`, `code`, `when`, `items`, `choice`, `node`, `never`."],
    ),
    (
        {"id": 1, "choice": {"y": 1}},
        [
            'Argument `choice` fits none of the alternatives: is not of type "string"; or "x" is a required property.',
        ],
    ),
    ({"id": None, "status": 1}, ['Argument `id` is not of type "integer"; it is null.', "Argument `status` is not one of"]),
]


@pytest.mark.parametrize(("arguments", "expected"), WRONG)
def test_a_problem_names_the_argument_and_what_is_expected(arguments: dict[str, Any], expected: list[str]) -> None:
    problems = tool_for(input_schema=SCHEMA).check(arguments)
    assert len(problems) == len(expected)
    for problem, beginning in zip(problems, expected, strict=True):
        assert problem.startswith(beginning.rstrip("."))


@pytest.mark.parametrize("arguments", [{"id": 1}, {"id": 5, "items": [{"sku": 1}]}, {"id": 1, "when": "no date"}])
def test_what_fits_has_no_problems(arguments: dict[str, Any]) -> None:
    assert tool_for(input_schema=SCHEMA).check(arguments) == []


def test_long_values_are_not_repeated() -> None:
    problems = tool_for(input_schema=SCHEMA).check({"id": "x" * 100_000, "status": ["y" * 100_000], "code": "z" * 100_000})
    assert all(len(problem) < 500 for problem in problems)
    assert not any("xxxx" in problem or "yyyy" in problem or "zzzz" in problem for problem in problems)


def test_many_problems_are_counted_not_listed() -> None:
    problems = tool_for(input_schema=SCHEMA).check({"id": 1, "items": [{} for _ in range(10_000)]})
    assert len(problems) == 11
    assert problems[-1] == "There are further problems."


def test_many_unknown_arguments_make_one_short_message() -> None:
    problems = tool_for(input_schema=SCHEMA).check({"id": 1, **{f"{'k' * 1000}{index}": 1 for index in range(100)}})
    assert len(problems) == 1
    assert len(problems[0]) < 1000


PATTERNS = ["^(?<!a)b\\p{Foo}$", "[", "(?P<x>a)(?P=x)", "^(a+)+$"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_cannot_be_compiled_does_not_stop_the_rest(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}, "b": {"type": "integer"}}}
    tool = tool_for(input_schema=schema)
    assert tool.check({"b": 1}) == []
    assert tool.check({"b": "x"}) == ['Argument `b` is not of type "integer"; it is "x".']


def test_a_pattern_cannot_take_for_ever() -> None:
    tool = tool_for(input_schema={"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}})
    assert len(tool.check({"a": "a" * 50_000 + "b"})) == 1


def test_references_to_elsewhere_are_not_fetched() -> None:
    tool = tool_for(input_schema={"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/x"}}})
    assert tool.check({"a": 1}) == []


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, float("nan"), "\ud800", {"deep": [[[[]]]]}])
def test_odd_values_are_checked_without_failing(value: Any) -> None:
    assert isinstance(tool_for(input_schema=SCHEMA).check({"id": value}), list)
