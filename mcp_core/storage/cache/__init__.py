"""Caches of byte values: the internal one (memory in front of the table store) and the external one (Redis).

The rule here: a cache is never the reason that a call fails or waits for long. Both raise StoreUnavailable within about a
second, and the policies that use them take that for a miss.
"""

from mcp_core.storage.cache.external import RedisCache
from mcp_core.storage.cache.internal import InternalCache

__all__ = ["InternalCache", "RedisCache"]
