"""`choose`: the policies of the first `<when>` whose condition holds, else those of `<otherwise>` (article "Control flow")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.registry import ANY_POLICY, Attribute, Child, Policy
from policies.statement import Statement
from policies.steps import EMPTY, Outcome, Step
from policies.values import BOOLEAN

CONDITION = Attribute("condition", BOOLEAN, required=True, expression=True)
WHEN = Child(name="when", required=True, many=True, attributes=(CONDITION,), policies=ANY_POLICY)
OTHERWISE = Child(name="otherwise", policies=ANY_POLICY)


def build(statement: Statement) -> Step:
    """Gives the step that picks a branch."""
    branches = [(when[CONDITION].get, when.steps) for when in statement.children(WHEN)]
    otherwise = statement.child(OTHERWISE)
    last = EMPTY if otherwise is None else otherwise.steps

    def choose(context: PolicyContext) -> Outcome:
        for holds, steps in branches:
            if holds(context):
                return steps(context)
        return last(context)

    return choose


POLICY = Policy(name="choose", children=(WHEN, OTHERWISE), build=build)
