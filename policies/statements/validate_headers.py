"""`validate-headers`: checks the response's headers by the operation's schema (article "Validate headers")."""

from __future__ import annotations

from collections.abc import Mapping

from policies.context import PolicyContext
from policies.messages import Headers
from policies.operation import Schema, Specification, response_for, specification_of
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.validation import ACTION_KIND, ERRORS_VARIABLE, Finding, Schemas, parse_text, report
from policies.values import NAME_TEXT

SPECIFIED = Attribute("specified-header-action", ACTION_KIND, required=True, expression=True)
UNSPECIFIED = Attribute("unspecified-header-action", ACTION_KIND, required=True, expression=True)
NAME = Attribute("name", NAME_TEXT, required=True)
ACTION = Attribute("action", ACTION_KIND, required=True, expression=True)
HEADER = Child(name="header", many=True, attributes=(NAME, ACTION))


def build(statement: Statement) -> Step:
    """Gives the step that checks the response's headers."""
    specified, unspecified = statement[SPECIFIED].get, statement[UNSPECIFIED].get
    overrides = {each[NAME].literal.lower(): each[ACTION].get for each in statement.children(HEADER)}
    given = statement.get(ERRORS_VARIABLE)
    variable, schemas = "" if given is None else given.literal, Schemas()

    def validate_headers(context: PolicyContext) -> None:
        specification, response = specification_of(context), context.response
        if response is None or specification is None:
            return
        documented = response_for(specification, response.status)
        known = {} if documented is None else {name.lower(): schema for name, schema in documented.headers.items()}
        findings = []
        for name in response.headers.names():
            folded = name.lower()
            action = overrides.get(folded, specified if folded in known else unspecified)(context)
            finding = None if action == "ignore" else _check(specification, known, response.headers, name, schemas)
            if finding is not None:
                findings.append((finding, action))
        report(context, findings, variable, is_request=False)

    return validate_headers


def _check(
    specification: Specification, known: Mapping[str, Schema], headers: Headers, name: str, schemas: Schemas
) -> Finding | None:
    schema = known.get(name.lower())
    if schema is None:
        return Finding(name, "ResponseHeader", "Unspecified", f"Unspecified header {name} is not allowed.")
    value = parse_text(specification, schema, headers.get(name) or "")
    wrong = schemas.check(specification, schema, value)
    if wrong is None:
        return None
    details = f"Value of the header {name} does not conform to the definition. {wrong}"
    return Finding(name, "ResponseHeader", "IncorrectMessage", details)


POLICY = Policy(
    name="validate-headers",
    sections=frozenset({"outbound", "on-error"}),
    attributes=(SPECIFIED, UNSPECIFIED, ERRORS_VARIABLE),
    children=(HEADER,),
    build=build,
    once=True,
)
