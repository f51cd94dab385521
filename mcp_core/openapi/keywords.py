"""One keyword of a document's schema → the same keyword in draft 2020-12, repaired where documents commonly get it wrong.

The rule here: a value that has no meaning is left out, never passed on: one bad keyword makes validators and clients refuse the
whole schema. Every function gives the value to keep, or DROP.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["DROP", "PLAIN_KEYWORDS", "coerced", "conforms", "unique_values"]

DROP: Final = object()

_NUMERIC = (int, float)


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return DROP if value is None or isinstance(value, (dict, list)) else json.dumps(value)


def _word(value: Any) -> Any:
    return value if isinstance(value, str) and value else DROP


def _flag(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    return value if isinstance(value, bool) else DROP


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return DROP
    return value if isinstance(value, _NUMERIC) and not isinstance(value, bool) and math.isfinite(value) else DROP


def _positive(value: Any) -> Any:
    number = _number(value)
    return number if number is not DROP and number > 0 else DROP


def _count(value: Any) -> Any:
    number = _number(value)
    return int(number) if number is not DROP and number >= 0 and number == int(number) else DROP


def _any(value: Any) -> Any:
    return value


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else DROP


def _dependent_required(value: Any) -> Any:
    if not isinstance(value, dict):
        return DROP
    kept = {name: _names(names) for name, names in value.items()}
    return {name: names for name, names in kept.items() if names is not DROP} or DROP


def _names(value: Any) -> Any:
    return unique_values([name for name in value if isinstance(name, str)]) if isinstance(value, list) else DROP


# Keywords whose value stands for itself. Those that hold schemas, and `type`, `enum` and their kin, are in `schemas.py`.
PLAIN_KEYWORDS: Mapping[str, Callable[[Any], Any]] = {
    "title": _text,
    "description": _text,
    "default": _any,
    "const": _any,
    "format": _word,
    "multipleOf": _positive,
    "minLength": _count,
    "maxLength": _count,
    "minItems": _count,
    "maxItems": _count,
    "minProperties": _count,
    "maxProperties": _count,
    "minContains": _count,
    "maxContains": _count,
    "uniqueItems": _flag,
    "minimum": _number,
    "maximum": _number,
    "deprecated": _flag,
    "readOnly": _flag,
    "writeOnly": _flag,
    "contentEncoding": _word,
    "contentMediaType": _word,
    "dependentRequired": _dependent_required,
    "required": _names,
    "$anchor": _word,
    "$schema": _word,
    "xml": _object,  # how calls write it
    "x-mcp-header": _word,
    "x-mcp-full-schema": _flag,
}


def unique_values(values: list[Any]) -> list[Any]:
    """The values without repetitions, compared as JSON does (1 and 1.0 are equal, 1 and true are not)."""
    seen: set[Any] = set()
    unique = []
    for value in values:
        key = json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else (isinstance(value, bool), value)
        if key not in seen:
            seen.add(key)
            unique.append(value)
    return unique


_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "number": lambda value: isinstance(value, _NUMERIC) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def conforms(value: Any, types: list[str]) -> bool:
    """Whether the value is of one of the JSON Schema types; of any when there are none."""
    return not types or any(_TESTS[name](value) for name in types)


def coerced(value: Any, types: list[str]) -> Any:
    """The value as one of the types, where it was written as another one (`1` for the string "1", which YAML makes of it when
    the quotes are missing; "10" for the integer 10), else DROP."""
    if conforms(value, types):
        return value
    if "string" in types and isinstance(value, (bool, *_NUMERIC)):
        return json.dumps(value)
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            return DROP
        if conforms(parsed, types) and parsed is not None:
            return parsed
    return DROP
