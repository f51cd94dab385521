"""Operations as tools: names, texts, hints, arguments."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.catalog.operations import ToolAnnotations
from mcp_core.openapi import tool_for
from tests.mcp_core.openapi import strict
from tests.mcp_core.openapi.documents import bindings, document, imported, one_operation, operation_of, tool_of, with_body

STRING = {"type": "string"}


def names_of(*operations: tuple[str, str, str | None]) -> list[str]:
    """Tool names of operations given by method, path and operationId."""
    paths: dict[str, Any] = {}
    for method, path, name in operations:
        paths.setdefault(path, {})[method] = {"responses": {}, **({} if name is None else {"operationId": name})}
    return [tool.name for tool in imported(document(paths)).tools]


NAMES = [
    ("getOrder", "getOrder"),
    ("orders.get-one_2", "orders.get-one_2"),
    ("2fa", "2fa"),
    ("repos/list for org", "repos_list_for_org"),
    ("Müller's €", "Muller_s"),
    ("a/b", "a_b"),
    ("   ", "get_orders_id"),
    ("///", "get_orders_id"),
    ("日本語", "get_orders_id"),
    ("🙂", "get_orders_id"),
    (None, "get_orders_id"),
    ("x" * 64, "x" * 64),
]


@pytest.mark.parametrize(("operation_id", "name"), NAMES)
def test_a_tool_is_called_like_its_operation(operation_id: str | None, name: str) -> None:
    assert names_of(("get", "/orders/{id}", operation_id)) == [name]


def test_long_names_are_cut_and_stay_apart() -> None:
    first, second = names_of(("get", "/a", "x" * 300), ("get", "/b", "x" * 299 + "y"))
    assert len(first) == len(second) == 64
    assert first != second
    assert first.startswith("x" * 57 + "_")


def test_colliding_names_are_told_apart_the_same_way_whatever_else_there_is() -> None:
    alone = names_of(("get", "/a", "same"), ("get", "/b", "same"))
    among = names_of(("get", "/other", "o"), ("get", "/a", "same"), ("get", "/z", "z"), ("get", "/b", "same"))
    assert alone[0] == "same" and alone[1].startswith("same_")
    assert [name for name in among if name.startswith("same")] == alone


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    first, second = names_of(("get", "/a", "getPet"), ("get", "/b", "GetPet"))
    assert first.casefold() != second.casefold()


def test_a_collision_is_said() -> None:
    api = imported(document({"/a": {"get": {"operationId": "same"}}, "/b": {"get": {"operationId": "same"}}}))
    assert api.warnings == (f"GET /b: GET /a has the operationId 'same' too; this one is {api.tools[1].name!r}.",)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=12))
def test_names_are_always_legal_unique_and_stable(operation_ids: list[str]) -> None:
    operations = [("get", f"/p{n}", name) for n, name in enumerate(operation_ids)]
    names = names_of(*operations)
    assert all(strict._NAME.fullmatch(name) for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    assert names_of(*operations) == names


TEXTS = [
    ({"summary": "List", "description": "All of them."}, "List", "List\n\nAll of them."),
    ({"summary": "List"}, "List", "List"),
    ({"description": "All of them."}, "op", "All of them."),
    ({"summary": "List", "description": "List all of them."}, "List", "List all of them."),
    ({}, "op", "POST /things"),
    ({"summary": "  ", "description": "\n"}, "op", "POST /things"),
    ({"summary": 12, "description": ["x"]}, "op", "POST /things"),
    ({"summary": "List", "deprecated": True}, "List", "Deprecated. List"),
    ({"description": "x" * 20_000}, "op", "x" * 20_000),
]


@pytest.mark.parametrize(("node", "title", "description"), TEXTS)
def test_title_and_description_are_the_document_s_uncut(node: dict[str, Any], title: str, description: str) -> None:
    tool = tool_of(one_operation(node))
    assert (tool.title, tool.description) == (title, description)


HINTS = {
    "get": (True, False, True), "head": (True, False, True), "options": (True, False, True), "trace": (True, False, True),
    "query": (True, False, True), "put": (False, True, True), "delete": (False, True, True),
    "post": (False, True, False), "patch": (False, True, False),
}  # fmt: skip


@pytest.mark.parametrize(("method", "hints"), HINTS.items())
def test_hints_follow_the_method_s_semantics(method: str, hints: tuple[bool, bool, bool]) -> None:
    read_only, destructive, idempotent = hints
    assert tool_of(one_operation({}, method=method)).annotations == ToolAnnotations(read_only, destructive, idempotent, True)


def parameter(name: str, location: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "schema": STRING, **more}


def test_parameters_and_body_properties_stand_side_by_side() -> None:
    node = {
        "parameters": [
            parameter("X-H", "header"),
            parameter("c", "cookie"),
            parameter("q", required=True),
            parameter("id", "path"),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object", "required": ["a"], "properties": {"a": STRING, "b": STRING}}}
            },
        },
    }
    tool = tool_of(one_operation(node, path="/x/{id}"))
    assert bindings(tool) == {
        "id": ("path", "id"), "q": ("query", "q"), "a": ("body-property", "a"), "b": ("body-property", "b"),
        "X-H": ("header", "X-H"), "c": ("cookie", "c"),
    }  # fmt: skip
    assert list(tool.input_schema["properties"]) == ["id", "q", "a", "b", "X-H", "c"]
    assert tool.input_schema["required"] == ["id", "q", "a"]
    assert tool.input_schema["additionalProperties"] is False


def test_a_name_in_several_places_is_told_apart_by_its_place() -> None:
    node = {
        "parameters": [parameter("id", "cookie"), parameter("id", "header"), parameter("id"), parameter("id", "path")],
        "requestBody": {
            "content": {"application/json": {"schema": {"type": "object", "properties": {"id": STRING, "ID": STRING}}}}
        },
    }
    tool = tool_of(one_operation(node, path="/x/{id}"))
    assert bindings(tool) == {
        "id": ("path", "id"), "query_id": ("query", "id"), "body_id": ("body-property", "id"), "header_id": ("header", "id"),
        "cookie_id": ("cookie", "id"), bindings_of_upper(tool): ("body-property", "ID"),
    }  # fmt: skip
    assert tool.input_schema["properties"]["body_id"] == {"title": "id", "type": "string"}


def bindings_of_upper(tool: Any) -> str:
    return next(binding.argument for binding in tool.arguments if binding.name == "ID")


def test_a_parameter_called_body_and_a_whole_body_both_have_their_argument() -> None:
    node = {"parameters": [parameter("body")], "requestBody": {"content": {"application/json": {"schema": {"type": "array"}}}}}
    assert bindings(tool_of(one_operation(node))) == {"body": ("query", "body"), "body_content": ("body", "")}


ARGUMENTS = [
    ("limit", "limit"), ("X-Api-Version", "X-Api-Version"), ("filter[name]", "filter_name"), ("$top", "top"), ("@type", "type"),
    ("a.b", "a.b"), ("page[size][min]", "page_size_min"), ("__proto__", "proto"), ("constructor", "constructor"),
    ("größe", "große".replace("ß", "")), ("名前", None), ("_", "_"), ("x" * 70, None), (" spaced out ", "spaced_out"),
    ("a/b", "a_b"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_argument_names_are_those_that_model_providers_take(name: str, argument: str | None) -> None:
    tool = tool_of(one_operation({"parameters": [parameter(name)]}))
    made = tool.arguments[0].argument
    assert argument is None or made == argument
    assert strict.problems(tool) == []
    assert bindings(tool) == {made: ("query", name)}
    assert tool.input_schema["properties"][made].get("title") == (None if made == name else name)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["query", "header", "cookie"]), st.text(min_size=1, max_size=8)), max_size=6),
    st.lists(st.text(min_size=1, max_size=8), max_size=6),
)
def test_every_parameter_and_property_has_its_own_argument(parameters: list[tuple[str, str]], properties: list[str]) -> None:
    node = {
        "parameters": [parameter(name, location) for location, name in parameters],
        "requestBody": {
            "content": {"application/json": {"schema": {"type": "object", "properties": dict.fromkeys(properties, STRING)}}}
        },
    }
    api = one_operation(node)
    tool = tool_of(api)
    assert strict.problems(tool) == []
    wanted = {(parameter.location, parameter.name) for parameter in operation_of(api).parameters}
    wanted |= {("body-property", name) for name in properties} or {("body", "")}
    assert set(bindings(tool).values()) == wanted


def test_the_description_of_a_parameter_counts_over_its_schema_s() -> None:
    node = {"parameters": [parameter("q", description="For this operation.", schema={**STRING, "description": "In general."})]}
    assert tool_of(one_operation(node)).input_schema["properties"]["q"]["description"] == "For this operation."


def test_a_body_of_read_only_properties_alone_needs_no_argument() -> None:
    tool = tool_of(with_body({"type": "object", "properties": {"id": {"type": "string", "readOnly": True}}}))
    assert dict(tool.input_schema) == {"type": "object", "properties": {}, "additionalProperties": False}


FULL = {
    "x-mcp-full-schema": True,
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"name": STRING, "address": {"$ref": "#/components/schemas/address"}, "phone": STRING, "email": STRING},
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"name": {"const": "x"}}, "required": ["name"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
ADDRESS = {"$anchor": "here", "type": "object", "properties": {"street": STRING}}


def test_an_author_who_asks_for_it_has_all_of_json_schema_at_the_top() -> None:
    """As the official suite's `json-schema-2020-12` wants it, and strict clients refuse it."""
    tool = tool_of(with_body(FULL, components={"schemas": {"address": ADDRESS}}))
    schema = tool.input_schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {keyword: schema[keyword] for keyword in ("allOf", "if", "then", "else", "additionalProperties")} == {
        keyword: FULL[keyword] for keyword in ("allOf", "if", "then", "else", "additionalProperties")
    }
    assert schema["$defs"] == {"address": ADDRESS}
    assert "x-mcp-full-schema" not in schema
    assert {binding.argument for binding in tool.arguments} == {"name", "address", "phone", "email"}
    assert jsonschema_rs.Draft202012Validator(dict(schema)).is_valid({"name": "x", "phone": "1"})


def test_without_that_the_same_schema_stands_under_body() -> None:
    tool = tool_of(with_body({**FULL, "x-mcp-full-schema": False}, components={"schemas": {"address": ADDRESS}}))
    assert bindings(tool) == {"body": ("body", "")}
    assert strict.problems(tool) == []


def test_a_single_tool_can_be_made_of_an_operation_alone() -> None:
    api = with_body(
        {"$ref": "#/components/schemas/A"}, components={"schemas": {"A": {"type": "object", "properties": {"a": STRING}}}}
    )
    operation = operation_of(api)
    assert tool_for(operation) == tool_of(api)
    assert tool_for(operation, ["OP"]).name.startswith("op_")


def test_the_same_document_gives_the_same_tools_in_the_same_order() -> None:
    paths = {f"/p{n}": {"get": {"operationId": f"op{n}"}, "delete": {}} for n in range(500, 0, -1)}
    first, second = imported(document(paths)), imported(document(paths))
    assert [tool.name for tool in first.tools][:4] == ["op500", "delete_p500", "op499", "delete_p499"]
    assert first == second
    assert json.dumps([tool.input_schema for tool in first.tools]) == json.dumps([tool.input_schema for tool in second.tools])
