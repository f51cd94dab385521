"""`validate-status-code`: lets pass only the statuses that the operation documents (article "Validate status code")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.operation import response_for, specification_of
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.validation import ACTION_KIND, ERRORS_VARIABLE, Finding, report
from policies.values import whole_number

UNSPECIFIED = Attribute("unspecified-status-code-action", ACTION_KIND, required=True, expression=True)
CODE = Attribute("code", whole_number(100, 599), required=True)
ACTION = Attribute("action", ACTION_KIND, required=True, expression=True)
STATUS_CODE = Child(name="status-code", many=True, attributes=(CODE, ACTION))


def build(statement: Statement) -> Step:
    """Gives the step that checks the response's status."""
    unspecified = statement[UNSPECIFIED].get
    overrides = {each[CODE].literal: each[ACTION].get for each in statement.children(STATUS_CODE)}
    given = statement.get(ERRORS_VARIABLE)
    variable = "" if given is None else given.literal

    def validate_status_code(context: PolicyContext) -> None:
        specification, response = specification_of(context), context.response
        if response is None or specification is None:
            return
        if any(known.status.upper() == "DEFAULT" for known in specification.responses):
            return
        if response_for(specification, response.status) is not None:
            return
        action = overrides.get(response.status, unspecified)(context)
        if action == "ignore":
            return
        details = f"Response status code {response.status} is not allowed."
        report(
            context,
            [(Finding(str(response.status), "StatusCode", "Unspecified", details), action)],
            variable,
            is_request=False,
        )

    return validate_status_code


POLICY = Policy(
    name="validate-status-code",
    sections=frozenset({"outbound", "on-error"}),
    attributes=(UNSPECIFIED, ERRORS_VARIABLE),
    children=(STATUS_CODE,),
    build=build,
)
