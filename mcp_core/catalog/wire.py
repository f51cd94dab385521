"""What may go onto the wire as somebody named it: the URLs of services, the names and values of header fields.

The rule here: what two readers could read differently is refused when it is stored, so that nobody has to think of it when
it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

__all__ = ["FIELD", "is_field_value", "is_safe_url", "is_url"]

FIELD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
"""A header field's name (RFC 9110 §5.6.2)."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_NEVER = frozenset(' "<>\\^`{|}#')
"""What no URL holds as it is (RFC 3986 §2), and the fragment, which is never sent."""


def is_url(text: str, schemes: Collection[str], *, with_query: bool = False) -> bool:
    """Whether this names a service: an absolute URL with a host, without a user, a fragment and, unless `with_query`, a
    query."""
    if not text.isprintable() or _NEVER & set(text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in schemes
        and bool(parts.hostname)
        and port != 0
        and "@" not in parts.netloc
        and (with_query or "?" not in text)
    )


def is_safe_url(text: str, *, with_query: bool = False) -> bool:
    """Whether secrets may be sent there: https, or http that does not leave this machine."""
    if not is_url(text, ("https", "http"), with_query=with_query):
        return False
    parts = urlsplit(text)
    return parts.scheme == "https" or parts.hostname in _HERE


def is_field_value(text: str) -> bool:
    """Whether a header field can have this value: ASCII, and nothing that could end it."""
    return text.isascii() and text.replace("\t", "").isprintable()
