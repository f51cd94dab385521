"""`find-and-replace`: replaces a text wherever it stands in the body (article "Find and replace string in body")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.media import say_utf8, utf8_of
from policies.messages import Request, Response
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements.set_body import replace_body
from policies.steps import Edit
from policies.values import STRING

FROM = Attribute("from", STRING, required=True, expression=True)
TO = Attribute("to", STRING, required=True, expression=True)


def edit(statement: Statement) -> Edit:
    """Gives the function that replaces in one message's body."""
    old, new = statement[FROM], statement[TO].get
    if old.is_literal and not old.literal:
        raise statement.error("there is nothing to look for", at=FROM)

    def change(context: PolicyContext, message: Request | Response) -> None:
        wanted, data = old.get(context).encode(), utf8_of(message)
        if not wanted or wanted not in data:
            return
        if data is not message.body.data:
            say_utf8(message.headers)
        replace_body(message, data.replace(wanted, new(context).encode()))

    return change


POLICY = Policy(name="find-and-replace", attributes=(FROM, TO), edit=edit, reads_body=True)
