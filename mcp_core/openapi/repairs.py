"""What keywords of one schema say about each other: an enum of the wrong type, an array without items, a null that is allowed.

The rule here: a contradiction is resolved for what the author can only have meant; where that is not plain, the weaker
statement goes. A schema that no value meets helps nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_core.openapi.keywords import DROP, coerced, conforms, unique_values

__all__ = ["ANNOTATIONS", "judge", "nullable", "repair"]

ANNOTATIONS = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "x-mcp-header")


def repair(schema: dict[str, Any]) -> None:
    """Make type, items, enum and bounds agree."""
    types = _as_list(schema.get("type"))
    if types == ["array"]:
        schema.setdefault("items", {})
    if "enum" in schema:
        _repair_enum(schema, types)
    for keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        bound = keyword.removeprefix("exclusive").lower()
        if keyword in schema and schema.get(bound) == schema[keyword]:
            del schema[bound]


def _repair_enum(schema: dict[str, Any], types: list[str]) -> None:
    values = schema["enum"]
    if types == ["array"] and not any(isinstance(value, list) for value in values):
        items = schema.pop("enum") and schema["items"]
        if isinstance(items, dict) and "enum" not in items and "$ref" not in items:
            schema["items"] = {**items, "enum": values}
            _repair_enum(schema["items"], _as_list(items.get("type")))
        return
    if None in values and types and "null" not in types:
        types = [*types, "null"]
        schema["type"] = types
    if all(conforms(value, types) for value in values):
        return
    converted = [coerced(value, types) for value in values]
    if DROP in converted:
        del schema["type"]  # the values tell more than the type that none of them has
    else:
        schema["enum"] = unique_values(converted)


def nullable(node: Mapping[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with OpenAPI 3.0's `nullable` or Swagger's `x-nullable` of the document's node as JSON Schema says it."""
    if node.get("nullable") is not True and node.get("x-nullable") is not True:
        return schema
    types = _as_list(schema.get("type"))
    if types:
        schema["type"] = types if "null" in types else [*types, "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return schema
    if not any(keyword in schema for keyword in ("$ref", "allOf", "anyOf", "oneOf", "enum")):
        return schema  # anything goes, null too
    outside = {name: schema.pop(name) for name in ANNOTATIONS if name in schema}
    return {**outside, "anyOf": [schema, {"type": "null"}]}


def judge(schema: dict[str, Any]) -> None:
    """Leave out a default or example that the schema itself would refuse, or spell it as the schema has it (`"10"` for an
    integer): a model copies what it is shown."""
    types = _as_list(schema.get("type"))

    def meant(value: Any) -> Any:
        value = coerced(value, types)
        return DROP if "enum" in schema and value not in schema["enum"] else value

    if "default" in schema:
        default = meant(schema.pop("default"))
        if default is not DROP:
            schema["default"] = default
    if "examples" in schema:
        examples = [value for value in map(meant, schema.pop("examples")) if value is not DROP]
        if examples:
            schema["examples"] = examples


def _as_list(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else list(types or ())
