"""What callers do to an entity, and what an entity says: the two sides that group commit brings together.

The rule here: nothing knows the store. A change decides on a ledger, as often as it takes until the ledger could be written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from mcp_core.storage.port import Scalar

__all__ = ["Change", "Ledger", "fail"]


class Ledger(Protocol):
    """What one entity says. `damaged`: it is to be written anew even when nothing is changed."""

    damaged: bool

    def properties(self) -> dict[str, Scalar]:
        """The entity's properties, without those of group commit."""


L = TypeVar("L", bound=Ledger)


class Change(Generic[L]):
    """What one caller wants to do to a ledger. `result` is set by `apply`, which may run more than once; it counts when
    `GroupCommit.submit` returns. `arrived` is when the caller came, by the local clock."""

    __slots__ = ("arrived", "future", "result")

    makes_room = True
    """Of a change that nobody waits for: whether it is worth a write of its own."""

    future: asyncio.Future[None]

    def __init__(self, arrived: float) -> None:
        self.arrived = arrived
        self.result: object = None

    def apply(self, ledger: L) -> bool:
        """Decide. True when the ledger was changed, so that it must be written."""
        raise NotImplementedError

    def repeat(self) -> bool:
        """Prepare to be applied again although it may have been made already; False when it must not be."""
        return True

    def undo(self) -> Change[L] | None:
        """The change that takes this one back, for a caller that went away."""
        return None

    def finish(self, error: Exception | None = None) -> None:
        """Wake the caller."""
        if not self.future.done():
            if error is None:
                self.future.set_result(None)
            else:
                self.future.set_exception(error)


def fail(changes: Iterable[Change[L]], error: Exception) -> None:
    """Wake the callers with an error."""
    for change in changes:
        change.finish(error)
