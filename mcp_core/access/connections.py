"""Tokens of connections: OAuth's client credentials and refresh token grants (RFC 6749 §4.4, §6).

The rule here: a token is kept until shortly before its end; however many calls need a new one, one of them fetches it. What an
endpoint answers is never repeated in an error, for it may hold secrets.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from mcp_core.access.grants import Grant, Grants
from mcp_core.access.secrets import Secrets
from mcp_core.catalog.model import Connection
from policies.messages import Headers, Request
from policies.ports import Backend, ConnectionToken, ForwardOptions
from policies.records import Record, field
from policies.secret import Secret

__all__ = ["GRANTS", "ConnectionProblem", "Connections"]

GRANTS = ("client_credentials", "refresh_token")
_EARLY, _UNKNOWN_LIFE = 60.0, 300.0
_TIMEOUT = 15.0
_log = logging.getLogger(__name__)


class ConnectionProblem(Exception):
    """A connection that gives no token; `str()` says which and why, and names no secret."""


class _Held(Record, frozen=False):
    """What is known of one connection. `rotated` is the refresh token that the provider gave in place of the stored one."""

    connection: Connection
    until: float = 0.0
    token: ConnectionToken | None = None
    rotated: Secret = field(default_factory=Secret)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Connections:
    """The connections of the catalogue, which `current` gives as they stand now. `grants` keeps the refresh tokens that
    providers replace, for all instances; without it they live in this one's memory."""

    def __init__(
        self,
        backend: Backend,
        secrets: Secrets,
        current: Callable[[], Mapping[str, Connection]],
        grants: Grants | None = None,
    ) -> None:
        self._backend = backend
        self._secrets = secrets
        self._current = current
        self._grants = grants
        self._held: dict[str, _Held] = {}

    async def token(self, provider: str, identity: str) -> ConnectionToken:
        """The connection's token. Raises ConnectionProblem, SecretProblem, BackendUnavailable."""
        name = f"{provider}/{identity}"
        connection = self._current().get(name)
        if connection is None:
            self._held.pop(name, None)
            raise ConnectionProblem(f"there is no connection {name!r}")
        held = self._held.get(name)
        if held is None or held.connection != connection:  # changed since: what was fetched by the old one is void
            held = self._held[name] = _Held(connection)
        if held.token is None or held.until <= time.monotonic():
            async with held.lock:
                if held.token is None or held.until <= time.monotonic():
                    await self._fetch(name, held)
        assert held.token is not None
        return held.token

    async def _fetch(self, name: str, held: _Held) -> None:
        """Fetch the token that `held` is without."""
        if held.connection.grant_type != "refresh_token":
            answer = await self._ask(name, held.connection, {})
            held.until, held.token = time.monotonic() + _life(answer), _token(answer)
            return
        first = await self._secrets.get(held.connection.refresh_token)
        grants = self._grants
        if grants is None:
            await self._refresh_alone(name, held, first)
            return
        origin = hashlib.sha256(first.reveal().encode()).hexdigest()

        async def refresh(used: Secret) -> Grant:
            answer = await self._ask(name, held.connection, {"refresh_token": used.reveal()})
            token = _token(answer)
            return Grant(origin, _rotated(answer) or used, token.access_token, grants.clock() + _life(answer), token.claims)

        grant = await grants.current(name, first, refresh)
        held.until = time.monotonic() + max(0.0, grant.until - grants.clock())
        held.token = ConnectionToken(grant.access_token, grant.claims)

    async def _refresh_alone(self, name: str, held: _Held, first: Secret) -> None:
        answer = await self._ask(name, held.connection, {"refresh_token": (held.rotated or first).reveal()})
        held.until, held.token = time.monotonic() + _life(answer), _token(answer)
        rotated = _rotated(answer)
        if rotated and rotated != (held.rotated or first):
            if not held.rotated:
                _log.warning(
                    "The provider of the connection %r replaced its refresh token. The new one is in this instance's memory "
                    "only: other instances, and this one after a restart, use the old one. Set MCP_CONNECTION_KEYS to keep it.",
                    name,
                )
            held.rotated = rotated

    async def _ask(self, name: str, connection: Connection, more: Mapping[str, str]) -> dict[str, Any]:
        """What the token endpoint answered. Raises ConnectionProblem where that is no token."""
        form = {"grant_type": connection.grant_type, "client_id": connection.client_id, **connection.parameters, **more}
        if connection.client_secret:
            form["client_secret"] = (await self._secrets.get(connection.client_secret)).reveal()
        if connection.scopes:
            form["scope"] = " ".join(connection.scopes)
        headers = Headers({"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"})
        request = Request("POST", connection.token_endpoint, headers, urlencode(form).encode())
        response = await self._backend.send(request, ForwardOptions(timeout=_TIMEOUT))
        answer = _decoded(await response.body.read())
        token = answer.get("access_token")
        if response.status != 200 or not isinstance(token, str) or not token:
            code = answer.get("error")
            said = f" ({code})" if isinstance(code, str) and code.isidentifier() else ""
            raise ConnectionProblem(f"the token endpoint of {name!r} answered {response.status}{said} without a token")
        return answer


def _token(answer: Mapping[str, Any]) -> ConnectionToken:
    hidden = {"access_token", "refresh_token", "id_token"}
    claims = {name: value for name, value in answer.items() if name not in hidden}
    return ConnectionToken(Secret(answer["access_token"]), claims)


def _rotated(answer: Mapping[str, Any]) -> Secret:
    rotated = answer.get("refresh_token")
    return Secret(rotated if isinstance(rotated, str) else "")


def _life(answer: Mapping[str, Any]) -> float:
    """Seconds for which the token may be used."""
    life: Any = answer.get("expires_in")
    is_number = isinstance(life, int | float) or (isinstance(life, str) and life.isdecimal())
    return max(1.0, (float(life) if is_number else _UNKNOWN_LIFE) - _EARLY)


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
