"""Where a client of the facade may have a person's code sent (RFC 9700 §2.1, RFC 8252 §7.3).

The rule here: exactly what is listed; only on the machine's own loopback is any port and path a client's. The server behind
keeps a list of its own, which must agree: this one holds also where somebody registered too much there.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from mcp_core.catalog.wire import is_safe_url

__all__ = ["KNOWN_REDIRECTS", "is_listed", "is_redirect"]

KNOWN_REDIRECTS = (
    *("http://127.0.0.1", "http://localhost", "http://[::1]"),  # programs on the person's own machine
    *("https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"),
    *("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
)
"""The addresses of Visual Studio Code, Claude and Claude Code, for servers that list none themselves."""


def is_redirect(uri: object) -> bool:
    """Whether this can be a redirect URI at all: https, or http on loopback; no fragment, no user, nothing that two readers
    could read differently."""
    return isinstance(uri, str) and uri.isascii() and is_safe_url(uri, with_query=True)


def is_listed(uri: str, listed: Collection[str]) -> bool:
    """Whether a code may be sent there."""
    if not is_redirect(uri):
        return False
    if uri in listed:
        return True
    parts = urlsplit(uri)
    host = f"[{parts.hostname}]" if parts.hostname == "::1" else parts.hostname
    return parts.scheme == "http" and f"http://{host}" in listed
