"""A request as it goes out to a backend.

The rule here: what is written on the wire is a URL and header fields, whatever policies made of them; hop-by-hop fields stay
behind, and a redirect is a new request of the same kind.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import lru_cache
from urllib.parse import quote, urljoin

from policies.messages import Headers, Request, Url
from policies.ports import BackendReason, BackendUnavailable, ForwardOptions
from policies.records import Record

__all__ = ["Outgoing", "outgoing_of", "redirected", "unavailable"]

# RFC 9110 §7.6.1, and what frames the body: the carrier writes its own.
_HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "content-length", "expect", "http2-settings"),
    }
)
_USER_AGENT = "mcp-gateway"
_URL_CHARACTERS = "/:?@!$&'()*+,;=-._~%[]"
_TARGET = re.compile(rf"[A-Za-z0-9{re.escape(_URL_CHARACTERS)}]*")
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class Outgoing(Record, frozen=False):
    """A request as it goes out: hop-by-hop fields gone, the URL encoded. `body` is None for none."""

    method: str
    url: str
    origin: str
    headers: list[tuple[str, str]]
    body: bytes | AsyncIterator[bytes] | None


def unavailable(
    origin: str, problem: str, *, reason: BackendReason = "BackendConnectionFailure", status: int = 502
) -> BackendUnavailable:
    """The error for a backend, named by its origin."""
    return BackendUnavailable(f"The backend {origin} {problem}", reason=reason, status=status)


@lru_cache(maxsize=1024)
def _wire_origin(origin: str) -> str:
    """The origin as it is sent: a name in other letters becomes its ASCII form (RFC 5890)."""
    if not origin.isascii():
        scheme, _, authority = origin.partition("://")
        host, colon, port = authority.partition(":")
        try:
            origin = f"{scheme}://{host.encode('idna').decode('ascii')}{colon}{port}"
        except UnicodeError:
            raise _unsendable(origin, "has a host name that DNS cannot hold") from None
    if not _ORIGIN.fullmatch(origin):
        raise _unsendable(origin, "is not the origin of an http or https URL")
    return origin


def _unsendable(origin: str, problem: str) -> BackendUnavailable:
    return unavailable(f"{origin[:200]!r}", f"{problem}.", reason="ClientConnectionFailure", status=500)


def _target(url: Url) -> str:
    """Path and query, with what may not stand in a URL encoded: policies write what they like there."""
    query = url.query_string
    target = f"{url.path}?{query}" if query else url.path
    if not target.startswith("/"):
        target = f"/{target}"
    return target if _TARGET.fullmatch(target) else quote(target, safe=_URL_CHARACTERS)


async def outgoing_of(request: Request, options: ForwardOptions) -> Outgoing:
    origin = request.url.origin
    headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
    if "User-Agent" not in request.headers:
        headers.append(("User-Agent", _USER_AGENT))
    body: bytes | AsyncIterator[bytes]
    if request.body.is_buffered or options.buffer_request_body:
        body = await request.body.read()
    else:
        body = request.body.stream()
    return Outgoing(request.method, f"{_wire_origin(origin)}{_target(request.url)}", origin, headers, body or None)


def redirected(outgoing: Outgoing, status: int, reply_headers: Headers) -> Outgoing | None:
    """The request that a redirect asks for (RFC 9110 §15.4); None where it leads elsewhere or cannot be repeated."""
    location = reply_headers.get("Location")
    if not location:
        return None
    try:
        url = Url(urljoin(outgoing.url, location))
        if _wire_origin(url.origin) != _wire_origin(outgoing.origin):
            return None
    except (ValueError, BackendUnavailable):
        return None
    method, headers, body = outgoing.method, outgoing.headers, outgoing.body
    if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):
        method, body = "GET", None
        headers = [field for field in headers if not field[0].lower().startswith("content-")]
    if body is not None and not isinstance(body, bytes):
        return None
    return Outgoing(method, f"{_wire_origin(url.origin)}{_target(url)}", outgoing.origin, headers, body)
