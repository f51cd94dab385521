"""Documents with something wrong in them: one bad operation is left out with a sentence, the rest imports; nothing crashes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.errors import InvalidInput
from tests.mcp_core.openapi import strict
from tests.mcp_core.openapi.documents import document, imported, one_operation, operation_of, tool_of

STRING = {"type": "string"}
NOPE = {"$ref": "#/components/schemas/Nope"}
GOOD = {"operationId": "good", "responses": {}}


def in_body(schema: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def in_query(schema: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "q", "in": "query", "schema": schema}]}


LOOP = {"$ref": "#/components/schemas/Loop"}
OUTSIDE = "points to another document, which is not read (bundle them into one first)"
BAD: dict[str, tuple[Any, str]] = {
    "a broken $ref in the body": (in_body(NOPE), "the $ref '#/components/schemas/Nope' points to nothing"),
    "a broken $ref in a parameter's schema": (in_query(NOPE), "points to nothing"),
    "a broken $ref for a parameter": ({"parameters": [{"$ref": "#/components/parameters/Nope"}]}, "points to nothing"),
    "a broken $ref for a body": ({"requestBody": {"$ref": "#/components/requestBodies/Nope"}}, "points to nothing"),
    "a broken $ref for a response": ({"responses": {"200": {"$ref": "#/components/responses/Nope"}}}, "points to nothing"),
    "a broken $ref deep in a definition": (in_body({"$ref": "#/components/schemas/Deep"}), "points to nothing"),
    "a broken $ref in a reply": (
        {"responses": {"200": {"content": {"application/json": {"schema": NOPE}}}}}, "points to nothing"),
    "a $ref to a file": (in_body({"$ref": "pets.yaml#/Pet"}), f"the $ref 'pets.yaml#/Pet' {OUTSIDE}"),
    "a $ref to a URL": (in_body({"$ref": "https://example.com/pet.json"}), OUTSIDE),
    "a $ref to a file beside": (in_body({"$ref": "./pet.json"}), OUTSIDE),
    "a $ref that is no text": (in_body({"$ref": 12}), "a $ref is not text (12)"),
    "a $ref to no schema": (in_body({"$ref": "#/info/title"}), "points to something that is no schema"),
    "a $ref to an anchor that is not there": (in_body({"$ref": "#nowhere"}), "points to nothing"),
    "a $ref that leads in a circle": (in_body(LOOP), "leads in a circle"),
    "a parameter that leads in a circle": ({"parameters": [{"$ref": "#/components/parameters/P"}]}, "leads in a circle"),
    "a described parameter that leads in a circle": (
        {"parameters": [{"$ref": "#/components/parameters/Q"}]}, "leads in a circle"),
    "an operation that is none": (["not", "an", "object"], "it is not described by an object"),
}  # fmt: skip
COMPONENTS = {
    "schemas": {
        "Deep": {"type": "object", "properties": {"x": {"type": "array", "items": {"$ref": "#/components/schemas/Deeper"}}}},
        "Deeper": {"anyOf": [STRING, NOPE]},
        "Loop": {"$ref": "#/components/schemas/Pool"},
        "Pool": LOOP,
    },
    "parameters": {
        "P": {"$ref": "#/components/parameters/P"},
        "Q": {"$ref": "#/components/parameters/Q", "description": "Q."},
    },
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_operation_is_left_out_with_a_sentence_and_the_rest_imports(name: str) -> None:
    node, why = BAD[name]
    api = imported(
        document({"/good": {"get": GOOD}, "/bad/{id}": {"put": node, "get": {"operationId": "too"}}}, components=COMPONENTS)
    )
    assert [operation.id for operation in api.operations] == ["good", "too"]
    assert [tool.name for tool in api.tools] == ["good", "too"]
    told = [warning for warning in api.warnings if warning.startswith("PUT /bad/{id}: left out, ")]
    assert len(told) == 1
    assert why in told[0]


@pytest.mark.parametrize("path", ["/a/{id", "/a/id}", "/a/{{id}}", "/a/{}", "/a\n"])
def test_a_path_that_is_no_template_is_left_out(path: str) -> None:
    api = imported(document({"/good": {"get": GOOD}, path: {"get": {}}}))
    assert [operation.id for operation in api.operations] == ["good"]
    assert "its path is no template" in api.warnings[0]


def test_a_path_item_may_be_a_reference() -> None:
    paths = {
        "/a": {"$ref": "#/components/pathItems/A"},
        "/b": {"$ref": "#/paths/~1a", "parameters": [{"name": "q", "in": "query", "schema": STRING}]},
        "/c": {"$ref": "other.yaml#/c"},
        "/d": {"$ref": "#/components/pathItems/Nope"},
    }
    api = imported(document(paths, components={"pathItems": {"A": {"get": {"responses": {}}}}}))
    assert [operation.id for operation in api.operations] == ["get_a", "get_b"]
    assert api.operations[1].parameters[0].name == "q"
    assert [warning.partition(":")[0] for warning in api.warnings] == ["/c", "/d"]


def test_methods_extensions_and_3_2_s_new_methods() -> None:
    item = {
        "GET": {"operationId": "upper"}, "x-get": {}, "summary": "s", "query": {"operationId": "search"},
        "additionalOperations": {"COPY": {"operationId": "copy"}, "BAD METHOD": {}},
    }  # fmt: skip
    api = imported(document({"/a": item, "x-internal": {"get": {}}}, version="3.2.0"))
    assert {operation.id: operation.method for operation in api.operations} == {
        "upper": "GET",
        "search": "QUERY",
        "copy": "COPY",
    }
    assert tool_of(api, "upper").title == "s"


def test_names_that_javascript_trips_over_are_only_names() -> None:
    properties = {"__proto__": STRING, "constructor": STRING, "toString": STRING, "hasOwnProperty": STRING}
    api = one_operation({**in_body({"type": "object", "properties": properties}), "operationId": "__proto__"})
    tool = api.tools[0]
    assert strict.problems(tool) == []
    assert {binding.name for binding in tool.arguments} == set(properties)


def test_half_a_surrogate_pair_does_not_reach_the_store() -> None:
    api = imported('{"openapi": "3.0.0", "paths": {"/a": {"get": {"operationId": "x\\ud800", "summary": "a\\udfff"}}}}')
    assert api.tools[0].description.encode()
    assert operation_of(api, "x").summary == "a�"


def test_thousands_of_warnings_are_counted_not_kept() -> None:
    paths = {f"/p{n}": {"get": in_query(NOPE)} for n in range(3000)}
    api = imported(document({"/good": {"get": GOOD}, **paths}))
    assert len(api.warnings) == 1001
    assert api.warnings[-1] == "There are 2,000 further warnings."


# -- whatever it is ----------------------------------------------------------------------------------------------------------

EVERYTHING = json.loads(Path(__file__).with_name("everything.openapi.json").read_text(encoding="utf-8"))


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inner for place in [(*at, key), *places(item, (*at, key))]]


def put(data: Any, place: tuple[Any, ...], value: Any) -> None:
    """Put the value at a place, where an earlier change left one."""
    for key in place[:-1]:
        if not (isinstance(data, dict) and key in data) and not (isinstance(data, list) and key in range(len(data))):
            return
        data = data[key]
    if isinstance(data, dict) or (isinstance(data, list) and place[-1] in range(len(data))):
        data[place[-1]] = value


PLACES = places(EVERYTHING)
WORDS = [
    "#/components/schemas/A",
    "#/components/schemas/B",
    "#/paths",
    "object",
    "array",
    "string",
    "a",
    "",
    "binary",
    "header",
    "body",
]
KEYS = [
    "$ref",
    "type",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "enum",
    "required",
    "name",
    "in",
    "schema",
    "content",
    "default",
    "x",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(1e300) | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None, max_examples=120)
@given(
    st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=4),
    st.sampled_from(["2.0", "3.0.3", "3.1.0", "3.2.0"]),
)
def test_a_document_with_anything_in_any_place_imports_or_is_refused_with_a_sentence(
    changes: list[tuple[tuple[Any, ...], Any]], version: str
) -> None:
    data = copy.deepcopy(EVERYTHING)
    data.pop("openapi")
    for place, value in changes:
        put(data, place, value)
    data = {"swagger" if version == "2.0" else "openapi": version, **data}
    try:
        api = imported(json.dumps(data))
    except InvalidInput as refusal:
        assert str(refusal)
        return
    assert [problem for tool in api.tools for problem in strict.problems(tool)] == []
    assert api == imported(json.dumps(data))
