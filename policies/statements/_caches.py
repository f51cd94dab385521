"""What the policies that use a cache have in common.

The rule here: a cache that fails, or is not configured, is no error of the call (article "Get from cache"): a look-up finds
nothing, and nothing is stored. It is told in the trace and, once in a while, in the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from policies.context import PolicyContext
from policies.ports import Cache, StoreUnavailable
from policies.registry import Attribute
from policies.values import choice

__all__ = ["CACHING_TYPE", "choose_cache", "note", "unless_it_fails"]

T = TypeVar("T")

CACHING_TYPE = Attribute("caching-type", choice("prefer-external", "external", "internal"), default="prefer-external")
_ORDER: dict[str, tuple[Literal["internal", "external"], ...]] = {
    "prefer-external": ("external", "internal"),
    "external": ("external",),
    "internal": ("internal",),
}
_QUIET = 60.0  # seconds between two warnings of one kind
_warned: dict[str, float] = {}
_log = logging.getLogger("policies")


def choose_cache(context: PolicyContext, caching_type: str) -> Cache | None:
    """The cache that the document asks for, or None when there is none."""
    caches = context.services.caches
    for name in _ORDER[caching_type]:
        if name in caches:
            return caches[name]
    _complain(context, f"No {caching_type} cache is configured; caching policies that ask for it do nothing.")
    return None


async def unless_it_fails(context: PolicyContext, work: Callable[[], Awaitable[T]]) -> T | None:
    """The result, or None when the cache cannot be used."""
    try:
        return await work()
    except StoreUnavailable as error:
        _complain(context, f"The cache cannot be used: {error}")
        return None


def note(context: PolicyContext, message: str) -> None:
    """Tell the trace."""
    if context.trace is not None:
        context.trace.append(message)


def _complain(context: PolicyContext, message: str) -> None:
    note(context, message)
    now = time.monotonic()
    if now - _warned.get(message[:24], float("-inf")) > _QUIET:
        _warned[message[:24]] = now
        _log.warning("%s", message)
