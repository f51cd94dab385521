"""A front for authorization servers that MCP clients cannot use as they are: Microsoft Entra ID above all.

Entra has no dynamic registration, does not say that it knows PKCE (it does), and refuses the `resource` parameter that MCP
clients must send (RFC 8707) unless it is the very URI of the application. So the gateway stands in front with a client id that
was registered there once.

The rule here: no state, no secret of a client, no code or token kept. A code goes from the server behind straight to the
client, at an address that both the server behind and this server's own list know; PKCE runs through from end to end. The
client's `state` passes unchanged and comes back to it alone, so there is nothing here to sign or to bind. Only parameters that
are listed here pass. All clients are one to the server behind, which remembers a person's consent: so nobody is signed in
without being asked who they are (`prompt`), and a link that somebody else made gives nothing away silently.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from mcp_core.access.metadata import own_path, preflight, resource_of
from mcp_core.access.redirects import KNOWN_REDIRECTS, is_listed
from mcp_core.access.secrets import SecretProblem, Secrets
from mcp_core.calls.media import essence_of
from mcp_core.catalog.model import McpServer
from policies.messages import Headers, Request, Response
from policies.ports import Backend, BackendUnavailable, ForwardOptions
from policies.records import Record

__all__ = ["Facade", "facade_route"]

_WELL_KNOWN = ("/.well-known/oauth-authorization-server/", "/.well-known/openid-configuration/")
_APPENDED = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
_STEPS = frozenset({"authorize", "token", "register"})
Handler = Callable[[McpServer, Request, str], Awaitable[Response]]
_AUTHORIZE = ("redirect_uri", "state", "code_challenge", "nonce", "login_hint", "domain_hint")
_PROMPTS = frozenset({"login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""SHA-256 in base64url (RFC 7636 §4.2)."""
_TOKEN = {
    "authorization_code": ("code", "redirect_uri", "code_verifier"),
    "refresh_token": ("refresh_token",),
}
_ALWAYS_GRANTED = frozenset({"openid", "profile", "email", "offline_access"})
_log = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"
_FRESH, _LARGEST, _TIMEOUT = 3_600.0, 64 * 1024, 15.0


def facade_route(path: str, public_url: str = "") -> tuple[str, str] | None:
    """(server, step) of a path of a facade; the steps are "metadata" and those of OAuth."""
    for prefix in _WELL_KNOWN:
        if path.startswith(prefix):
            return own_path(path[len(prefix) - 1 :], public_url)[1:], "metadata"
    for suffix in _APPENDED:
        if path.endswith(suffix):
            return path[1 : -len(suffix)], "metadata"
    head, found, step = path[1:].partition("/oauth/")
    return (head, step) if found and step in _STEPS else None


class _Upstream(Record):
    """The endpoints of the server behind."""

    authorize: str
    token: str


class _Refused(Exception):
    """An error of RFC 6749 §5.2, with a sentence for the developer of the client."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class Facade:
    """Answers for every server that has `oauth.client_id`."""

    def __init__(self, backend: Backend, secrets: Secrets) -> None:
        self._backend = backend
        self._secrets = secrets
        self._known: dict[str, tuple[float, _Upstream]] = {}
        self._steps: dict[str, tuple[str, Handler]] = {
            "metadata": ("GET", _metadata),
            "register": ("POST", _registered),
            "authorize": ("GET", self._authorize),
            "token": ("POST", self._token),
        }

    async def answer(self, server: McpServer, step: str, request: Request, base: str) -> Response:
        """The answer to one step."""
        if request.method == "OPTIONS":
            return preflight()
        method, handler = self._steps[step]
        if request.method != method:
            return _json(405, {"error": "invalid_request"})
        try:
            return await handler(server, request, base)
        except _Refused as refused:
            return _json(refused.status, {"error": refused.error, "error_description": refused.description})
        except SecretProblem as problem:
            _log.error("The client secret of %r cannot be had: %s", server.name, problem)
            return _json(502, {"error": "temporarily_unavailable", "error_description": "Signing in is not set up completely."})
        except BackendUnavailable:
            return _json(502, {"error": "temporarily_unavailable", "error_description": "The sign-in service did not answer."})

    async def _authorize(self, server: McpServer, request: Request, base: str) -> Response:
        asked = _single(request.url.query)
        _check_client(server, asked)
        _check_resource(server, asked, base)
        if asked.get("response_type") != "code":
            raise _Refused("unsupported_response_type", "response_type must be code.")
        if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
            raise _Refused("invalid_request", "PKCE with S256 is required.")
        if not is_listed(asked.get("redirect_uri", ""), _redirects(server)):
            raise _Refused("invalid_request", "The redirect_uri is none of those that this server allows.")
        prompt = set(asked.get("prompt", "").split())
        if not prompt <= _PROMPTS:
            raise _Refused("invalid_request", "prompt must be login, consent or select_account.")
        sent = {name: asked[name] for name in _AUTHORIZE if name in asked}
        sent |= {
            "client_id": str(server.oauth["client_id"]),
            "response_type": "code",
            "code_challenge_method": "S256",
            # Not "consent", which clients send for a refresh token (OpenID Connect Core 1.0 §11): Entra would ask for it at
            # every sign-in, and where only administrators may consent, refuse everybody.
            "prompt": "login" if "login" in prompt else "select_account",
            "scope": _scope(server, asked.get("scope", "")),
        }
        upstream = await self._upstream(server)
        separator = "&" if "?" in upstream.authorize else "?"
        return Response(
            302, Headers({"Location": upstream.authorize + separator + urlencode(sent), "Cache-Control": "no-store"})
        )

    async def _token(self, server: McpServer, request: Request, base: str) -> Response:
        if len(request.body.data) > _LARGEST:
            raise _Refused("invalid_request", "The request is too large.", 413)
        if essence_of(request.headers.get("Content-Type") or "") != _FORM:
            raise _Refused("invalid_request", f"The Content-Type must be {_FORM}.")
        try:
            form = parse_qs(request.body.data.decode(), max_num_fields=30)
        except ValueError:
            raise _Refused("invalid_request", "The body is not a form.") from None
        asked = _single(form)
        _check_client(server, asked)
        _check_resource(server, asked, base)
        grant = asked.get("grant_type", "")
        if grant not in _TOKEN:
            raise _Refused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
        if grant == "authorization_code" and not asked.get("code_verifier"):
            raise _Refused("invalid_grant", "PKCE is required: code_verifier is missing.")
        sent = {name: asked[name] for name in _TOKEN[grant] if name in asked}
        sent |= {
            "grant_type": grant,
            "client_id": str(server.oauth["client_id"]),
            "scope": _scope(server, asked.get("scope", "")),
        }
        reference = server.oauth.get("client_secret")
        if isinstance(reference, str) and reference:
            sent["client_secret"] = (await self._secrets.get(reference)).reveal()
        headers = Headers({"Content-Type": _FORM, "Accept": "application/json"})
        upstream = await self._upstream(server)
        response = await self._backend.send(
            Request("POST", upstream.token, headers, urlencode(sent).encode()), ForwardOptions(timeout=_TIMEOUT)
        )
        answer = _object(await response.body.read())
        if not answer:
            raise _Refused("temporarily_unavailable", "The sign-in service gave no answer that can be read.", 502)
        return _json(response.status, answer)

    async def _upstream(self, server: McpServer) -> _Upstream:
        """The server's endpoints by its own configuration document."""
        servers: Any = server.oauth.get("authorization_servers")
        url = str(servers[0]).rstrip("/") + "/.well-known/openid-configuration"
        known = self._known.get(url)
        if known is None or known[0] < time.monotonic():
            try:
                response = await self._backend.send(Request("GET", url), ForwardOptions(timeout=_TIMEOUT))
            except BackendUnavailable:
                if known is None:
                    raise
                return known[1]  # what was true an hour ago
            found = _object(await response.body.read()) if response.status == 200 else {}
            authorize, token = found.get("authorization_endpoint"), found.get("token_endpoint")
            if not _is_endpoint(authorize, url) or not _is_endpoint(token, url):
                raise _Refused("temporarily_unavailable", "The sign-in service gave no endpoints.", 502)
            known = self._known[url] = (time.monotonic() + _FRESH, _Upstream(str(authorize), str(token)))
        return known[1]


async def _metadata(server: McpServer, _request: Request, base: str) -> Response:
    """Authorization server metadata (RFC 8414 §2) of the facade."""
    issuer = f"{base}/{server.name}"
    return _json(
        200,
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/oauth/authorize",
            "token_endpoint": f"{issuer}/oauth/token",
            "registration_endpoint": f"{issuer}/oauth/register",
            "scopes_supported": sorted({*_configured(server), "offline_access"}),
            "response_types_supported": ["code"],
            "grant_types_supported": list(_TOKEN),
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
        },
    )


async def _registered(server: McpServer, request: Request, _base: str) -> Response:
    """Dynamic registration (RFC 7591 §3) that registers nothing: everybody is the same public client."""
    asked = _object(request.body.data) if len(request.body.data) <= _LARGEST else {}
    given = asked.get("redirect_uris")
    listed = _redirects(server)
    redirects = [each for each in given if is_listed(each, listed)] if isinstance(given, list) and len(given) <= 10 else []
    if not redirects:
        raise _Refused("invalid_redirect_uri", "None of the redirect_uris is one that this server allows.")
    name = asked.get("client_name")
    return _json(
        201,
        {
            "client_id": str(server.oauth["client_id"]),
            "client_id_issued_at": int(time.time()),
            "redirect_uris": redirects,
            "token_endpoint_auth_method": "none",
            "grant_types": list(_TOKEN),
            "response_types": ["code"],
            **({"client_name": name[:200]} if isinstance(name, str) else {}),
        },
    )


def _redirects(server: McpServer) -> Sequence[str]:
    """Where this server's clients may have codes sent."""
    own: Any = server.oauth.get("redirect_uris")
    return [str(each) for each in own] if own else KNOWN_REDIRECTS


def _is_endpoint(found: object, configuration: str) -> bool:
    """Whether an endpoint may be called: with a configuration that came by https, only by https."""
    return isinstance(found, str) and found.startswith(
        "https://" if configuration.startswith("https:") else ("http://", "https://")
    )


def _single(parameters: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each parameter once (RFC 6749 §3.1, §3.2): of one that is there twice, two readers could take different values."""
    if any(len(values) > 1 for values in parameters.values()):
        raise _Refused("invalid_request", "A parameter is there more than once.")
    return {name: values[0] for name, values in parameters.items()}


def _check_client(server: McpServer, asked: Mapping[str, str]) -> None:
    if asked.get("client_id") != server.oauth["client_id"]:
        raise _Refused("invalid_client", "The client_id is not the one that registration gives.", 401)


def _check_resource(server: McpServer, asked: Mapping[str, str], base: str) -> None:
    """A token from here is for this server (RFC 8707 §2); the parameter goes no further."""
    resource = asked.get("resource")
    if resource is not None and resource.rstrip("/") != resource_of(server, base).rstrip("/"):
        raise _Refused("invalid_target", "The resource is not this server.")


def _configured(server: McpServer) -> list[str]:
    scopes: Any = server.oauth.get("scopes") or ()
    return [str(scope) for scope in scopes]


def _scope(server: McpServer, asked: str) -> str:
    """What is asked for behind: of what the client asks, what this server offers; all of that where none is left."""
    configured = _configured(server)
    wanted = asked.split()
    kept = [scope for scope in configured if scope in wanted] or configured
    return " ".join([*kept, *(scope for scope in sorted(_ALWAYS_GRANTED) if scope in wanted or scope == "offline_access")])


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(status: int, content: object) -> Response:
    """Readable for clients in browsers: nothing here is answered by who asks, only by what."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    return Response(status, Headers(headers), json.dumps(content).encode())
