"""A token issuer for tests: keys, tokens, and its two documents behind the backend port."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from policies.messages import Request, Response
from policies.ports import BackendUnavailable, ForwardOptions

NOW = 1_800_000_000
ISSUER = "https://login.example"
CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"
AUDIENCE = "https://gateway.example/orders-mcp/mcp"
SECRET = base64.b64encode(b"0123456789abcdef" * 4).decode()


def rsa(name: str = "one") -> RSAKey:
    """The RSA key of this name; made once, for it takes a while."""
    return _rsa(name)


@cache
def _rsa(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name}, auto_kid=False)


@cache
def elliptic(curve: str) -> ECKey:
    return ECKey.generate_key(curve, {"kid": curve}, auto_kid=False)


@cache
def secret() -> OctKey:
    return OctKey.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(base64.b64decode(SECRET)).rstrip(b"=").decode()})


def b64(data: bytes | Mapping[str, Any]) -> str:
    """base64url of bytes or of an object's JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**more: Any) -> dict[str, Any]:
    """Good claims, some of them changed; None leaves one out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": NOW + 600, "nbf": NOW - 60, "iat": NOW - 60}
    return {name: value for name, value in {**good, **more}.items() if value is not None}


def token(payload: Mapping[str, Any] | None = None, *, key: Any = None, alg: str = "RS256", **header: Any) -> str:
    """A signed token; the header's kid is the key's unless another is given."""
    key = key or rsa()
    head = {"alg": alg, "kid": key.kid, **header} if key.kid else {"alg": alg, **header}
    registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jwt.encode(head, dict(claims() if payload is None else payload), key, registry=registry)


def public(*keys: Any) -> dict[str, Any]:
    """Their JWK Set."""
    return {"keys": [{**key.as_dict(private=False), "use": "sig"} for key in keys]}


@dataclass
class Issuer:
    """The backend port of tests: answers for the issuer's configuration and key set, as slow or broken as is asked."""

    keys: list[Any] = field(default_factory=lambda: [rsa()])
    issuer: str = ISSUER
    configuration: str = CONFIGURATION
    asked: list[str] = field(default_factory=list)
    is_down: bool = False
    gate: asyncio.Event | None = None
    extra_keys: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        url = str(request.url)
        self.asked.append(url)
        if self.gate is not None:
            await self.gate.wait()
        if self.is_down:
            raise BackendUnavailable("https://login.example did not answer")
        if url == self.configuration:
            return Response(200, None, json.dumps({"issuer": self.issuer, "jwks_uri": f"{ISSUER}/keys"}).encode())
        assert url == f"{ISSUER}/keys"
        found = public(*self.keys)
        found["keys"] += self.extra_keys
        return Response(200, None, json.dumps(found).encode())

    @property
    def fetches(self) -> int:
        """How often the key set was asked for."""
        return sum(url.endswith("/keys") for url in self.asked)
