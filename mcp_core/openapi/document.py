"""A loaded document: which specification it follows, and what its references point to.

The rule here: nothing outside the document is ever read. A reference that leads nowhere, outside, or to itself is a
BrokenReference, which costs the operation that uses it and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mcp_core.errors import InvalidInput

__all__ = ["BrokenReference", "Document", "mapping", "open_document"]

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.|$|-)")
_KNOWN = {(2, 0): "swagger-2.0", (3, 0): "openapi-3.0", (3, 1): "openapi-3.1", (3, 2): "openapi-3.2"}
_OVERRIDES = ("summary", "description")
_MOST_HOPS = 100
_OTHERS = {
    "asyncapi": "an AsyncAPI document",
    "swaggerVersion": "a Swagger 1.x document",
    "openrpc": "an OpenRPC document",
    "arazzo": "an Arazzo document",
    "overlay": "an OpenAPI Overlay",
    "discoveryVersion": "a Google API discovery document",
    "kind": "a Kubernetes or discovery object",
    "log": "an HTTP archive",
    "$schema": "a JSON Schema",
    "data": "GraphQL introspection or some API's reply",
    "__schema": "GraphQL introspection",
    "resourceType": "a FHIR resource",
}


class BrokenReference(ValueError):
    """A `$ref` that cannot be followed; `str()` says which and why, as the end of a sentence."""


class Document:
    """The document's data and its references. `version` is (2, 0), (3, 0), (3, 1) or (3, 2); `source_url` is "" or where it
    came from."""

    def __init__(self, data: Mapping[str, Any], version: tuple[int, int], source_url: str) -> None:
        self.data = data
        self.version = version
        self.specification = _KNOWN[version]
        self.source_url = source_url
        self._targets: dict[str, tuple[str, Any]] = {}
        self._anchors: dict[str, str] | None = None

    def pointer(self, reference: Any) -> str:
        """The JSON pointer (RFC 6901, unescaped of percent signs) that a `$ref` holds, without its `#`. Raises
        BrokenReference for one that leads out of the document."""
        if not isinstance(reference, str):
            raise BrokenReference(f"a $ref is not text ({_shown(reference)})")
        base, mark, fragment = reference.partition("#")
        if base and base != self.source_url and base != self.data.get("$self"):
            return self._loose_pointer(reference)
        fragment = unquote(fragment)
        if not mark or (fragment and not fragment.startswith("/")):
            return self._named_pointer(reference, fragment)
        return fragment

    def target(self, reference: Any) -> tuple[str, Any]:
        """What a `$ref` points to, and its canonical pointer: chains of references are followed to their end. Raises
        BrokenReference."""
        known = self._targets.get(reference) if isinstance(reference, str) else None
        if known is None:
            known = self._targets[reference] = self._followed(reference)
        return known

    def follow(self, node: Any) -> Any:
        """The object itself, or what it refers to with `$ref` (of parameters, bodies, responses, path items …). A summary and
        description next to the `$ref` override, as OpenAPI 3.1 has it. Raises BrokenReference."""
        overrides: dict[str, Any] = {}
        hops = 0
        while isinstance(node, dict) and "$ref" in node:
            overrides = {**{name: node[name] for name in _OVERRIDES if isinstance(node.get(name), str)}, **overrides}
            hops += 1
            if hops > _MOST_HOPS:
                raise BrokenReference(f"the $ref {_shown(node['$ref'])} leads in a circle")
            node = self.target(node["$ref"])[1]
        return {**node, **overrides} if overrides and isinstance(node, dict) else node

    def _followed(self, reference: str) -> tuple[str, Any]:
        seen: set[str] = set()
        current: Any = reference
        while True:
            pointer = self.pointer(current)
            if pointer in seen:
                raise BrokenReference(f"the $ref {_shown(reference)} leads in a circle")
            seen.add(pointer)
            value = self._at(pointer, str(current), 0)
            if not isinstance(value, dict) or set(value) != {"$ref"}:
                return pointer, value
            current = value["$ref"]

    def _at(self, pointer: str, reference: str, hops: int) -> Any:
        value: Any = self.data
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and name not in value and isinstance(value.get("$ref"), str) and hops < _MOST_HOPS:
                value = self._at(self.pointer(value["$ref"]), reference, hops + 1)
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            else:
                raise BrokenReference(f"the $ref {_shown(reference)} points to nothing")
        return value

    def _loose_pointer(self, reference: str) -> str:
        """`Pet` alone, as Swagger 1.2 wrote it; everything else with a base is another document."""
        if re.fullmatch(r"[A-Za-z_]\w*", reference):
            for folder in ("definitions", "components/schemas"):
                schemas: Any = self.data
                for name in folder.split("/"):
                    schemas = schemas.get(name) if isinstance(schemas, dict) else None
                if isinstance(schemas, dict) and reference in schemas:
                    return f"/{folder}/{reference}"
        raise BrokenReference(
            f"the $ref {_shown(reference)} points to another document, which is not read (bundle them into one first)"
        )

    def _named_pointer(self, reference: str, name: str) -> str:
        """The pointer of an `$anchor`, `$dynamicAnchor` or `$id` (JSON Schema 2020-12 §8.2)."""
        if self._anchors is None:
            self._anchors = {}
            _collect_anchors(self.data, self._anchors)
        known = self._anchors.get(name) if name else self._anchors.get(reference)
        if known is None:
            raise BrokenReference(f"the $ref {_shown(reference)} points to nothing")
        return known


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object; an empty one for anything else that stands in its place."""
    return value if isinstance(value, dict) else {}


def open_document(data: Any, source_url: str = "") -> Document:
    """The document. Raises InvalidInput when the data is none that can be imported, and says what it is instead."""
    if not isinstance(data, dict):
        kind = {list: "a list", str: "text", type(None): "empty"}.get(type(data), "a single value")
        raise InvalidInput(f"This is no OpenAPI document: it is {kind}, not an object with 'openapi' or 'swagger'.")
    for name in ("openapi", "swagger"):
        if name in data:
            return Document(data, _version(name, data[name]), source_url)
    if isinstance(data.get("info"), dict) and "item" in data:
        raise InvalidInput("This is a Postman collection, not an OpenAPI document.", hint="Export it as OpenAPI first.")
    kind = next((text for name, text in _OTHERS.items() if name in data), "")
    names = ", ".join(repr(name[:40]) for name in list(data)[:6])
    raise InvalidInput(
        f"This is no OpenAPI document{f' but {kind}' if kind else ''}: it has neither 'openapi' nor 'swagger' at its top"
        + (f" (only {names})." if names else "."),
        hint="Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 can be imported.",
    )


def _version(name: str, value: Any) -> tuple[int, int]:
    found = _VERSION.match(str(value).strip()) if isinstance(value, (str, int, float)) else None
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version not in _KNOWN or (version == (2, 0)) != (name == "swagger"):
        raise InvalidInput(
            f"The document says {name}: {_shown(value)}, a version that cannot be imported.",
            hint="Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 can be imported.",
        )
    return version


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:100]}…{text[-1]}"


def _collect_anchors(value: Any, anchors: dict[str, str], pointer: str = "") -> None:
    if isinstance(value, dict):
        for keyword in ("$anchor", "$dynamicAnchor", "$id"):
            name = value.get(keyword)
            if isinstance(name, str):
                anchors.setdefault(name, pointer)
        for name, item in value.items():
            if isinstance(item, (dict, list)):
                _collect_anchors(item, anchors, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                _collect_anchors(item, anchors, f"{pointer}/{index}")
