"""What a policy asks of a token's claims (articles "Validate JWT", "Validate Microsoft Entra ID token"; RFC 7519 §4.1).

The rule here: the checks run in this order, the first that fails speaks: audience, issuer, required claims.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policies.tokens.refused import TokenRefused

if TYPE_CHECKING:
    from policies.context import PolicyContext

__all__ = ["RequiredClaim", "Texts", "check_audience", "check_issuer"]

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


class RequiredClaim:
    """One `<claim>`: `values` it must have, all of them or any; none: it must only be there. `separator` "" takes a text as
    one value."""

    __slots__ = ("_any_of", "_name", "_separator", "_values")

    def __init__(self, name: str, values: Texts, *, any_of: bool = False, separator: str = "") -> None:
        self._name = name
        self._values = values
        self._any_of = any_of
        self._separator = separator

    @property
    def is_fixed(self) -> bool:
        """Whether the same token is always judged the same."""
        return self._values.is_fixed

    def check(self, claims: Mapping[str, Any], context: PolicyContext) -> None:
        """Raises TokenRefused."""
        found = claims.get(self._name)
        wanted = self._values.get(context)
        scopes = wanted if self._name in SCOPES else ()
        if found is None:
            message = f"JWT token is missing the following claims: {self._name}. Access denied."
            raise TokenRefused("TokenClaimNotFound", message, scopes=scopes)
        if not wanted:
            return
        held = self._held(found)
        if not (any if self._any_of else all)(value in held for value in wanted):
            # Unlike APIM's, the message does not repeat the value: it ends in logs, and claims are personal data.
            message = f"Claim {self._name} value is not allowed. Access denied."
            raise TokenRefused("TokenClaimValueNotAllowed", message, scopes=scopes)

    def _held(self, found: object) -> set[str]:
        items = found if isinstance(found, list) else [found]
        if self._separator:
            return {part.strip() for item in items for part in _text(item).split(self._separator)}
        return {_text(item) for item in items}


def _text(value: object) -> str:
    """A claim's value as a policy writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def check_audience(claims: Mapping[str, Any], allowed: Collection[str]) -> None:
    """One of the token's audiences is one of ours. Raises TokenRefused."""
    found = claims.get("aud")
    if type(found) is str and found in allowed:
        return
    audiences = found if isinstance(found, list) else [found]
    if not any(isinstance(audience, str) and audience in allowed for audience in audiences):
        raise TokenRefused("TokenAudienceNotAllowed", "The audience of the JWT is not allowed. Access denied.")


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
