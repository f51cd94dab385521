"""One open stream: the events that its client reads.

The rule here: it ends by itself before the platform would cut it (230 seconds in Azure), so that the client comes back to a
whole answer instead of a broken one; and whoever stops reading, it cleans up after itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator

from mcp_core.streaming.mailbox import Mailbox
from policies.ports import StoreUnavailable
from policies.records import Record

__all__ = ["PACE", "Pace", "events"]

_log = logging.getLogger(__name__)


class Pace(Record):
    """Times of a stream, in seconds. It takes messages for `accepts` and stays open until `lasts` for those still in work.
    The store is looked at every `busy` while messages come and every `idle` when none came for `quiet`."""

    accepts: float = 200.0
    lasts: float = 220.0
    heartbeat: float = 15.0
    busy: float = 0.1
    idle: float = 0.5
    quiet: float = 5.0


PACE = Pace()


async def events(
    mailbox: Mailbox, session: str, endpoint: str, here: asyncio.Queue[bytes], pace: Pace = PACE
) -> AsyncGenerator[bytes, None]:
    """The stream's bytes: where to post, then each message, from this instance (`here`) or through the store from another."""
    started = spoke = heard = looked = time.monotonic()
    delivered: set[str] = set()
    try:
        yield _event("endpoint", endpoint.encode())
        while (now := time.monotonic()) < started + pace.lasts:
            wait = pace.busy if now < heard + pace.quiet else pace.idle
            found = await _from_here(here, max(0.0, looked + wait - now))
            if time.monotonic() >= looked + wait:
                found += await _from_elsewhere(mailbox, session, delivered)
                looked = time.monotonic()
            if found:
                heard = spoke = time.monotonic()
                for data in found:
                    yield _event("message", data)
            elif time.monotonic() >= spoke + pace.heartbeat:
                spoke = time.monotonic()
                yield b": heartbeat\n\n"
    finally:
        try:
            await mailbox.close(session)
        except StoreUnavailable as error:  # the rows expire
            _log.warning("The session of a stream could not be removed: %s", error)


async def _from_here(here: asyncio.Queue[bytes], wait: float) -> list[bytes]:
    try:
        async with asyncio.timeout(wait):
            return [await here.get()]
    except TimeoutError:
        return []


async def _from_elsewhere(mailbox: Mailbox, session: str, delivered: set[str]) -> list[bytes]:
    """New messages of the store; while it cannot be reached there are none."""
    try:
        waiting = await mailbox.take(session)
        if waiting:
            await mailbox.remove(session, [each.row for each in waiting])
    except StoreUnavailable as error:
        _log.warning("The messages of a stream could not be looked for: %s", error)
        return []
    new = [each for each in waiting if each.row not in delivered]
    delivered.update(each.row for each in new)
    return [each.data for each in new]


def _event(name: str, data: bytes) -> bytes:
    lines = b"".join(b"data: %b\n" % line for line in data.splitlines() or [b""])
    return b"event: %b\n%b\n" % (name.encode(), lines)
