"""The rungs below JSON-RPC: method, media types, size, origin (Streamable HTTP, "Security" and "Sending Messages").

The rule here: a rung looks at the HTTP request and at the endpoint's rules only, and gives a Rejection or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from mcp_core.protocol.jsonrpc import INVALID_REQUEST
from mcp_core.protocol.rejections import EndpointRules, Rejection
from policies.messages import Headers, Request

__all__ = ["FOREIGN_ORIGIN", "NOT_ACCEPTABLE", "accepted", "foreign_origin", "is_host_served", "refused"]

_WRONG_METHOD = Rejection(
    INVALID_REQUEST, "Method not allowed: this endpoint takes POST only", status=405, headers=(("Allow", "POST"),)
)
_WRONG_ENCODING = Rejection(INVALID_REQUEST, "Unsupported media type: send the body without Content-Encoding", status=415)
_WRONG_TYPE = Rejection(INVALID_REQUEST, "Unsupported media type: Content-Type must be application/json", status=415)
_WRONG_CHARSET = Rejection(INVALID_REQUEST, "Unsupported media type: JSON-RPC messages are UTF-8", status=415)
NOT_ACCEPTABLE = Rejection(
    INVALID_REQUEST, "Not acceptable: Accept must allow application/json or text/event-stream", status=406
)
FOREIGN_ORIGIN = Rejection(INVALID_REQUEST, "Forbidden: this Origin is not allowed", status=403)

_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)


def refused(request: Request, rules: EndpointRules) -> Rejection | None:
    """The first rung that fails."""
    for rung in _RUNGS:
        rejection = rung(request, rules)
        if rejection is not None:
            return rejection
    return None


def _method(request: Request, _rules: EndpointRules) -> Rejection | None:
    return None if request.method == "POST" else _WRONG_METHOD


def is_host_served(request: Request, rules: EndpointRules) -> bool:
    """Whether the request's `Host` is one of the names that the rules list, if they list any. It is asked before anything
    else is done for the request, its policies too (`access/limits.py`)."""
    return not rules.allowed_hosts or _is_served(request.headers.get("host") or "", rules.allowed_hosts)


@lru_cache(maxsize=256)
def _is_served(authority: str, allowed: tuple[str, ...]) -> bool:
    host = _host_and_port(authority, "")[0]
    return any(_covers(pattern.strip("[]"), host) for pattern in allowed)


def _content_type(request: Request, _rules: EndpointRules) -> Rejection | None:
    content_type = request.headers.get("content-type") or ""
    if content_type == "application/json":
        return None
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != "application/json":
        return _WRONG_TYPE
    charset = _CHARSET.search(";" + parameters)
    return None if charset is None or charset[1].lower() in {"utf-8", "utf8", "us-ascii"} else _WRONG_CHARSET


def _content_encoding(request: Request, _rules: EndpointRules) -> Rejection | None:
    encoding = request.headers.get("content-encoding")
    return None if encoding is None or encoding.strip().lower() in {"", "identity"} else _WRONG_ENCODING


def _size(request: Request, rules: EndpointRules) -> Rejection | None:
    if len(request.body.data) <= rules.max_body_bytes:
        return None
    limit = f"{rules.max_body_bytes:,} bytes"
    return Rejection(INVALID_REQUEST, f"Content too large: a request body may have at most {limit}", status=413)


_RUNGS: tuple[Callable[[Request, EndpointRules], Rejection | None], ...] = (
    _method,
    _content_type,
    _content_encoding,
    _size,
)


@lru_cache(maxsize=256)
def accepted(accept: str | None) -> Literal["json", "events", "nothing"]:
    """What to answer with under this `Accept` (RFC 9110 §12.5.1): JSON wherever it is allowed."""
    if accept is None:
        return "json"
    ranges: dict[str, bool] = {}
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((piece[2:].strip() for piece in parameters if piece.startswith("q=")), "1")
        ranges[media_range] = not re.fullmatch(r"0(\.0*)?", weight)

    def allows(media_type: str) -> bool:
        group = media_type.partition("/")[0] + "/*"
        return next((ranges[name] for name in (media_type, group, "*/*") if name in ranges), False)

    return "json" if allows("application/json") else "events" if allows("text/event-stream") else "nothing"


def foreign_origin(headers: Headers, rules: EndpointRules) -> str | None:
    """The request's `Origin` when it is present and neither this host's own nor allowed (DNS rebinding), else None."""
    origin = headers.get("origin")
    if origin is None:
        return None
    own = (headers.get("host") or "", _authority(rules.public_url))
    return None if _is_admitted(origin.strip(), own, rules.allowed_origins) else origin


@lru_cache(maxsize=256)
def _is_admitted(origin: str, own: tuple[str, ...], allowed: tuple[str, ...]) -> bool:
    if any(entry == "*" or _covers(entry.rstrip("/"), origin) for entry in allowed):
        return True
    try:
        parts = urlsplit(origin)
        here = _host_and_port(parts.netloc, parts.scheme)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not here[0]:
        return False
    return any(here == _host_and_port(authority, parts.scheme) for authority in own if authority)


def _covers(pattern: str, text: str) -> bool:
    """Equality without case; one `*.` in the pattern stands for any subdomain."""
    pattern, text = pattern.lower(), text.lower()
    if "*." not in pattern:
        return pattern == text
    head, _, tail = pattern.partition("*.")
    middle = text[len(head) : len(text) - len(tail)]
    return text.startswith(head) and text.endswith("." + tail) and not set(middle) & set("/@?#")


def _authority(url: str) -> str:
    return urlsplit(url).netloc if url else ""


def _host_and_port(authority: str, scheme: str) -> tuple[str, str]:
    """`host:port` → both, lower case, the scheme's own port filled in; an IPv6 address without its brackets."""
    host, port = authority.strip().lower(), ""
    if host.startswith("["):
        host, _, port = host[1:].partition("]")
        port = port.removeprefix(":")
    elif ":" in host:
        host, _, port = host.rpartition(":")
    return host, port or {"http": "80", "https": "443"}.get(scheme, "")
