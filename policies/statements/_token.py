"""What `validate-jwt` and `validate-azure-ad-token` have in common: what is asked of a token's claims, and how one that does
not pass is answered.

The rule here: a refusal is a challenge by RFC 6750 §3, so that an MCP client knows whether to sign in (401) or to ask for more
(403, `insufficient_scope`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.pipeline import predefined_response
from policies.registry import Attribute, Child, Text
from policies.statement import Statement
from policies.statements._token_place import PLACES, place
from policies.steps import Outcome
from policies.tokens.claims import Texts, TokenCheck, audience_check, claim_check
from policies.tokens.refused import TokenRefused
from policies.tokens.token import Token
from policies.tokens.verifier import Verifier
from policies.values import NAME_TEXT, STRING, Value, choice, constant, whole_number

__all__ = [
    "ATTRIBUTES",
    "AUDIENCE",
    "AUDIENCES",
    "ITEM",
    "REQUIRED_CLAIMS",
    "Check",
    "required_claims",
    "texts",
]

STATUS = Attribute("failed-validation-httpcode", whole_number(200, 599), default=401, expression=True)
MESSAGE = Attribute("failed-validation-error-message", STRING, expression=True)
VARIABLE = Attribute("output-token-variable-name", NAME_TEXT)
ATTRIBUTES = (*PLACES, STATUS, MESSAGE, VARIABLE)

ITEM = Text(STRING, required=True)
AUDIENCE = Child(name="audience", required=True, many=True, text=ITEM)
AUDIENCES = Child(name="audiences", children=(AUDIENCE,))
CLAIM_NAME = Attribute("name", NAME_TEXT, required=True)
MATCH = Attribute("match", choice("all", "any"), default="all")
SEPARATOR = Attribute("separator", STRING, default="")
CLAIM_VALUE = Child(name="value", many=True, text=ITEM)
CLAIM = Child(name="claim", required=True, many=True, attributes=(CLAIM_NAME, MATCH, SEPARATOR), children=(CLAIM_VALUE,))
REQUIRED_CLAIMS = Child(name="required-claims", children=(CLAIM,))


def texts(statement: Statement, parent: Child, item: Child) -> Texts:
    """The items of a list element."""
    element = statement.child(parent)
    return _texts(() if element is None else element.children(item))


def _texts(items: Iterable[Statement]) -> Texts:
    values = [item.text(ITEM) for item in items]
    literals = [value.literal.strip() for value in values if value.is_literal]
    return Texts(literals, [_stripped(value.get) for value in values if not value.is_literal])


def _stripped(get: Callable[[PolicyContext], str]) -> Callable[[PolicyContext], str]:
    return lambda context: get(context).strip()


def required_claims(statement: Statement) -> list[TokenCheck]:
    """The `<required-claims>`."""
    element = statement.child(REQUIRED_CLAIMS)
    return [
        claim_check(
            claim[CLAIM_NAME].literal,
            _texts(claim.children(CLAIM_VALUE)),
            any_of=claim[MATCH].literal == "any",
            separator=claim[SEPARATOR].literal,
        )
        for claim in (element.children(CLAIM) if element is not None else ())
    ]


_YES: Value[bool] = constant(True)
_NO_SKEW: Value[float] = constant(0.0)
_ANY_SCHEME: Value[str] = constant("")


class Check:
    """The step of both policies: finds the token, verifies it, checks its claims, and hands it on.

    `audiences`, `issuers` and the required claims are asked in this order, the first that fails speaks; `must_be_signed` and
    `must_expire` give the policy's word for a request, `skew` seconds, `scheme` what must stand before the token ("" for
    anything); `absent` is said when there is none.
    """

    __slots__ = (
        "_absent",
        "_checks",
        "_find",
        "_is_fixed",
        "_message",
        "_own_status",
        "_status",
        "_terms",
        "_terms_of",
        "_variable",
        "_verify",
    )

    def __init__(
        self,
        statement: Statement,
        verifier: Verifier,
        *,
        audiences: Texts,
        issuers: TokenCheck,
        default_header: str = "",
        must_be_signed: Value[bool] = _YES,
        must_expire: Value[bool] = _YES,
        skew: Value[float] = _NO_SKEW,
        scheme: Value[str] = _ANY_SCHEME,
        absent: str = "JWT not present.",
    ) -> None:
        message, variable = statement.get(MESSAGE), statement.get(VARIABLE)
        self._find = place(statement, default_header, scheme)
        self._absent = absent
        self._own_status = not statement.has(STATUS)
        self._status = statement[STATUS].get
        self._message = None if message is None else message.get
        self._variable = "" if variable is None else variable.literal
        self._verify = verifier.verify
        asked = [*([audience_check(audiences)] if audiences else ()), issuers, *required_claims(statement)]
        self._checks = tuple(each.run for each in asked)
        self._is_fixed = all(each.is_fixed for each in asked)
        self._terms_of = must_be_signed, must_expire, skew
        self._terms: tuple[bool, bool, float] | None = None
        if must_be_signed.is_literal and must_expire.is_literal and skew.is_literal:
            self._terms = must_be_signed.literal, must_expire.literal, skew.literal

    def __call__(self, context: PolicyContext) -> Outcome:
        must_be_signed, must_expire, skew = self._terms or self._terms_for(context)
        now = context.services.clock()
        try:
            text = self._find(context)
            if not text:
                raise TokenRefused("TokenNotPresent", self._absent)
            token = self._verify(text, context, now, must_be_signed)
            if isinstance(token, Token):
                self._accept(token, context, now, must_expire, skew)
                return None
        except TokenRefused as refused:
            raise self._refusal(refused, context) from None
        return self._later(token, context, must_expire, skew)

    def _terms_for(self, context: PolicyContext) -> tuple[bool, bool, float]:
        signed, expire, skew = self._terms_of
        return signed.get(context), expire.get(context), skew.get(context)

    async def _later(self, token: Awaitable[Token], context: PolicyContext, must_expire: bool, skew: float) -> None:
        try:
            found = await token
            self._accept(found, context, context.services.clock(), must_expire, skew)
        except TokenRefused as refused:
            raise self._refusal(refused, context) from None

    def _accept(self, token: Token, context: PolicyContext, now: float, must_expire: bool, skew: float) -> None:
        token.check_lifetime(now, skew, must_expire)
        if not token.is_accepted:
            for check in self._checks:
                check(token, context)
            token.is_accepted = self._is_fixed
        if self._variable:
            context.variables[self._variable] = token.jwt()

    def _refusal(self, refused: TokenRefused, context: PolicyContext) -> PolicyFailure:
        """The answer. A token that only lacks scopes is 403 where the policy names no status of its own: MCP, "Scope Challenge
        Handling"."""
        status = self._status(context)
        if refused.scopes and self._own_status:
            status = 403
        public = refused.message if self._message is None else self._message(context)
        failure: dict[str, Any] = {"reason": refused.reason, "status": status, "public": public}
        response = predefined_response(PolicyFailure(refused.message, **failure))
        said = _challenge(refused, status)
        if said:
            response.headers.set("WWW-Authenticate", said)
        return PolicyFailure(refused.message, **failure, response=response)


def _challenge(refused: TokenRefused, status: int) -> str:
    """RFC 6750 §3.1: without a token no error is named."""
    if status == 403 and refused.scopes:
        scopes = " ".join("".join(char for char in scope if _is_scope_char(char)) for scope in refused.scopes)
        return f'Bearer error="insufficient_scope", scope="{scopes}"'
    if status != 401:
        return ""
    return "Bearer" if refused.reason == "TokenNotPresent" else 'Bearer error="invalid_token"'


def _is_scope_char(char: str) -> bool:
    """RFC 6749 §3.3: no quotes, no backslash, nothing that could end a header."""
    return "!" <= char <= "~" and char not in '"\\'
