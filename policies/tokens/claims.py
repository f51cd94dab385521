"""What a policy asks of a token's claims (articles "Validate JWT", "Validate Microsoft Entra ID token"; RFC 7519 §4.1).

The rule here: one check asks one thing, and says itself whether it judges the same token always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from policies.tokens.refused import TokenRefused

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.tokens.token import Token

__all__ = ["Texts", "TokenCheck", "audience_check", "check_issuer", "claim_check"]

Text = Callable[["PolicyContext"], str]
SCOPES = frozenset({"scp", "scope"})
"""The claims that carry what a client was granted: `scp` Microsoft's, `scope` that of RFC 9068 §2.2.3."""
_TENANT = "{tenantid}"


class Texts:
    """A list that a policy writes: the literals among it are made once. `is_fixed` says that it is the same for every
    request, `get` gives it for one."""

    __slots__ = ("_expressions", "_literals", "get", "is_fixed")

    def __init__(self, literals: Sequence[str] = (), expressions: Sequence[Text] = ()) -> None:
        self._literals = fixed = tuple(literals)
        self._expressions = changing = tuple(expressions)
        self.is_fixed = not changing
        self.get: Callable[[PolicyContext], tuple[str, ...]]
        if changing:
            self.get = lambda context: fixed + tuple(text(context) for text in changing)
        else:
            self.get = lambda context: fixed

    def __bool__(self) -> bool:
        return bool(self._literals or self._expressions)

    def __add__(self, other: Texts) -> Texts:
        return Texts(self._literals + other._literals, self._expressions + other._expressions)

    def each(self, change: Callable[[str], str]) -> Texts:
        """Every text changed."""
        return Texts([change(text) for text in self._literals], [_changed(text, change) for text in self._expressions])


def _changed(text: Text, change: Callable[[str], str]) -> Text:
    return lambda context: change(text(context))


class TokenCheck(NamedTuple):
    """`run` raises TokenRefused; `is_fixed`: the same token is always judged the same."""

    run: Callable[[Token, PolicyContext], None]
    is_fixed: bool


def claim_check(name: str, values: Texts, *, any_of: bool = False, separator: str = "") -> TokenCheck:
    """One `<claim>`: `values` it must have, all of them or any; none: it must only be there. `separator` "" takes a text as
    one value."""
    enough = any if any_of else all

    def run(token: Token, context: PolicyContext) -> None:
        found = token.claims.get(name)
        wanted = values.get(context)
        scopes = wanted if name in SCOPES else ()
        if found is None:
            message = f"JWT token is missing the following claims: {name}. Access denied."
            raise TokenRefused("TokenClaimNotFound", message, scopes=scopes)
        if not wanted:
            return
        held = _held(found, separator)
        if not enough(value in held for value in wanted):
            # Unlike APIM's, the message does not repeat the value: it ends in logs, and claims are personal data.
            message = f"Claim {name} value is not allowed. Access denied."
            raise TokenRefused("TokenClaimValueNotAllowed", message, scopes=scopes)

    return TokenCheck(run, values.is_fixed)


def _held(found: object, separator: str) -> set[str]:
    items = found if isinstance(found, list) else [found]
    if separator:
        return {part.strip() for item in items for part in _text(item).split(separator)}
    return {_text(item) for item in items}


def _text(value: object) -> str:
    """A claim's value as a policy writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def audience_check(allowed: Texts) -> TokenCheck:
    """One of the token's audiences is one of these."""

    def run(token: Token, context: PolicyContext) -> None:
        found, ours = token.claims.get("aud"), allowed.get(context)
        audiences = found if isinstance(found, list) else (found,)
        for audience in audiences:
            if type(audience) is str and audience in ours:
                return
        raise TokenRefused("TokenAudienceNotAllowed", "The audience of the JWT is not allowed. Access denied.")

    return TokenCheck(run, allowed.is_fixed)


def check_issuer(claims: Mapping[str, Any], allowed: Collection[str]) -> None:
    """The token's issuer is one of ours; `{tenantid}` in one of them stands for the token's own tenant (`tid`), as in the
    configurations of Microsoft's many-tenant endpoints. Raises TokenRefused."""
    found, tenant = claims.get("iss"), claims.get("tid")
    if isinstance(found, str):
        for issuer in allowed:
            if found == issuer:
                return
            if _TENANT in issuer and isinstance(tenant, str) and _is_plain(tenant) and found == issuer.replace(_TENANT, tenant):
                return
    raise TokenRefused("TokenIssuerNotAllowed", "The issuer of the JWT is not allowed. Access denied.")


def _is_plain(tenant: str) -> bool:
    return len(tenant) == 36 and tenant.replace("-", "").isalnum() and tenant.isascii()
