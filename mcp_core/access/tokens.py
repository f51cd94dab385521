"""The tokens port: what policies ask for when they call others as the gateway.

The rule here: composition only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from mcp_core.access.connections import Connections
from mcp_core.access.grants import Grants
from mcp_core.access.identity import ManagedIdentity
from mcp_core.access.secrets import Secrets
from mcp_core.catalog.model import Connection
from mcp_core.storage.port import TableStore
from policies.ports import Backend, ConnectionToken
from policies.secret import Secret

__all__ = ["AccessTokens"]


class AccessTokens:
    """Implements `policies.ports.Tokens`. `connections` gives those of the catalogue as it is served now; `keys` encrypt what
    is kept of them in the store."""

    def __init__(
        self,
        backend: Backend,
        connections: Callable[[], Mapping[str, Connection]],
        store: TableStore | None = None,
        keys: Sequence[Secret] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._identity = ManagedIdentity()
        self.secrets = Secrets(backend, self.managed_identity, os.environ if environ is None else environ)
        grants = Grants(store, keys) if store is not None and keys else None
        self._connections = Connections(backend, self.secrets, connections, grants)

    async def managed_identity(self, resource: str, client_id: str = "") -> str:
        """An access token for the resource."""
        return await self._identity.token(resource, client_id)

    async def connection(self, provider_id: str, authorization_id: str) -> ConnectionToken:
        """The current token of a connection."""
        return await self._connections.token(provider_id, authorization_id)

    async def close(self) -> None:
        """Release everything."""
        await self._identity.close()
