"""Output schemas that no reply can fail.

The rule here: an API's real replies differ from its document (a null, a new enum value, a missing field), and a client refuses
a reply that fails the schema it was promised. So the schema describes and does not demand: properties and items to any depth
that fits, each with its type, values and description in words, and nothing that a validator could refuse.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_core.catalog.operations import Operation, ResponseSpec, Schema
from mcp_core.openapi.media import kind_of
from mcp_core.openapi.shapes import Shapes, types_of

__all__ = ["OutputSchemas"]

_DEEPEST = 6
_MOST_ALTERNATIVES = 200
_MAX_SIZE = 3_000  # characters of JSON, or a thousand tools would fill a model's context with replies it never asks for


class OutputSchemas:
    """Makes output schemas of one API's schemas."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.shapes = Shapes(definitions)
        self._known: dict[tuple[str, int], dict[str, Any]] = {}

    def of(self, operation: Operation) -> tuple[dict[str, Any] | None, bool]:
        """The schema of the structured content, and whether it wraps the reply as `{"result": …}`; None where the document
        does not say that every success is JSON of some shape."""
        schemas = _success_schemas(operation.responses)
        if not schemas or operation.method == "HEAD":
            return None, False
        if all(self._is_object(schema) for schema in schemas):
            return self._sized(lambda depth: self._objects(schemas, depth)), False
        return self._sized(lambda depth: self._wrapped(schemas, depth)), True

    def _is_object(self, schema: Schema) -> bool:
        resolved = self.shapes.resolve(schema)
        return self.shapes.shape(schema) is not None or types_of(resolved) == ["object"]

    def _objects(self, schemas: Sequence[Schema], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "object"}
        for schema in schemas:
            described = self._described(schema, depth)
            properties = {**described.pop("properties", {}), **made.get("properties", {})}
            made = {**described, **made}
            if properties:
                made["properties"] = properties
        return made

    def _wrapped(self, schemas: Sequence[Schema], depth: int) -> dict[str, Any]:
        described = self._described(schemas[0], depth) if len(schemas) == 1 else {}
        return {"type": "object", "properties": {"result": described}, "required": ["result"]}

    def _sized(self, make: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
        """As many levels as fit. Counted from the top: the lower ones of large APIs are without end."""
        made = make(0)
        for depth in range(1, _DEEPEST + 1):
            deeper = make(depth)
            if deeper == made or len(json.dumps(deeper)) > _MAX_SIZE:
                break
            made = deeper
        return made

    def _described(self, schema: Schema, depth: int) -> dict[str, Any]:
        """The description of a schema, `depth` levels of it."""
        reference = schema.get("$ref", "") if isinstance(schema, Mapping) and len(schema) == 1 else ""
        known = self._known.get((reference, depth)) if reference else None
        if known is None:
            known = self._describe(schema, depth)
            if reference:
                self._known[reference, depth] = known
        return dict(known)

    def _describe(self, schema: Schema, depth: int) -> dict[str, Any]:
        resolved = self.shapes.resolve(schema)
        shown: dict[str, Any] = {}
        if depth > 0:
            properties = self._properties(resolved)
            if properties:
                shown["properties"] = {
                    name: self._described(part, depth - 1)
                    for name, part in properties.items()
                    if self.shapes.resolve(part).get("writeOnly") is not True
                }
            for keyword in ("items", "additionalProperties"):
                part = resolved.get(keyword)
                if isinstance(part, Mapping) and part:
                    shown[keyword] = self._described(part, depth - 1)
        words = _in_words(resolved, shown)
        title = resolved.get("title")
        return {
            **({"title": title} if isinstance(title, str) else {}),
            **({"description": words} if words else {}),
            **shown,
        }

    def _properties(self, resolved: Mapping[str, Any]) -> dict[str, Schema]:
        """The properties of the schema and of all that it may be."""
        found: dict[str, Schema] = {}
        waiting: list[Mapping[str, Any]] = [resolved]
        for part in waiting:
            if len(waiting) > _MOST_ALTERNATIVES:
                break
            for name, value in part.get("properties", {}).items():
                found.setdefault(name, value)
            for keyword in ("allOf", "anyOf", "oneOf"):
                waiting.extend(self.shapes.resolve(branch) for branch in part.get(keyword, ()))
        return found


def _success_schemas(responses: Sequence[ResponseSpec]) -> list[Schema]:
    """The JSON schema of each success that has content; [] when one of them is not JSON, or has no shape."""
    successes = [response for response in responses if response.status.startswith("2")]
    successes = successes or [response for response in responses if response.status == "default"]
    schemas: list[Schema] = []
    for response in successes:
        if not response.contents:
            continue
        found = next((content.schema for content in response.contents if kind_of(content.media_type) == "json"), True)
        if found in (True, {}):
            return []
        if found not in schemas:
            schemas.append(found)
    return schemas


def _in_words(schema: Mapping[str, Any], shown: Mapping[str, Any]) -> str:
    """Type, format and values, then the document's own description. What `shown` shows needs no word."""
    words = "" if shown else " or ".join(types_of(schema))
    if isinstance(schema.get("format"), str):
        words = f"{words} ({schema['format']})" if words else schema["format"]
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values and len(values) <= 40:
        listed = ", ".join(json.dumps(value, ensure_ascii=False) for value in values)
        words = f"{words}: {listed}" if words else f"one of {listed}"
    description = schema.get("description")
    if not isinstance(description, str) or not description.strip():
        return words
    return f"{words}. {description.strip()}" if words else description.strip()
