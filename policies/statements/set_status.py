"""`set-status`: the response's status and reason phrase (article "Set status code")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.messages import Response
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import ResponseEdit
from policies.values import STRING, whole_number

# 1xx answers are the transport's; a final status below 200 would leave the client waiting.
CODE = Attribute("code", whole_number(200, 999), required=True, expression=True)
REASON = Attribute("reason", STRING, expression=True)


def edit(statement: Statement) -> ResponseEdit:
    """Gives the function that changes one response's status line."""
    code, reason = statement[CODE].get, statement.get(REASON)

    def change(context: PolicyContext, response: Response) -> None:
        response.status = code(context)
        response.reason = "" if reason is None else reason.get(context)

    return change


POLICY = Policy(name="set-status", attributes=(CODE, REASON), edit_response=edit)
