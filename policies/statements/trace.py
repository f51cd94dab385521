"""`trace`: a message of the document's author to the request's trace and to telemetry (article "Trace")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.steps import Step
from policies.values import NAME_TEXT, STRING, choice

SOURCE = Attribute("source", STRING, required=True, expression=True)
SEVERITY = Attribute("severity", choice("verbose", "information", "error"), default="verbose")
MESSAGE_TEXT = Text(STRING)
MESSAGE = Child(name="message", text=MESSAGE_TEXT)
NAME = Attribute("name", NAME_TEXT, required=True, expression=True)
VALUE = Attribute("value", STRING, required=True, expression=True)
METADATA = Child(name="metadata", many=True, attributes=(NAME, VALUE))
TEXT = Text(STRING)  # older documents hold the message without an element of its own


def build(statement: Statement) -> Step:
    """Gives the step that reports."""
    source, severity = statement[SOURCE].get, statement[SEVERITY].literal
    child = statement.child(MESSAGE)
    message = statement.text(TEXT).get if child is None else child.text(MESSAGE_TEXT).get
    metadata = [(each[NAME].get, each[VALUE].get) for each in statement.children(METADATA)]

    def trace(context: PolicyContext) -> None:
        telemetry = context.services.telemetry
        if telemetry is None and context.trace is None:
            return
        origin, text = source(context), message(context)
        details = {name(context): value(context) for name, value in metadata}
        if context.trace is not None:
            context.trace.append(" ".join([f"{origin} [{severity}] {text}", *(f"{n}={v}" for n, v in details.items())]))
        if telemetry is not None:
            telemetry.trace(origin, severity, text, details)

    return trace


POLICY = Policy(name="trace", attributes=(SOURCE, SEVERITY), children=(MESSAGE, METADATA), text=TEXT, build=build)
