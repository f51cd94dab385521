"""`validate-content`: checks the size of a body, and its content by the operation's JSON Schema (article "Validate content").

XML and SOAP schemas, and schemas added to the service (`schema-id`), are not kept here; a document that asks for them is
refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from policies.context import PolicyContext
from policies.media import media_type, utf8_of
from policies.messages import Request, Response
from policies.operation import Content, Schema, Specification, content_for, response_for, specification_of
from policies.records import Record
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.steps import Edit
from policies.validation import ACTION_KIND, ERRORS_VARIABLE, INTERNAL, Finding, Schemas, report
from policies.values import BOOLEAN, NAME_TEXT, STRING, Value, choice, whole_number

UNSPECIFIED = Attribute("unspecified-content-type-action", ACTION_KIND, required=True, expression=True)
MAX_SIZE = Attribute("max-size", whole_number(0, 4 * 1024 * 1024), required=True, expression=True)
SIZE_EXCEEDED = Attribute("size-exceeded-action", ACTION_KIND, required=True, expression=True)
ANY_TYPE = Attribute("any-content-type-value", STRING, expression=True)
MISSING_TYPE = Attribute("missing-content-type-value", STRING, expression=True)
FROM = Attribute("from", STRING)
WHEN = Attribute("when", BOOLEAN, expression=True)
TO = Attribute("to", STRING, required=True, expression=True)
TYPE_MAP = Child(name="type", many=True, attributes=(FROM, WHEN, TO))
CONTENT_TYPE_MAP = Child(name="content-type-map", attributes=(ANY_TYPE, MISSING_TYPE), children=(TYPE_MAP,))
TYPE = Attribute("type", STRING, default="", expression=True)
VALIDATE_AS = Attribute("validate-as", choice("json", "xml", "soap"), required=True)
SCHEMA_ID = Attribute("schema-id", NAME_TEXT)
SCHEMA_REF = Attribute("schema-ref", NAME_TEXT)
ACTION = Attribute("action", ACTION_KIND, required=True, expression=True)
ADDITIONAL = Attribute("allow-additional-properties", BOOLEAN, expression=True)
FOLD = Attribute("case-insensitive-property-names", BOOLEAN, default=False, expression=True)
CONTENT = Child(name="content", many=True, attributes=(TYPE, VALIDATE_AS, SCHEMA_ID, SCHEMA_REF, ACTION, ADDITIONAL, FOLD))


class _Rule(Record):
    """One `<content>`."""

    type: Callable[[PolicyContext], str]
    action: Callable[[PolicyContext], str]
    additional: Value[bool] | None
    folds: Callable[[PolicyContext], bool]


def edit(statement: Statement) -> Edit:
    """Gives the function that checks one message."""
    rules = [_rule(each) for each in statement.children(CONTENT)]
    mapped = _mapping(statement.child(CONTENT_TYPE_MAP))
    limit, exceeded = statement[MAX_SIZE].get, statement[SIZE_EXCEEDED].get
    checker = _Checker(rules, statement[UNSPECIFIED].get, Schemas())
    given = statement.get(ERRORS_VARIABLE)
    variable = "" if given is None else given.literal
    is_request = statement.section == "inbound"
    which = "Request" if is_request else "Response"

    def validate_content(context: PolicyContext, message: Request | Response) -> None:
        findings = []
        size, most, action = len(message.body.data), limit(context), exceeded(context)
        if size > most and action != "ignore":
            text = f"{which}'s body is {size} bytes long and it exceeds the {{}}limit of {most} bytes."
            public = text.format("") if is_request else INTERNAL
            findings.append((Finding("", f"{which}Body", "SizeLimit", text.format("configured "), public), action))
        specification = specification_of(context)
        if size and specification is not None:
            kind = mapped(context, media_type(message.headers))
            found = checker.check(context, specification, message, kind)
            findings += [] if found is None else [found]
        report(context, findings, variable, is_request=is_request)

    return validate_content


def _rule(statement: Statement) -> _Rule:
    if statement[VALIDATE_AS].literal != "json":
        raise statement.error(
            f"validate-as={statement[VALIDATE_AS].literal} is not supported",
            at=VALIDATE_AS,
            hint="imported operations have JSON Schemas only",
        )
    for attribute in (SCHEMA_ID, SCHEMA_REF):
        if statement.has(attribute):
            raise statement.error(
                f"{attribute.name} is not supported", at=attribute, hint="the schema is the operation's own; leave it out"
            )
    return _Rule(statement[TYPE].get, statement[ACTION].get, statement.get(ADDITIONAL), statement[FOLD].get)


def _mapping(statement: Statement | None) -> Callable[[PolicyContext, str], str]:
    """What content type counts instead of the message's own."""
    if statement is None:
        return lambda context, kind: kind
    always, missing = statement.get(ANY_TYPE), statement.get(MISSING_TYPE)
    types = statement.children(TYPE_MAP)
    for each in types:
        if each.has(FROM) == each.has(WHEN):
            raise each.error("a type needs either from or when")

    def mapped(context: PolicyContext, kind: str) -> str:
        for each in types:
            known, condition = each.get(FROM), each.get(WHEN)
            if known is not None and known.literal.lower() == kind:
                return each[TO].get(context).lower()
            if condition is not None and condition.get(context):
                return each[TO].get(context).lower()
        if always is not None:
            return always.get(context).lower()
        return missing.get(context).lower() if missing is not None and not kind else kind

    return mapped


class _Checker(Record):
    """What the document says about content types."""

    rules: list[_Rule]
    unspecified: Callable[[PolicyContext], str]
    schemas: Schemas

    def check(
        self, context: PolicyContext, specification: Specification, message: Request | Response, kind: str
    ) -> tuple[Finding, str] | None:
        """What is wrong with a body's content type, or with its content."""
        which = "Request" if isinstance(message, Request) else "Response"
        content = _documented(specification, message, kind)
        if content is None:
            action = self.unspecified(context)
            text = f"Unspecified content type {kind} is not allowed."
            public = text if which == "Request" else INTERNAL
            return None if action == "ignore" else (Finding(kind, f"{which}Body", "Unspecified", text, public), action)
        rule = next((each for each in self.rules if each.type(context).lower() in {"", kind}), None)
        action = "ignore" if rule is None else rule.action(context)
        if rule is None or action == "ignore":
            return None
        wrong = self._wrong(context, specification, content.schema, utf8_of(message), rule)
        if wrong is None:
            return None
        details = (
            f"Body of the {which.lower()} does not conform to the definition, which is associated with the content type "
            f"{kind}. {wrong}"
        )
        return Finding(kind, f"{which}Body", "IncorrectMessage", details, details if which == "Request" else INTERNAL), action

    def _wrong(
        self, context: PolicyContext, specification: Specification, schema: Schema, data: bytes, rule: _Rule
    ) -> str | None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return "The content is not JSON."
        additional = None if rule.additional is None else rule.additional.get(context)
        return self.schemas.check(specification, schema, value, additional=additional, fold=rule.folds(context))


def _documented(specification: Specification, message: Request | Response, kind: str) -> Content | None:
    if isinstance(message, Request):
        return None if specification.body is None else content_for(specification.body.contents, kind)
    response = response_for(specification, message.status)
    return None if response is None else content_for(response.contents, kind)


POLICY = Policy(
    name="validate-content",
    sections=frozenset({"inbound", "outbound", "on-error"}),
    attributes=(UNSPECIFIED, MAX_SIZE, SIZE_EXCEEDED, ERRORS_VARIABLE),
    children=(CONTENT_TYPE_MAP, CONTENT),
    edit=edit,
    reads_body=True,
)
