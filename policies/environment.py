"""What documents are compiled against: the things that they name.

The rule here: immutable for the life of a snapshot; compiled scopes are kept in it, so that a document shared by many pipelines
is compiled once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.records import Record, field
from policies.registry import Scope

__all__ = ["Environment", "ScopedDocument", "scope_kind"]


class ScopedDocument(Record):
    """A policy document and where it applies: "global", "product/<id>", "mcp/<name>", "api/<id>" or "api/<id>/<operation>"."""

    scope: str
    xml: str = field(repr=False)


class Environment(Record, eq=False):
    """`named_values`: name → (value, secret). `fragments`: id → XML. `backends`: id → backend, None when they are not known
    yet, so that their names are not checked."""

    named_values: Mapping[str, tuple[str, bool]] = field(default_factory=dict, repr=False)
    fragments: Mapping[str, str] = field(default_factory=dict, repr=False)
    backends: Mapping[str, object] | None = None
    compiled: dict[Any, Any] = field(default_factory=dict, repr=False)


_KINDS: dict[str, Scope] = {"global": "global", "product": "product", "mcp": "api", "workspace": "workspace"}


def scope_kind(scope: str) -> Scope:
    """APIM's word for a scope: an MCP server is an API (`LastError.Scope`, a policy's allowed scopes)."""
    first, _, rest = scope.partition("/")
    if first == "api":
        return "operation" if "/" in rest else "api"
    return _KINDS.get(first, "global")
