"""Names of operations and tools, as the catalogue keeps them.

The rule here: a name that is legal already stays as it is. What must change, changes by its own text alone, never by what else
there is, so that the next import gives the same names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container

__all__ = ["LONGEST", "digest", "legal_name", "unique_name"]

# The MCP specification allows 128 characters; clients that pass tools on to a model's API stop at 64.
LONGEST = 64
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]+")


def legal_name(text: str) -> str:
    """`text` with letters, digits, `_`, `-` and `.` only, at most 64 of them; "" when nothing is left of it."""
    if not _ILLEGAL.search(text):
        return _shortened(text, text)
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _shortened(_ILLEGAL.sub("_", plain).strip("_"), text)


def unique_name(name: str, taken: Container[str], seed: str) -> str:
    """`name`, or when that is taken (casefolded: some clients ignore case), `name` with a suffix made of `seed`."""
    unique = name
    while unique.casefold() in taken:
        seed = digest(seed)
        unique = f"{name[: LONGEST - 7]}_{seed}"
    return unique


def digest(text: str) -> str:
    """Six hexadecimal digits that stand for `text`."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _shortened(name: str, original: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 7].rstrip('_-.')}_{digest(original)}"
