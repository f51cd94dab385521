"""Where an API lives: `servers` of OpenAPI 3, `host`, `basePath` and `schemes` of Swagger 2.0 → one absolute http(s) URL.

The rule here: the first server that can be called counts. What its URL leaves open (variables, a relative URL) is closed with
what the document says and with where the document came from, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from mcp_core.openapi.document import Document

__all__ = ["document_server", "own_server"]

_VARIABLE = re.compile(r"\{([^{}]+)\}")


def document_server(document: Document, warn: Callable[[str], None]) -> str:
    """The URL that all operations share, without a slash at its end; "" when the document names none that can be called."""
    if document.version == (2, 0):
        return _swagger_server(document)
    servers = document.data.get("servers")
    given = servers if isinstance(servers, list) and servers else [{"url": "/"}]
    return _first(given, document.source_url, warn)


def own_server(node: Mapping[str, Any], base: str, warn: Callable[[str], None]) -> str:
    """The URL of a path's or operation's own `servers`, relative ones taken from `base`; "" when it has none."""
    servers = node.get("servers")
    return _first(servers, base, warn) if isinstance(servers, list) and servers else ""


def _swagger_server(document: Document) -> str:
    data = document.data
    source = urlsplit(document.source_url)
    host = data.get("host") if isinstance(data.get("host"), str) else ""
    # Some write the whole URL where only the host belongs.
    host = re.sub(r"^[a-z]+://", "", str(host or source.netloc).strip()).strip("/")
    if not host:
        return ""
    schemes = data.get("schemes")
    usable = [scheme for scheme in schemes if scheme in ("https", "http")] if isinstance(schemes, list) else []
    scheme = (
        "https" if "https" in usable or not (usable or source.scheme in ("http", "https")) else (usable or [source.scheme])[0]
    )
    base_path = data.get("basePath")
    path = f"/{base_path.strip().strip('/')}" if isinstance(base_path, str) else ""
    return _checked(f"{scheme}://{host}{path}")


def _first(servers: list[Any], base: str, warn: Callable[[str], None]) -> str:
    problems = []
    for server in servers:
        if not isinstance(server, dict) or not isinstance(server.get("url"), str):
            continue
        url = _filled(server["url"].strip(), server.get("variables"))
        if not url.startswith(("http://", "https://")) and base:
            url = urljoin(base if base.endswith("/") or base.count("/") > 2 else f"{base}/", url)
        checked = _checked(url)
        if checked:
            return checked
        if server["url"] not in ("/", ""):
            problems.append(server["url"][:120])
    if problems:
        warn(f"The server URL {problems[0]!r} cannot be called as it stands; give the address of the API when importing it.")
    return ""


def _filled(url: str, variables: Any) -> str:
    """The URL with its variables at their defaults, else at their first allowed value; unknown ones stay."""

    def value(found: re.Match[str]) -> str:
        variable = variables.get(found[1]) if isinstance(variables, dict) else None
        if not isinstance(variable, dict):
            return found[0]
        allowed = variable.get("enum")
        chosen = variable.get("default", allowed[0] if isinstance(allowed, list) and allowed else None)
        return found[0] if chosen is None or isinstance(chosen, (dict, list)) else str(chosen)

    return _VARIABLE.sub(value, url)


def _checked(url: str) -> str:
    """The URL without fragment, query, credentials and last slash; "" when it is no URL that can be called."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s{}<>\"\\]", url):
        return ""
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path.rstrip("/"), "", ""))
