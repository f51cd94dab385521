"""`xsl-transform`: an XSL transformation over the body (article "Transform XML using an XSLT").

The stylesheet is compiled with the document; it reads no file and no URL, and writes none.
"""

from __future__ import annotations

from typing import Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Request, Response
from policies.registry import Attribute, Child, Policy, Text
from policies.safe_xml import XmlError, parse_xml
from policies.statement import Statement
from policies.statements.set_body import replace_body
from policies.steps import Edit
from policies.values import NAME_TEXT, STRING

NAME = Attribute("name", NAME_TEXT)
PARAMETER_NAME = Attribute("parameter-name", NAME_TEXT)  # how the article's statement, but not its example, has it
VALUE = Text(STRING)
PARAMETER = Child(name="parameter", many=True, attributes=(NAME, PARAMETER_NAME), text=VALUE)
STYLESHEETS = tuple(Child(name=f"xsl:{name}", is_open=True) for name in ("stylesheet", "transform"))


def edit(statement: Statement) -> Edit:
    """Gives the function that transforms one message's body."""
    from lxml import etree

    sheets = [sheet for child in STYLESHEETS for sheet in statement.children(child)]
    if len(sheets) != 1:
        raise statement.error("xsl-transform needs one <xsl:stylesheet>")
    nothing = etree.XSLTAccessControl.DENY_ALL  # type: ignore[attr-defined]  # the stubs do not know it
    try:
        transform = etree.XSLT(parse_xml(sheets[0].markup.encode()), access_control=nothing)
    except (XmlError, etree.XSLTParseError) as error:
        raise sheets[0].error(f"the stylesheet is not valid: {error}") from None
    parameters = [(_name(each), each.text(VALUE).get) for each in statement.children(PARAMETER)]

    def change(context: PolicyContext, message: Request | Response) -> None:
        given: dict[str, Any] = {name: etree.XSLT.strparam(value(context)) for name, value in parameters}
        try:
            result = bytes(transform(parse_xml(message.body.data), **given))
        except (XmlError, etree.XSLTApplyError, ValueError) as error:
            raise PolicyFailure("The XSL transformation failed.", reason="XslTransformFailure", detail=str(error)) from None
        replace_body(message, result)

    return change


def _name(parameter: Statement) -> str:
    name = parameter.get(NAME) or parameter.get(PARAMETER_NAME)
    if name is None:
        raise parameter.error("the parameter needs the attribute name")
    return name.literal


POLICY = Policy(
    name="xsl-transform",
    sections=frozenset({"inbound", "outbound"}),
    children=(PARAMETER, *STYLESHEETS),
    edit=edit,
    reads_body=True,
)
