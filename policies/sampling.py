"""A sample value for a JSON Schema, for `mock-response`.

The rule here: the same schema always gives the same sample; what the schema itself shows (example, default, enum, const) comes
before anything made up. Recursive schemas end, and samples stay small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["sample"]

_DEEPEST = 8
_MOST_MEMBERS = 200
_FORMATS = {
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "user@example.com",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "",
    "binary": "",
}


def sample(schema: Mapping[str, Any] | bool, definitions: Mapping[str, Any]) -> Any:
    """A value of the schema's shape. `definitions` are what `#/$defs/…` points to."""
    return _Sampler(definitions).value(schema, 0)


class _Sampler:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.members = 0

    def value(self, schema: Mapping[str, Any] | bool, depth: int) -> Any:
        """A sample; None where the schema says nothing or is too deep."""
        resolved = self._resolved(schema)
        if not resolved or depth > _DEEPEST:
            return None
        for shown in ("example", "default", "const"):
            if shown in resolved:
                return resolved[shown]
        for several in ("examples", "enum"):
            if isinstance(resolved.get(several), list) and resolved[several]:
                return resolved[several][0]
        for one in ("oneOf", "anyOf"):
            if isinstance(resolved.get(one), list) and resolved[one]:
                first = self.value(resolved[one][0], depth + 1)
                rest = self._of_type(resolved, depth) if "properties" in resolved or "allOf" in resolved else None
                return {**rest, **first} if isinstance(rest, dict) and isinstance(first, dict) else first
        return self._of_type(resolved, depth)

    def _resolved(self, schema: Mapping[str, Any] | bool) -> Mapping[str, Any]:
        seen = 0
        while isinstance(schema, Mapping) and "$ref" in schema and seen < 32:
            name = str(schema["$ref"]).removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
            schema, seen = self.definitions.get(name, True), seen + 1
        return schema if isinstance(schema, Mapping) else {}

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), None)
        if kind == "object" or (kind is None and ("properties" in schema or "allOf" in schema)):
            return self._object(schema, depth)
        match kind:
            case "array":
                item = self.value(schema.get("items", True), depth + 1)
                return [] if item is None else [item] * max(1, min(int(schema.get("minItems", 1)), 3))
            case "integer" | "number":
                return _number(schema, kind)
            case "boolean":
                return True
            case "string":
                return _text(schema)
        return None

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for part in schema.get("allOf", ()):
            inner = self.value(part, depth + 1)
            if isinstance(inner, dict):
                made.update(inner)
        for name, member in schema.get("properties", {}).items():
            self.members += 1
            if self.members > _MOST_MEMBERS:
                break
            value = self.value(member, depth + 1)
            if value is not None or name in schema.get("required", ()):
                made[name] = value
        return made


def _number(schema: Mapping[str, Any], kind: str) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value: int | float = 0
    if isinstance(low, (int, float)) and low >= 0:
        value = low + 1 if "exclusiveMinimum" in schema else low
    elif isinstance(high, (int, float)) and high < 0:
        value = high - 1 if "exclusiveMaximum" in schema else high
    return int(value) if kind == "integer" else value


def _text(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format", "")), "string")
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 1024)
    if isinstance(shortest, int) and len(text) < min(shortest, 1024):
        text = (text or "x").ljust(min(shortest, 1024), "x")
    return text[:longest] if isinstance(longest, int) else text
