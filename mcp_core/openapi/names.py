"""Names that an import gives: to operations, arguments and definitions. See `catalog.tool_names` for the rule."""

from __future__ import annotations

import re

from mcp_core.catalog.tool_names import digest, legal_name

__all__ = ["argument_name", "definition_name", "operation_name"]

_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]+")
# Assigning to this member of a JavaScript object changes its prototype and loses the value.
_UNSAFE = frozenset({"__proto__"})


def operation_name(operation_id: str, method: str, url_template: str) -> str:
    """The id of an operation: its operationId, or its method and path where it has none that can be used."""
    named = legal_name(operation_id)
    if named.strip("_-."):
        return named
    return legal_name(f"{method.lower()}_{url_template.strip('/') or 'root'}")


def argument_name(name: str) -> str:
    """The name of the argument for a parameter or body property called `name`. Model providers refuse a whole tool over an
    argument like `filter[name]` or `$top`."""
    legal = legal_name(name)
    if not legal or legal in _UNSAFE:
        return legal.strip("_") or f"arg_{digest(name)}"
    return legal


def definition_name(name: str) -> str:
    """A key of `$defs` that needs no escaping in a `$ref`."""
    legal = _ILLEGAL.sub("_", name)
    if not legal.strip("_.-") or legal in _UNSAFE:
        return f"schema_{digest(name)}"
    return legal
