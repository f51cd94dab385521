"""`validate-azure-ad-token`: demands a token of Microsoft Entra ID (article "Validate Microsoft Entra ID token").

Tokens of version 1 and 2 are taken. The tenant's key set is Microsoft's and shared by tenants, so the issuer is always checked
too. One of audience, client application and backend application must be named: else any token of the tenant would do,
whomever it was issued for.
"""

from __future__ import annotations

import re
from functools import lru_cache

from policies.context import PolicyContext
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.statements._token import ATTRIBUTES, AUDIENCE, AUDIENCES, ITEM, REQUIRED_CLAIMS, Check, texts
from policies.statements._token_keys import DECRYPTION_KEYS, decryption_keys
from policies.steps import Step
from policies.tokens.claims import Texts, TokenCheck, check_issuer
from policies.tokens.refused import TokenRefused
from policies.tokens.token import Token
from policies.tokens.verifier import Verifier
from policies.values import NAME_TEXT, Value, constant

TENANT = Attribute("tenant-id", NAME_TEXT, required=True, expression=True)
APPLICATION = Child(name="application-id", required=True, many=True, text=ITEM)
CLIENTS = Child(name="client-application-ids", children=(APPLICATION,))
BACKENDS = Child(name="backend-application-ids", children=(APPLICATION,))
_PUBLIC_CLOUD = "https://login.microsoftonline.com/"
_VERSION_1 = "https://sts.windows.net/"
_TENANTS = re.compile(r"/?[A-Za-z0-9.-]+/?|https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~-]+)*/?")


def build(statement: Statement) -> Step:
    """The step."""
    clients = texts(statement, CLIENTS, APPLICATION)
    backends = texts(statement, BACKENDS, APPLICATION)
    audiences = texts(statement, AUDIENCES, AUDIENCE)
    if not (clients or backends or audiences):
        raise statement.error(
            "validate-azure-ad-token would take any token of the tenant",
            hint="name <audiences>, <client-application-ids> or <backend-application-ids>",
        )
    tenant = statement[TENANT]
    if tenant.is_literal and not _TENANTS.fullmatch(tenant.literal):
        raise statement.error(
            f"{tenant.literal[:80]!r} is no tenant", at=TENANT, hint="write its id, its domain or its authority's URL"
        )
    return Check(
        statement,
        Verifier((), [_address(tenant)], decryption_keys(statement)),
        audiences=audiences + backends + backends.each(_application_uri),
        issuers=_issuer_check(clients),
        default_header="Authorization",
        absent="Azure AD JWT not present.",  # as APIM says it; documents ask LastError.Message for it
    )


def _application_uri(application: str) -> str:
    """The identifier that Entra gives an application by default, the audience of its tokens of version 1."""
    return f"api://{application}"


def _issuer_check(clients: Texts) -> TokenCheck:
    def run(token: Token, context: PolicyContext) -> None:
        check_issuer(token.claims, _issuers(token.issuer))
        if clients:
            client = token.claims.get("azp", token.claims.get("appid"))
            if client not in clients.get(context):
                raise TokenRefused("TokenClientNotAllowed", "The client application of the JWT is not allowed. Access denied.")

    return TokenCheck(run, clients.is_fixed)


def _address(tenant: Value[str]) -> Value[str]:
    return (
        constant(_configuration(tenant.literal))
        if tenant.is_literal
        else Value(lambda context: _configuration(tenant.get(context)))
    )


@lru_cache(64)
def _configuration(tenant: str) -> str:
    """The address of a tenant's configuration; `tenant` is an id, a domain, or a whole authority (a national cloud)."""
    base = tenant if tenant.startswith(("https://", "http://")) else _PUBLIC_CLOUD + tenant.strip("/")
    return f"{base.rstrip('/').removesuffix('/v2.0')}/v2.0/.well-known/openid-configuration"


@lru_cache(64)
def _issuers(issuer: str) -> tuple[str, ...]:
    """A tenant's issuer in version 2, and as tokens of version 1 name it."""
    if not issuer.startswith(_PUBLIC_CLOUD):
        return (issuer,)
    return issuer, _VERSION_1 + issuer.removeprefix(_PUBLIC_CLOUD).removesuffix("v2.0")


POLICY = Policy(
    name="validate-azure-ad-token",
    sections=frozenset({"inbound"}),
    attributes=(TENANT, *ATTRIBUTES),
    children=(DECRYPTION_KEYS, AUDIENCES, CLIENTS, BACKENDS, REQUIRED_CLAIMS),
    build=build,
)
