"""`set-method`: the request's method (article "Set request method")."""

from __future__ import annotations

import re

from policies.context import PolicyContext
from policies.messages import Request
from policies.registry import Policy, Text
from policies.statement import Statement
from policies.steps import RequestEdit
from policies.values import STRING, Kind

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}")


def _method(text: str) -> str:
    method = text.strip().upper()
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"must be an HTTP method, not {text!r}")
    return method


METHOD = Text(Kind("an HTTP method", _method, lambda value: _method(STRING.convert(value))), required=True)


def edit(statement: Statement) -> RequestEdit:
    """Gives the function that sets one request's method."""
    method = statement.text(METHOD).get

    def change(context: PolicyContext, request: Request) -> None:
        request.method = method(context)

    return change


POLICY = Policy(name="set-method", sections=frozenset({"inbound", "on-error"}), text=METHOD, edit_request=edit)
