"""Grants of connections whose refresh token their provider replaces at each use, kept in the store for all instances.

The rule here: a refresh token is used once, by one instance. Who refreshes holds the row's lease, taken by a conditional write;
the others wait and use what it got. For a provider that sees a refresh token a second time takes it for stolen, and ends the
grant. The row is encrypted with a key that only the app's settings have (AES-256-GCM, bound to the connection's name): reading
the store gives no token away, and writing to it plants none.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from mcp_core.storage import keys
from mcp_core.storage.port import (
    AlreadyExists,
    Entity,
    NotThere,
    Precondition,
    Scalar,
    StoreError,
    StoreUnavailable,
    TableStore,
)
from policies.records import Record, field
from policies.secret import Secret

__all__ = ["GRANTS_TABLE", "Grant", "Grants", "GrantsBusy"]

GRANTS_TABLE = "ConnectionGrants"
_PARTITION = "grant"
_LEASE, _LOOK, _PATIENCE = 45.0, 0.2, 60.0
_ATTEMPTS = 5
_log = logging.getLogger(__name__)


class GrantsBusy(Exception):
    """Another instance refreshes and does not come to an end."""


class Grant(Record):
    """What a refresh gave. `origin` is a hash of the refresh token that the connection's own secret holds: when that is
    replaced, the grant begins anew. `until` is Unix seconds."""

    origin: str
    refresh_token: Secret
    access_token: Secret
    until: float
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)


Refresh = Callable[[Secret], Awaitable[Grant]]
"""Given the refresh token to use, asks the provider."""


class Grants:
    """The grants in the store. `secrets` are AES keys of 32 bytes in base64: the first encrypts, all decrypt."""

    def __init__(self, store: TableStore, secrets: Sequence[Secret], clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._secrets = tuple(secrets)
        self.clock = clock
        self._unsaved: dict[str, tuple[Secret, Grant]] = {}

    async def current(self, name: str, first: Secret, refresh: Refresh) -> Grant:
        """The grant of a connection, refreshed where it is over. `first` is the refresh token of the connection's own secret.
        Raises what `refresh` raises, StoreUnavailable, GrantsBusy."""
        origin = hashlib.sha256(first.reveal().encode()).hexdigest()
        row = keys.digest(name)
        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < patience:
            found = await self._store.get(GRANTS_TABLE, _PARTITION, row)
            held = None if found is None else await self._opened(name, found, origin)
            latest = self._latest(name, held, first)
            now = self.clock()
            if held is latest and held is not None and held.until > now:
                return held
            if found is not None and float(found.properties.get("LeaseUntil", 0.0)) > now:
                await asyncio.sleep(_LOOK)
                continue
            lease = {**(found.properties if found is not None else {}), "Connection": name, "LeaseUntil": now + _LEASE}
            try:
                if found is None:
                    etag = await self._store.insert(GRANTS_TABLE, _PARTITION, row, lease)
                else:
                    etag = await self._store.replace(GRANTS_TABLE, _PARTITION, row, lease, found.etag)
            except (AlreadyExists, Precondition, NotThere):
                continue
            return await self._renewed(name, Entity(_PARTITION, row, lease, etag), latest, first, refresh)
        raise GrantsBusy(f"another instance has been refreshing {name!r} for too long")

    async def forget(self, name: str) -> None:
        """Remove what is kept of a connection. Raises StoreUnavailable."""
        with contextlib.suppress(NotThere):
            await self._store.delete(GRANTS_TABLE, _PARTITION, keys.digest(name))

    def _latest(self, name: str, held: Grant | None, first: Secret) -> Grant | None:
        """What the row has, or what this instance got for it and could not write."""
        used, unsaved = self._unsaved.get(name, (None, None))
        if unsaved is None or used != (first if held is None else held.refresh_token):
            self._unsaved.pop(name, None)
            return held
        return unsaved

    async def _renewed(self, name: str, leased: Entity, latest: Grant | None, first: Secret, refresh: Refresh) -> Grant:
        """Refresh, while the row's lease is ours, and write what came; or write what could not be written before."""
        used = first if latest is None else latest.refresh_token
        grant = latest
        if latest is None or latest.until <= self.clock():
            try:
                grant = await refresh(used)
            except BaseException:
                with contextlib.suppress(StoreError, StoreUnavailable):
                    free = {**leased.properties, "LeaseUntil": 0.0}
                    await self._store.replace(GRANTS_TABLE, _PARTITION, leased.row, free, leased.etag)
                raise
        else:
            used = self._unsaved[name][0]
        assert grant is not None
        self._unsaved[name] = used, grant
        await asyncio.shield(self._save(name, leased, grant))
        return grant

    async def _save(self, name: str, leased: Entity, grant: Grant) -> None:
        """Write the grant, and give the lease back. What cannot be written stays in this instance's memory, for a next time."""
        sealed = await asyncio.to_thread(_sealed, self._secrets[0], name, grant)
        content: dict[str, Scalar] = {"Connection": name, "Grant": sealed, "LeaseUntil": 0.0}
        for attempt in range(_ATTEMPTS):
            try:
                await self._store.replace(GRANTS_TABLE, _PARTITION, leased.row, content, leased.etag)
            except (Precondition, NotThere):  # the lease was over, or this is the echo of a write that broke off
                with contextlib.suppress(StoreUnavailable):
                    await self._store.upsert(GRANTS_TABLE, _PARTITION, leased.row, content)
                    break
            except StoreUnavailable:
                await asyncio.sleep(_LOOK * 2**attempt)
            except StoreError as error:
                _log.error("The grant of the connection %r cannot be kept: %s", name, error)
                return
            else:
                break
        else:
            _log.error("The grant of the connection %r could not be written; it is in this instance's memory only", name)
            return
        self._unsaved.pop(name, None)

    async def _opened(self, name: str, row: Entity, origin: str) -> Grant | None:
        """The row's grant; None where it has none yet, began with another secret, or was encrypted with an unknown key."""
        sealed = row.properties.get("Grant")
        if not isinstance(sealed, bytes):
            return None
        for secret in self._secrets:
            grant = await asyncio.to_thread(_unsealed, secret, name, sealed)
            if grant is not None:
                return grant if grant.origin == origin else None
        _log.error("The grant of the connection %r was encrypted with a key that MCP_CONNECTION_KEYS does not have", name)
        return None


def _sealed(secret: Secret, name: str, grant: Grant) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    content = {
        "origin": grant.origin,
        "refresh": grant.refresh_token.reveal(),
        "access": grant.access_token.reveal(),
        "until": grant.until,
        "claims": dict(grant.claims),
    }
    nonce = os.urandom(12)
    return nonce + AESGCM(base64.b64decode(secret.reveal())).encrypt(nonce, json.dumps(content).encode(), name.encode())


def _unsealed(secret: Secret, name: str, sealed: bytes) -> Grant | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        plain = AESGCM(base64.b64decode(secret.reveal())).decrypt(sealed[:12], sealed[12:], name.encode())
    except (InvalidTag, ValueError):
        return None
    found = json.loads(plain)
    return Grant(found["origin"], Secret(found["refresh"]), Secret(found["access"]), found["until"], found["claims"])
