"""The tokens port: what policies ask for when they call others as the gateway.

The rule here: composition only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from mcp_core.access.connections import Connections
from mcp_core.access.identity import ManagedIdentity
from mcp_core.access.secrets import Secrets
from mcp_core.catalog.model import Connection
from policies.ports import Backend, ConnectionToken

__all__ = ["AccessTokens"]


class AccessTokens:
    """Implements `policies.ports.Tokens`. `connections` gives those of the catalogue as it is served now."""

    def __init__(
        self,
        backend: Backend,
        connections: Callable[[], Mapping[str, Connection]],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._identity = ManagedIdentity()
        self.secrets = Secrets(backend, self.managed_identity, os.environ if environ is None else environ)
        self._connections = Connections(backend, self.secrets, connections)

    async def managed_identity(self, resource: str, client_id: str = "") -> str:
        """An access token for the resource."""
        return await self._identity.token(resource, client_id)

    async def connection(self, provider_id: str, authorization_id: str) -> ConnectionToken:
        """The current token of a connection."""
        return await self._connections.token(provider_id, authorization_id)

    async def close(self) -> None:
        """Release everything."""
        await self._identity.close()
