"""Schemas for arguments: what strict clients take, and no value refused that the API would take.

The rule here: every schema is an object (`{}` for `true`); an array has `items`; what is required is among the properties;
`allOf` is taken together wherever it can be, and then no part of it closes the object to the others; `oneOf` becomes `anyOf`,
for alternatives overlap where documents do not notice, APIs take them, and more clients know it. What only the API itself
writes (`readOnly`) is not there. See `facts`: clients drop a tool, or the whole list, over less.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mcp_core.catalog.operations import Schema
from mcp_core.catalog.tool_names import digest
from mcp_core.openapi.cycles import references
from mcp_core.openapi.shapes import ObjectShape, Shapes, types_of

__all__ = ["InputSchemas"]

_DROPPED = frozenset(
    {
        "readOnly",
        "writeOnly",
        "discriminator",
        "xml",
        "$schema",
        "$anchor",
        "contentSchema",
        "x-mcp-full-schema",
        "x-mcp-header",
    }
)
_ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "xml", "x-mcp-header"}
)
_SUBSCHEMA = frozenset({"items", "not", "if", "then", "else", "contains", "propertyNames"})
# A condition that takes more than the document's would refuse more: these stay only where they can be kept exactly.
_CONDITIONS = (("not", ("not",)), ("if", ("if", "then", "else")))
_INEXACT = frozenset({"$ref", "allOf", "oneOf", "readOnly", "discriminator", "unevaluatedProperties", "unevaluatedItems"})
_CLOSING = frozenset({"additionalProperties", "unevaluatedProperties", "unevaluatedItems"})
_MAPS = frozenset({"patternProperties", "dependentSchemas"})


class InputSchemas:
    """Makes argument schemas of one API's schemas; each definition is made once and shared by all tools."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.shapes = Shapes(definitions)
        self._made: dict[str, dict[str, Any]] = {}
        self._used: dict[str, tuple[str, ...]] = {}
        self._combined: dict[str, Mapping[str, Any]] = {}
        self._inside = False

    def schema(self, schema: Schema) -> dict[str, Any]:
        """The schema for an argument or a part of one."""
        if not isinstance(schema, Mapping):
            return {} if schema else {"not": {}}
        if "$ref" in schema:
            return self._reference(schema)
        if "allOf" in schema:
            return self._all_of(schema)
        return self._plain(schema)

    def definitions(self, schemas: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The `$defs` that argument schemas need, sorted by name."""
        reached: set[str] = set()
        waiting = [name for schema in schemas for name in references(schema)]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(self._references(name))
        return {name: self._made[name] for name in sorted(reached)}

    def is_read_only(self, schemas: Iterable[Schema]) -> bool:
        """Whether one of the statements about a property says that only the API writes it."""
        return any(self.shapes.resolve(schema).get("readOnly") is True for schema in schemas)

    def joined(self, statements: list[Schema]) -> dict[str, Any]:
        """One schema for all that is said about a property."""
        if len(statements) == 1:
            return self.schema(statements[0])
        merged: dict[str, Any] = {}
        for statement in statements:
            if not isinstance(statement, Mapping) or not _merge(merged, statement):
                parts = [self.schema(each) for each in statements]
                return {"allOf": [part for part in parts if part]}
        return self.schema(merged)

    def _references(self, name: str) -> tuple[str, ...]:
        if name not in self._made:
            self._made[name] = self.schema(self._combined.get(name, self.shapes.definitions.get(name, True)))
            self._used[name] = references(self._made[name])
        return self._used[name]

    def _reference(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        made = {"$ref": schema["$ref"]}
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        if beside:
            made.update(self._plain(beside) if "allOf" not in beside else self._all_of(beside))
        subtypes = self._subtypes(schema["$ref"])
        if not subtypes:
            return made
        made.pop("$ref")
        known = made.pop("anyOf", None)
        alternatives = {"anyOf": [*subtypes, {"$ref": schema["$ref"]}]}
        return {**made, "allOf": [alternatives, {"anyOf": known}]} if known else {**made, **alternatives}

    def _subtypes(self, reference: str) -> list[dict[str, Any]]:
        """What else than itself a base type with a discriminator may be: its subtypes, each with the word that names it."""
        base = self.shapes.definitions.get(reference.removeprefix("#/$defs/"), True)
        if not isinstance(base, Mapping) or "oneOf" in base or "anyOf" in base:
            return []
        words = _words(base.get("discriminator"))
        return [self._named({"$ref": target}, base["discriminator"], words) for target in words if target != reference]

    def _alternatives(self, parts: list[Schema], discriminator: Any) -> list[dict[str, Any]]:
        words = _words(discriminator)
        return [self._named(self.schema(part), discriminator, words) for part in parts]

    def _named(self, made: dict[str, Any], discriminator: Any, words: Mapping[str, list[str]]) -> dict[str, Any]:
        """An alternative with the word that a discriminator has for it, unless it says one itself."""
        named = words.get(made.get("$ref", ""))
        if not named or made.keys() != {"$ref"}:
            return made
        name = discriminator["propertyName"]
        said = self.shapes.properties(made).get(name, ())
        if any(self.shapes.resolve(statement).keys() & {"enum", "const"} for statement in said):
            return made
        return {**made, "properties": {name: {"enum": named}}}  # whether it is required, the alternative says itself

    def _all_of(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        parts = [part for part in schema["allOf"] if part not in (True, {})]
        own = {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
        for part in [part for part in parts if isinstance(part, Mapping) and not (part.keys() - _ANNOTATIONS)]:
            own = {**part, **own}  # a part that only describes
            parts.remove(part)
        if not parts:
            return self._plain(own)
        if len(parts) == 1 and not (own.keys() - _ANNOTATIONS) and isinstance(parts[0], Mapping):
            return {**self.schema(parts[0]), **self._plain(own)}  # `allOf` around a $ref is how 3.0 describes it
        shape = self.shapes.shape(schema)
        if shape:
            apart = self._inside and references(schema)
            return self._combination(schema) if apart else self._taken_together(schema, shape)
        merged = dict(own)
        if all(isinstance(part, Mapping) and _merge(merged, part) for part in parts):
            return self.schema({**merged, **{name: own[name] for name in own if name in _ANNOTATIONS}})
        made = self._plain(own)
        made["allOf"] = [*made.get("allOf", ()), *(self._part(part) for part in parts)]
        return made

    def _combination(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A reference to a definition made for this `allOf`. Written out in place, types that hold each other with something
        added would never end, and others would repeat each other's properties level by level."""
        text = json.dumps(schema, sort_keys=True)
        first = next(iter(references(schema)), "object")
        name = f"{first}_{digest(text)}"
        self._combined[name] = schema
        return {"$ref": f"#/$defs/{name}"}

    def _taken_together(self, schema: Mapping[str, Any], shape: ObjectShape) -> dict[str, Any]:
        inside, self._inside = self._inside, True
        made = self._plain(shape.other)
        if shape.typed:
            made["type"] = "object"
        made["properties"] = self._properties(shape.properties)
        made["required"] = [name for name in shape.required if not self.is_read_only(shape.properties.get(name, ()))]
        # Parts that are closed each on their own, as documents wrongly write them, together allow nothing at all.
        if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
            made["additionalProperties"] = False
        elif shape.open_schema is not None:
            made["additionalProperties"] = self._closing(shape.open_schema)
        self._inside = inside
        return _tidy(made)

    def _part(self, part: Schema) -> dict[str, Any]:
        """A part of an `allOf` that stays one. Its base type stands for itself there, not for its subtypes."""
        if isinstance(part, Mapping) and part.keys() == {"$ref"}:
            return {"$ref": part["$ref"]}
        return self.schema(part)

    def _plain(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        dropped = _DROPPED
        for condition, keywords in _CONDITIONS:
            if condition in schema and not _is_exact(schema[condition]):
                dropped = dropped.union(keywords)
        for keyword, value in schema.items():
            if keyword in dropped:
                continue
            if keyword == "properties":
                made[keyword] = self._properties({name: [part] for name, part in value.items()})
            elif keyword == "required":
                properties = schema.get("properties", {})
                made[keyword] = [name for name in value if not self.is_read_only([properties.get(name, True)])]
            elif keyword in _SUBSCHEMA:
                made[keyword] = self.schema(value)
            elif keyword in _CLOSING:
                made[keyword] = self._closing(value)
            elif keyword in ("oneOf", "anyOf"):
                alternatives = {"anyOf": self._alternatives(value, schema.get("discriminator"))}
                made.update({"allOf": [alternatives]} if "anyOf" in made else alternatives)
            elif keyword == "prefixItems":
                made[keyword] = [self.schema(part) for part in value]
            elif keyword in _MAPS:
                made[keyword] = {name: self.schema(part) for name, part in value.items()}
            else:
                made[keyword] = value
        return _tidy(made)

    def _properties(self, properties: Mapping[str, list[Schema]]) -> dict[str, Any]:
        return {
            name: self.joined(statements)
            for name, statements in properties.items()
            if not self.is_read_only(statements) and False not in statements
        }

    def _closing(self, schema: Schema) -> Any:
        """`additionalProperties` may stay a boolean: every client reads it."""
        return self.schema(schema) if isinstance(schema, Mapping) else schema


def _is_exact(schema: Any) -> bool:
    """Whether the schema of an argument means exactly what this one means."""
    if isinstance(schema, list):
        return all(map(_is_exact, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties", {})
    if schema.keys() & _INEXACT or False in properties.values():
        return False
    if schema.get("additionalProperties") is False and not properties.keys() >= set(schema.get("required", ())):
        return False  # no value meets it
    return all(_is_exact(value) for value in schema.values() if isinstance(value, (Mapping, list)))


def _words(discriminator: Any) -> dict[str, list[str]]:
    """`$ref` → the words that a discriminator's mapping has for it."""
    words: dict[str, list[str]] = {}
    for word, target in discriminator.get("mapping", {}).items() if isinstance(discriminator, Mapping) else ():
        words.setdefault(target, []).append(word)
    return words


def _tidy(made: dict[str, Any]) -> dict[str, Any]:
    """Required names are among the properties, arrays have items."""
    required = made.get("required")
    if required:
        properties = made.setdefault("properties", {})
        missing = [name for name in required if name not in properties]
        if missing:
            rest = made.get("additionalProperties")
            made["properties"] = {**properties, **{name: rest if isinstance(rest, dict) else {} for name in missing}}
    elif required is not None:
        del made["required"]
    if "array" in types_of(made) or "prefixItems" in made:
        made.setdefault("items", {})
    return made


def _merge(into: dict[str, Any], statement: Mapping[str, Any]) -> bool:
    """Add what the statement says, where both can stand side by side in one schema; `into` is of no use when it gives False."""
    if "$ref" in statement or "$ref" in into:
        return False
    for keyword, value in statement.items():
        if keyword in _ANNOTATIONS:
            into[keyword] = value
        elif into.setdefault(keyword, value) != value:
            if keyword == "enum":
                into[keyword] = [item for item in into[keyword] if item in value]
                if into[keyword]:
                    continue
            return False
    return True
