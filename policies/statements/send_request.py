"""`send-request`: asks another service and keeps its answer in a variable (article "Send request")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.outgoing import EDITS, MODE, SET_URL, TIMEOUT, copies_body, outgoing
from policies.ports import BackendUnavailable
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import BOOLEAN, NAME_TEXT

VARIABLE = Attribute("response-variable-name", NAME_TEXT)
IGNORE_ERROR = Attribute("ignore-error", BOOLEAN, default=False, expression=True)


def build(statement: Statement) -> Step:
    """Gives the step that asks and waits."""
    sender, ignores = outgoing(statement), statement[IGNORE_ERROR].get
    given = statement.get(VARIABLE)
    variable = None if given is None else given.literal

    async def send_request(context: PolicyContext) -> None:
        try:
            response = await sender.send(context, await sender.make(context))
        except (BackendUnavailable, PolicyFailure) as error:
            if not ignores(context):
                raise
            if context.trace is not None:
                context.trace.ignored(error)
            if variable is not None:
                context.variables[variable] = None
            return
        if variable is not None:
            context.variables[variable] = response

    return send_request


POLICY = Policy(
    name="send-request",
    attributes=(MODE, VARIABLE, TIMEOUT, IGNORE_ERROR),
    children=(SET_URL,),
    edits=EDITS,
    build=build,
    reads_body=copies_body,
)
