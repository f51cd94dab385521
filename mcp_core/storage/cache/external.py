"""The external cache: Redis, or what speaks its protocol (article "Use an external Redis-compatible cache").

The rule here: nothing is imported and no connection made until a policy first uses it. Expiry is Redis's own.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from mcp_core.storage import keys
from policies.ports import StoreUnavailable

__all__ = ["RedisCache"]

_PREFIX = "mcp-gateway:cache:"
_LONGEST = 10 * 365 * 86400.0
_CONNECTIONS = 16


class RedisCache:
    """A `policies.ports.Cache` in the Redis at `url` (`redis://…`, `rediss://…`). For one event loop."""

    def __init__(self, url: str, *, timeout: float = 1.0) -> None:
        self._url = url
        self._timeout = timeout
        self._client: Any = None

    def __repr__(self) -> str:
        return "RedisCache()"  # the URL may hold a password

    async def get(self, key: str) -> bytes | None:
        """See Cache."""
        value: bytes | None = await self._run("get", _name(key))
        return value

    async def put(self, key: str, value: bytes, duration: float) -> None:
        """See Cache."""
        if duration <= 0:
            await self.remove(key)
        else:
            await self._run("set", _name(key), value, px=max(1, math.ceil(min(duration, _LONGEST) * 1000)))

    async def remove(self, key: str) -> None:
        """See Cache."""
        await self._run("delete", _name(key))

    async def close(self) -> None:
        """Release the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
            await client.connection_pool.disconnect()

    async def _run(self, command: str, *arguments: object, **options: object) -> Any:
        from redis.exceptions import RedisError  # late: most instances have no external cache

        try:
            client = self._connected()  # the first time it imports, which is nothing that Redis is to blame for
            async with asyncio.timeout(self._timeout):
                return await getattr(client, command)(*arguments, **options)
        except (RedisError, OSError, ValueError, TimeoutError) as error:
            reason = str(error).replace(self._url, "…") or "no answer in time"
            raise StoreUnavailable(f"the external cache failed: {type(error).__name__}: {reason:.200}") from None

    def _connected(self) -> Any:
        if self._client is None:
            from redis.asyncio import BlockingConnectionPool, Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            # One try more, at once: a connection that the server closed while idle is noticed only by using it.
            retry = Retry(NoBackoff(), 1)
            pool = BlockingConnectionPool.from_url(
                self._url,
                max_connections=_CONNECTIONS,
                timeout=self._timeout,
                socket_connect_timeout=self._timeout,
                retry=retry,
            )
            self._client = Redis(connection_pool=pool)
        return self._client


def _name(key: str) -> str:
    return _PREFIX + keys.digest("cache", key)
