"""What a request may be before anything looks at it: its header fields, its URL, the host that it names.

The rule here: bounds for every route alike, wide enough for any client that there is. Body, JSON and arguments have their own,
where they are read.
"""

from __future__ import annotations

import json

from mcp_core.protocol import EndpointRules
from mcp_core.protocol.http_rungs import is_host_served
from policies.messages import Headers, Request, Response

__all__ = ["MOST_FIELDS", "MOST_HEADER_CHARACTERS", "MOST_URL_CHARACTERS", "out_of_bounds"]

MOST_FIELDS = 100
MOST_HEADER_CHARACTERS = 64 * 1024
MOST_URL_CHARACTERS = 16 * 1024
PROBES = frozenset({"/health", "/ready"})
"""Probes come to an instance's address, by no name, and are told nothing."""


def out_of_bounds(request: Request, rules: EndpointRules) -> Response | None:
    """The refusal of a request that is out of bounds, else None. RFC 9110 §15.5.15, RFC 6585 §5. The MCP endpoints refuse a
    foreign host themselves, in JSON-RPC."""
    fields, size = request.headers.items(), 0
    for name, value in fields:
        size += len(name) + len(value)
    if len(fields) > MOST_FIELDS or size > MOST_HEADER_CHARACTERS:
        return _refusal(431, "Request header fields too large")
    url = request.url
    if len(url.path) + len(url.query_string) > MOST_URL_CHARACTERS:
        return _refusal(414, "URI too long")
    if rules.allowed_hosts and url.path not in PROBES and not _is_endpoint(url.path) and not is_host_served(request, rules):
        return _refusal(403, "Forbidden: this host name is not served here")
    return None


def _is_endpoint(path: str) -> bool:
    return path.endswith("/mcp") and not path.startswith("/.well-known/")


def _refusal(status: int, message: str) -> Response:
    content = json.dumps({"statusCode": status, "message": message})
    return Response(status, Headers({"Content-Type": "application/json"}), content.encode())
