"""Jwt, BasicAuthCredentials and Authorization: what the gateway's own extension methods read from texts.

The rule here: a token is read, never validated (that is the work of `validate-jwt`); what is not well formed is null.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from policies.dotnet.apim.views import mapping
from policies.dotnet.dates.moments import EPOCH, MAX_TICKS, UTC, DateTime
from policies.dotnet.dates.spans import SECOND
from policies.dotnet.types import Class, Inline
from policies.dotnet.values import NetArray, units

__all__ = ["TYPES", "Authorization", "BasicAuthCredentials", "Jwt", "as_basic", "as_jwt", "try_parse_basic", "try_parse_jwt"]

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_LONGEST = 1_000_000


class Jwt:
    """A token's header and claims. `claims` maps a claim's name to its values as texts."""

    __slots__ = ("_header", "_payload", "claims")

    def __init__(self, header: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        self._header = header
        self._payload = payload
        self.claims: dict[str, NetArray] = {
            units(name): NetArray("string", [units(text) for text in _texts(value)]) for name, value in payload.items()
        }

    def header(self, name: str) -> str | None:
        """A text of the header."""
        return _text_or_none(self._header.get(name))

    def claim(self, name: str) -> str | None:
        """A registered claim that is one text."""
        return _text_or_none(self._payload.get(name))

    def moment(self, name: str) -> DateTime | None:
        """A registered claim that is a NumericDate (RFC 7519 §2)."""
        value = self._payload.get(name)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        ticks = EPOCH + int(value) * SECOND
        return DateTime(ticks, UTC) if 0 <= ticks <= MAX_TICKS else None

    def audiences(self) -> NetArray:
        """`aud`, one text or many."""
        found = self.claims.get("aud")
        return NetArray("string", found or ())

    def __str__(self) -> str:
        return "Jwt"


def _texts(value: object) -> Iterable[str]:
    return [_text(item) for item in value] if isinstance(value, list) else [_text(value)]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _text_or_none(value: object) -> str | None:
    return None if value is None else units(_text(value))


class BasicAuthCredentials:
    """A user's name and password from an Authorization header."""

    __slots__ = ("password", "user_id")

    def __init__(self, user_id: str, password: str) -> None:
        self.user_id = user_id
        self.password = password


class Authorization:
    """What `get-authorization-context` puts into a variable: an access token and the claims of the token response."""

    __slots__ = ("access_token", "claims")

    def __init__(self, access_token: str, claims: Mapping[str, object]) -> None:
        self.access_token = access_token
        self.claims = claims


def _without_scheme(text: str, scheme: str) -> str:
    start = text.lstrip()
    return start[len(scheme) :].strip() if start[: len(scheme)].lower() == scheme else start.strip()


def _json_part(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_jwt(text: str | None) -> Jwt | None:
    """`text.AsJwt()`: the token, with or without "Bearer" before it; null when it is none."""
    if text is None or len(text) > _LONGEST:
        return None
    compact = _without_scheme(text, "bearer ")
    if _COMPACT.fullmatch(compact) is None:
        return None
    header, payload = (_json_part(part) for part in compact.split(".")[:2])
    return None if header is None or payload is None else Jwt(header, payload)


def try_parse_jwt(text: str | None) -> tuple[bool, Jwt | None]:
    """`text.TryParseJwt(out jwt)`."""
    token = as_jwt(text)
    return token is not None, token


def as_basic(text: str | None) -> BasicAuthCredentials | None:
    """`text.AsBasic()`: the credentials of a Basic Authorization value (RFC 7617); null when it is none."""
    if text is None or text.lstrip()[:6].lower() != "basic ":
        return None
    try:
        decoded = base64.b64decode(_without_scheme(text, "basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, colon, password = decoded.partition(":")
    return BasicAuthCredentials(units(user), units(password)) if colon else None


def try_parse_basic(text: str | None) -> tuple[bool, BasicAuthCredentials | None]:
    """`text.TryParseBasic(out credentials)`."""
    found = as_basic(text)
    return found is not None, found


TYPES = (
    Class(
        "Microsoft.ApiManagement.Jwt",
        runtime=Jwt,
        members={
            "string Algorithm": Inline("self.header('alg')"),
            "string Type": Inline("self.header('typ')"),
            "string Id": Inline("self.claim('jti')"),
            "string Issuer": Inline("self.claim('iss')"),
            "string Subject": Inline("self.claim('sub')"),
            "IEnumerable<string> Audiences": Inline("self.audiences()"),
            "IReadOnlyDictionary<string, string[]> Claims": lambda token: mapping("string[]", token.claims),
            "DateTime? ExpirationTime": Inline("self.moment('exp')"),
            "DateTime? IssuedAt": Inline("self.moment('iat')"),
            "DateTime? NotBefore": Inline("self.moment('nbf')"),
        },
    ),
    Class(
        "Microsoft.ApiManagement.BasicAuthCredentials",
        runtime=BasicAuthCredentials,
        members={"string UserId": Inline("self.user_id"), "string Password": Inline("self.password")},
    ),
    Class(
        "Microsoft.ApiManagement.Authorization",
        runtime=Authorization,
        members={
            "string AccessToken": Inline("self.access_token"),
            "IReadOnlyDictionary<string, object> Claims": lambda authorization: mapping("object", authorization.claims),
        },
    ),
)
