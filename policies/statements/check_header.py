"""`check-header`: refuses a request whose header is missing or has another value than allowed (article "Check HTTP header")."""

from __future__ import annotations

from collections.abc import Callable

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.steps import Step
from policies.values import BOOLEAN, NAME_TEXT, STRING, whole_number

NAME = Attribute("name", NAME_TEXT, required=True, expression=True)
STATUS = Attribute("failed-check-httpcode", whole_number(400, 599), required=True, expression=True)
MESSAGE = Attribute("failed-check-error-message", STRING, required=True, expression=True)
IGNORE_CASE = Attribute("ignore-case", BOOLEAN, default=False, expression=True)
VALUE_TEXT = Text(STRING)
VALUE = Child(name="value", many=True, text=VALUE_TEXT)


def build(statement: Statement) -> Step:
    """Gives the step that checks."""
    name, ignores = statement[NAME].get, statement[IGNORE_CASE].get
    allowed = [value.text(VALUE_TEXT).get for value in statement.children(VALUE)]
    refuse = _refusal(statement)

    def check_header(context: PolicyContext) -> None:
        field = name(context)
        value = context.request.headers.get(field)
        if value is None or not value.strip():
            raise refuse(context, "HeaderNotFound", f"Header {field} was not found in the request. Access denied.")
        if not allowed:
            return
        fold: Callable[[str], str] = str.casefold if ignores(context) else str
        if fold(value) not in {fold(each(context)) for each in allowed}:
            # The header's value may be a secret, so unlike APIM's the message does not repeat it.
            raise refuse(context, "HeaderValueNotAllowed", f"Header {field} value is not allowed. Access denied.")

    return check_header


def _refusal(statement: Statement) -> Callable[[PolicyContext, str, str], PolicyFailure]:
    status, message = statement[STATUS].get, statement[MESSAGE].get

    def refuse(context: PolicyContext, reason: str, text: str) -> PolicyFailure:
        return PolicyFailure(text, reason=reason, status=status(context), public=message(context))

    return refuse


POLICY = Policy(
    name="check-header",
    sections=frozenset({"inbound"}),
    attributes=(NAME, STATUS, MESSAGE, IGNORE_CASE),
    children=(VALUE,),
    build=build,
)
