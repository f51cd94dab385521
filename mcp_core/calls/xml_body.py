"""XML bodies from objects, by the schema's `xml` members (OAS 3.1 §4.8.26).

The rule here: a schema says names, attributes and wrappers; where it says nothing a property's name is its element's. A
string is taken as XML that is written already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_core.calls.escapes import Unsendable, scalar_text
from mcp_core.catalog.operations import BodyContent, Schema

__all__ = ["XmlWriter"]

_NAME = re.compile(r"[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_REFERENCE = "#/$defs/"
_BRANCHES = ("allOf", "oneOf", "anyOf")


class XmlWriter:
    """Writes the values of one body."""

    def __init__(self, content: BodyContent, definitions: Mapping[str, Schema]) -> None:
        self._content = content
        self._definitions = definitions

    def encode(self, value: Any) -> tuple[bytes, str]:
        """The document and its media type."""
        if isinstance(value, str):
            return value.encode(), self._content.media_type
        schema = self._content.schema
        name = self._xml(schema).get("name") or self._component(schema) or "root"
        pieces = ['<?xml version="1.0" encoding="UTF-8"?>']
        self._element(str(name), value, schema, pieces)
        return "".join(pieces).encode(), self._content.media_type

    def _component(self, schema: Schema) -> str:
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        return str(reference).removeprefix(_REFERENCE) if isinstance(reference, str) else ""

    def _resolve(self, schema: Schema) -> Mapping[str, Any]:
        """The schema behind references; siblings of `$ref` win."""
        seen: set[str] = set()
        merged: dict[str, Any] = {}
        while isinstance(schema, Mapping):
            merged = {**schema, **merged}
            name = self._component(schema)
            if not name or name in seen:
                break
            seen.add(name)
            schema = self._definitions.get(name, True)
        return merged

    def _xml(self, schema: Schema) -> Mapping[str, Any]:
        found = self._resolve(schema).get("xml")
        return found if isinstance(found, Mapping) else {}

    def _properties(self, schema: Schema, depth: int = 0) -> Iterator[tuple[str, Schema]]:
        """The properties that the schema and its branches describe, the schema's own last so that they win."""
        resolved = self._resolve(schema)
        if depth < 8:  # a branch that leads back to itself describes nothing new
            for keyword in _BRANCHES:
                for branch in resolved.get(keyword) or ():
                    yield from self._properties(branch, depth + 1)
        yield from (resolved.get("properties") or {}).items()

    def _element(self, name: str, value: Any, schema: Schema, pieces: list[str]) -> None:
        tag, attributes = self._tag(name, self._xml(schema))
        if isinstance(value, dict):
            described = dict(self._properties(schema))
            inner: list[str] = []
            for key, member in value.items():
                member_schema = described.get(key, True)
                xml = self._xml(member_schema)
                if xml.get("attribute") and member is not None:
                    attribute, _ = self._tag(str(xml.get("name") or key), xml)
                    attributes += f" {attribute}={_attribute(scalar_text(member))}"
                else:
                    self._property(key, member, member_schema, inner)
            pieces += (f"<{tag}{attributes}>", *inner, f"</{tag}>")
        elif isinstance(value, list):
            pieces.append(f"<{tag}{attributes}>")
            self._items(name, value, schema, pieces)
            pieces.append(f"</{tag}>")
        elif value is None:
            pieces.append(f"<{tag}{attributes}/>")
        else:
            pieces.append(f"<{tag}{attributes}>{_escaped(scalar_text(value), _IN_TEXT)}</{tag}>")

    def _property(self, key: str, value: Any, schema: Schema, pieces: list[str]) -> None:
        xml = self._xml(schema)
        name = str(xml.get("name") or key)
        if isinstance(value, list) and not xml.get("wrapped"):
            self._items(key, value, schema, pieces)  # an array's own name counts only for its wrapper
        else:
            self._element(name, value, schema, pieces)

    def _items(self, name: str, values: list[Any], schema: Schema, pieces: list[str]) -> None:
        items = self._resolve(schema).get("items", True)
        item_name = str(self._xml(items).get("name") or name)
        for value in values:
            self._element(item_name, value, items, pieces)

    def _tag(self, name: str, xml: Mapping[str, Any]) -> tuple[str, str]:
        """The qualified name and its namespace declaration."""
        prefix, namespace = xml.get("prefix"), xml.get("namespace")
        tag = f"{prefix}:{name}" if prefix else name
        if not _NAME.fullmatch(tag):
            raise Unsendable(f"has a member whose name cannot be an XML element: {name[:60]!r}.")
        if not namespace:
            return tag, ""
        declaration = f"xmlns:{prefix}" if prefix else "xmlns"
        return tag, f" {declaration}={_attribute(str(namespace))}"


# The standard library's xml.sax.saxutils does this too, and brings the whole of urllib.request with it.
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def _attribute(text: str) -> str:
    return f'"{_escaped(text, _IN_ATTRIBUTE)}"'


def _escaped(text: str, table: dict[int, str]) -> str:
    if _ILLEGAL.search(text):
        raise Unsendable("must not contain control characters: it is sent as XML.")
    return text.translate(table)
