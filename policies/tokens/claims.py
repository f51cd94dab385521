"""What a policy asks of a token's claims (articles "Validate JWT", "Validate Microsoft Entra ID token"; RFC 7519 §4.1).

The rule here: the checks run in this order, the first that fails speaks: lifetime, audience, issuer, required claims.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policies.tokens.refused import TokenRefused, malformed

if TYPE_CHECKING:
    from policies.context import PolicyContext

__all__ = ["RequiredClaim", "check_audience", "check_issuer", "check_lifetime", "check_required"]

Texts = Sequence[Callable[["PolicyContext"], str]]
SCOPES = frozenset({"scp", "scope"})
"""The claims that carry what a client was granted: `scp` Microsoft's, `scope` that of RFC 9068 §2.2.3."""
_TENANT = "{tenantid}"
_LATEST = 2**53


@dataclass(frozen=True, slots=True)
class RequiredClaim:
    """One `<claim>`: `values` it must have, all of them or any; none: it must only be there. `separator` "" takes a text as
    one value."""

    name: str
    values: Texts
    any_of: bool = False
    separator: str = ""

    def check(self, claims: Mapping[str, Any], context: PolicyContext) -> None:
        """Raises TokenRefused."""
        found = claims.get(self.name)
        wanted = [value(context) for value in self.values]
        scopes = tuple(wanted) if self.name in SCOPES else ()
        if found is None:
            message = f"JWT token is missing the following claims: {self.name}. Access denied."
            raise TokenRefused("TokenClaimNotFound", message, scopes=scopes)
        if not wanted:
            return
        held = self._values(found)
        if not (any if self.any_of else all)(value in held for value in wanted):
            # Unlike APIM's, the message does not repeat the value: it ends in logs, and claims are personal data.
            message = f"Claim {self.name} value is not allowed. Access denied."
            raise TokenRefused("TokenClaimValueNotAllowed", message, scopes=scopes)

    def _values(self, found: object) -> set[str]:
        items = found if isinstance(found, list) else [found]
        if self.separator:
            return {part.strip() for item in items for part in _text(item).split(self.separator)}
        return {_text(item) for item in items}


def _text(value: object) -> str:
    """A claim's value as a policy writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def check_lifetime(claims: Mapping[str, Any], now: float, skew: float, *, must_expire: bool) -> None:
    """`exp` and `nbf`; a token that says it was issued in the future is not valid yet either. Raises TokenRefused."""
    expires, begins, issued = _moment(claims, "exp"), _moment(claims, "nbf"), _moment(claims, "iat")
    if expires is None:
        if must_expire:
            raise TokenRefused("TokenExpired", "The JWT has no expiration time. Access denied.")
    elif now >= expires + skew:
        raise TokenRefused("TokenExpired", "The JWT has expired. Access denied.")
    elif begins is not None and begins >= expires:
        raise malformed("The JWT is never valid.")
    if (begins is not None and now + skew < begins) or (issued is not None and now + skew + _AHEAD < issued):
        raise malformed("The JWT is not valid yet.")


_AHEAD = 300.0
"""Seconds by which `iat` may be ahead whatever the skew: the claim is for information (RFC 7519 §4.1.6), and issuers' clocks
differ; only one from another time altogether is refused."""


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if type(value) is int and 0 <= value < _LATEST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LATEST < value < _LATEST:
        raise malformed(f"The claim {name} of the JWT is not a time.")
    return float(value)


def check_audience(claims: Mapping[str, Any], allowed: Sequence[str]) -> None:
    """One of the token's audiences is one of ours. Raises TokenRefused."""
    found = claims.get("aud")
    if type(found) is str and found in allowed:
        return
    audiences = found if isinstance(found, list) else [found]
    if not any(isinstance(audience, str) and audience in allowed for audience in audiences):
        raise TokenRefused("TokenAudienceNotAllowed", "The audience of the JWT is not allowed. Access denied.")


def check_issuer(claims: Mapping[str, Any], allowed: Sequence[str]) -> None:
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


def check_required(claims: Mapping[str, Any], required: Sequence[RequiredClaim], context: PolicyContext) -> None:
    """Every required claim. Raises TokenRefused."""
    for claim in required:
        claim.check(claims, context)
