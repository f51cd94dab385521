"""How a counter's key is shown to an operator who looks at the table.

The rule here: enough to recognise it, never a secret. Keys are often made from what a caller sent (an address, but also an
Authorization header or a subscription key), so whatever could be a token is cut to its beginning. Entities are found by the
key's hash, not by this.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["moment", "shown"]

_LONGEST = 128
_TOKEN = re.compile(r"([A-Za-z0-9+=_.~-]{4})[A-Za-z0-9+=_.~-]{12,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def shown(key: str) -> str:
    """At most 128 characters; words of 16 characters or more only by their first four."""
    text = _TOKEN.sub(_cut, key[: 4 * _LONGEST])
    text = _CONTROL.sub(" ", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _cut(found: re.Match[str]) -> str:
    word = found[0]
    return word if word.replace(".", "").isdigit() and word.count(".") == 3 else f"{found[1]}…"  # an address is no token


def moment(milliseconds: int) -> str:
    """Unix milliseconds as ISO 8601, UTC; what no calendar has as "?"."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "?"
