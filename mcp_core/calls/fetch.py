"""Documents from the web: an OpenAPI document to import, an OpenID configuration, a key set.

The rule here: every address is guarded, each redirect's too; size and time are bounded. Redirects may lead to another origin,
since nothing secret is sent, but not from https to http.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urljoin, urlsplit

from mcp_core.calls.client import HttpBackend
from mcp_core.calls.guard import EgressRefused, shown
from mcp_core.calls.media import essence_of
from mcp_core.errors import InvalidInput
from policies.messages import Headers, Request, Response, Url
from policies.ports import BackendUnavailable
from policies.records import Record

__all__ = ["FetchError", "Fetched", "fetch"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5


class FetchError(InvalidInput):
    """A document that could not be had. `str()` says which, why, and what to do."""


class Fetched(Record):
    """A document: where it came from after redirects, its media type without parameters ("" for none), its bytes."""

    url: str
    media_type: str
    content: bytes


async def fetch(
    url: str,
    *,
    allow_private: bool,
    allow_private_origin: bool = False,
    max_bytes: int = 100 * 1024 * 1024,
    seconds: float = 60.0,
    accept: str = "*/*",
) -> Fetched:
    """GET a document with up to five redirects, each checked. `allow_private_origin`: the origin of `url` itself may be
    private, for somebody who typed it; what it redirects to may not. Raises FetchError."""
    first = HttpBackend(
        allow_private=allow_private or allow_private_origin, default_timeout=seconds, max_response_bytes=max_bytes
    )
    others = HttpBackend(allow_private=allow_private, default_timeout=seconds, max_response_bytes=max_bytes)
    try:
        async with asyncio.timeout(seconds):
            return await _follow(first, others, url, max_bytes, accept)
    except TimeoutError:
        raise FetchError(f"{shown(url)} was not here within {seconds:g} seconds.") from None
    except EgressRefused as error:
        raise FetchError(f"{shown(url)} is not fetched: {error}") from None
    except BackendUnavailable as error:
        raise FetchError(f"{shown(url)} could not be fetched. {error}") from None
    finally:
        await first.close()
        await others.close()


async def _follow(first: HttpBackend, others: HttpBackend, url: str, max_bytes: int, accept: str) -> Fetched:
    first.guard.check_url(url)
    asked, origin = url, Url(url).origin
    for _ in range(_MOST_REDIRECTS + 1):
        backend = first if Url(url).origin == origin else others
        backend.guard.check_url(url)
        response = await backend.send(Request("GET", url, Headers([("Accept", accept)])))
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or not location:
            return _document(url, response, max_bytes)
        try:
            target = urljoin(url, location)
            is_downgrade = urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http"
        except ValueError:
            raise FetchError(f"{shown(asked)} redirects to what is not a URL.") from None
        if is_downgrade:
            raise FetchError(f"{shown(asked)} redirects from https to {shown(target)}, which is not followed.")
        url = target
    raise FetchError(f"{shown(asked)} redirects more than {_MOST_REDIRECTS} times.")


def _document(url: str, response: Response, max_bytes: int) -> Fetched:
    if response.status != 200:
        raise FetchError(f"{shown(url)} answered {response.status} {response.reason}".rstrip() + ".")
    if response.body.truncated:
        raise FetchError(
            f"{shown(url)} is larger than {max_bytes:,} bytes.", hint="Download it and give the file, or ask for less."
        )
    return Fetched(url, essence_of(response.headers.get("Content-Type") or ""), response.body.data)
