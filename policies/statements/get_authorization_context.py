"""`get-authorization-context`: the access token of a connection to a credential provider, put into a variable (article "Get
authorization context").

Connections here have no access policies of their own, so there is nothing that `identity-type="jwt"` could be checked against:
who may use one is decided by the policies before, for instance `validate-azure-ad-token`.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import BOOLEAN, NAME_TEXT, STRING, choice

PROVIDER = Attribute("provider-id", NAME_TEXT, required=True, expression=True)
AUTHORIZATION = Attribute("authorization-id", NAME_TEXT, required=True, expression=True)
VARIABLE = Attribute("context-variable-name", NAME_TEXT, required=True, expression=True)
IDENTITY_TYPE = Attribute("identity-type", choice("managed", "jwt"), default="managed", expression=True)
IDENTITY = Attribute("identity", STRING, expression=True, secret=True)
_NO_IDENTITY = 'identity-type="jwt" is not supported'
IGNORE_ERROR = Attribute("ignore-error", BOOLEAN, default=False, expression=True)


def build(statement: Statement) -> Step:
    """The step."""
    kind = statement[IDENTITY_TYPE]
    if kind.is_literal and kind.literal != "managed":
        raise statement.error(
            f"{_NO_IDENTITY}: connections have no access policies here",
            at=IDENTITY_TYPE,
            hint="check the caller with validate-azure-ad-token before, and leave identity-type out",
        )
    provider, authorization = statement[PROVIDER].get, statement[AUTHORIZATION].get
    variable, ignores = statement[VARIABLE].get, statement[IGNORE_ERROR].get

    async def get_authorization_context(context: PolicyContext) -> None:
        name = variable(context)
        try:
            if kind.get(context) != "managed":
                raise _failure(_NO_IDENTITY)
            context.variables[name] = await _authorization(context, provider(context), authorization(context))
        except PolicyFailure as failure:
            if not ignores(context):
                raise
            if context.trace is not None:
                context.trace.ignored(failure)
            context.variables[name] = None

    return get_authorization_context


async def _authorization(context: PolicyContext, provider: str, authorization: str) -> object:
    from policies.dotnet.apim.tokens import Authorization  # late: only where the policy is used
    from policies.dotnet.values import units

    tokens = context.services.tokens
    if tokens is None:
        raise _failure("no connections are configured for this host")
    try:
        token = await tokens.connection(provider, authorization)
    except Exception as error:  # noqa: BLE001 (a port may raise errors of its own)
        raise _failure(f"{type(error).__name__}: {error}") from None
    claims = {units(name): units(value) if isinstance(value, str) else value for name, value in token.claims.items()}
    return Authorization(units(token.access_token.reveal()), claims)


def _failure(detail: str) -> PolicyFailure:
    return PolicyFailure("Internal server error", reason="AuthorizationContextFailure", detail=detail)


POLICY = Policy(
    name="get-authorization-context",
    sections=frozenset({"inbound"}),
    attributes=(PROVIDER, AUTHORIZATION, VARIABLE, IDENTITY_TYPE, IDENTITY, IGNORE_ERROR),
    build=build,
)
