"""What the validation policies share: actions, the record of errors, and checking values by JSON Schema (articles "Validate
content", "Validate parameters", "Validate headers", "Validate status code").

The rule here: the details go to the variable that the policy names and to the trace; the client reads only what gives nothing
of the implementation away. 400 when the request is at fault, 502 when the response is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
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
        self._known: dict[tuple[int, bool | None], tuple[Schema, Any]] = {}

    def check(self, specification: Specification, schema: Schema, value: Any, *, additional: bool | None = None) -> str | None:
        """The first thing wrong with a value, or None. `additional` overrides additionalProperties. Raises ValueError for a
        schema that is none."""
        key = (id(schema), additional)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (schema, _validator(whole_schema(specification, schema), additional))
        validator: jsonschema_rs.Draft202012Validator = known[1]
        error = next(iter(validator.iter_errors(value)), None)
        if error is None:
            return None
        place = "/".join(str(part) for part in error.instance_path)
        return f"{error.message} (at {place})" if place else str(error.message)


def _validator(schema: Schema, additional: bool | None) -> Any:
    import jsonschema_rs

    if additional is not None:
        schema = _with_additional(schema, additional)
    plain: Any = schema if isinstance(schema, bool) else dict(schema)
    return jsonschema_rs.Draft202012Validator(plain, validate_formats=True, offline=True)


def _with_additional(schema: Any, additional: bool) -> Any:
    if isinstance(schema, list):
        return [_with_additional(each, additional) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    changed = {name: _with_additional(value, additional) for name, value in schema.items()}
    if isinstance(schema.get("properties"), Mapping):
        changed.pop("unevaluatedProperties", None)
        changed["additionalProperties"] = additional
    elif additional:
        changed.pop("additionalProperties", None)
    return changed


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
