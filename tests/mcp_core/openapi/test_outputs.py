"""Output schemas: the law is that no reply fails its own."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.catalog.operations import Tool
from tests.mcp_core.openapi import strict
from tests.mcp_core.openapi.documents import one_operation, tool_of

STRING = {"type": "string"}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


ORDER = {
    "type": "object",
    "required": ["id", "status"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "format": "int64", "description": "Its number."},
        "status": {"type": "string", "enum": ["a", "b"]},
        "secret": {"type": "string", "writeOnly": True},
        "lines": {"type": "array", "minItems": 1, "items": ref("Line")},
    },
}
LINE = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string", "pattern": "^x"}, "of": ref("Order")}}
COMPONENTS = {"schemas": {"Order": ORDER, "Line": LINE}}


def answering(responses: dict[str, Any], method: str = "get") -> Tool:
    return tool_of(one_operation({"responses": responses}, method=method, components=COMPONENTS))


def json_response(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def structured(tool: Tool, reply: Any) -> Any:
    """The structured content that a reply becomes."""
    return reply if isinstance(reply, dict) and not tool.wraps_output else {"result": reply}


def test_an_object_is_described_by_its_properties() -> None:
    tool = answering({"200": json_response(ref("Order"))})
    assert not tool.wraps_output
    assert tool.output_schema is not None
    properties = tool.output_schema["properties"]
    assert properties["id"] == {"description": "integer (int64). Its number."}
    assert properties["status"] == {"description": 'string: "a", "b"'}
    assert list(properties) == ["id", "status", "lines"]
    assert properties["lines"]["items"]["properties"]["sku"] == {"description": "string"}


@pytest.mark.parametrize("schema", [{"type": "array", "items": ref("Order")}, STRING, {"type": ["object", "null"]}])
def test_what_is_no_object_is_wrapped(schema: Any) -> None:
    tool = answering({"200": json_response(schema)})
    assert tool.wraps_output
    assert tool.output_schema is not None
    assert list(tool.output_schema["properties"]) == ["result"]


NONE: dict[str, dict[str, Any]] = {
    "no response": {},
    "no content": {"204": {"description": ""}},
    "text": {"200": {"content": {"text/plain": {"schema": STRING}}}},
    "an image": {"200": {"content": {"image/png": {}}}},
    "JSON without a schema": {"200": {"content": {"application/json": {}}}},
    "JSON or an image": {"200": json_response(ORDER), "201": {"content": {"image/png": {}}}},
    "errors only": {"400": json_response(ORDER)},
}


@pytest.mark.parametrize("name", NONE)
def test_without_json_of_some_shape_there_is_no_output_schema(name: str) -> None:
    assert answering(NONE[name]).output_schema is None


def test_several_successes_are_described_together() -> None:
    tool = answering({
        "200": json_response({"type": "object", "properties": {"a": STRING}}),
        "201": json_response({"type": "object", "properties": {"b": STRING}}), "204": {"description": ""},
    })  # fmt: skip
    assert tool.output_schema is not None
    assert set(tool.output_schema["properties"]) == {"a", "b"}


def test_a_default_response_counts_where_no_success_is_named() -> None:
    assert answering({"default": json_response(ORDER)}).output_schema is not None
    assert answering({"200": {"description": ""}, "default": json_response(ORDER)}).output_schema is None


def test_a_large_reply_is_described_as_deep_as_fits() -> None:
    wide = {f"p{n}": {"type": "object", "properties": {f"q{m}": STRING for m in range(20)}} for n in range(30)}
    tool = answering({"200": json_response({"type": "object", "properties": wide})})
    assert tool.output_schema is not None
    assert set(tool.output_schema["properties"]) == set(wide)
    assert len(json.dumps(tool.output_schema)) < 4_000


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6)
NAMES = st.sampled_from(["id", "status", "lines", "sku", "of", "a", "result", "x"])
REPLIES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
LEAVES = st.sampled_from(
    [
        *(STRING, {"type": "integer", "minimum": 3}, {"enum": [1, "a"]}, {"const": 4}, True, False, {}, ref("Order")),
        *({"type": "string", "format": "date", "pattern": "^a"}, {"type": "null"}, {"not": {}}),
    ]
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    closed = {"type": "object", "additionalProperties": False}
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        inner.map(lambda items: {"type": "array", "minItems": 2, "uniqueItems": True, "items": items}),
        st.builds(
            lambda properties, required: {**closed, "properties": properties, "required": required},
            st.dictionaries(NAMES, inner, max_size=3),
            st.lists(NAMES, max_size=3, unique=True),
        ),
        st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["allOf", "anyOf", "oneOf"]), lists),
        inner.map(lambda rest: {"type": "object", "additionalProperties": rest}),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=6)


@settings(deadline=None, max_examples=100)
@given(st.lists(SCHEMAS, min_size=1, max_size=2), REPLIES)
def test_no_reply_fails_its_own_schema(schemas: list[Any], reply: Any) -> None:
    tool = answering({f"20{n}": json_response(schema) for n, schema in enumerate(schemas)})
    if tool.output_schema is not None:
        assert strict.problems(tool) == []
        jsonschema_rs.Draft202012Validator(dict(tool.output_schema)).validate(structured(tool, reply))
