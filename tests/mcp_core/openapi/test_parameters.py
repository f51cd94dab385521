"""Parameters and path templates: what a document says of them, in every version."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_core.catalog.operations import Parameter
from tests.mcp_core.openapi.documents import bindings, document, imported, one_operation, operation_of, tool_of

STRINGS = {"type": "array", "items": {"type": "string"}}


def parameters_of(*nodes: dict[str, Any], path: str = "/things", version: str = "3.1.0", **rest: Any) -> dict[str, Parameter]:
    api = one_operation({"parameters": list(nodes)}, path=path, method="get", version=version, **rest)
    return {parameter.name: parameter for parameter in operation_of(api).parameters}


STYLES = [
    # location, what the document says, style, explode
    ("path", {}, "simple", False),
    ("path", {"style": "label"}, "label", False),
    ("path", {"style": "matrix", "explode": True}, "matrix", True),
    ("query", {}, "form", True),
    ("query", {"explode": False}, "form", False),
    ("query", {"style": "form"}, "form", True),
    ("query", {"style": "spaceDelimited"}, "spaceDelimited", False),
    ("query", {"style": "pipeDelimited", "explode": True}, "pipeDelimited", True),
    ("query", {"style": "deepObject"}, "deepObject", True),
    ("header", {}, "simple", False),
    ("header", {"explode": True}, "simple", True),
    ("cookie", {}, "form", True),
    ("cookie", {"explode": False}, "form", False),
    ("cookie", {"style": "cookie"}, "form", True),
    ("query", {"style": "simple"}, "form", True),
    ("path", {"style": "deepObject"}, "simple", False),
    ("header", {"style": 12}, "simple", False),
    ("query", {"explode": "yes"}, "form", True),
]


@pytest.mark.parametrize(("location", "said", "style", "explode"), STYLES)
def test_style_and_explode_have_openapi_s_defaults(location: str, said: dict[str, Any], style: str, explode: bool) -> None:
    parameter = parameters_of(
        {"name": "p", "in": location, "schema": STRINGS, **said}, path="/x/{p}" if location == "path" else "/x"
    )["p"]
    assert (parameter.style, parameter.explode) == (style, explode)


@pytest.mark.parametrize(
    ("location", "collection_format", "style", "explode"),
    [
        ("query", None, "form", False),
        ("query", "csv", "form", False),
        ("query", "ssv", "spaceDelimited", False),
        ("query", "tsv", "tabDelimited", False),
        ("query", "pipes", "pipeDelimited", False),
        ("query", "multi", "form", True),
        ("path", "csv", "simple", False),
        ("path", "pipes", "pipeDelimited", False),
        ("header", None, "simple", False),
        ("header", "ssv", "spaceDelimited", False),
    ],
)
def test_collection_formats_become_styles(location: str, collection_format: str | None, style: str, explode: bool) -> None:
    node = {"name": "p", "in": location, "required": True, **STRINGS}
    if collection_format:
        node["collectionFormat"] = collection_format
    parameter = parameters_of(node, path="/x/{p}" if location == "path" else "/x", version="2.0")["p"]
    assert (parameter.style, parameter.explode) == (style, explode)
    assert parameter.schema == STRINGS


def test_flags_and_description_are_read() -> None:
    node = {
        "name": "p", "in": "query", "required": True, "allowReserved": True, "allowEmptyValue": True, "description": "d",
        "schema": {"type": "boolean"}, "deprecated": True, "example": True,
    }  # fmt: skip
    parameter = parameters_of(node)["p"]
    assert (parameter.required, parameter.allow_reserved, parameter.allow_empty_value, parameter.description) == (
        True,
        True,
        True,
        "d",
    )
    assert parameter.schema == {"type": "boolean", "deprecated": True, "examples": [True]}


def test_a_parameter_that_may_be_empty_takes_an_empty_text() -> None:
    api = one_operation({"parameters": [{"name": "p", "in": "query", "allowEmptyValue": True, "schema": {"type": "integer"}}]})
    assert tool_of(api).input_schema["properties"]["p"] == {"anyOf": [{"type": "integer"}, {"type": "string", "enum": [""]}]}


def test_a_parameter_given_by_content_keeps_its_media_type() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    parameter = parameters_of(
        {"name": "p", "in": "query", "content": {"application/json": {"schema": schema, "example": {"a": "x"}}}}
    )["p"]
    assert parameter.content_type == "application/json"
    assert parameter.schema == {**schema, "examples": [{"a": "x"}]}


def test_parameters_of_the_path_are_shared_and_overridden_by_name_and_place() -> None:
    shared = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"$ref": "#/components/parameters/Trace"},
    ]
    own = [
        {"name": "q", "in": "query", "schema": {"type": "integer"}},
        {"name": "q", "in": "header", "schema": {"type": "boolean"}},
    ]
    api = imported(
        document(
            {"/x/{id}": {"parameters": shared, "get": {"operationId": "op", "parameters": own}}},
            components={"parameters": {"Trace": {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}}},
        )
    )
    found = {(parameter.location, parameter.name): parameter.schema for parameter in operation_of(api).parameters}
    assert found == {
        ("path", "id"): {"type": "string"}, ("query", "q"): {"type": "integer"},
        ("header", "q"): {"type": "boolean"}, ("header", "X-Trace"): {"type": "string"},
    }  # fmt: skip


IGNORED = [
    "Accept",
    "content-type",
    "AUTHORIZATION",
    "Host",
    "Content-Length",
    "Connection",
    "Transfer-Encoding",
    "Upgrade",
    "TE",
]


@pytest.mark.parametrize("name", IGNORED)
def test_headers_that_are_not_the_operation_s_become_no_argument(name: str) -> None:
    node = {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    api = one_operation({"parameters": [node, {"name": "X-Mine", "in": "header", "schema": {"type": "string"}}]})
    assert [parameter.name for parameter in operation_of(api).parameters] == ["X-Mine"]
    assert list(tool_of(api).input_schema["properties"]) == ["X-Mine"]


TEMPLATES = [
    # path in the document, declared path parameters, template, path parameters
    ("/a/{id}", ["id"], "/a/{id}", ["id"]),
    ("/a/{x}/{y}.json", ["y", "x"], "/a/{x}/{y}.json", ["x", "y"]),
    ("a/{id}", ["id"], "/a/{id}", ["id"]),
    ("/a/{id:[0-9]+}", ["id"], "/a/{id}", ["id"]),
    ("/a/{+rest}", ["rest"], "/a/{rest}", ["rest"]),
    ("/a/{rest*}", ["rest"], "/a/{rest}", ["rest"]),
    ("/a/{ID}", ["id"], "/a/{ID}", ["ID"]),
    ("/a/{missing}", [], "/a/{missing}", ["missing"]),
    ("/a", ["extra"], "/a", []),
    ("/#X-Amz-Target=Do", [], "/", []),
    ("/a/#env/{id}", ["id"], "/a/#env/{id}", ["id"]),
    ("/?Action=List#this", [], "/?Action=List", []),
    ("/a b/{id} ", ["id"], "/a b/{id}", ["id"]),
    ("/a/{id}:cancel", ["id"], "/a/{id}:cancel", ["id"]),
    ("/a/{id}/b/{id}", ["id"], "/a/{id}/b/{id}", ["id"]),
]


@pytest.mark.parametrize(("path", "declared", "template", "names"), TEMPLATES)
def test_path_parameters_are_those_of_the_template(path: str, declared: list[str], template: str, names: list[str]) -> None:
    nodes = [{"name": name, "in": "path", "schema": {"type": "integer"}} for name in declared]
    operation = operation_of(one_operation({"parameters": nodes}, path=path, method="get"))
    assert operation.url_template == template
    assert [parameter.name for parameter in operation.parameters] == names
    assert all(parameter.required and parameter.location == "path" for parameter in operation.parameters)


def test_a_query_in_the_path_gives_way_to_the_parameter_that_writes_it() -> None:
    nodes = [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    operation = operation_of(one_operation({"parameters": nodes}, path="/find?kind=all&q={q}", method="get"))
    assert operation.url_template == "/find?kind=all"
    assert [(parameter.location, parameter.name) for parameter in operation.parameters] == [("query", "q")]


def test_examples_of_a_parameter_are_shown_wherever_they_stand() -> None:
    examples = {
        "one": {"value": "a"},
        "two": {"$ref": "#/components/examples/Two"},
        "out": {"externalValue": "https://example.com/x"},
        "lost": {"$ref": "#/components/examples/Nope"},
    }
    node = {"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}, "examples": examples}]}
    api = one_operation(node, components={"examples": {"Two": {"summary": "s", "value": "b"}}})
    assert operation_of(api).parameters[0].schema == {"type": "string", "examples": ["a", "b"]}


def test_a_swagger_parameter_in_an_openapi_3_document_is_understood() -> None:
    body = {
        "name": "body",
        "in": "body",
        "required": True,
        "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
    }
    api = one_operation({"parameters": [{"name": "n", "in": "query", "type": "integer"}, body]})
    assert bindings(tool_of(api)) == {"n": ("query", "n"), "a": ("body-property", "a")}
    assert operation_of(api).parameters[0].schema == {"type": "integer"}


@pytest.mark.parametrize(
    "node", [{"in": "query"}, {"name": "", "in": "query"}, {"name": "a"}, {"name": "a", "in": "matrix"}, "a", None, 12]
)
def test_a_parameter_that_is_none_costs_only_itself(node: Any) -> None:
    api = one_operation({"parameters": [node, {"name": "q", "in": "query", "schema": {"type": "string"}}]})
    assert [parameter.name for parameter in operation_of(api).parameters] == ["q"]


def test_a_parameter_mirrored_to_a_header_keeps_its_mark() -> None:
    nodes = [
        {"name": "region", "in": "query", "schema": {"type": "string"}, "x-mcp-header": "Region"},
        {"name": "again", "in": "query", "schema": {"type": "string", "x-mcp-header": "REGION"}},
        {"name": "bad", "in": "query", "schema": {"type": "string", "x-mcp-header": "not a token"}},
        {"name": "list", "in": "query", "schema": {**STRINGS, "x-mcp-header": "List"}},
        {"name": "count", "in": "query", "schema": {"type": "integer", "x-mcp-header": "Count"}},
    ]
    properties = tool_of(one_operation({"parameters": nodes})).input_schema["properties"]
    marks = {name: schema.get("x-mcp-header") for name, schema in properties.items()}
    assert marks == {"region": "Region", "again": None, "bad": None, "list": None, "count": "Count"}


def test_a_reference_may_describe_what_it_refers_to() -> None:
    parameters = {
        "A": {"$ref": "#/components/parameters/B", "description": "A."},
        "B": {"name": "q", "in": "query", "description": "B.", "schema": {"type": "string"}},
    }
    node = {"parameters": [{"$ref": "#/components/parameters/A"}]}
    api = one_operation(node, components={"parameters": parameters})
    assert operation_of(api).parameters[0].description == "A."
