"""Schemas of every dialect as draft 2020-12: what each spelling becomes in an argument."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from tests.mcp_core.openapi import strict
from tests.mcp_core.openapi.documents import argument_schema, document, imported, operation_of, tool_of, with_body

STRING = {"type": "string"}
Case = tuple[str, str, Any, Any]
# name, version of the document, schema there, schema of the argument
CASES: list[Case] = [
    # nullable in its spellings
    ("3.0 nullable", "3.0.3", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ("3.1 type array", "3.1.0", {"type": ["string", "null"]}, {"type": ["string", "null"]}),
    ("2.0 x-nullable", "2.0", {"type": "integer", "x-nullable": True}, {"type": ["integer", "null"]}),
    ("3.1 anyOf null", "3.1.0", {"anyOf": [STRING, {"type": "null"}]}, {"anyOf": [STRING, {"type": "null"}]}),
    ("nullable in 3.1", "3.1.0", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ("nullable false", "3.0.3", {"type": "string", "nullable": False}, STRING),
    ("nullable of anything", "3.0.3", {"nullable": True, "description": "any"}, {"description": "any"}),
    ("nullable enum", "3.0.3", {"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
    ("nullable allOf", "3.0.3", {"nullable": True, "allOf": [STRING, {"minLength": 1}], "description": "d"},
     {"description": "d", "anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]}),
    ("a single type in a list", "3.1.0", {"type": ["string"]}, STRING),
    ("null without quotes in a list", "3.1.0", {"type": ["string", None]}, {"type": ["string", "null"]}),
    ("enum with null", "3.0.3", {"type": "string", "enum": ["a", None]}, {"type": ["string", "null"], "enum": ["a", None]}),
    # numbers
    ("3.0 exclusive bounds", "3.0.3", {"type": "number", "minimum": 1, "exclusiveMinimum": True, "maximum": 5, "exclusiveMaximum": False},
     {"type": "number", "exclusiveMinimum": 1, "maximum": 5}),
    ("3.1 exclusive bounds", "3.1.0", {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 5},
     {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 5}),
    ("an exclusive bound of nothing", "3.0.3", {"type": "number", "exclusiveMinimum": True}, {"type": "number"}),
    ("numbers as text", "3.0.3", {"type": "string", "minLength": "1", "maxLength": 5.0}, {"type": "string", "minLength": 1, "maxLength": 5}),
    ("bounds that are none", "3.0.3", {"type": "string", "minLength": -1, "maxLength": "many"}, STRING),
    ("a bound beyond JSON", "3.1.0", {"type": "number", "multipleOf": 0, "minimum": None}, {"type": "number"}),
    # examples and defaults
    ("3.0 example", "3.0.3", {"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
    ("3.1 examples", "3.1.0", {"type": "string", "examples": ["x", "y"]}, {"type": "string", "examples": ["x", "y"]}),
    ("examples of a media type", "3.1.0", {"type": "string", "examples": {"a": {"value": "x"}}}, {"type": "string", "examples": ["x"]}),
    ("a default of the wrong spelling", "3.0.3", {"type": "integer", "default": "10"}, {"type": "integer", "default": 10}),
    ("a default of no type", "3.0.3", {"type": "integer", "default": ""}, {"type": "integer"}),
    ("a default outside of its enum", "3.0.3", {"type": "string", "enum": ["a"], "default": "b"}, {"type": "string", "enum": ["a"]}),
    # enums
    ("an enum twice", "3.0.3", {"type": "string", "enum": ["a", "a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    ("an enum that YAML made numbers", "3.0.3", {"type": "string", "enum": [1, 2.5, True]}, {"type": "string", "enum": ["1", "2.5", "true"]}),
    ("an enum of quoted numbers", "3.0.3", {"type": "integer", "enum": ["1", "2"]}, {"type": "integer", "enum": [1, 2]}),
    ("an enum of another type", "3.0.3", {"type": "integer", "enum": ["low", "high"]}, {"enum": ["low", "high"]}),
    ("an empty enum", "3.0.3", {"type": "string", "enum": []}, STRING),
    ("an enum that is none", "3.0.3", {"type": "string", "enum": "a"}, STRING),
    ("an enum on an array", "3.0.3", {"type": "array", "items": STRING, "enum": ["a", "b"]},
     {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}),
    ("1 and true are two values", "3.1.0", {"enum": [1, True, 1.0]}, {"enum": [1, True]}),
    # types
    ("a type of another language", "3.0.3", {"type": "int"}, {"type": "integer"}),
    ("a type that is a format", "3.0.3", {"type": "date-time"}, {"type": "string", "format": "date-time"}),
    ("a type that is none", "3.0.3", {"type": "any", "description": "d"}, {"description": "d"}),
    ("a type in capitals", "2.0", {"type": "String"}, STRING),
    ("a type that is an object", "3.0.3", {"type": {"x": 1}, "description": "d"}, {"description": "d"}),
    ("an unknown format", "3.0.3", {"type": "string", "format": "x-color"}, {"type": "string", "format": "x-color"}),
    ("a format that is none", "3.0.3", {"type": "string", "format": 12}, STRING),
    ("a description that is none", "3.0.3", {"type": "string", "description": 12, "title": ["x"]}, {"type": "string", "description": "12"}),
    # arrays and objects
    ("an array without items", "3.0.3", {"type": "array"}, {"type": "array", "items": {}}),
    ("items true", "3.1.0", {"type": "array", "items": True}, {"type": "array", "items": {}}),
    ("items false", "3.1.0", {"type": "array", "prefixItems": [STRING], "items": False},
     {"type": "array", "prefixItems": [STRING], "items": {"not": {}}}),
    ("a tuple of an older draft", "3.0.3", {"type": "array", "items": [STRING, {"type": "integer"}]},
     {"type": "array", "prefixItems": [STRING, {"type": "integer"}], "items": {}}),
    ("a nullable array", "3.1.0", {"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}),
    ("required at the property", "3.0.3", {"type": "object", "properties": {"a": {"type": "string", "required": True}, "b": STRING}},
     {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["a"]}),
    ("required twice", "3.0.3", {"type": "object", "properties": {"a": STRING}, "required": ["a", "a", 1]},
     {"type": "object", "properties": {"a": STRING}, "required": ["a"]}),
    ("required that is a boolean", "3.0.3", {"type": "object", "properties": {"a": STRING}, "required": True},
     {"type": "object", "properties": {"a": STRING}}),
    ("required and not described", "3.1.0", {"type": "object", "properties": {"a": STRING}, "required": ["b"]},
     {"type": "object", "properties": {"a": STRING, "b": {}}, "required": ["b"]}),
    ("properties that are none", "3.0.3", {"type": "object", "properties": ["a"]}, {"type": "object"}),
    ("a property that is none", "3.0.3", {"type": "object", "properties": {"a": None, "b": True, "c": 12}},
     {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}}),
    ("a property that may not be", "3.1.0", {"type": "object", "properties": {"a": False, "b": STRING}},
     {"type": "object", "properties": {"b": STRING}}),
    ("additionalProperties", "3.0.3", {"type": "object", "additionalProperties": STRING}, {"type": "object", "additionalProperties": STRING}),
    ("additionalProperties false", "3.0.3", {"type": "object", "properties": {"a": STRING}, "additionalProperties": False},
     {"type": "object", "properties": {"a": STRING}, "additionalProperties": False}),
    ("readOnly left out", "3.0.3", {"type": "object", "required": ["id", "a"], "properties": {"id": {"type": "string", "readOnly": True}, "a": STRING}},
     {"type": "object", "required": ["a"], "properties": {"a": STRING}}),
    ("writeOnly kept", "3.0.3", {"type": "object", "properties": {"a": {"type": "string", "writeOnly": True}}},
     {"type": "object", "properties": {"a": STRING}}),
    ("prototype names", "3.1.0", {"type": "object", "properties": {"__proto__": STRING, "constructor": STRING, "$ref": STRING}},
     {"type": "object", "properties": {"__proto__": STRING, "constructor": STRING, "$ref": STRING}}),
    # composition
    ("allOf of one", "3.0.3", {"allOf": [STRING], "description": "d"}, {"type": "string", "description": "d"}),
    ("allOf taken together", "3.0.3", {"allOf": [
        {"type": "object", "properties": {"a": STRING}, "required": ["a"], "additionalProperties": False},
        {"type": "object", "properties": {"b": STRING}, "additionalProperties": False}]},
     {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["a"]}),
    ("allOf that overlaps", "3.0.3", {"allOf": [
        {"type": "object", "properties": {"a": {"type": "string", "description": "base"}}},
        {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"], "description": "own"}}}]},
     {"type": "object", "properties": {"a": {"type": "string", "description": "own", "enum": ["x"]}}}),
    ("allOf that contradicts", "3.0.3", {"allOf": [
        {"type": "object", "properties": {"a": STRING}}, {"type": "object", "properties": {"a": {"type": "integer"}}}]},
     {"type": "object", "properties": {"a": {"allOf": [STRING, {"type": "integer"}]}}}),
    ("allOf of scalars", "3.0.3", {"allOf": [STRING, {"maxLength": 3}, {"minLength": 1}]}, {"type": "string", "maxLength": 3, "minLength": 1}),
    ("allOf with a part that only describes", "3.0.3", {"allOf": [STRING, {"description": "d"}]}, {"description": "d", "type": "string"}),
    ("allOf of nothing", "3.0.3", {"allOf": [{}], "type": "string"}, STRING),
    ("allOf with required only", "3.0.3", {"allOf": [{"type": "object", "properties": {"a": STRING, "b": STRING}}, {"required": ["b"]}]},
     {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["b"]}),
    ("oneOf and boolean schemas", "3.1.0", {"oneOf": [STRING, True, {"type": "integer"}]}, {"oneOf": [STRING, {}, {"type": "integer"}]}),
    ("an empty anyOf", "3.0.3", {"anyOf": [], "type": "string"}, STRING),
    ("conditions", "3.1.0", {"type": "object", "if": {"required": ["a"]}, "then": {"properties": {"b": STRING}}, "else": False},
     {"type": "object", "if": {"required": ["a"], "properties": {"a": {}}}, "then": {"properties": {"b": STRING}}, "else": {"not": {}}}),
    ("not", "3.0.3", {"not": {"type": "null"}}, {"not": {"type": "null"}}),
    ("pattern properties", "3.1.0", {"type": "object", "patternProperties": {"^x-": True}}, {"type": "object", "patternProperties": {"^x-": {}}}),
    # what is not JSON Schema
    ("what only OpenAPI says", "3.0.3", {"type": "string", "xml": {"name": "x"}, "externalDocs": {"url": "u"}, "x-y": 1}, STRING),
    ("what only a schema document says", "3.1.0", {"type": "string", "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:x", "$comment": "c", "$anchor": "here"}, STRING),
    ("deprecated is kept", "3.0.3", {"type": "string", "deprecated": True}, {"type": "string", "deprecated": True}),
]  # fmt: skip


@pytest.mark.parametrize(("version", "schema", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_schema_of_any_dialect_becomes_draft_2020_12(version: str, schema: Any, expected: Any) -> None:
    made = argument_schema(schema, version=version) if version != "2.0" else _swagger_argument(schema)
    assert made == expected


def _swagger_argument(schema: Any) -> Any:
    body = {"name": "body", "in": "body", "required": True, "schema": {"type": "object", "properties": {"value": schema}}}
    api = imported(document({"/a": {"post": {"operationId": "op", "parameters": [body]}}}, version="2.0"))
    return tool_of(api).input_schema["properties"]["value"]


# -- references --------------------------------------------------------------------------------------------------------------------


def with_components(schema: Any, schemas: dict[str, Any], version: str = "3.1.0") -> Any:
    return argument_schema(schema, version=version, components={"schemas": schemas})


def test_definitions_are_pruned_and_shared() -> None:
    schemas = {"A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}}}, "B": STRING, "Unused": STRING}
    made = with_components({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, schemas)
    assert made["items"] == {"$ref": "#/$defs/A"}
    assert made["$defs"] == {"A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}}, "B": STRING}


def test_a_definition_is_one_object_for_all_operations_and_tools() -> None:
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}},
    }
    paths = {f"/p{n}": {"post": {"operationId": f"op{n}", "requestBody": body}} for n in range(2)}
    api = imported(document(paths, components={"schemas": {"A": {"type": "object", "properties": {"x": STRING}}}}))
    first, second = api.operations
    assert first.definitions["A"] is second.definitions["A"]
    assert api.tools[0].input_schema["$defs"]["A"] is api.tools[1].input_schema["$defs"]["A"]


CIRCLES = {
    "itself": {"A": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/A"}}}},
    "in a list": {"A": {"type": "object", "properties": {"all": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}}},
    "over another": {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}}},
        "B": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}},
    },
    "by allOf inside": {
        "A": {"type": "object", "properties": {"a": {"allOf": [{"$ref": "#/components/schemas/A"}, {"required": ["a"]}]}}}
    },
    "on the spot by allOf": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "properties": {"x": STRING}}]}},
    "on the spot by anyOf": {"A": {"anyOf": [STRING, {"$ref": "#/components/schemas/A"}]}},
    "on the spot over another": {
        "A": {"oneOf": [{"$ref": "#/components/schemas/B"}]}, "B": {"not": {"not": {"$ref": "#/components/schemas/A"}}},
    },
    "a base and its subtypes": {
        "A": {"type": "object", "properties": {"kind": STRING}, "oneOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]},
        "B": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "properties": {"b": STRING}}]},
        "C": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "properties": {"c": STRING}}]},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCLES)
def test_circular_schemas_stay_references_and_can_be_validated(name: str) -> None:
    api = with_body(
        {"type": "object", "properties": {"value": {"$ref": "#/components/schemas/A"}}}, components={"schemas": CIRCLES[name]}
    )
    tool = tool_of(api)
    assert strict.problems(tool) == []
    validator = jsonschema_rs.Draft202012Validator(dict(tool.input_schema))
    assert validator.is_valid({})
    validator.is_valid({"value": {"next": {"next": {}}, "a": {"a": {}}, "x": "y", "kind": "b"}})  # comes back
    assert json.dumps(operation_of(api).definitions)


def test_a_subtype_keeps_its_base_where_the_base_lists_its_subtypes() -> None:
    made = with_components({"$ref": "#/components/schemas/B"}, CIRCLES["a base and its subtypes"])
    assert made["$defs"]["B"] == {"type": "object", "properties": {"kind": STRING, "b": STRING}}


POINTERS = {
    "escapes": ("#/components/schemas/a~1b~0c", {"a/b~c": STRING}),
    "percent signs": ("#/components/schemas/a%20b", {"a b": STRING}),
    "inside another schema": ("#/components/schemas/A/properties/x", {"A": {"type": "object", "properties": {"x": STRING}}}),
    "through a reference": (
        "#/components/schemas/B/properties/x",
        {"A": {"type": "object", "properties": {"x": STRING}}, "B": {"$ref": "#/components/schemas/A"}},
    ),
    "in a list": ("#/components/schemas/A/anyOf/1", {"A": {"anyOf": [{"type": "integer"}, STRING]}}),
    "a chain": (
        "#/components/schemas/C0",
        {**{f"C{n}": {"$ref": f"#/components/schemas/C{n + 1}"} for n in range(1000)}, "C1000": STRING},
    ),
    "a bare name": ("A", {"A": STRING}),
    "an anchor": ("#here", {"A": {"$anchor": "here", **STRING}}),
    "names that need care": ("#/components/schemas/__proto__", {"__proto__": STRING}),
    "other alphabets": ("#/components/schemas/日本", {"日本": STRING}),
    "generics": ("#/components/schemas/Page«User»", {"Page«User»": STRING}),
}


@pytest.mark.parametrize("name", POINTERS)
def test_references_of_every_kind_are_followed(name: str) -> None:
    reference, schemas = POINTERS[name]
    made = with_components({"$ref": reference}, schemas)
    definition = made["$ref"].removeprefix("#/$defs/")
    assert made["$defs"] == {definition: STRING}
    assert definition.isascii() and definition != "__proto__"


def test_two_names_that_become_one_stay_two_definitions() -> None:
    schemas = {"a b": STRING, "a_b": {"type": "integer"}}
    made = with_components({"anyOf": [{"$ref": "#/components/schemas/a b"}, {"$ref": "#/components/schemas/a_b"}]}, schemas)
    assert sorted(map(json.dumps, made["$defs"].values())) == ['{"type": "integer"}', '{"type": "string"}']


@pytest.mark.parametrize(
    ("version", "beside", "expected"),
    [
        ("3.1.0", {"description": "d", "minLength": 2}, {"description": "d", "minLength": 2}),
        ("3.0.3", {"description": "d", "minLength": 2}, {"description": "d"}),
        ("3.0.3", {"default": "x", "example": "y"}, {"default": "x", "examples": ["y"]}),
    ],
)
def test_what_stands_beside_a_reference(version: str, beside: Any, expected: Any) -> None:
    made = with_components({"$ref": "#/components/schemas/A", **beside}, {"A": STRING}, version)
    del made["$defs"]
    assert made == {"$ref": "#/$defs/A", **expected}


def test_a_nullable_reference_may_be_null() -> None:
    made = with_components({"$ref": "#/components/schemas/A", "nullable": True}, {"A": STRING}, "3.0.3")
    assert made["anyOf"] == [{"$ref": "#/$defs/A"}, {"type": "null"}]


def test_a_read_only_definition_is_left_out_too() -> None:
    api = with_body(
        {
            "type": "object",
            "required": ["id", "name"],
            "properties": {"id": {"$ref": "#/components/schemas/Id"}, "name": STRING},
        },
        components={"schemas": {"Id": {"type": "integer", "readOnly": True}}},
    )
    assert dict(tool_of(api).input_schema) == {
        "type": "object", "properties": {"name": STRING}, "required": ["name"], "additionalProperties": False,
    }  # fmt: skip


# -- polymorphism ------------------------------------------------------------------------------------------------------------------

BASE = {"type": "object", "required": ["kind"], "properties": {"kind": STRING}, "discriminator": {"propertyName": "kind"}}
CAT = {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "properties": {"lives": {"type": "integer"}}}]}


def pet_alternatives(discriminator: dict[str, Any], **more: Any) -> Any:
    schemas = {"Pet": {**BASE, "discriminator": discriminator}, "Cat": CAT, **more}
    return with_components({"$ref": "#/components/schemas/Pet"}, schemas)["anyOf"]


def test_a_base_type_may_be_any_of_the_subtypes_that_its_mapping_names() -> None:
    assert pet_alternatives({"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "lost": "#/nope"}}) == [
        {"$ref": "#/$defs/Cat", "properties": {"kind": {"enum": ["cat"]}}, "required": ["kind"]},
        {"$ref": "#/$defs/Pet"},
    ]


def test_without_a_mapping_the_subtypes_are_those_that_extend_the_base() -> None:
    alternatives = pet_alternatives({"propertyName": "kind"}, Dog=CAT)
    assert [each["$ref"] for each in alternatives] == ["#/$defs/Cat", "#/$defs/Dog", "#/$defs/Pet"]
    assert alternatives[1]["properties"] == {"kind": {"enum": ["Dog"]}}


def test_a_mapping_that_leads_nowhere_costs_nothing() -> None:
    schemas = {"Pet": {**BASE, "discriminator": {"propertyName": "kind", "mapping": {"x": "Missing", "y": 12}}}}
    assert with_components({"$ref": "#/components/schemas/Pet"}, schemas)["$ref"] == "#/$defs/Pet"


def test_a_subtype_holds_what_its_base_says() -> None:
    schemas = {"Pet": BASE, "Cat": CAT}
    made = with_components({"$ref": "#/components/schemas/Cat"}, schemas)
    assert made["$defs"]["Cat"] == {
        "type": "object", "properties": {"kind": STRING, "lives": {"type": "integer"}}, "required": ["kind"],
    }  # fmt: skip
