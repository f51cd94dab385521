"""A token whose signature is good, and when it is good.

The rule here: what never changes of a token is read once; its lifetime is looked at on every request.
"""

from __future__ import annotations

from typing import Any

from policies.tokens.refused import TokenRefused, malformed

__all__ = ["Token"]

_LATEST = 2**53
_FOREVER = float("inf")
_AHEAD = 300.0
"""Seconds by which `iat` may be ahead whatever the skew: the claim is for information (RFC 7519 §4.1.6), and issuers' clocks
differ; only one from another time altogether is refused."""


class Token:
    """`header` and `claims` are read, never changed. `issuer` is who the key belongs to ("" for a key that the policy names, or
    none); `is_accepted` whether it passed the checks of its policy that judge the same token always the same."""

    __slots__ = ("_begins", "_expires", "_view", "claims", "header", "is_accepted", "issuer")

    def __init__(self, header: dict[str, Any], claims: dict[str, Any], issuer: str) -> None:
        """Raises TokenRefused where a time among the claims is none, or the token is never good."""
        expires, begins, issued = claims.get("exp"), claims.get("nbf"), claims.get("iat")
        self._expires = _FOREVER if expires is None else _moment(expires, "exp")
        self._begins = -_FOREVER if begins is None else _moment(begins, "nbf")
        if self._begins >= self._expires:
            raise malformed("The JWT is never valid.")
        if issued is not None:
            self._begins = max(self._begins, _moment(issued, "iat") - _AHEAD)
        self.header = header
        self.claims = claims
        self.issuer = issuer
        self.is_accepted = False
        self._view: Any = None

    def check_lifetime(self, now: float, skew: float, must_expire: bool) -> None:
        """A token that says it was issued in the future is not valid yet either. Raises TokenRefused."""
        expires = self._expires
        if now >= expires + skew:
            raise TokenRefused("TokenExpired", "The JWT has expired. Access denied.")
        if must_expire and expires == _FOREVER:
            raise TokenRefused("TokenExpired", "The JWT has no expiration time. Access denied.")
        if now + skew < self._begins:
            raise malformed("The JWT is not valid yet.")

    def jwt(self) -> Any:
        """The `Jwt` that expressions see; made when it is first asked for."""
        if self._view is None:
            from policies.dotnet.apim.tokens import Jwt

            self._view = Jwt(self.header, self.claims)
        return self._view


def _moment(value: object, name: str) -> float:
    if type(value) is int and 0 <= value < _LATEST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LATEST < value < _LATEST:
        raise malformed(f"The claim {name} of the JWT is not a time.")
    return float(value)
