"""`set-variable`: keeps a value in `context.Variables` (article "Set variable")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import ANY, NAME_TEXT

NAME = Attribute("name", NAME_TEXT, required=True)
VALUE = Attribute("value", ANY, required=True, expression=True)


def build(statement: Statement) -> Step:
    """Gives the step that assigns; a literal is a System.String."""
    name, get = statement[NAME].literal, statement[VALUE].get

    def set_variable(context: PolicyContext) -> None:
        context.variables[name] = get(context)

    return set_variable


POLICY = Policy(name="set-variable", attributes=(NAME, VALUE), build=build)
