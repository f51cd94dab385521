"""What strict clients demand of a tool, checked independently of how it was made.

The rules are those over which model providers and client libraries refuse a tool or the whole list (see facts and issue): an
object at the top without composition, argument names of a small alphabet, items for arrays, no boolean schemas, no dangling or
foreign references, nothing required that is not described.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from mcp_core.catalog.operations import Tool

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}
_SCHEMA = {"items", "not", "if", "then", "else", "contains", "propertyNames", "contentSchema"}
_SCHEMA_OR_BOOLEAN = {"additionalProperties", "unevaluatedProperties", "unevaluatedItems"}
_LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
_MAPS = {"properties", "patternProperties", "dependentSchemas", "$defs"}
_NOT_AT_TOP = {"allOf", "anyOf", "oneOf", "not", "enum", "const", "$ref", "if", "then", "else", "$schema", "$id"}
_NOWHERE = {
    "$id",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$schema",
    "definitions",
    "nullable",
    "example",
    "readOnly",
    "xml",
}


def problems(tool: Tool) -> list[str]:
    """Everything that a strict client would refuse; [] for a good tool."""
    found = list(_tool_problems(tool))
    return [f"{tool.name}: {problem}" for problem in found]


def patterns(schema: Any) -> Iterator[str]:
    """Every pattern in a schema."""
    for node, _ in nodes(schema, "#"):
        if isinstance(node, dict):
            if "pattern" in node:
                yield node["pattern"]
            yield from node.get("patternProperties", {})


def _tool_problems(tool: Tool) -> Iterator[str]:
    if not _NAME.fullmatch(tool.name):
        yield f"name {tool.name!r}"
    if not tool.title.strip() or not tool.description.strip():
        yield "no title or description"
    schema = tool.input_schema
    json.dumps(schema, allow_nan=False).encode()
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        yield "the input is no object with properties"
        return
    if schema.keys() & _NOT_AT_TOP:
        yield f"{schema.keys() & _NOT_AT_TOP} at the top"
    yield from (f"argument {name!r}" for name in schema["properties"] if not _NAME.fullmatch(name) or name == "__proto__")
    bound = [binding.argument for binding in tool.arguments]
    if sorted(bound) != sorted(schema["properties"]):
        yield f"bindings {bound} are not the properties"
    places = [(binding.target, binding.name) for binding in tool.arguments]
    if len(set(places)) != len(places):
        yield f"two arguments for one place: {places}"
    yield from _schema_problems(dict(schema))
    if tool.output_schema is not None:
        json.dumps(tool.output_schema, allow_nan=False).encode()
        if tool.output_schema.get("type") != "object":
            yield "the output is no object"
        yield from _schema_problems(dict(tool.output_schema))


def _schema_problems(schema: dict[str, Any]) -> Iterator[str]:
    definitions = schema.get("$defs", {})
    used = set()
    for node, where in nodes(schema, "#"):
        if not isinstance(node, dict):
            yield f"{where} is {node!r}"
            continue
        yield from (f"{where}: {problem}" for problem in _node_problems(node, definitions))
        if where.startswith("#/$defs") or "$ref" in node:
            used.update([node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else [])
    if used != set(definitions):
        yield f"definitions that nothing uses or that are not there: {used ^ set(definitions)}"
    try:
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        jsonschema_rs.Draft202012Validator(schema)
    except ValueError as error:
        yield f"not a valid draft 2020-12 schema: {str(error)[:200]}"


def nodes(schema: Any, where: str) -> Iterator[tuple[Any, str]]:
    """Every schema in a schema, with the place of each."""
    waiting = [(schema, where)]
    while waiting:
        node, at = waiting.pop()
        yield node, at
        if not isinstance(node, dict):
            continue
        for keyword, value in node.items():
            if keyword in _SCHEMA or (keyword in _SCHEMA_OR_BOOLEAN and not isinstance(value, bool)):
                waiting.append((value, f"{at}/{keyword}"))
            elif keyword in _LISTS:
                waiting.extend((part, f"{at}/{keyword}") for part in value)
            elif keyword in _MAPS:
                waiting.extend((part, f"{at}/{keyword}/{name}") for name, part in value.items())


def _node_problems(node: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    types = node.get("type", [])
    types = [types] if isinstance(types, str) else types
    if not set(types) <= _TYPES or len(set(types)) != len(types) or ("type" in node and not types):
        yield f"type {node['type']!r}"
    if "array" in types and not isinstance(node.get("items"), dict):
        yield "an array without items"
    required = node.get("required")
    if required is not None and (not required or not set(required) <= set(node.get("properties", {}))):
        yield f"required {required} is not among the properties"
    if "enum" in node and not node["enum"]:
        yield "an empty enum"
    if "$ref" in node and node["$ref"].removeprefix("#/$defs/") not in definitions:
        yield f"$ref {node['$ref']!r}"
    if node.keys() & _NOWHERE:
        yield f"keywords {node.keys() & _NOWHERE}"
    for keyword in _LISTS & node.keys():
        if not node[keyword]:
            yield f"an empty {keyword}"
    for keyword in ("title", "description", "format"):
        if keyword in node and not isinstance(node[keyword], str):
            yield f"{keyword} is no text"
    for value in node.values():
        if isinstance(value, float) and not math.isfinite(value):
            yield "a number that is not finite"
