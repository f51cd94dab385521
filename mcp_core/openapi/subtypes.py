"""Which schemas a discriminator chooses among.

The rule here: what the mapping names, else the alternatives, else what says `allOf` of the base, each by its own name
(OpenAPI 3.1 §4.8.25). A name that leads nowhere is passed over, for the other schemas are there without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_core.openapi.document import BrokenReference, Document, mapping

__all__ = ["Subtypes"]


class Subtypes:
    """Finds subtypes in one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._folder = "definitions" if document.version == (2, 0) else "components/schemas"
        self._extending: dict[int, list[tuple[str, str]]] | None = None

    def of(self, discriminator: Mapping[str, Any], node: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
        """The word, the pointer and the schema of each subtype of the schema `node`."""
        words = mapping(discriminator.get("mapping"))
        found: list[tuple[str, str, Mapping[str, Any]]] = []
        for word, reference in words.items() if words else self._implied(node):
            try:
                pointer, target = self._document.target(self._reference(reference))
            except BrokenReference:
                continue
            if isinstance(target, dict) and target is not node:
                found.append((word, pointer, target))
        return found

    def _reference(self, reference: Any) -> Any:
        """A mapping's value may be the bare name of a schema."""
        bare = isinstance(reference, str) and "/" not in reference and "#" not in reference
        return self._pointer_to(reference) if bare else reference

    def _implied(self, base: Mapping[str, Any]) -> list[tuple[str, str]]:
        for keyword in ("oneOf", "anyOf"):
            alternatives = base.get(keyword)
            if isinstance(alternatives, list):
                references = [mapping(part).get("$ref") for part in alternatives]
                return [(reference.rpartition("/")[2], reference) for reference in references if isinstance(reference, str)]
        if self._extending is None:
            self._extending = self._extensions()
        return self._extending.get(id(base), [])

    def _extensions(self) -> dict[int, list[tuple[str, str]]]:
        """By the identity of each base: name and reference of the schemas that extend it."""
        schemas: Any = self._document.data
        for name in self._folder.split("/"):
            schemas = mapping(schemas).get(name)
        found: dict[int, list[tuple[str, str]]] = {}
        for name, node in mapping(schemas).items():
            parts = mapping(node).get("allOf")
            for part in parts if isinstance(parts, list) else ():
                try:
                    base = self._document.target(mapping(part).get("$ref"))[1]
                except BrokenReference:
                    continue
                found.setdefault(id(base), []).append((name, self._pointer_to(name)))
        return found

    def _pointer_to(self, name: str) -> str:
        return f"#/{self._folder}/{name.replace('~', '~0').replace('/', '~1').replace('%', '%25')}"
