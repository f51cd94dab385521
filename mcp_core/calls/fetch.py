"""Documents from the web: an OpenAPI document to import, an OpenID configuration, a key set.

The rule here: every address is guarded, each redirect's too; size and time are bounded.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FetchError", "Fetched", "fetch"]


class FetchError(Exception):
    """A document that could not be had. `str()` says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document: where it came from after redirects, its media type without parameters, its bytes."""

    url: str
    media_type: str
    content: bytes


async def fetch(
    url: str, *, allow_private: bool, max_bytes: int = 100 * 1024 * 1024, seconds: float = 60.0, accept: str = "*/*"
) -> Fetched:
    """GET a document with up to five redirects, each checked. Raises FetchError."""
    raise NotImplementedError
