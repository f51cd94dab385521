"""`mock-response`: ends the pipeline with an answer from the operation's examples and schemas (article "Mock response")."""

from __future__ import annotations

import json

from policies.context import PolicyContext
from policies.messages import Headers, Response
from policies.operation import Content, Specification, content_for, response_for, specification_of
from policies.registry import Attribute, Policy
from policies.sampling import sample
from policies.statement import Statement
from policies.steps import END, End, Step
from policies.values import STRING, whole_number

STATUS = Attribute("status-code", whole_number(200, 599), default=200, expression=True)
CONTENT_TYPE = Attribute("content-type", STRING, default="", expression=True)


def build(statement: Statement) -> Step:
    """Gives the step that answers."""
    status, content_type = statement[STATUS].get, statement[CONTENT_TYPE].get

    def mock_response(context: PolicyContext) -> End:
        code, wanted = status(context), content_type(context).strip()
        specification = specification_of(context)
        content = None if specification is None else _content(specification, code, wanted)
        headers = Headers()
        kind = wanted or (content.media_type if content is not None else "")
        if kind:
            headers.set("Content-Type", kind)
        body = b"" if content is None or specification is None else _body(specification, content)
        context.response = Response(code, headers, body)
        return END

    return mock_response


def _content(specification: Specification, status: int, wanted: str) -> Content | None:
    response = response_for(specification, status)
    if response is None or not response.contents:
        return None
    return content_for(response.contents, wanted.partition(";")[0].strip()) if wanted else response.contents[0]


def _body(specification: Specification, content: Content) -> bytes:
    value = content.example
    if value is None:
        value = sample(content.schema, specification.definitions)
    if value is None:
        return b""
    if isinstance(value, str) and "json" not in content.media_type.lower():
        return value.encode()
    return json.dumps(value, ensure_ascii=False, default=str).encode()


POLICY = Policy(
    name="mock-response",
    sections=frozenset({"inbound", "outbound", "on-error"}),
    attributes=(STATUS, CONTENT_TYPE),
    build=build,
)
