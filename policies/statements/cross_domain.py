"""`cross-domain`: answers /crossdomain.xml with Adobe's cross-domain policy file (article "Allow cross-domain calls").

An empty one, as in the article "Policies in Azure API Management", answers nothing.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.messages import Headers, Response
from policies.registry import Child, Policy
from policies.safe_xml import XmlError, parse_xml
from policies.statement import Statement
from policies.steps import EMPTY, END, End, Step

FILE = Child(name="cross-domain-policy", is_open=True)


def build(statement: Statement) -> Step:
    """Gives the step that answers for the file."""
    child = statement.child(FILE)
    if child is None:
        return EMPTY
    content = child.markup.encode()
    try:
        parse_xml(content)
    except XmlError as error:
        raise child.error(f"the cross-domain policy is not well formed: {error}") from None

    def cross_domain(context: PolicyContext) -> End | None:
        if context.request.url.path.lower() != "/crossdomain.xml":
            return None
        context.response = Response(200, Headers({"Content-Type": "text/x-cross-domain-policy"}), content)
        return END

    return cross_domain


POLICY = Policy(
    name="cross-domain",
    sections=frozenset({"inbound"}),
    scopes=frozenset({"global"}),
    children=(FILE,),
    build=build,
)
