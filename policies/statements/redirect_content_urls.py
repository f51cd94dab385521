"""`redirect-content-urls`: links in the body to the backend point to the gateway instead, and the reverse in inbound (article
"Mask URLs in content")."""

from __future__ import annotations

from policies.context import PolicyContext
from policies.messages import Request, Response
from policies.registry import Policy
from policies.statement import Statement
from policies.statements.set_body import replace_body
from policies.steps import Edit


def edit(statement: Statement) -> Edit:
    """Gives the function that rewrites one message's links."""
    is_request = statement.section == "inbound"

    def change(context: PolicyContext, message: Request | Response) -> None:
        api = context.api
        if api is None or not api.service_url:
            return
        backend = api.service_url.rstrip("/").encode()
        gateway = f"{context.request.original_url.origin}/{api.path.strip('/')}".rstrip("/").encode()
        old, new = (gateway, backend) if is_request else (backend, gateway)
        # In JSON a slash may be written "\/".
        escaped = (old.replace(b"/", b"\\/"), new.replace(b"/", b"\\/"))
        data = message.body.data
        changed = data.replace(old, new).replace(*escaped)
        if changed != data:
            replace_body(message, changed)

    return change


POLICY = Policy(
    name="redirect-content-urls",
    sections=frozenset({"inbound", "outbound"}),
    edit=edit,
    reads_body=True,
    once=True,
)
