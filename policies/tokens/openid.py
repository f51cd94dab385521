"""OpenID configurations and their key sets, kept (OpenID Connect Discovery 1.0 §4, RFC 8414, RFC 7517).

The rule here: keys that are cached go on, whatever the endpoint does. A refresh is one at a time and runs beside the requests;
only a request whose key is not known waits for it, and not more often than every minute.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any

from policies.messages import Headers, Request, Url
from policies.ports import BackendUnavailable, ForwardOptions, Services
from policies.records import Record
from policies.tokens.keys import Key, jwks_keys

__all__ = ["Configuration", "OpenIdEndpoint", "endpoint"]

EXTRA = "openid-configurations"
FRESH = 3_600.0
"""Seconds until a configuration is fetched anew, in the background (article "Validate JWT": every hour)."""
AGAIN = 60.0
"""Seconds between two looks at an endpoint, also for keys that are not in the set. The article says five minutes and that it
may change: a key set that is rotated in a hurry should not keep callers out for so long."""
AGAIN_WITHOUT = 5.0
"""The same while there is nothing cached."""
OLDEST = 24 * 3_600.0
"""Seconds after which a configuration that could not be refreshed is believed no more: its keys may have been revoked."""
TIMEOUT = 10.0
_LARGEST = 1024 * 1024
_MOST_ENDPOINTS = 64
_log = logging.getLogger("policies")


class Configuration(Record, eq=False):
    """What an endpoint said: who the issuer is and its keys. The same object as long as the same was said."""

    issuer: str
    keys: tuple[Key, ...]
    digest: bytes


class OpenIdEndpoint:
    """One configuration endpoint. `said` is what is cached, good to use before the moment `due`; from then on ask `cached`."""

    __slots__ = ("_attempted", "_refresh", "due", "said", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.said: Configuration | None = None
        self.due = self._attempted = float("-inf")
        self._refresh: asyncio.Task[None] | None = None

    def cached(self, services: Services) -> Configuration | None:
        """What is known, without waiting. Starts a refresh when it is due."""
        now = services.clock()
        if self.said is None or now < self.due:
            return self.said
        if self._is_due(now):
            self._start(services)
        return self.said if now - self.due < OLDEST - FRESH else None

    async def fetched(self, services: Services) -> Configuration | None:
        """What the endpoint says now, unless it was asked just before; None when there is nothing to be had."""
        running = self._running()
        if running is None and self._is_due(services.clock()):
            running = self._start(services)
        if running is not None:
            await asyncio.shield(running)
        return self.cached(services)

    def _is_due(self, now: float) -> bool:
        return now - self._attempted >= (AGAIN if self.said is not None else AGAIN_WITHOUT)

    def _running(self) -> asyncio.Task[None] | None:
        task = self._refresh
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            return None
        return task

    def _start(self, services: Services) -> asyncio.Task[None]:
        running = self._running()
        if running is None:
            self._attempted = services.clock()
            running = self._refresh = asyncio.create_task(self._renew(services))
        return running

    async def _renew(self, services: Services) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                found = await _discover(self.url, services)
        except (_Unusable, BackendUnavailable, OSError, TimeoutError) as error:
            _log.warning("The OpenID configuration %r could not be had: %s", Url(self.url), str(error) or type(error).__name__)
            return
        self.due = services.clock() + FRESH
        if self.said is None or self.said.digest != found.digest:
            self.said = found


def endpoint(url: str, services: Services) -> OpenIdEndpoint:
    """The endpoint of this URL; one for the whole application."""
    known: Any = services.extras.setdefault(EXTRA, {})
    found: OpenIdEndpoint | None = known.get(url)
    if found is None:
        if len(known) >= _MOST_ENDPOINTS:  # a URL made by an expression may have any value
            known.pop(next(iter(known)))
        found = known[url] = OpenIdEndpoint(url)
    return found


class _Unusable(Exception):
    """What an endpoint gave is no configuration."""


async def _discover(url: str, services: Services) -> Configuration:
    document, said = await _get(url, services)
    issuer, location = document.get("issuer"), document.get("jwks_uri")
    if not isinstance(issuer, str) or not isinstance(location, str) or not issuer:
        raise _Unusable("it has no issuer or no jwks_uri")
    if url.startswith("https:") and not location.startswith("https:"):
        raise _Unusable("its jwks_uri is not https")
    key_set, keys_said = await _get(location, services)
    keys = await _in_thread(lambda: jwks_keys(key_set, issuer))
    if not keys:
        raise _Unusable("its key set holds no key that can be used")
    return Configuration(issuer, keys, hashlib.sha256(said + keys_said).digest())


async def _in_thread(work: Callable[[], tuple[Key, ...]]) -> tuple[Key, ...]:
    """Reading keys for the first time imports the cryptography, a tenth of a second that the loop has better uses for."""
    return await asyncio.to_thread(work)


async def _get(url: str, services: Services) -> tuple[dict[str, Any], bytes]:
    backend = services.backend
    if backend is None:
        raise _Unusable("no backend is configured that could fetch it")
    request = Request("GET", _url(url), Headers({"Accept": "application/json"}))
    response = await backend.send(request, ForwardOptions(timeout=TIMEOUT, follow_redirects=True))
    data = await response.body.read()
    if response.status != 200:
        raise _Unusable(f"{request.url!r} answered {response.status}")
    if response.body.truncated or len(data) > _LARGEST:
        raise _Unusable(f"{request.url!r} is larger than {_LARGEST:,} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise _Unusable(f"{request.url!r} is not JSON") from None
    if not isinstance(found, dict):
        raise _Unusable(f"{request.url!r} is not a JSON object")
    return found, data


def _url(text: str) -> Url:
    try:
        url = Url(text)
    except ValueError:
        raise _Unusable("its address is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise _Unusable("its address is not an http or https URL")
    return url
