"""What a schema comes to: the object behind references and `allOf`.

The rule here: nothing is made up. Two statements about the same thing become one where both can be said in one schema; where
they cannot, there is no shape, and the caller keeps the schema as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_core.catalog.operations import Schema
from policies.records import Record, field

__all__ = ["ObjectShape", "Shapes", "is_binary", "types_of"]

_PREFIX = "#/$defs/"
_DEEPEST = 60  # levels of inheritance that are taken together
_TEXTUAL = ("text/", "application/json", "application/xml")
# Say nothing about which values are valid.
ANNOTATIONS = frozenset(
    {
        "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "xml", "discriminator",
        "$anchor", "$schema", "x-mcp-header", "x-mcp-full-schema",
    }
)  # fmt: skip
_LARGER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_SMALLER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_OBJECT_KEYWORDS = frozenset({"type", "properties", "required", "additionalProperties", "unevaluatedProperties", "allOf"})


class ObjectShape(Record, frozen=False):
    """An object schema with its `allOf` taken together. `typed`: it says that values are objects; `properties` holds what each
    part says of a property; `closed` that no other properties are allowed; `other` every further keyword."""

    properties: dict[str, list[Schema]] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    typed: bool = False
    closed: bool = False
    open_schema: Schema | None = None
    other: dict[str, Any] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the named properties are all that a value of this shape can hold, and hold independently of each other."""
        return bool(self.properties) and self.open_schema is None and not (self.other.keys() - ANNOTATIONS - _SIZES)


_SIZES = frozenset({"minProperties", "maxProperties"})


class Shapes:
    """Looks into schemas that refer to `definitions`."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions

    def resolve(self, schema: Schema) -> Mapping[str, Any]:
        """The schema, or the definition that it refers to with what is said beside the reference; {} for `true`."""
        beside: dict[str, Any] = {}
        seen: set[str] = set()
        while isinstance(schema, Mapping) and "$ref" in schema:
            name = schema["$ref"].removeprefix(_PREFIX)
            beside = {**{keyword: value for keyword, value in schema.items() if keyword != "$ref"}, **beside}
            if name in seen:
                return beside
            seen.add(name)
            schema = self.definitions.get(name, True)
        if not isinstance(schema, Mapping):
            return beside
        return {**schema, **beside} if beside else schema

    def properties(self, schema: Schema) -> dict[str, list[Schema]]:
        """The properties of an object schema; {} when it has no shape."""
        shape = self.shape(schema)
        return shape.properties if shape else {}

    def shape(self, schema: Schema) -> ObjectShape | None:
        """The object that the schema describes, or None when it describes none, or something that is not only an object."""
        shape = ObjectShape()
        gathered = self._gather(self.resolve(schema), shape, set(), 0)
        return shape if gathered and (shape.typed or shape.properties) else None

    def _gather(self, schema: Mapping[str, Any], shape: ObjectShape, seen: set[str], depth: int) -> bool:
        types = types_of(schema)
        top = depth == 0
        if depth > _DEEPEST or types not in ([], ["object"]) or not _may_be_object(schema, types, top=top):
            return False
        shape.typed |= bool(types)
        for part in schema.get("allOf", ()):
            if isinstance(part, Mapping) and part.keys() == {"$ref"}:
                if part["$ref"] in seen:  # bases that share a base: without this, their number doubles with each level
                    continue
                seen.add(part["$ref"])
            if not self._gather(self.resolve(part), shape, seen, depth + 1):
                return False
        for name, value in schema.get("properties", {}).items():
            known = shape.properties.setdefault(name, [])
            if value not in known:
                known.append(value)
        shape.required.update(dict.fromkeys(schema.get("required", ())))
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            rest = schema.get(keyword)
            if rest is False:
                shape.closed = True
            elif rest is not None:
                if shape.open_schema not in (None, rest):
                    return False
                shape.open_schema = rest
        return _take_other(schema, shape, top=top)


def _take_other(schema: Mapping[str, Any], shape: ObjectShape, *, top: bool) -> bool:
    for keyword, value in schema.items():
        if keyword in _OBJECT_KEYWORDS:
            continue
        known = shape.other.get(keyword, value)
        if keyword in ANNOTATIONS:
            if top or keyword in ("title", "description", "examples", "default"):
                shape.other[keyword] = value  # the outermost statement is read last
        elif keyword in _LARGER:
            shape.other[keyword] = max(known, value)
        elif keyword in _SMALLER:
            shape.other[keyword] = min(known, value)
        elif known != value:
            return False
        else:
            shape.other[keyword] = value
    return True


def _may_be_object(schema: Mapping[str, Any], types: list[str], *, top: bool) -> bool:
    if types or "properties" in schema or "allOf" in schema:
        return True
    # Inside allOf, a part may say no more than `required` or a description.
    return not top and not (schema.keys() & {"$ref", "items", "enum", "const", "pattern", "format"})


def types_of(schema: Schema) -> list[str]:
    """`type` as a list, [] where the schema does not say."""
    types = schema.get("type") if isinstance(schema, Mapping) else None
    return [types] if isinstance(types, str) else list(types or ())


def is_binary(schema: Schema) -> bool:
    """Whether the schema is of bytes: OpenAPI 3.0's `format: binary`, 3.1's `contentMediaType` without `contentEncoding`."""
    if not isinstance(schema, Mapping):
        return False
    types = types_of(schema)
    if types and "string" not in types:
        return False
    if schema.get("format") == "binary" or schema.get("contentEncoding") == "binary":
        return True
    media_type = schema.get("contentMediaType")
    return bool(media_type) and "contentEncoding" not in schema and not str(media_type).startswith(_TEXTUAL)
