"""Schemas of a document, in whichever dialect, → draft 2020-12, with `$defs` for what is referred to.

The rule here: what comes out means what the document's author meant, and is a valid schema whatever came in. Each target of a
`$ref` becomes one definition, read once, shared by all that refer to it; circles stay references. A reference that leads
nowhere makes its definition broken, and only operations that reach that definition learn of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mcp_core.catalog.operations import Schema
from mcp_core.openapi.cycles import cut_cycles, references
from mcp_core.openapi.document import BrokenReference, Document
from mcp_core.openapi.keywords import DROP, PLAIN_KEYWORDS, unique_values
from mcp_core.openapi.names import definition_name
from mcp_core.openapi.patterns import ecma_pattern
from mcp_core.openapi.repairs import ANNOTATIONS, judge, nullable, repair
from mcp_core.openapi.subtypes import Subtypes

__all__ = ["Schemas"]

_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
# What people write as `type`, and what they mean: the type, and the format where the document gives none.
_MEANT: Mapping[str, tuple[str, str]] = {
    "int": ("integer", ""), "int32": ("integer", "int32"), "int64": ("integer", "int64"), "long": ("integer", "int64"),
    "float": ("number", "float"), "double": ("number", "double"), "decimal": ("number", ""), "numeric": ("number", ""),
    "bool": ("boolean", ""), "str": ("string", ""), "text": ("string", ""), "file": ("string", "binary"),
    "binary": ("string", "binary"), "byte": ("string", "byte"), "date": ("string", "date"), "uuid": ("string", "uuid"),
    "date-time": ("string", "date-time"), "datetime": ("string", "date-time"), "uri": ("string", "uri"),
    "url": ("string", "uri"), "email": ("string", "email"), "password": ("string", "password"), "enum": ("string", ""),
    "list": ("array", ""), "dict": ("object", ""), "map": ("object", ""), "hash": ("object", ""), "json": ("object", ""),
}  # fmt: skip
_SUBSCHEMA = (
    "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "contentSchema",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_SUBSCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SUBSCHEMA_MAPS = ("patternProperties", "dependentSchemas")
# Next to a `$ref`, OpenAPI 3.0 ignores everything; these say nothing about the value and are wanted all the same.
_BESIDE_REF = frozenset({*ANNOTATIONS, "example", "nullable", "x-nullable"})
_MAX_SUBTYPES = 24


class Schemas:
    """Reads one document's schemas. `definitions` fill up as references are met; call `finish` when all are read."""

    def __init__(self, document: Document, warn: Callable[[str], None]) -> None:
        self.document = document
        self.definitions: dict[str, Schema] = {}
        self.broken: dict[str, str] = {}
        self._warn = warn
        self._names: dict[str, str] = {}
        self._references: dict[str, tuple[str, ...]] = {}
        self._pending: list[tuple[str, Any]] = []
        self._siblings = document.version >= (3, 1)
        self._subtypes = Subtypes(document)

    def read(self, node: Any) -> Schema:
        """The schema. Raises BrokenReference for a `$ref` that stands in it and leads nowhere."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            return {}
        reference = node.get("$ref", node.get("$dynamicRef"))
        if reference is not None:
            return self._reference(reference, node)
        schema = nullable(node, self._keywords(node))
        judge(schema)
        return schema

    def finish(self) -> None:
        """Read all that is still referred to, and break circles that no value could ever be checked against."""
        while self._pending:
            name, node = self._pending.pop()
            try:
                self.definitions[name] = self.read(node)
            except BrokenReference as error:
                self.definitions[name] = {}
                self.broken[name] = str(error)
        for name in cut_cycles(self.definitions):
            self._warn(f"The schema {name!r} contains itself without end; that part of it was left out.")

    def closure(self, schemas: Iterable[Schema]) -> dict[str, Schema]:
        """The definitions that the schemas reach. Raises BrokenReference when one of them is broken."""
        reached: dict[str, Schema] = {}
        waiting = [name for schema in schemas for name in references(schema)]
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            if name in self.broken:
                raise BrokenReference(self.broken[name])
            reached[name] = self.definitions[name]
            waiting.extend(self._uses(name))
        return {name: reached[name] for name in sorted(reached)}

    def resolve(self, schema: Schema) -> Schema:
        """The schema itself, or the definition that it is nothing but a reference to; {} for one not read yet."""
        seen: set[str] = set()
        while isinstance(schema, Mapping) and "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            if name in seen:
                return {}
            seen.add(name)
            schema = self.definitions.get(name, {})
        return schema

    # -- references ------------------------------------------------------------------------------------------------------------

    def _reference(self, reference: Any, node: Mapping[str, Any]) -> Schema:
        pointer, target = self.document.target(reference)
        if not isinstance(target, (dict, bool)):
            raise BrokenReference(f"the $ref {reference!r} points to something that is no schema")
        schema = {"$ref": f"#/$defs/{self._name(pointer, target)}"}
        beside = {name: value for name, value in node.items() if name not in ("$ref", "$dynamicRef")}
        if not self._siblings:
            beside = {name: value for name, value in beside.items() if name in _BESIDE_REF}
        if beside:
            schema.update(self._keywords(beside))
            return nullable(node, schema)
        return schema

    def _name(self, pointer: str, target: Any) -> str:
        known = self._names.get(pointer)
        if known is None:
            wanted = definition_name(_readable(pointer))
            known, number = wanted, 1
            while known in self.definitions:
                number += 1
                known = f"{wanted}_{number}"
            self._names[pointer] = known
            self.definitions[known] = {}  # holds the name until the target is read
            self._pending.append((known, target))
        return known

    def _uses(self, name: str) -> tuple[str, ...]:
        """What a definition refers to. Asked for again and again, but only when no definition changes any more."""
        known = self._references.get(name)
        if known is None:
            known = self._references[name] = references(self.definitions[name])
        return known

    # -- keywords --------------------------------------------------------------------------------------------------------------

    def _keywords(self, node: Mapping[str, Any]) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        for keyword, value in node.items():
            plain = PLAIN_KEYWORDS.get(keyword)
            if plain:
                kept = plain(value)
                if kept is not DROP:
                    schema[keyword] = kept
            elif keyword in _SUBSCHEMA:
                if isinstance(value, (dict, bool)):
                    schema[keyword] = self.read(value)
            elif keyword in _SUBSCHEMA_LISTS:
                parts = [self.read(part) for part in value if isinstance(part, (dict, bool))] if isinstance(value, list) else []
                if parts:
                    schema[keyword] = parts
            elif keyword in _SUBSCHEMA_MAPS:
                if isinstance(value, dict):
                    schema[keyword] = {name: self.read(part) for name, part in value.items()}
            elif keyword in _SPECIAL:
                _SPECIAL[keyword](self, schema, value, node)
        repair(schema)
        return schema

    def _type(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        types: list[str] = []
        for word in value if isinstance(value, list) else [value]:
            name = "null" if word is None and isinstance(value, list) else str(word)
            meant, implied = (name, "") if name in _TYPES else _MEANT.get(name.lower(), (name.lower(), ""))
            if meant in _TYPES and meant not in types:
                types.append(meant)
                if implied and not isinstance(node.get("format"), str):
                    schema["format"] = implied
        if types:
            schema["type"] = types[0] if len(types) == 1 else types

    def _enum(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if isinstance(value, list) and value:
            schema["enum"] = unique_values(value)

    def _properties(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if not isinstance(value, dict):
            return
        schema["properties"] = {name: self.read(part) for name, part in value.items()}
        # Draft 3 and many hand-written documents mark the property itself as required.
        marked = [name for name, part in value.items() if isinstance(part, dict) and part.get("required") is True]
        if marked:
            listed = node.get("required")
            schema["required"] = unique_values([*(listed if isinstance(listed, list) else []), *marked])

    def _items(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        parts = [part for part in value if isinstance(part, (dict, bool))] if isinstance(value, list) else []
        if len(parts) == 1:  # what OpenAPI's authors mean by a list of one
            schema["items"] = self.read(parts[0])
        elif parts:  # a tuple, in the drafts before 2020-12
            schema["prefixItems"] = [self.read(part) for part in parts]
            rest = node.get("additionalItems", True)
            schema["items"] = self.read(rest) if isinstance(rest, (dict, bool)) else {}
        elif isinstance(value, (dict, bool)):
            schema["items"] = self.read(value)

    def _exclusive(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any], bound: str) -> None:
        keyword = f"exclusive{bound.capitalize()}"
        limit = PLAIN_KEYWORDS[bound](node.get(bound) if value is True else value)
        if value is not False and limit is not DROP:
            schema[keyword] = limit

    def _example(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if value is not None and not isinstance(node.get("examples"), (list, dict)):
            schema["examples"] = [value]

    def _examples(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if isinstance(value, dict):  # as parameters and media types have them
            value = [told for item in value.values() for told in self._told(item)]
        if isinstance(value, list) and value:
            schema["examples"] = list(value)

    def _told(self, item: Any) -> list[Any]:
        """The value of an example object, or of one that somebody wrote where only its value belongs."""
        try:
            item = self.document.follow(item)
        except BrokenReference:
            return []
        if isinstance(item, dict) and item.keys() & {"value", "externalValue"}:
            return [item["value"]] if "value" in item else []
        return [item]

    def _pattern(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if not isinstance(value, str):
            return
        pattern = ecma_pattern(value)
        if pattern is None:
            self._warn(f"The pattern {value[:100]!r} was left out: it cannot be used as an ECMA-262 regular expression.")
        else:
            schema["pattern"] = pattern

    def _discriminator(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if isinstance(value, str):  # Swagger 2.0
            value = {"propertyName": value}
        if not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            return
        schema["discriminator"] = {"propertyName": value["propertyName"]}
        found = self._subtypes.of(value, node)
        if found and len(found) <= _MAX_SUBTYPES:
            named = {word: f"#/$defs/{self._name(pointer, target)}" for word, pointer, target in found}
            schema["discriminator"]["mapping"] = named


_SPECIAL: Mapping[str, Callable[[Schemas, dict[str, Any], Any, Mapping[str, Any]], None]] = {
    "type": Schemas._type,
    "enum": Schemas._enum,
    "properties": Schemas._properties,
    "items": Schemas._items,
    "exclusiveMinimum": lambda self, schema, value, node: self._exclusive(schema, value, node, "minimum"),
    "exclusiveMaximum": lambda self, schema, value, node: self._exclusive(schema, value, node, "maximum"),
    "example": Schemas._example,
    "x-example": Schemas._example,
    "examples": Schemas._examples,
    "pattern": Schemas._pattern,
    "discriminator": Schemas._discriminator,
}

_NOISE = frozenset({"components", "schemas", "definitions", "$defs", "properties", "paths", "content", "schema", "items"})


def _readable(pointer: str) -> str:
    """A name for what stands at a pointer: a component's own name, else the telling parts of the way to it."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    if tokens[:-1] in (["components", "schemas"], ["definitions"]):
        return tokens[-1]
    telling = [token for token in tokens if token not in _NOISE] or tokens
    return "_".join(token.strip("/").replace("/", "_") for token in telling)[-80:] or "document"
