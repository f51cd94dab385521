"""`json-to-xml`: the body from JSON to XML (article "Convert JSON to XML")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.json_xml import ConversionError, JsonToXml
from policies.media import accepts, is_json, utf8_of
from policies.messages import Request, Response
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements.set_body import replace_body
from policies.steps import Edit
from policies.values import BOOLEAN, STRING, choice

APPLY = Attribute("apply", choice("always", "content-type-json"), required=True, expression=True)
CONSIDER_ACCEPT = Attribute("consider-accept-header", BOOLEAN, default=True, expression=True)
PARSE_DATE = Attribute("parse-date", BOOLEAN, default=True)
SEPARATOR = Attribute("namespace-separator", STRING, default="_", expression=True)
PREFIX = Attribute("namespace-prefix", STRING, default="", expression=True)
ATTRIBUTES = Attribute("attribute-block-name", STRING, default="", expression=True)


def edit(statement: Statement) -> Edit:
    """Gives the function that converts one message's body."""
    apply, considers = statement[APPLY].get, statement[CONSIDER_ACCEPT].get
    separator, prefix, attributes = statement[SEPARATOR].get, statement[PREFIX].get, statement[ATTRIBUTES].get
    parse_dates = statement[PARSE_DATE].literal

    def change(context: PolicyContext, message: Request | Response) -> None:
        if not message.body.data:
            return
        if apply(context) == "content-type-json" and not is_json(message.headers):
            return
        if considers(context) and not accepts(context.request.headers, "xml"):
            return
        converter = JsonToXml(separator(context), prefix(context), attributes(context), parse_dates)
        try:
            data = converter.convert(utf8_of(message))
        except ConversionError as error:
            raise PolicyFailure(
                "The body could not be converted from JSON to XML.", reason="ConversionFailure", detail=str(error)
            ) from None
        replace_body(message, data)
        message.headers.set("Content-Type", "application/xml")

    return change


POLICY = Policy(
    name="json-to-xml",
    sections=frozenset({"inbound", "outbound", "on-error"}),
    attributes=(APPLY, CONSIDER_ACCEPT, PARSE_DATE, SEPARATOR, PREFIX, ATTRIBUTES),
    edit=edit,
    reads_body=True,
)
