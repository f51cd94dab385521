"""`authentication-managed-identity`: an access token of the app's own identity for the backend (article "Authenticate with
managed identity").

The token becomes the request's Authorization header, or, when a variable is named, that variable's value.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Request
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import End, RequestEdit
from policies.values import BOOLEAN, NAME_TEXT

RESOURCE = Attribute("resource", NAME_TEXT, required=True, expression=True)
CLIENT_ID = Attribute("client-id", NAME_TEXT)
VARIABLE = Attribute("output-token-variable-name", NAME_TEXT)
IGNORE_ERROR = Attribute("ignore-error", BOOLEAN, default=False)


def edit(statement: Statement) -> RequestEdit:
    """Gives the function that fetches a token for one request."""
    resource, ignores = statement[RESOURCE].get, statement[IGNORE_ERROR].literal
    client, output = statement.get(CLIENT_ID), statement.get(VARIABLE)
    client_id, variable = "" if client is None else client.literal, "" if output is None else output.literal

    async def authenticate(context: PolicyContext, request: Request) -> End | None:
        try:
            token = await _token(context, resource(context), client_id)
        except PolicyFailure as failure:
            if not ignores:
                raise
            if context.trace is not None:
                context.trace.ignored(failure)
            return None
        if variable:
            context.variables[variable] = token
        else:
            request.headers.set("Authorization", f"Bearer {token}")
        return None

    return authenticate


async def _token(context: PolicyContext, resource: str, client_id: str) -> str:
    tokens = context.services.tokens
    if tokens is None:
        raise _failure("no managed identity is configured for this host")
    try:
        return await tokens.managed_identity(resource, client_id)
    except Exception as error:  # noqa: BLE001 (identity libraries raise errors of their own)
        raise _failure(f"{type(error).__name__}: {error}") from None


def _failure(detail: str) -> PolicyFailure:
    return PolicyFailure("Internal server error", reason="ManagedIdentityTokenFailure", detail=detail)


POLICY = Policy(
    name="authentication-managed-identity",
    sections=frozenset({"inbound", "backend"}),
    attributes=(RESOURCE, CLIENT_ID, VARIABLE, IGNORE_ERROR),
    edit_request=edit,
)
