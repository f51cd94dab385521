"""`validate-jwt`: demands a token that one of the named issuers signed (article "Validate JWT").

Where `issuers` are listed, one of them must have issued the token; where there are only OpenID configurations, the one whose
key signed it. So a key of one issuer never vouches for another.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.statements._token import ATTRIBUTES, AUDIENCE, AUDIENCES, ITEM, REQUIRED_CLAIMS, Check, texts
from policies.statements._token_keys import DECRYPTION_KEYS, SIGNING_KEYS, decryption_keys, signing_keys
from policies.steps import Step
from policies.tokens.claims import Texts, TokenCheck, check_issuer
from policies.tokens.token import Token
from policies.tokens.verifier import Verifier
from policies.values import BOOLEAN, DURATION, NAME_TEXT, STRING

EXPIRES = Attribute("require-expiration-time", BOOLEAN, default=True, expression=True)
SIGNED = Attribute("require-signed-tokens", BOOLEAN, default=True, expression=True)
SKEW = Attribute("clock-skew", DURATION, default=0.0, expression=True)
SCHEME = Attribute("require-scheme", STRING, default="", expression=True)
URL = Attribute("url", NAME_TEXT, required=True, expression=True)
CONNECTIVITY = Attribute("validate-connectivity", BOOLEAN, default=True)  # whatever it says: storing a document asks nobody
OPENID = Child(name="openid-config", many=True, attributes=(URL, CONNECTIVITY))
ISSUER = Child(name="issuer", required=True, many=True, text=ITEM)
ISSUERS = Child(name="issuers", children=(ISSUER,))


def build(statement: Statement) -> Step:
    """The step."""
    configurations = [each[URL] for each in statement.children(OPENID)]
    for url in configurations:
        if url.is_literal and not url.literal.startswith(("https://", "http://")):
            raise statement.error("openid-config needs the full URL of a configuration document", hint='url="https://…"')
    keys, signed = signing_keys(statement), statement[SIGNED]
    if not keys and not configurations and not (signed.is_literal and not signed.literal):
        raise statement.error(
            "validate-jwt has no key to validate with", hint="add an <openid-config> or <issuer-signing-keys>"
        )
    return Check(
        statement,
        Verifier(keys, configurations, decryption_keys(statement)),
        audiences=texts(statement, AUDIENCES, AUDIENCE),
        issuers=_issuer_check(texts(statement, ISSUERS, ISSUER)),
        must_be_signed=signed,
        must_expire=statement[EXPIRES],
        skew=statement[SKEW],
        scheme=statement[SCHEME],
    )


def _issuer_check(issuers: Texts) -> TokenCheck:
    are_listed = bool(issuers)

    def run(token: Token, context: PolicyContext) -> None:
        own = token.issuer
        if are_listed:
            listed = issuers.get(context)
            # A configuration for many tenants vouches for all of them; the list then says which of them.
            check_issuer(token.claims, listed if not own or "{" in own else (*listed, own))
        elif own:
            check_issuer(token.claims, (own,))

    return TokenCheck(run, issuers.is_fixed)


POLICY = Policy(
    name="validate-jwt",
    sections=frozenset({"inbound"}),
    attributes=(*ATTRIBUTES, EXPIRES, SIGNED, SKEW, SCHEME),
    children=(OPENID, SIGNING_KEYS, DECRYPTION_KEYS, AUDIENCES, ISSUERS, REQUIRED_CLAIMS),
    build=build,
)
