"""Arguments: what is wrong with them, said so that a model can correct itself.

The rule here: a message names the argument and what is expected; it never repeats a long value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["ArgumentError", "ArgumentValidator"]

_MOST_PROBLEMS = 10
_LONGEST_VALUE = 60
_LONGEST_MESSAGE = 400
_VALUE = "\0"  # stands for the value in the library's messages; no schema text holds it


class ArgumentError(ValueError):
    """An argument that its place in the request cannot hold (a path segment `..`, a header with a line break, bytes that
    are not base64). `str()` names the argument and what is expected; it is meant for the model."""

    def __init__(self, argument: str, expected: str) -> None:
        super().__init__(f"Argument `{argument}` {expected}")
        self.argument = argument


class ArgumentValidator:
    """Validates by one input schema, draft 2020-12. Formats are annotations there, and stay so."""

    __slots__ = ("_properties", "_validator")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = _compile(schema)
        properties = schema.get("properties")
        self._properties: Sequence[str] = list(properties) if isinstance(properties, Mapping) else []

    def problems(self, arguments: Mapping[str, Any]) -> list[str]:
        """One sentence a problem, at most ten and a count of the rest; [] for arguments that fit."""
        try:
            if self._validator.is_valid(arguments):
                return []
            errors = list(islice(self._validator.iter_errors(arguments), _MOST_PROBLEMS + 1))
        except UnicodeEncodeError:
            return ["The arguments hold half of a surrogate pair, which is no character."]
        except ValueError as error:
            return [f"The arguments are not JSON: {str(error)[:_LONGEST_MESSAGE]}"]
        found = list(dict.fromkeys(self._sentence(error) for error in errors[:_MOST_PROBLEMS]))
        return [*found, "There are further problems."] if len(errors) > _MOST_PROBLEMS else found

    def _sentence(self, error: jsonschema_rs.ValidationError) -> str:
        sentence = _SENTENCES.get(error.kind.name)
        if sentence is not None:
            text = sentence(error, error.kind.as_dict())
            known = ", ".join(f"`{key}`" for key in self._properties[:40])
            return f"{text} There are: {known}." if "is unknown" in text and known and not error.instance_path else text
        path = _path(error.instance_path)
        return f"Argument `{path}` {_predicate(error)}." if path else f"The arguments are wrong: {_predicate(error)}."


def _predicate(error: jsonschema_rs.ValidationError) -> str:
    """The library's message as what is said of an argument."""
    message = " ".join(error.message.replace(_VALUE, "").split())
    message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]} …"
    return f"{message}{_shown(error.instance)}"


def _required(error: jsonschema_rs.ValidationError, details: Mapping[str, Any]) -> str:
    return f"Argument `{_path([*error.instance_path, str(details['property'])])}` is required."


def _unknown(error: jsonschema_rs.ValidationError, details: Mapping[str, Any]) -> str:
    names = [f"`{_path([*error.instance_path, str(key)])}`" for key in details["unexpected"][:5]]
    return f"Argument {', '.join(names)} is unknown."


def _constant(error: jsonschema_rs.ValidationError, details: Mapping[str, Any]) -> str:
    return f"Argument `{_path(error.instance_path)}` must be {json.dumps(details['expected_value'])[:_LONGEST_MESSAGE]}."


def _forbidden(error: jsonschema_rs.ValidationError, _: Mapping[str, Any]) -> str:
    return f"Argument `{_path(error.instance_path)}` must not be given."


def _alternatives(error: jsonschema_rs.ValidationError, details: Mapping[str, Any]) -> str:
    """Why each alternative does not fit, by its first error."""
    if any(not branch for branch in details["context"]):
        return f"Argument `{_path(error.instance_path) or 'arguments'}` fits more than one of the alternatives."
    reasons: list[str] = []
    for branch in details["context"][:4]:
        if branch:
            inner = _path(branch[0].instance_path[len(error.instance_path) :])
            reasons.append(f"{f'`{inner}` ' if inner else ''}{_predicate(branch[0])}")
    listed = f": {'; or '.join(dict.fromkeys(reasons))}" if reasons else ""
    return f"Argument `{_path(error.instance_path) or 'arguments'}` fits none of the alternatives{listed}."


_SENTENCES: Mapping[str, Callable[[jsonschema_rs.ValidationError, Mapping[str, Any]], str]] = {
    "required": _required,
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "const": _constant,
    "falseSchema": _forbidden,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}


def _path(parts: Sequence[str | int]) -> str:
    """`items[0].price`."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part[:100]}" if text else part[:100]
    return text


def _shown(value: Any) -> str:
    """The value where it is short, else nothing: the model has it."""
    if isinstance(value, dict | list):
        return ""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"; it is {text}" if len(text) <= _LONGEST_VALUE else ""


def _compile(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """The validator. What it cannot do (a pattern of another dialect, a reference that leads nowhere) is left out of the
    schema: a call that the backend would take must not fail here."""
    import jsonschema_rs

    options: dict[str, Any] = {"mask": _VALUE, "offline": True, "validate_formats": False}
    for attempt in (dict, _tolerant):
        try:
            return jsonschema_rs.Draft202012Validator(attempt(schema), **options)
        except (ValueError, jsonschema_rs.ReferencingError):
            continue
    return jsonschema_rs.Draft202012Validator({"type": "object"}, **options)


def _tolerant(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _tolerant(value) for key, value in node.items() if not _is_doubtful(key, value)}
    return [_tolerant(item) for item in node] if isinstance(node, list) else node


def _is_doubtful(key: str, value: Any) -> bool:
    if key == "$ref":
        return not (isinstance(value, str) and value.startswith("#"))
    return key == "patternProperties" or (key == "pattern" and isinstance(value, str))
