"""`set-header`: sets, appends, keeps or removes a header of the request or response (article "Set header").

Several `<value>`s become one comma-separated field, except where the field's grammar holds commas or dates.
"""

from __future__ import annotations

import re

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Request, Response
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.steps import Edit
from policies.values import HEADER_VALUE, NAME_TEXT, choice

NAME = Attribute("name", NAME_TEXT, required=True, expression=True)
EXISTS_ACTION = Attribute("exists-action", choice("override", "skip", "append", "delete"), default="override", expression=True)
VALUE_TEXT = Text(HEADER_VALUE)
VALUE = Child(name="value", many=True, text=VALUE_TEXT)

# The article's list of fields whose values are never joined.
_SEPARATE = frozenset(
    {
        *("user-agent", "www-authenticate", "proxy-authenticate", "cookie", "set-cookie", "warning", "date", "expires"),
        *("if-modified-since", "if-unmodified-since", "last-modified", "retry-after"),
    }
)
# RFC 9110 §5.1. APIM stores a document with another name too (its article has "some header name") and fails when it runs.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# These belong to the connection; the article says that they cannot be changed.
_FIXED = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


def edit(statement: Statement) -> Edit:
    """Gives the function that changes one message's headers."""
    name, action = statement[NAME], statement[EXISTS_ACTION]
    values = [value.text(VALUE_TEXT) for value in statement.children(VALUE)]
    if action.is_literal and action.literal != "delete" and not values:
        raise statement.error(
            "set-header needs a <value>", hint='add <value>…</value>, or exists-action="delete" to remove the header'
        )
    if (
        name.is_literal
        and _TOKEN.fullmatch(name.literal)
        and action.is_literal
        and len(values) == 1
        and action.literal == "override"
    ):
        field, only = name.literal, values[0].get
        if field.lower() not in _FIXED:

            def override(context: PolicyContext, message: Request | Response) -> None:
                message.headers.set(field, only(context))

            return override

    def change(context: PolicyContext, message: Request | Response) -> None:
        field, how, headers = name.get(context), action.get(context), message.headers
        if not _TOKEN.fullmatch(field):
            raise PolicyFailure("Internal server error", reason="HeaderNameInvalid", detail=f"{field!r} is no header name")
        if field.lower() in _FIXED or (how == "skip" and field in headers):
            return
        if how == "delete":
            headers.remove(field)
            return
        texts = [value.get(context) for value in values]
        if how == "append":
            texts = headers.get_all(field) + texts
        headers.set(field, *(texts if field.lower() in _SEPARATE else (",".join(texts),)))

    return change


POLICY = Policy(name="set-header", attributes=(NAME, EXISTS_ACTION), children=(VALUE,), edit=edit)
