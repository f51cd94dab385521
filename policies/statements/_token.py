"""What `validate-jwt` and `validate-azure-ad-token` have in common: where the token is, what is asked of its claims, and how
one that does not pass is answered.

The rule here: a refusal is a challenge by RFC 6750 §3, so that an MCP client knows whether to sign in (401) or to ask for more
(403, `insufficient_scope`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.pipeline import predefined_response
from policies.registry import Attribute, Child, Text
from policies.statement import Statement
from policies.steps import Outcome
from policies.tokens.claims import RequiredClaim, check_audience, check_lifetime, check_required
from policies.tokens.refused import TokenRefused
from policies.tokens.verifier import Token, Verifier
from policies.values import NAME_TEXT, STRING, choice, whole_number

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

HEADER = Attribute("header-name", NAME_TEXT, expression=True)
QUERY = Attribute("query-parameter-name", NAME_TEXT, expression=True)
VALUE = Attribute("token-value", STRING, expression=True, secret=True)
STATUS = Attribute("failed-validation-httpcode", whole_number(100, 599), default=401, expression=True)
MESSAGE = Attribute("failed-validation-error-message", STRING, expression=True)
VARIABLE = Attribute("output-token-variable-name", NAME_TEXT)
ATTRIBUTES = (HEADER, QUERY, VALUE, STATUS, MESSAGE, VARIABLE)

ITEM = Text(STRING, required=True)
AUDIENCE = Child(name="audience", required=True, many=True, text=ITEM)
AUDIENCES = Child(name="audiences", children=(AUDIENCE,))
CLAIM_NAME = Attribute("name", NAME_TEXT, required=True)
MATCH = Attribute("match", choice("all", "any"), default="all")
SEPARATOR = Attribute("separator", STRING, default="")
CLAIM_VALUE = Child(name="value", many=True, text=ITEM)
CLAIM = Child(name="claim", required=True, many=True, attributes=(CLAIM_NAME, MATCH, SEPARATOR), children=(CLAIM_VALUE,))
REQUIRED_CLAIMS = Child(name="required-claims", children=(CLAIM,))

Text_ = Callable[[PolicyContext], str]
Issuer = Callable[[Token, PolicyContext], None]


def texts(statement: Statement, parent: Child, item: Child) -> list[Text_]:
    """The items of a list element, each as a function of the context."""
    element = statement.child(parent)
    return [] if element is None else [_stripped(each) for each in element.children(item)]


def _stripped(item: Statement) -> Text_:
    value = item.text(ITEM)
    if value.is_literal:
        literal = value.literal.strip()
        return lambda context: literal
    get = value.get
    return lambda context: get(context).strip()


def required_claims(statement: Statement) -> list[RequiredClaim]:
    """The `<required-claims>`."""
    element = statement.child(REQUIRED_CLAIMS)
    return [
        RequiredClaim(
            claim[CLAIM_NAME].literal,
            [_stripped(value) for value in claim.children(CLAIM_VALUE)],
            any_of=claim[MATCH].literal == "any",
            separator=claim[SEPARATOR].literal,
        )
        for claim in (element.children(CLAIM) if element is not None else ())
    ]


class Check:
    """The step of both policies: finds the token, verifies it, checks its claims, and hands it on.

    `check_issuer` is what differs between them beside the keys; `must_be_signed` and `must_expire` give the policy's word for
    a request, `skew` seconds, `scheme` the one that must stand before the token ("" for any).
    """

    __slots__ = (
        "_audiences",
        "_check_issuer",
        "_default_header",
        "_header",
        "_message",
        "_must_be_signed",
        "_must_expire",
        "_own_status",
        "_query",
        "_required",
        "_scheme",
        "_skew",
        "_status",
        "_value",
        "_variable",
        "_verifier",
    )

    def __init__(
        self,
        statement: Statement,
        verifier: Verifier,
        *,
        audiences: Sequence[Text_],
        check_issuer: Issuer,
        default_header: str = "",
        must_be_signed: Callable[[PolicyContext], bool] = lambda context: True,
        must_expire: Callable[[PolicyContext], bool] = lambda context: True,
        skew: Callable[[PolicyContext], float] = lambda context: 0.0,
        scheme: Callable[[PolicyContext], str] = lambda context: "",
    ) -> None:
        header, query, value = (statement.get(each) for each in (HEADER, QUERY, VALUE))
        given = [each for each in (header, query, value) if each is not None]
        if len(given) > 1 or not (given or default_header):
            raise statement.error(f"{statement.name} needs one of header-name, query-parameter-name and token-value")
        message, variable = statement.get(MESSAGE), statement.get(VARIABLE)
        self._default_header = default_header if not given else ""
        self._header = None if header is None else header.get
        self._query = None if query is None else query.get
        self._value = None if value is None else value.get
        self._own_status = not statement.has(STATUS)
        self._status = statement[STATUS].get
        self._message = None if message is None else message.get
        self._variable = "" if variable is None else variable.literal
        self._verifier = verifier
        self._audiences = tuple(audiences)
        self._required = required_claims(statement)
        self._check_issuer = check_issuer
        self._must_be_signed = must_be_signed
        self._must_expire = must_expire
        self._skew = skew
        self._scheme = scheme

    def __call__(self, context: PolicyContext) -> Outcome:
        try:
            text = self._find(context)
            token = self._verifier.verify(text, context, must_be_signed=self._must_be_signed(context))
            if isinstance(token, Token):
                self._accept(token, context)
                return None
        except TokenRefused as refused:
            raise self._refusal(refused, context) from None
        return self._later(token, context)

    async def _later(self, token: Awaitable[Token], context: PolicyContext) -> None:
        try:
            self._accept(await token, context)
        except TokenRefused as refused:
            raise self._refusal(refused, context) from None

    def _find(self, context: PolicyContext) -> str:
        """The token as it came, without its scheme."""
        if self._value is not None:
            text = self._value(context).strip()
        elif self._query is not None:
            values = context.request.url.query.get(self._query(context), [])
            text = values[0].strip() if len(values) == 1 else ""
        else:
            name = self._default_header or (self._header(context) if self._header is not None else "")
            text = self._from_header(context, name)
        if not text:
            raise TokenRefused("TokenNotPresent", "JWT not present.")
        return text

    def _from_header(self, context: PolicyContext, name: str) -> str:
        text = (context.request.headers.get(name) or "").strip()
        scheme, space, rest = text.partition(" ")
        wanted = self._scheme(context)
        # The article: with a header of another name, require-scheme is ignored.
        if wanted and name.lower() == "authorization":
            return rest.strip() if scheme.lower() == wanted.lower() else ""
        return rest.strip() if space else text

    def _accept(self, token: Token, context: PolicyContext) -> None:
        claims = token.claims
        skew = self._skew(context)
        check_lifetime(claims, context.services.clock(), skew, must_expire=self._must_expire(context))
        if self._audiences:
            check_audience(claims, [audience(context) for audience in self._audiences])
        self._check_issuer(token, context)
        check_required(claims, self._required, context)
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
