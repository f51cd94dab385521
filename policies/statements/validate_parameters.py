"""`validate-parameters`: checks the request's path, query and header parameters by the operation's schema (article "Validate
parameters")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from policies.context import PolicyContext
from policies.messages import Request
from policies.operation import Parameter, Specification, specification_of
from policies.records import Record
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.validation import ACTION_KIND, ERRORS_VARIABLE, Finding, Schemas, parse_text, report, resolved
from policies.values import NAME_TEXT

SPECIFIED = Attribute("specified-parameter-action", ACTION_KIND, required=True, expression=True)
UNSPECIFIED = Attribute("unspecified-parameter-action", ACTION_KIND, required=True, expression=True)
SPECIFIED_HERE = Attribute("specified-parameter-action", ACTION_KIND, expression=True)
UNSPECIFIED_HERE = Attribute("unspecified-parameter-action", ACTION_KIND, expression=True)
NAME = Attribute("name", NAME_TEXT, required=True)
ACTION = Attribute("action", ACTION_KIND, required=True, expression=True)
PARAMETER = Child(name="parameter", many=True, attributes=(NAME, ACTION))
HEADERS = Child(name="headers", attributes=(SPECIFIED_HERE, UNSPECIFIED_HERE), children=(PARAMETER,))
QUERY = Child(name="query", attributes=(SPECIFIED_HERE, UNSPECIFIED_HERE), children=(PARAMETER,))
PATH = Child(name="path", attributes=(SPECIFIED_HERE,), children=(PARAMETER,))

Action = Callable[[PolicyContext], str]
Values = Mapping[str, Sequence[str]]


class _Group(Record):
    """What holds for one kind of parameters. `word` and `type` are the article's names for them."""

    location: str
    word: str
    type: str
    specified: Action
    unspecified: Action
    overrides: Mapping[str, Action]

    def action(self, name: str, context: PolicyContext, *, is_known: bool) -> str:
        return self.overrides.get(name.lower(), self.specified if is_known else self.unspecified)(context)


def build(statement: Statement) -> Step:
    """Gives the step that checks."""
    groups = (
        _group(statement, statement.child(HEADERS), "header", "header", "RequestHeader"),
        _group(statement, statement.child(QUERY), "query", "query parameter", "QueryParameter"),
        _group(statement, statement.child(PATH), "path", "path parameter", "PathParameter"),
    )
    given = statement.get(ERRORS_VARIABLE)
    variable, schemas = "" if given is None else given.literal, Schemas()

    def validate_parameters(context: PolicyContext) -> None:
        specification = specification_of(context)
        if specification is None:
            return
        findings = [found for group in groups for found in _findings(context, specification, group, schemas)]
        report(context, findings, variable, is_request=True)

    return validate_parameters


def _group(statement: Statement, child: Statement | None, location: str, word: str, kind: str) -> _Group:
    specified, unspecified = statement[SPECIFIED].get, statement[UNSPECIFIED].get
    overrides = {}
    if child is not None:
        here = child.get(SPECIFIED_HERE)
        specified = specified if here is None else here.get
        here = child.get(UNSPECIFIED_HERE)
        unspecified = unspecified if here is None else here.get
        overrides = {each[NAME].literal.lower(): each[ACTION].get for each in child.children(PARAMETER)}
    return _Group(location, word, kind, specified, unspecified, overrides)


def _findings(
    context: PolicyContext, specification: Specification, group: _Group, schemas: Schemas
) -> Iterator[tuple[Finding, str]]:
    fold = str.lower if group.location == "header" else str
    values = {fold(name): (name, texts) for name, texts in _values(context.request, group.location).items()}
    known = {fold(each.name): each for each in specification.parameters if each.location == group.location}
    for folded, parameter in known.items():
        action = group.action(parameter.name, context, is_known=True)
        if action != "ignore":
            texts = values[folded][1] if folded in values else None
            finding = _check(specification, group, parameter, texts, schemas)
            if finding is not None:
                yield finding, action
    if group.location == "path":
        return
    objects = tuple(f"{each.name}[" for each in known.values() if each.style == "deepObject")
    for folded, (name, _) in values.items():
        if folded in known or (objects and folded.startswith(objects)):
            continue
        action = group.action(name, context, is_known=False)
        if action != "ignore":
            text = f"Unspecified {group.word} {name} is not allowed."
            yield Finding(name, group.type, "Unspecified", text, text), action


def _values(request: Request, location: str) -> Values:
    match location:
        case "header":
            return {name: request.headers.get_all(name) for name in request.headers.names()}
        case "query":
            return request.url.query
        case _:
            return {name: [value] for name, value in request.matched_parameters.items()}


def _check(
    specification: Specification, group: _Group, parameter: Parameter, texts: Sequence[str] | None, schemas: Schemas
) -> Finding | None:
    name, word = parameter.name, group.word
    if texts is None:
        if not parameter.required or parameter.style == "deepObject":
            return None
        text = f"The {word} {name} is required."
        return Finding(name, group.type, "IncorrectMessage", text, text)
    kind = resolved(specification, parameter.schema).get("type")
    if kind == "object":
        return None  # its parts are spread over the text in ways that only the client's serialiser undoes
    if kind != "array" and len(texts) > 1 and group.location != "header":
        text = f"Request cannot contain multiple values for the {word} {name}."
        return Finding(name, group.type, "IncorrectMessage", text, text)
    wrong = schemas.check(specification, parameter.schema, _value(specification, parameter, texts))
    if wrong is None:
        return None
    text = f"alue of the {word} {name} does not conform to the definition. {wrong}"
    return Finding(name, group.type, "IncorrectMessage", f"V{text}", f"The v{text}")


_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


def _value(specification: Specification, parameter: Parameter, texts: Sequence[str]) -> Any:
    schema = parameter.schema
    found = resolved(specification, schema)
    if found.get("type") != "array":
        return parse_text(specification, schema, ",".join(texts))
    explodes = parameter.explode and parameter.style == "form" and parameter.location == "query"
    items = list(texts) if explodes else ",".join(texts).split(_SEPARATORS.get(parameter.style, ","))
    return [parse_text(specification, found.get("items", True), item) for item in items]


POLICY = Policy(
    name="validate-parameters",
    sections=frozenset({"inbound"}),
    attributes=(SPECIFIED, UNSPECIFIED, ERRORS_VARIABLE),
    children=(HEADERS, QUERY, PATH),
    build=build,
    once=True,
)
