"""What an MCP server's own settings must be like before it is stored.

The rule here: whatever of a server ends in a header or a metadata document is checked here, so nothing must be escaped there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from mcp_core.catalog import names
from mcp_core.catalog.model import McpServer
from mcp_core.catalog.wire import FIELD, is_safe_url
from mcp_core.errors import InvalidInput

__all__ = ["check_server"]

_PARAMETER = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,512}")
"""One scope (RFC 6749 §3.3)."""
_TAKEN = frozenset(
    {
        "accept",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "mcp-protocol-version",
        "origin",
    }
)


def check_server(server: McpServer) -> None:
    """Raises InvalidInput."""
    names.SERVER.check(server.name)
    header, query = server.subscription_key_header, server.subscription_key_query
    if not FIELD.fullmatch(header) or header.lower() in _TAKEN:
        raise InvalidInput(f"{header[:80]!r} cannot be the header of a subscription key.", hint="For example X-Api-Key.")
    if not _PARAMETER.fullmatch(query):
        raise InvalidInput(
            f"{query[:80]!r} cannot be the query parameter of a subscription key.", hint="Letters, digits, '-', '_', '.', '~'."
        )
    _check_oauth(server.oauth)


def _check_oauth(oauth: Mapping[str, object]) -> None:
    for url in _list(oauth, "authorization_servers"):
        if not (url.isascii() and is_safe_url(url)):
            raise InvalidInput(
                f"{url[:120]!r} is no authorization server.",
                hint="Write its issuer, like https://login.example.com/tenant/v2.0; http is for this machine only.",
            )
    for scope in _list(oauth, "scopes"):
        if not _SCOPE.fullmatch(scope):
            raise InvalidInput(
                f"{scope[:80]!r} is no scope: it has a space, a quote or a backslash.",
                hint="Name each scope with its own option.",
            )
    client = str(oauth.get("client_id") or "")
    if not (client.isascii() and client.isprintable()):
        raise InvalidInput("The client id is none: it has more than visible ASCII characters.", hint="RFC 6749, appendix A.1.")
    resource = oauth.get("resource")
    if resource and not _is_uri(str(resource)):
        raise InvalidInput(
            f"{str(resource)[:120]!r} is no resource: it must be an absolute URI without a fragment.",
            hint="See RFC 8707, section 2.",
        )


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and "#" not in text and bool(_SCOPE.fullmatch(text))


def _list(values: Mapping[str, object], name: str) -> list[str]:
    found = values.get(name)
    return [str(each) for each in found] if isinstance(found, list | tuple) else []
