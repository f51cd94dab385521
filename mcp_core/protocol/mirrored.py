"""Arguments mirrored into headers: `x-mcp-header` in a schema, `Mcp-Param-…` on the wire ("Custom Headers from Tool
Parameters").

The rule here: header and body must say the same, so that what an intermediary decided by the header holds for the call.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_core.protocol.jsonrpc import HEADER_MISMATCH
from mcp_core.protocol.rejections import Rejection
from policies.messages import Headers
from policies.records import Record

__all__ = ["ANNOTATION", "MalformedHeader", "Mirrored", "header_text", "mirrored_parameters", "mismatch", "without_annotations"]

ANNOTATION = "x-mcp-header"
_PREFIX, _SUFFIX = "=?base64?", "?="
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 §5.6.2
_VISIBLE = re.compile(r"[\t\x20-\x7e]*")
_DECIMAL = re.compile(r"(-?[0-9]{1,40})(?:\.0{1,40})?")
_MIRRORED_TYPES = frozenset({"string", "integer", "boolean"})


class MalformedHeader(ValueError):
    """A header value that no client may send; `str()` completes "the header … "."""


class Mirrored(Record):
    """One annotated parameter: its header, the chain of properties that leads to it, its JSON type."""

    header: str
    path: tuple[str, ...]
    type: str


def header_text(value: str) -> str:
    """What a header value says, its Base64 form undone. Raises MalformedHeader."""
    value = value.strip(" \t")
    if not _VISIBLE.fullmatch(value):
        raise MalformedHeader("has characters that a header must not have")
    if not (value.startswith(_PREFIX) and value.endswith(_SUFFIX)):
        return value
    try:
        return b64decode(value[len(_PREFIX) : -len(_SUFFIX)], validate=True).decode()
    except (Base64Error, UnicodeDecodeError):
        raise MalformedHeader("is not Base64 of UTF-8") from None


def mirrored_parameters(schema: Mapping[str, Any]) -> tuple[Mirrored, ...] | None:
    """The annotated parameters of an input schema; None when an annotation breaks a rule, since clients must then drop the
    whole tool: the list shows such a schema `without_annotations`."""
    found: list[Mirrored] = []
    for path, node in _positions(schema):
        if ANNOTATION not in node:
            continue
        token, kind = node[ANNOTATION], node.get("type")
        named = isinstance(token, str) and _TOKEN.fullmatch(token)
        valid = path and named and isinstance(kind, str) and kind in _MIRRORED_TYPES
        if not valid or any(other.header.lower() == f"mcp-param-{token.lower()}" for other in found):
            return None
        found.append(Mirrored(f"Mcp-Param-{token}", path or (), str(kind)))
    return tuple(found)


def _positions(root: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...] | None, Mapping[str, Any]]]:
    """Every place that may be a schema, with its chain of `properties` (None once anything else was passed). A stack, not
    recursion: schemas come from documents of strangers."""
    waiting: list[tuple[tuple[str, ...] | None, Any]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, Sequence) and not isinstance(node, str):
            waiting += [(None, item) for item in node]
        if not isinstance(node, Mapping):
            continue
        yield path, node
        for key, value in node.items():
            if key == "properties" and isinstance(value, Mapping):
                waiting += [(None if path is None else (*path, name), member) for name, member in value.items()]
            elif key in _MAPS and isinstance(value, Mapping):
                waiting += [(None, member) for member in value.values()]
            elif key in _SCHEMAS:
                waiting.append((None, value))


_SCHEMAS = frozenset(
    [
        "items",
        "contains",
        "unevaluatedItems",
        "additionalProperties",
        "propertyNames",
        "unevaluatedProperties",
        "not",
        "if",
        "then",
        "else",
        "contentSchema",
        "allOf",
        "anyOf",
        "oneOf",
        "prefixItems",
    ]
)
_MAPS = frozenset({"patternProperties", "dependentSchemas", "$defs", "definitions"})
_NAMED_SCHEMAS = _MAPS | {"properties"}


def without_annotations(node: Any, *, names: bool = False) -> Any:
    """The schema without any `x-mcp-header`; `names` says that the keys of `node` are names of properties, not keywords."""
    if isinstance(node, Mapping):
        return {
            key: without_annotations(value, names=not names and key in _NAMED_SCHEMAS)
            for key, value in node.items()
            if names or key != ANNOTATION
        }
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [without_annotations(item) for item in node]
    return node


def mismatch(parameters: Sequence[Mirrored], arguments: Mapping[str, Any], headers: Headers) -> Rejection | None:
    """Whether the `Mcp-Param-…` headers fail to mirror the arguments; the first that fails."""
    for parameter in parameters:
        problem = _problem(parameter, _value(arguments, parameter.path), headers.get(parameter.header))
        if problem:
            return Rejection(HEADER_MISMATCH, f"Header mismatch: {parameter.header} header {problem}", status=400)
    return None


def _problem(parameter: Mirrored, value: Any, header: str | None) -> str:
    argument = ".".join(parameter.path)
    if value is None:
        return "" if header is None else f"is present but the argument {argument!r} is not"
    expected = _rendered(value)
    if expected is None:  # an object or a fraction has no mirrored form; the schema will refuse it
        return "" if header is None else f"does not match the argument {argument!r}"
    if header is None:
        return f"is missing but the argument {argument!r} is present"
    try:
        text = header_text(header)
    except MalformedHeader as error:
        return str(error)
    if text == expected or (parameter.type == "integer" and _same_number(text, expected)):
        return ""
    return f"value {header!r:.100} does not match the argument {argument!r}"


def _value(arguments: Mapping[str, Any], path: Sequence[str]) -> Any:
    node: Any = arguments
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _rendered(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and abs(value) < 10**40 else None


def _same_number(text: str, expected: str) -> bool:
    left, right = _DECIMAL.fullmatch(text), _DECIMAL.fullmatch(expected)
    return left is not None and right is not None and int(left[1]) == int(right[1])
