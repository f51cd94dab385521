"""Calls: a tool's arguments become a REST request, the REST response becomes the tool's result.

The rule here: what a caller gives stays inside the place that its operation has for it, and what a backend answers reaches the
model as it was. `PreparedTool` does the two translations; `HttpBackend` sends, guarded by D9. Importing this package imports
neither aiohttp nor httpx: the first request does, or `HttpBackend.warm`.
"""

from mcp_core.calls.arguments import ArgumentError
from mcp_core.calls.client import HttpBackend
from mcp_core.calls.fetch import Fetched, FetchError, fetch
from mcp_core.calls.guard import EgressGuard, EgressRefused
from mcp_core.calls.prepared import PreparedTool

__all__ = [
    "ArgumentError",
    "EgressGuard",
    "EgressRefused",
    "FetchError",
    "Fetched",
    "HttpBackend",
    "PreparedTool",
    "fetch",
]
