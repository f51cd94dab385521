"""A small authorization server on loopback: metadata (RFC 8414), registration (RFC 7591), client id metadata documents,
authorization code with PKCE (RFC 7636), resource indicators (RFC 8707), signed tokens. Everybody consents at once."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route


class AuthorizationServer:
    """`base` is set once the server listens. `documents` stand for the web: client id URL → client metadata document.
    `asked` are the paths that were called. `like_entra`: no registration, no word of PKCE, `resource` is refused, tokens are
    for the application `api://orders`; its one client is `clients`."""

    def __init__(
        self,
        documents: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        like_entra: bool = False,
        clients: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.base = ""
        self.like_entra = like_entra
        self.documents = documents or {}
        self.asked: list[str] = []
        self.key = RSAKey.generate_key(2048, {"kid": "as-1", "use": "sig", "alg": "RS256"})
        self._clients: dict[str, list[str]] = dict(clients or {})
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh: dict[str, str] = {}
        self.life = 300
        routes = {
            "/.well-known/oauth-authorization-server": self._metadata,
            "/.well-known/openid-configuration": self._metadata,
            "/keys": self._keys,
            "/register": self._register,
            "/authorize": self._authorize,
            "/token": self._token,
        }
        self.application = Starlette(
            routes=[Route(path, self._noted(end), methods=["GET", "POST"]) for path, end in routes.items()]
        )

    def _noted(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            self.asked.append(request.url.path)
            response: Response = await endpoint(request)
            return response

        return answer

    async def _metadata(self, request: Request) -> Response:
        core = {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "jwks_uri": f"{self.base}/keys",
            "response_types_supported": ["code"],
        }
        if self.like_entra:
            return JSONResponse(core)
        return JSONResponse(
            {
                **core,
                "registration_endpoint": f"{self.base}/register",
                "grant_types_supported": ["authorization_code"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
                "client_id_metadata_document_supported": bool(self.documents),
            }
        )

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _register(self, request: Request) -> Response:
        asked = await request.json()
        client_id = secrets.token_urlsafe(8)
        self._clients[client_id] = asked["redirect_uris"]
        return JSONResponse({**asked, "client_id": client_id, "token_endpoint_auth_method": "none"}, 201)

    def _redirects(self, client_id: str) -> list[str]:
        document = self.documents.get(client_id)
        if document is not None:
            assert document["client_id"] == client_id
            return list(document["redirect_uris"])
        return self._clients.get(client_id, [])

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if self.like_entra and ("resource" in asked or asked.get("prompt") != "select_account"):
            return JSONResponse({"error": "invalid_target"}, 400)
        if asked["redirect_uri"] not in self._redirects(asked["client_id"]) or asked["code_challenge_method"] != "S256":
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"], **({} if self.like_entra else {"iss": self.base})}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        form = dict(await request.form())
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form)
        asked = self._codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or proof != asked["code_challenge"] or form["client_id"] != asked["client_id"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if self.like_entra and "resource" in form:
            return JSONResponse({"error": "invalid_target"}, 400)
        audience = "api://orders" if self.like_entra else str(form.get("resource", ""))
        token = self.token(audience, asked.get("scope", ""))
        content = {"access_token": token, "token_type": "Bearer", "expires_in": self.life, "scope": asked.get("scope", "")}
        if self.like_entra and "offline_access" in asked.get("scope", "").split():
            content["refresh_token"] = self._refresh[asked["client_id"]] = secrets.token_urlsafe(16)
        return JSONResponse(content)

    def _refreshed(self, form: Mapping[str, Any]) -> Response:
        """Entra takes no `resource` here either, and without a scope it would guess one."""
        known = self._refresh.get(str(form.get("client_id")))
        if known is None or form.get("refresh_token") != known or "resource" in form or not form.get("scope"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.token("api://orders", str(form["scope"]))
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 300, "refresh_token": known})

    def token(self, audience: str, scope: str) -> str:
        """An access token of this server."""
        now = int(time.time())
        claims = {"iss": self.base, "aud": audience, "sub": "ada", "scope": scope, "iat": now, "exp": now + 300}
        return jwt.encode({"alg": "RS256", "kid": "as-1", "typ": "at+jwt"}, claims, self.key)


def decoded(token: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
