"""`return-response`: ends the pipeline with an answer of its own (article "Return response").

The answer starts as 200 without a body, or as a copy of a response kept in a variable, and is changed by the policies inside.
From inbound neither backend nor outbound run.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.messages import Response
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import END, Edit, End, Outcome, Step, settle
from policies.values import NAME_TEXT

VARIABLE = Attribute("response-variable-name", NAME_TEXT)


def build(statement: Statement) -> Step:
    """Gives the step that ends the pipeline."""
    given = statement.get(VARIABLE)
    variable = None if given is None else given.literal
    edits = [edit for _, edit in statement.edits]

    def return_response(context: PolicyContext) -> Outcome:
        response = Response(200)
        kept = None if variable is None else context.variables.get(variable)
        if isinstance(kept, Response):
            response = Response(kept.status, kept.headers.copy(), kept.body, reason=kept.reason)
        for index, edit in enumerate(edits):
            outcome = edit(context, response)
            if outcome is not None:
                return _rest(outcome, edits[index + 1 :], context, response)
        context.response = response
        return END

    return return_response


async def _rest(outcome: Outcome, edits: list[Edit], context: PolicyContext, response: Response) -> End:
    await settle(outcome)
    for edit in edits:
        await settle(edit(context, response))
    context.response = response
    return END


POLICY = Policy(
    name="return-response",
    attributes=(VARIABLE,),
    edits=frozenset({"set-status", "set-header", "set-body"}),
    build=build,
)
