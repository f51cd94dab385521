"""Tokens of connections: OAuth's client credentials and refresh token grants (RFC 6749 §4.4, §6).

The rule here: a token is kept until shortly before its end, in memory only; however many calls need a new one, one of them
fetches it. What an endpoint answers is never repeated in an error, for it may hold secrets.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from mcp_core.access.secrets import Secrets
from mcp_core.catalog.model import Connection
from policies.messages import Headers, Request
from policies.ports import Backend, ConnectionToken, ForwardOptions
from policies.records import Record, field

__all__ = ["GRANTS", "ConnectionProblem", "Connections"]

GRANTS = ("client_credentials", "refresh_token")
_EARLY, _UNKNOWN_LIFE = 60.0, 300.0
_TIMEOUT = 15.0


class ConnectionProblem(Exception):
    """A connection that gives no token; `str()` says which and why, and names no secret."""


class _Held(Record, frozen=False):
    """What is known of one connection. `rotated` is the refresh token that the provider gave in place of the stored one."""

    connection: Connection
    until: float = 0.0
    token: ConnectionToken | None = None
    rotated: str = field(default="", repr=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Connections:
    """The connections of the catalogue, which `current` gives as they stand now."""

    def __init__(self, backend: Backend, secrets: Secrets, current: Callable[[], Mapping[str, Connection]]) -> None:
        self._backend = backend
        self._secrets = secrets
        self._current = current
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
        form = await self._form(held)
        headers = Headers({"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"})
        request = Request("POST", held.connection.token_endpoint, headers, urlencode(form).encode())
        response = await self._backend.send(request, ForwardOptions(timeout=_TIMEOUT))
        answer = _decoded(await response.body.read())
        token = answer.get("access_token")
        if response.status != 200 or not isinstance(token, str) or not token:
            code = answer.get("error")
            said = f" ({code})" if isinstance(code, str) and code.isidentifier() else ""
            raise ConnectionProblem(f"the token endpoint of {name!r} answered {response.status}{said} without a token")
        life = answer.get("expires_in")
        seconds = (
            float(life) if isinstance(life, int | float) or (isinstance(life, str) and life.isdecimal()) else _UNKNOWN_LIFE
        )
        held.until = time.monotonic() + max(1.0, seconds - _EARLY)
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and held.connection.grant_type == "refresh_token":
            held.rotated = rotated
        hidden = {"access_token", "refresh_token", "id_token"}
        held.token = ConnectionToken(token, {name: value for name, value in answer.items() if name not in hidden})

    async def _form(self, held: _Held) -> dict[str, str]:
        connection = held.connection
        form = {"grant_type": connection.grant_type, "client_id": connection.client_id, **connection.parameters}
        if connection.client_secret:
            form["client_secret"] = await self._secrets.get(connection.client_secret)
        if connection.scopes:
            form["scope"] = " ".join(connection.scopes)
        if connection.grant_type == "refresh_token":
            form["refresh_token"] = held.rotated or await self._secrets.get(connection.refresh_token)
        return form


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
