"""Schemas of every dialect as draft 2020-12: what each spelling becomes in an argument."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.mcp_core.openapi import strict
from tests.mcp_core.openapi.documents import argument_schema, document, imported, operation_of, tool_of, with_body

STRING = {"type": "string"}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


CASES = json.loads(Path(__file__).with_name("schema_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_schema_of_any_dialect_becomes_draft_2020_12(case: dict[str, Any]) -> None:
    version, schema = case["openapi"], case["schema"]
    made = _swagger_argument(schema) if version == "2.0" else argument_schema(schema, version=version)
    assert made == case["argument"]


def _swagger_argument(schema: Any) -> Any:
    body = {"name": "body", "in": "body", "required": True, "schema": {"type": "object", "properties": {"value": schema}}}
    api = imported(document({"/a": {"post": {"operationId": "op", "parameters": [body]}}}, version="2.0"))
    return tool_of(api).input_schema["properties"]["value"]


# -- references ---------------------------------------------------------------------------------------------------------


def with_components(schema: Any, schemas: dict[str, Any], version: str = "3.1.0") -> Any:
    return argument_schema(schema, version=version, components={"schemas": schemas})


def test_definitions_are_pruned_and_shared() -> None:
    schemas = {"A": {"type": "object", "properties": {"b": ref("B")}}, "B": STRING, "Unused": STRING}
    made = with_components({"type": "array", "items": ref("A")}, schemas)
    assert made["items"] == {"$ref": "#/$defs/A"}
    assert made["$defs"] == {"A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}}, "B": STRING}


def test_a_definition_is_one_object_for_all_operations_and_tools() -> None:
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": ref("A")}}},
    }
    paths = {f"/p{n}": {"post": {"operationId": f"op{n}", "requestBody": body}} for n in range(2)}
    api = imported(document(paths, components={"schemas": {"A": {"type": "object", "properties": {"x": STRING}}}}))
    first, second = api.operations
    assert first.definitions["A"] is second.definitions["A"]
    assert api.tools[0].input_schema["$defs"]["A"] is api.tools[1].input_schema["$defs"]["A"]


CIRCLES = {
    "itself": {"A": {"type": "object", "properties": {"next": ref("A")}}},
    "in a list": {"A": {"type": "object", "properties": {"all": {"type": "array", "items": ref("A")}}}},
    "over another": {
        "A": {"type": "object", "properties": {"b": ref("B")}},
        "B": {"type": "object", "properties": {"a": ref("A")}},
    },
    "by allOf inside": {
        "A": {"type": "object", "properties": {"a": {"allOf": [ref("A"), {"required": ["a"]}]}}}
    },
    "on the spot by allOf": {"A": {"allOf": [ref("A"), {"type": "object", "properties": {"x": STRING}}]}},
    "on the spot by anyOf": {"A": {"anyOf": [STRING, ref("A")]}},
    "on the spot over another": {
        "A": {"oneOf": [ref("B")]}, "B": {"not": {"not": ref("A")}},
    },
    "a base and its subtypes": {
        "A": {"type": "object", "properties": {"kind": STRING}, "oneOf": [ref("B"), ref("C")]},
        "B": {"allOf": [ref("A"), {"type": "object", "properties": {"b": STRING}}]},
        "C": {"allOf": [ref("A"), {"type": "object", "properties": {"c": STRING}}]},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCLES)
def test_circular_schemas_stay_references_and_can_be_validated(name: str) -> None:
    api = with_body({"type": "object", "properties": {"value": ref("A")}}, components={"schemas": CIRCLES[name]})
    tool = tool_of(api)
    assert strict.problems(tool) == []
    validator = jsonschema_rs.Draft202012Validator(dict(tool.input_schema))
    assert validator.is_valid({})
    validator.is_valid({"value": {"next": {"next": {}}, "a": {"a": {}}, "x": "y", "kind": "b"}})  # comes back
    assert json.dumps(operation_of(api).definitions)


def test_long_and_tangled_inheritance_is_read_in_time() -> None:
    chain = {f"C{n}": {"allOf": [ref(f"C{n + 1}"), {"type": "object", "properties": {f"p{n}": STRING}}]} for n in range(1000)}
    api = with_body(ref("C0"), components={"schemas": {**chain, "C1000": {"type": "object"}}})
    assert strict.problems(tool_of(api)) == []
    diamonds = {f"D{n}": {"allOf": [ref(f"D{n + 1}"), ref(f"D{n + 1}"), ref(f"D{n + 2}")]} for n in range(50)}
    base = {"type": "object", "properties": {"x": STRING}}
    api = with_body(ref("D0"), components={"schemas": {**diamonds, "D50": base, "D51": base}})
    assert list(tool_of(api).input_schema["properties"]) == ["x"]


def test_a_subtype_keeps_its_base_where_the_base_lists_its_subtypes() -> None:
    made = with_components(ref("B"), CIRCLES["a base and its subtypes"])
    assert made["$defs"]["B"] == {"type": "object", "properties": {"kind": STRING, "b": STRING}}


POINTERS = {
    "escapes": ("#/components/schemas/a~1b~0c", {"a/b~c": STRING}),
    "percent signs": ("#/components/schemas/a%20b", {"a b": STRING}),
    "inside another schema": ("#/components/schemas/A/properties/x", {"A": {"type": "object", "properties": {"x": STRING}}}),
    "through a reference": (
        "#/components/schemas/B/properties/x",
        {"A": {"type": "object", "properties": {"x": STRING}}, "B": ref("A")},
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
    made = with_components({"anyOf": [{"$ref": "#/components/schemas/a b"}, ref("a_b")]}, schemas)
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
            "properties": {"id": ref("Id"), "name": STRING},
        },
        components={"schemas": {"Id": {"type": "integer", "readOnly": True}}},
    )
    assert dict(tool_of(api).input_schema) == {
        "type": "object", "properties": {"name": STRING}, "required": ["name"], "additionalProperties": False,
    }  # fmt: skip


# -- polymorphism ---------------------------------------------------------------------------------------------------------

BASE = {"type": "object", "required": ["kind"], "properties": {"kind": STRING}, "discriminator": {"propertyName": "kind"}}
CAT = {"allOf": [ref("Pet"), {"type": "object", "properties": {"lives": {"type": "integer"}}}]}


def pet_alternatives(discriminator: dict[str, Any], **more: Any) -> Any:
    schemas = {"Pet": {**BASE, "discriminator": discriminator}, "Cat": CAT, **more}
    return with_components(ref("Pet"), schemas)["anyOf"]


def test_a_base_type_may_be_any_of_the_subtypes_that_its_mapping_names() -> None:
    assert pet_alternatives({"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "lost": "#/nope"}}) == [
        {"$ref": "#/$defs/Cat", "properties": {"kind": {"enum": ["cat"]}}},
        {"$ref": "#/$defs/Pet"},
    ]


def test_without_a_mapping_the_subtypes_are_those_that_extend_the_base() -> None:
    alternatives = pet_alternatives({"propertyName": "kind"}, Dog=CAT)
    assert [each["$ref"] for each in alternatives] == ["#/$defs/Cat", "#/$defs/Dog", "#/$defs/Pet"]
    assert alternatives[1]["properties"] == {"kind": {"enum": ["Dog"]}}


def test_a_mapping_that_leads_nowhere_costs_nothing() -> None:
    schemas = {"Pet": {**BASE, "discriminator": {"propertyName": "kind", "mapping": {"x": "Missing", "y": 12}}}}
    assert with_components(ref("Pet"), schemas)["$ref"] == "#/$defs/Pet"


def test_a_subtype_holds_what_its_base_says() -> None:
    schemas = {"Pet": BASE, "Cat": CAT}
    made = with_components(ref("Cat"), schemas)
    assert made["$defs"]["Cat"] == {
        "type": "object", "properties": {"kind": STRING, "lives": {"type": "integer"}}, "required": ["kind"],
    }  # fmt: skip


def test_alternatives_say_which_word_chooses_them() -> None:
    dog = {"type": "object", "properties": {"kind": {"type": "string", "enum": ["hound"]}}}
    cat = {"type": "object", "properties": {"kind": STRING}}
    choice = {"oneOf": [ref("Cat"), ref("Dog"), STRING], "discriminator": {"propertyName": "kind"}}
    named = {"$ref": "#/$defs/Cat", "properties": {"kind": {"enum": ["Cat"]}}}
    made = with_components(choice, {"Cat": cat, "Dog": dog})
    assert made["anyOf"] == [named, {"$ref": "#/$defs/Dog"}, STRING]
    choice["discriminator"] = {"propertyName": "kind", "mapping": {"c": "Cat", "k": "#/components/schemas/Cat"}}
    named["properties"] = {"kind": {"enum": ["c", "k"]}}
    assert with_components(choice, {"Cat": cat, "Dog": dog})["anyOf"][0] == named


def test_one_of_inside_a_base_that_is_referred_to_is_not_said_twice() -> None:
    pet = {"oneOf": [ref("Cat")], "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}}}
    made = with_components(ref("Pet"), {"Pet": pet, "Cat": {"type": "object", "properties": {"kind": STRING}}})
    assert made["$ref"] == "#/$defs/Pet"
