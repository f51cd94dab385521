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
from mcp_core.openapi.keywords import DROP, PLAIN_KEYWORDS, coerced, conforms, unique_values
from mcp_core.openapi.names import definition_name
from mcp_core.openapi.patterns import ecma_pattern

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
_ANNOTATIONS = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "x-mcp-header")
# Next to a `$ref`, OpenAPI 3.0 ignores everything; these say nothing about the value and are wanted all the same.
_BESIDE_REF = frozenset({*_ANNOTATIONS, "example", "nullable", "x-nullable"})
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
        self._subtypes: dict[str, list[tuple[str, str]]] | None = None

    def read(self, node: Any) -> Schema:
        """The schema. Raises BrokenReference for a `$ref` that stands in it and leads nowhere."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            return {}
        reference = node.get("$ref", node.get("$dynamicRef"))
        if reference is not None:
            return self._reference(reference, node)
        schema = self._nullable(node, self._keywords(node))
        _judge(schema)
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
            return self._nullable(node, schema)
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
        self._repair(schema)
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
            value = [item.get("value", item) if isinstance(item, dict) else item for item in value.values()]
        if isinstance(value, list) and value:
            schema["examples"] = list(value)

    def _pattern(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        if not isinstance(value, str):
            return
        pattern = ecma_pattern(value)
        if pattern is None:
            self._warn(f"The pattern {value[:100]!r} was left out: it cannot be used as an ECMA-262 regular expression.")
        else:
            schema["pattern"] = pattern

    # -- polymorphism ----------------------------------------------------------------------------------------------------------

    def _discriminator(self, schema: dict[str, Any], value: Any, node: Mapping[str, Any]) -> None:
        """`discriminator` with its mapping complete: what it names, else what says `allOf` of this schema. Names that lead
        nowhere are passed over, for the other schemas are there without them."""
        if isinstance(value, str):  # Swagger 2.0
            value = {"propertyName": value}
        if not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            return
        schema["discriminator"] = {"propertyName": value["propertyName"]}
        mapping = value.get("mapping")
        named = list(mapping.items()) if isinstance(mapping, dict) and mapping else self._implied_subtypes(node)
        found: dict[str, str] = {}
        for word, reference in named:
            try:
                pointer, target = self.document.target(self._subtype_reference(reference))
            except BrokenReference:
                continue
            if isinstance(target, dict) and target is not node:
                found[word] = f"#/$defs/{self._name(pointer, target)}"
        if found and len(found) <= _MAX_SUBTYPES:
            schema["discriminator"]["mapping"] = found

    def _subtype_reference(self, reference: Any) -> str:
        """A mapping's value may be the bare name of a schema."""
        if not isinstance(reference, str):
            raise BrokenReference("the discriminator's mapping is not text")
        return reference if "/" in reference or "#" in reference else f"#/{self._folder()}/{reference}"

    def _folder(self) -> str:
        return "definitions" if self.document.version == (2, 0) else "components/schemas"

    def _implied_subtypes(self, base: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Without a mapping, a schema's own name is its word: the alternatives', else those of all that extend the base."""
        for keyword in ("oneOf", "anyOf"):
            alternatives = base.get(keyword)
            if isinstance(alternatives, list):
                references = [
                    part["$ref"] for part in alternatives if isinstance(part, dict) and isinstance(part.get("$ref"), str)
                ]
                return [(reference.rpartition("/")[2], reference) for reference in references]
        if self._subtypes is None:
            self._subtypes = {}
            schemas: Any = self.document.data
            for name in self._folder().split("/"):
                schemas = schemas.get(name) if isinstance(schemas, dict) else None
            for name, node in schemas.items() if isinstance(schemas, dict) else ():
                parts = node.get("allOf") if isinstance(node, dict) else None
                for part in parts if isinstance(parts, list) else ():
                    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                        self._subtypes.setdefault(part["$ref"], []).append((name, _escaped(self._folder(), name)))
            self._subtypes = {str(id(self._target(ref))): names for ref, names in self._subtypes.items()}
        return self._subtypes.get(str(id(base)), [])

    def _target(self, reference: str) -> Any:
        try:
            return self.document.target(reference)[1]
        except BrokenReference:
            return None

    # -- what belongs together -------------------------------------------------------------------------------------------------

    def _repair(self, schema: dict[str, Any]) -> None:
        """What keywords say about each other: an enum of the wrong type, an array without items."""
        types = _as_list(schema.get("type"))
        if types == ["array"]:
            schema.setdefault("items", {})
        if "enum" in schema:
            self._repair_enum(schema, types)
        for keyword in ("exclusiveMinimum", "exclusiveMaximum"):
            bound = keyword.removeprefix("exclusive").lower()
            if keyword in schema and schema.get(bound) == schema[keyword]:
                del schema[bound]

    def _repair_enum(self, schema: dict[str, Any], types: list[str]) -> None:
        values = schema["enum"]
        if types == ["array"] and not any(isinstance(value, list) for value in values):
            items = schema.pop("enum") and schema["items"]
            if isinstance(items, dict) and "enum" not in items and "$ref" not in items:
                schema["items"] = {**items, "enum": values}
                self._repair_enum(schema["items"], _as_list(items.get("type")))
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

    def _nullable(self, node: Mapping[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
        """OpenAPI 3.0's `nullable` and Swagger's `x-nullable`, as JSON Schema says it."""
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
        outside = {name: schema.pop(name) for name in _ANNOTATIONS if name in schema}
        return {**outside, "anyOf": [schema, {"type": "null"}]}


def _judge(schema: dict[str, Any]) -> None:
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


def _escaped(folder: str, name: str) -> str:
    return f"#/{folder}/{name.replace('~', '~0').replace('/', '~1').replace('%', '%25')}"


def _as_list(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else list(types or ())
