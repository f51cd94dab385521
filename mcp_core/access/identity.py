"""Tokens of the app's own identity, from azure-identity.

The rule here: the library is imported when a policy first asks for a token, and asked once a token's life.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity.aio import ManagedIdentityCredential

__all__ = ["ManagedIdentity"]

_EARLY = 300.0
"""Seconds before its end from which a token is fetched anew."""


class ManagedIdentity:
    """The identities of this app: the system-assigned one ("") and user-assigned ones by client id."""

    def __init__(self) -> None:
        self._credentials: dict[str, ManagedIdentityCredential] = {}
        self._tokens: dict[tuple[str, str], AccessToken] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def token(self, resource: str, client_id: str) -> str:
        """An access token for the resource. Raises azure-identity's errors where there is no such identity."""
        key = resource, client_id
        found = self._tokens.get(key)
        if found is None or found.expires_on - time.time() < _EARLY:
            async with self._locks.setdefault(key, asyncio.Lock()):
                found = self._tokens.get(key)
                if found is None or found.expires_on - time.time() < _EARLY:
                    credential = await self._credential(client_id)
                    found = self._tokens[key] = await credential.get_token(f"{resource}/.default")
        return found.token

    async def _credential(self, client_id: str) -> ManagedIdentityCredential:
        known = self._credentials.get(client_id)
        if known is None:
            known = await asyncio.to_thread(_credential, client_id)  # a quarter of a second of imports
            self._credentials[client_id] = known
        return known

    async def close(self) -> None:
        """Close the library's connections."""
        for credential in self._credentials.values():
            await credential.close()
        self._credentials.clear()


def _credential(client_id: str) -> ManagedIdentityCredential:
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
