"""`authentication-basic`: Basic credentials for the backend (article "Authenticate with Basic", RFC 7617)."""

from __future__ import annotations

import base64

from policies.context import PolicyContext
from policies.messages import Request
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import RequestEdit
from policies.values import STRING

USERNAME = Attribute("username", STRING, required=True, expression=True)
PASSWORD = Attribute("password", STRING, required=True, expression=True, secret=True)


def edit(statement: Statement) -> RequestEdit:
    """Gives the function that sets one request's Authorization header."""
    username, password = statement[USERNAME], statement[PASSWORD].get
    if username.is_literal and ":" in username.literal:
        raise statement.error("the user name may not hold a colon", at=USERNAME, hint="see RFC 7617, section 2")

    def change(context: PolicyContext, request: Request) -> None:
        pair = f"{username.get(context)}:{password(context)}".encode()
        request.headers.set("Authorization", f"Basic {base64.b64encode(pair).decode()}")

    return change


POLICY = Policy(
    name="authentication-basic",
    sections=frozenset({"inbound"}),
    attributes=(USERNAME, PASSWORD),
    edit_request=edit,
)
