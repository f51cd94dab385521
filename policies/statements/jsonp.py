"""`jsonp`: the JSON answer wrapped in a call of the function that a query parameter names (article "JSONP")."""

from __future__ import annotations

import re

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.media import is_json, utf8_of
from policies.messages import Response
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements.set_body import replace_body
from policies.steps import ResponseEdit
from policies.values import NAME_TEXT

PARAMETER = Attribute("callback-parameter-name", NAME_TEXT, required=True, expression=True)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)


def edit(statement: Statement) -> ResponseEdit:
    """Gives the function that wraps one response."""
    parameter = statement[PARAMETER].get

    def change(context: PolicyContext, response: Response) -> None:
        name = parameter(context)
        callbacks = context.request.original_url.query.get(name)
        if not callbacks or not is_json(response.headers):
            return
        callback = callbacks[0]
        if len(callback) > 256 or not _IDENTIFIER.fullmatch(callback):
            raise PolicyFailure(
                f"Value of callback parameter {name} is not a valid JavaScript identifier.",
                reason="CallbackParameterInvalid",
                status=400,
            )
        # These line ends are allowed in JSON strings but were not in JavaScript's.
        data = utf8_of(response).replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
        replace_body(response, b"/**/" + callback.encode() + b"(" + data + b");")
        response.headers.set("Content-Type", "application/javascript")
        response.headers.set("X-Content-Type-Options", "nosniff")

    return change


POLICY = Policy(
    name="jsonp",
    sections=frozenset({"outbound"}),
    attributes=(PARAMETER,),
    edit_response=edit,
    reads_body=True,
    once=True,
)
