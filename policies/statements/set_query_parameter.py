"""`set-query-parameter`: sets, appends, keeps or removes a parameter of the request's query (article "Set query string
parameter")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.messages import Request
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.steps import RequestEdit
from policies.values import NAME_TEXT, STRING, choice

NAME = Attribute("name", NAME_TEXT, required=True, expression=True)
EXISTS_ACTION = Attribute("exists-action", choice("override", "skip", "append", "delete"), default="override", expression=True)
VALUE_TEXT = Text(STRING)
VALUE = Child(name="value", many=True, text=VALUE_TEXT)


def edit(statement: Statement) -> RequestEdit:
    """Gives the function that changes one request's query."""
    name, action = statement[NAME], statement[EXISTS_ACTION]
    values = [value.text(VALUE_TEXT) for value in statement.children(VALUE)]
    if action.is_literal and action.literal != "delete" and not values:
        raise statement.error(
            "set-query-parameter needs a <value>",
            hint='add <value>…</value>, or exists-action="delete" to remove the parameter',
        )

    def change(context: PolicyContext, request: Request) -> None:
        parameter, how, query = name.get(context), action.get(context), request.changeable_url.query
        spellings = _spellings(query, parameter)
        if how == "skip" and spellings:
            return
        kept = [value for spelling in spellings for value in query.pop(spelling)]
        if how != "delete":
            name_there = spellings[0] if spellings else parameter
            query[name_there] = [*(kept if how == "append" else ()), *(value.get(context) for value in values)]

    return change


def _spellings(query: dict[str, list[str]], name: str) -> list[str]:
    """The name as the query has it: APIM does not tell query parameters apart by case."""
    folded = name.lower()
    return [each for each in query if each.lower() == folded]


POLICY = Policy(
    name="set-query-parameter",
    sections=frozenset({"inbound", "backend"}),
    attributes=(NAME, EXISTS_ACTION),
    children=(VALUE,),
    edit_request=edit,
)
