"""What the validation policies share: actions, the record of errors, and checking values by JSON Schema (articles "Validate
content", "Validate parameters", "Validate headers", "Validate status code").

The rule here: the details go to the variable that the policy names and to the trace; the client reads only what gives nothing
of the implementation away. 400 when the request is at fault, 502 when the response is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.operation import Schema, Specification, whole_schema
from policies.records import Record
from policies.registry import Attribute
from policies.values import NAME_TEXT, choice

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["ACTION_KIND", "ERRORS_VARIABLE", "INTERNAL", "Finding", "Schemas", "parse_text", "report"]

ACTION_KIND = choice("ignore", "prevent", "detect")
ERRORS_VARIABLE = Attribute("errors-variable-name", NAME_TEXT)
INTERNAL = "The request could not be processed due to an internal error. Contact the API owner."


class Finding(Record):
    """One validation error in the article's terms. `public` is what the client may read."""

    name: str
    type: str
    rule: str
    details: str
    public: str = INTERNAL


def report(context: PolicyContext, findings: Sequence[tuple[Finding, str]], variable: str, *, is_request: bool) -> None:
    """Write down errors with their actions ("detect" or "prevent") and raise PolicyFailure for the first prevented one."""
    if not findings:
        return
    if variable:
        _remember(context, findings, variable)
    for finding, action in findings:
        if context.trace is not None:
            context.trace.append(f"{finding.type} {finding.name}: {finding.rule} ({action}): {finding.details}")
        if action == "prevent":
            raise PolicyFailure(
                finding.details,
                reason="Bad request" if is_request else "Response not allowed",
                status=400 if is_request else 502,
                public=finding.public,
            )


def _remember(context: PolicyContext, findings: Sequence[tuple[Finding, str]], variable: str) -> None:
    """Add the errors to the variable, a JArray of the article's objects."""
    from policies.dotnet.json.reader import parse  # late: only documents that keep the errors need it

    errors: Any = context.marks.setdefault(f"validation.{variable}", [])
    for finding, action in findings:
        errors.append(
            {
                "Name": finding.name,
                "Type": finding.type,
                "ValidationRule": finding.rule,
                "Details": finding.details,
                "Action": action,
            }
        )
    context.variables[variable] = parse(json.dumps(errors))


class Schemas:
    """Compiled validators of one statement, each made when it is first needed."""

    def __init__(self) -> None:
        # The schema itself is kept beside its validator, so that its id cannot come to mean another one.
        self._known: dict[tuple[int, bool | None, bool], tuple[Schema, Any]] = {}

    def check(
        self, specification: Specification, schema: Schema, value: Any, *, additional: bool | None = None, fold: bool = False
    ) -> str | None:
        """The first thing wrong with a value, or None. `additional` overrides additionalProperties; `fold`: members' names are
        told apart without case. Raises ValueError for a schema that is none."""
        key = (id(schema), additional, fold)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (schema, _validator(whole_schema(specification, schema), additional, fold))
        validator: jsonschema_rs.Draft202012Validator = known[1]
        error = next(iter(validator.iter_errors(_folded(value) if fold else value)), None)
        if error is None:
            return None
        place = "/".join(str(part) for part in error.instance_path)
        return f"{error.message} (at {place})" if place else str(error.message)


def _validator(schema: Schema, additional: bool | None, fold: bool) -> Any:
    import jsonschema_rs

    if additional is not None:
        schema = _changed(schema, lambda each: _with_additional(each, additional))
    if fold:
        schema = _changed(schema, _with_folded_names)
    plain: Any = schema if isinstance(schema, bool) else dict(schema)
    return jsonschema_rs.Draft202012Validator(plain, validate_formats=True, offline=True)


# Where a schema holds others (JSON Schema 2020-12 core, §10 and §11).
_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SCHEMAS = frozenset(
    {
        *("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"),
        *("unevaluatedItems", "unevaluatedProperties"),
    }
)


def _changed(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A schema with the change made in it and in all that it holds, but not in the values that it names (`const`, `enum`)."""
    if not isinstance(schema, Mapping):
        return schema
    changed: dict[str, Any] = {}
    for word, value in schema.items():
        if word in _NAMED_SCHEMAS and isinstance(value, Mapping):
            changed[word] = {name: _changed(each, change) for name, each in value.items()}
        elif word in _SCHEMA_LISTS and isinstance(value, list | tuple):
            changed[word] = [_changed(each, change) for each in value]
        else:
            changed[word] = _changed(value, change) if word in _SCHEMAS else value
    return change(changed)


def _with_additional(schema: dict[str, Any], additional: bool) -> dict[str, Any]:
    if isinstance(schema.get("properties"), Mapping):
        schema.pop("unevaluatedProperties", None)
        schema["additionalProperties"] = additional
    elif additional:
        schema.pop("additionalProperties", None)
    return schema


def _with_folded_names(schema: dict[str, Any]) -> dict[str, Any]:
    for word in ("properties", "dependentSchemas", "dependentRequired"):
        if isinstance(schema.get(word), Mapping):
            schema[word] = {name.lower(): value for name, value in schema[word].items()}
    if isinstance(schema.get("required"), list | tuple):
        schema["required"] = sorted({name.lower() for name in schema["required"]})
    return schema


def _folded(value: Any) -> Any:
    """JSON with its members' names in lower case."""
    if isinstance(value, dict):
        return {name.lower(): _folded(item) for name, item in value.items()}
    return [_folded(item) for item in value] if isinstance(value, list) else value


_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def parse_text(specification: Specification, schema: Schema, text: str) -> Any:
    """A parameter's text as the value that its schema asks for; text that is no such value stays text, which the schema then
    refuses."""
    kinds = _kinds(specification, schema)
    if "integer" in kinds and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in kinds and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in kinds and text in {"true", "false"}:
        return text == "true"
    if "null" in kinds and text == "" and "string" not in kinds:
        return None
    return text


def resolved(specification: Specification, schema: Schema) -> Mapping[str, Any]:
    """A schema with its own `$ref` followed."""
    for _ in range(32):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        schema = specification.definitions.get(str(schema["$ref"]).removeprefix("#/$defs/"), True)
    return schema if isinstance(schema, Mapping) else {}


def _kinds(specification: Specification, schema: Schema) -> set[str]:
    """The types that a schema allows, as far as it says."""
    found = resolved(specification, schema)
    kind = found.get("type")
    kinds = {kind} if isinstance(kind, str) else set(kind or ())
    for part in (*found.get("allOf", ()), *found.get("anyOf", ()), *found.get("oneOf", ())):
        kinds |= _kinds(specification, part)
    return kinds
