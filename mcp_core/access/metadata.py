"""Where a client gets its token: protected resource metadata (RFC 9728) and the challenges that point to it (RFC 6750).

The rule here: a server's resource identifier is the URL that clients call it by, so that a token for one server is no token
for another (RFC 8707). MCP specification, "Authorization", sections "Authorization Server Location" and "Scope Selection".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from mcp_core.catalog.model import McpServer
from policies.messages import Headers, Request, Response

__all__ = ["METADATA_PATH", "challenge", "metadata", "own_path", "preflight", "public_base", "resource_of"]

METADATA_PATH = "/.well-known/oauth-protected-resource"
_AUTHORITY = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


def public_base(request: Request, public_url: str, trusted_proxies: int) -> str:
    """The base URL that the client used: as set, else the request's own, its scheme from the proxy in front. `X-Forwarded-Host`
    is not believed: anybody may write it, and what it names would be told to others by caches."""
    if public_url:
        return public_url.rstrip("/")
    url = request.original_url
    forwarded = (request.headers.get("x-forwarded-proto") or "").rpartition(",")[2].strip() if trusted_proxies else ""
    origin = url.origin
    if forwarded in {"http", "https"} and forwarded != url.scheme:
        # A proxy that ends TLS calls us on another port than the client called it on; the host header names the client's.
        host = request.headers.get("host") or ""
        return f"{forwarded}://{host if _AUTHORITY.fullmatch(host) else url.host}"
    return origin


def own_path(path: str, public_url: str) -> str:
    """The part of a well-known path that names one of our servers. Where clients call us below a path (`public_url`), RFC 9728
    §3.1 and RFC 8414 §3.1 put the well-known part before it: /.well-known/…/below/orders-mcp/mcp."""
    below = urlsplit(public_url).path.rstrip("/")
    return path[len(below) :] if below and path.startswith(f"{below}/") else path


def resource_of(server: McpServer, base: str) -> str:
    """The server's resource identifier: as configured, else its URL."""
    return _text(server.oauth, "resource") or f"{base}/{server.name}/mcp"


def preflight() -> Response:
    """What browsers ask before they let a client's page read something that is public by nature."""
    return Response(
        204,
        Headers(
            {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "Content-Type, Authorization, MCP-Protocol-Version",
                "Access-Control-Max-Age": "600",
            }
        ),
    )


def metadata(server: McpServer, base: str, method: str = "GET") -> Response:
    """The metadata document of a server that has OAuth configured (RFC 9728 §2, §3.1: asked for by GET)."""
    if method == "OPTIONS":
        return preflight()
    if method not in {"GET", "HEAD"}:
        message = b'{"statusCode": 405, "message": "Method not allowed: this document is read by GET"}'
        return Response(405, Headers({"Allow": "GET", "Content-Type": "application/json"}), message)
    facade = f"{base}/{server.name}" if server.oauth.get("client_id") else ""  # see facade.py
    document: dict[str, object] = {
        "resource": resource_of(server, base),
        "authorization_servers": [facade] if facade else list(_texts(server.oauth, "authorization_servers")),
        "bearer_methods_supported": ["header"],
        "resource_name": server.title or server.name,
    }
    scopes = _texts(server.oauth, "scopes")
    if scopes:
        document["scopes_supported"] = list(scopes)
    headers = Headers({"Content-Type": "application/json", "Cache-Control": "public, max-age=300"})
    headers.set("Access-Control-Allow-Origin", "*")  # public by nature; clients in browsers must read it
    return Response(200, headers, json.dumps(document).encode())


def challenge(response: Response, server: McpServer, base: str) -> None:
    """Complete the challenge of a 401, or of a 403 for lack of scope, in place: every such answer says where to get a token."""
    if not server.oauth or response.status not in {401, 403}:
        return
    current = response.headers.get_all("WWW-Authenticate")
    bearer = next((value for value in current if value[:6].lower() == "bearer"), "")
    if response.status == 403 and "insufficient_scope" not in bearer:
        return
    if "resource_metadata=" in bearer:
        return
    parameters = [f'resource_metadata="{base}{METADATA_PATH}/{server.name}/mcp"']
    scopes = " ".join(_texts(server.oauth, "scopes"))
    if scopes and "scope=" not in bearer:
        parameters.append(f'scope="{scopes}"')
    said = bearer[6:].strip()
    full = "Bearer " + ", ".join([said, *parameters] if said else parameters)
    response.headers.set("WWW-Authenticate", full, *(value for value in current if value != bearer))


def _texts(values: Mapping[str, object], name: str) -> Sequence[str]:
    found = values.get(name)
    return [str(each) for each in found] if isinstance(found, list | tuple) else ()


def _text(values: Mapping[str, object], name: str) -> str:
    found = values.get(name)
    return found if isinstance(found, str) else ""
