"""`proxy`: the HTTP proxy that a request to a backend goes through (article "Set HTTP proxy")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.messages import Request
from policies.outgoing import options_of
from policies.registry import Attribute, Policy
from policies.secret import Secret
from policies.statement import Statement
from policies.steps import RequestEdit
from policies.values import STRING

URL = Attribute("url", STRING, required=True, expression=True)
USERNAME = Attribute("username", STRING, default="", expression=True)
PASSWORD = Attribute("password", STRING, default="", expression=True, secret=True)


def edit(statement: Statement) -> RequestEdit:
    """Gives the function that chooses a request's proxy."""
    url, username, password = statement[URL], statement[USERNAME].get, statement[PASSWORD].get
    if url.is_literal and not url.literal.lower().startswith("http://"):
        raise statement.error(
            "the proxy's URL must be http://host:port", at=URL, hint="between gateway and proxy only HTTP is spoken"
        )

    def change(context: PolicyContext, request: Request) -> None:
        options = options_of(context, request)
        options["proxy"] = url.get(context)
        options["proxy_username"] = username(context)
        options["proxy_password"] = Secret(password(context))

    return change


POLICY = Policy(name="proxy", sections=frozenset({"inbound"}), attributes=(URL, USERNAME, PASSWORD), edit_request=edit)
