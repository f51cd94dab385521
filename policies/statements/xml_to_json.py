"""`xml-to-json`: the body from XML to JSON (article "Convert XML to JSON")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.json_xml import ConversionError, xml_to_json
from policies.media import accepts, is_xml
from policies.messages import Request, Response
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements.set_body import replace_body
from policies.steps import Edit
from policies.values import BOOLEAN, choice

KIND = Attribute("kind", choice("javascript-friendly", "direct"), required=True, expression=True)
APPLY = Attribute("apply", choice("always", "content-type-xml"), required=True, expression=True)
CONSIDER_ACCEPT = Attribute("consider-accept-header", BOOLEAN, default=True, expression=True)
ALWAYS_ARRAY = Attribute("always-array-child-elements", BOOLEAN, default=False, expression=True)


def edit(statement: Statement) -> Edit:
    """Gives the function that converts one message's body."""
    kind, apply = statement[KIND].get, statement[APPLY].get
    considers, always_array = statement[CONSIDER_ACCEPT].get, statement[ALWAYS_ARRAY].get

    def change(context: PolicyContext, message: Request | Response) -> None:
        if not message.body.data:
            return
        if apply(context) == "content-type-xml" and not is_xml(message.headers):
            return
        if considers(context) and not accepts(context.request.headers, "json"):
            return
        try:
            text = xml_to_json(message.body.data, is_direct=kind(context) == "direct", always_array=always_array(context))
        except ConversionError as error:
            raise PolicyFailure(
                "The body could not be converted from XML to JSON.", reason="ConversionFailure", detail=str(error)
            ) from None
        replace_body(message, text)
        message.headers.set("Content-Type", "application/json")

    return change


POLICY = Policy(
    name="xml-to-json",
    sections=frozenset({"inbound", "outbound", "on-error"}),
    attributes=(KIND, APPLY, CONSIDER_ACCEPT, ALWAYS_ARRAY),
    edit=edit,
    reads_body=True,
)
