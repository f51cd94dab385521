"""What a request may be before anything looks at it: its header fields, its URL, the host that it names.

The rule here: bounds for every route alike, wide enough for any client that there is. Body, JSON and arguments have their own,
where they are read.
"""

from __future__ import annotations

import json

from mcp_core.protocol import EndpointRules
from mcp_core.protocol.http_rungs import is_host_served
from mcp_core.protocol.jsonrpc import INVALID_REQUEST
from policies.messages import Headers, Request, Response

__all__ = ["MOST_FIELDS", "MOST_HEADER_CHARACTERS", "MOST_URL_CHARACTERS", "out_of_bounds"]

MOST_FIELDS = 100
MOST_HEADER_CHARACTERS = 64 * 1024
MOST_URL_CHARACTERS = 16 * 1024
PROBES = frozenset({"/health", "/ready"})
"""Probes come to an instance's address, by no name, and are told nothing."""


def out_of_bounds(request: Request, rules: EndpointRules) -> Response | None:
    """The refusal of a request that is out of bounds, else None. RFC 9110 §15.5.15, RFC 6585 §5. A host that is not served is
    refused here, before any policy runs: one that answers by itself would else answer the page that rebound its name."""
    fields, size = request.headers.items(), 0
    for name, value in fields:
        size += len(name) + len(value)
    url = request.url
    if len(fields) > MOST_FIELDS or size > MOST_HEADER_CHARACTERS:
        return _refusal(url.path, 431, "Request header fields too large")
    if len(url.path) + len(url.query_string) > MOST_URL_CHARACTERS:
        return _refusal(url.path, 414, "URI too long")
    if url.path not in PROBES and not is_host_served(request, rules):
        return _refusal(url.path, 403, "Forbidden: this host name is not served here")
    return None


def _refusal(path: str, status: int, message: str) -> Response:
    """The answer; in JSON-RPC at an MCP endpoint, where clients show nothing else to their people."""
    content: object = {"statusCode": status, "message": message}
    if path.endswith("/mcp") and not path.startswith("/.well-known/"):
        content = {"jsonrpc": "2.0", "id": None, "error": {"code": INVALID_REQUEST, "message": message}}
    return Response(status, Headers({"Content-Type": "application/json"}), json.dumps(content).encode())
