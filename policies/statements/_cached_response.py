"""A response as bytes, for caches.

The rule here: what belongs to one connection or to one client (`Set-Cookie`) is not kept. Bytes that are no response give None,
so that a damaged entry is a miss.
"""

from __future__ import annotations

import json

from policies.messages import Headers, Response

__all__ = ["pack_response", "unpack_response"]

_NOT_KEPT = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "set-cookie"}
)


def pack_response(response: Response) -> bytes:
    """Status, headers and body; the body must be in memory."""
    fields = [[name, value] for name, value in response.headers.items() if name.lower() not in _NOT_KEPT]
    head = json.dumps([response.status, response.reason, fields], separators=(",", ":"))
    return head.encode() + b"\n" + response.body.data


def unpack_response(data: bytes) -> Response | None:
    """What `pack_response` was given."""
    head, mark, body = data.partition(b"\n")
    try:
        status, reason, fields = json.loads(head)
        headers = Headers((str(name), str(value)) for name, value in fields)
    except (ValueError, TypeError):
        return None
    if not mark or type(status) is not int or not isinstance(reason, str):
        return None
    return Response(status, headers, body, reason=reason)
