"""`set-body`: replaces the body of the request or response (article "Set body").

The new body is literal text (elements in it included), an expression, or a Liquid template over the body that it replaces.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.media import say_utf8
from policies.messages import Body, Request, Response
from policies.registry import Attribute, Policy, Text
from policies.statement import Statement
from policies.steps import Edit
from policies.values import BOOLEAN, CONTENT, choice

TEMPLATE = Attribute("template", choice("liquid", "none"))
XSI_NIL = Attribute("xsi-nil", choice("blank", "null"), default="blank")
PARSE_DATE = Attribute("parse-date", BOOLEAN, default=True)
CONTENT_TEXT = Text(CONTENT, raw=True, template="template")


def edit(statement: Statement) -> Edit:
    """Gives the function that replaces one message's body."""
    content = statement.text(CONTENT_TEXT)
    if statement.has(TEMPLATE) and statement[TEMPLATE].literal == "liquid":
        return _liquid(statement, str(content.literal))
    get = content.get

    def change(context: PolicyContext, message: Request | Response) -> None:
        replace_body(message, get(context))

    return change


def _liquid(statement: Statement, template: str) -> Edit:
    from policies.liquid import TemplateError, compile_template  # late: python-liquid is slow to import

    try:
        render = compile_template(template, nil=statement[XSI_NIL].literal == "null", dates=statement[PARSE_DATE].literal)
    except TemplateError as error:
        raise statement.error(f"the liquid template is not valid: {error}", in_text=error.offset) from None
    source = "request" if statement.section in {"inbound", "backend"} else "response"

    def change(context: PolicyContext, message: Request | Response) -> None:
        # The article: a template sees the body in the pipeline, which a return-response has ended.
        is_answer = statement.is_nested and isinstance(message, Response)
        replace_body(message, render(context, "" if is_answer else source))

    return change


def replace_body(message: Request | Response, content: str | bytes) -> None:
    """Give a message other content; what its header says of the old one's length goes. Text is UTF-8, and where the header
    named another charset it says so."""
    if isinstance(content, str):
        content = content.encode()
        say_utf8(message.headers)
    message.body = Body(content)
    message.headers.remove("Content-Length")


POLICY = Policy(
    name="set-body",
    attributes=(TEMPLATE, XSI_NIL, PARSE_DATE),
    text=CONTENT_TEXT,
    edit=edit,
    reads_body=lambda statement: statement.has(TEMPLATE) and statement[TEMPLATE].literal == "liquid",
)
