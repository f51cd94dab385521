"""What a compiled document is made of: steps in a row.

The rule here: a step is a plain callable. It gives None when it is done, `END` when the pipeline ends here, or, only when it
must wait, an awaitable of either. So a pipeline of policies that wait for nothing runs without a single coroutine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Final, final

from policies.errors import Position
from policies.records import Record

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.messages import Request, Response

__all__ = ["EMPTY", "END", "Edit", "End", "Outcome", "Place", "RequestEdit", "ResponseEdit", "Sequence", "Step", "settle"]


@final
class End:
    """The type of `END`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "END"


END: Final = End()
"""What a step gives to end the pipeline: `context.response` is the answer (`return-response`)."""

Outcome = End | Awaitable[End | None] | None
Step = Callable[["PolicyContext"], Outcome]
RequestEdit = Callable[["PolicyContext", "Request"], Outcome]
ResponseEdit = Callable[["PolicyContext", "Response"], Outcome]
Edit = Callable[["PolicyContext", "Request | Response"], Outcome]


class Place(Record):
    """Where a step stands, in the words of `context.LastError`: `scope` is "global", "product", "api" or "operation",
    `path` like "choose[1]/when[2]/set-header[1]"."""

    policy: str
    scope: str
    section: str
    path: str
    policy_id: str = ""
    position: Position | None = None
    origin: str = ""


class Sequence:
    """Steps that run one after the other; itself a step. When one raises, `context.failed_at` says which."""

    __slots__ = ("steps",)

    def __init__(self, steps: tuple[tuple[Step, Place], ...]) -> None:
        self.steps = steps

    def __call__(self, context: PolicyContext) -> Outcome:
        if context.trace is not None:
            return context.trace.run(self.steps, context)
        remaining = iter(self.steps)
        place = None
        try:
            for step, place in remaining:
                outcome = step(context)
                if outcome is not None:
                    return END if isinstance(outcome, End) else self._resume(outcome, place, remaining, context)
        except Exception:  # a branch that is given up (`wait`) is to blame for nothing
            _blame(place, context)
            raise
        return None

    @staticmethod
    async def _resume(
        waiting: Awaitable[End | None], place: Place, remaining: Iterator[tuple[Step, Place]], context: PolicyContext
    ) -> End | None:
        try:
            if await waiting is END:
                return END
            for step, current in remaining:
                place = current
                outcome = step(context)
                if outcome is not None and (isinstance(outcome, End) or await outcome is END):
                    return END
        except Exception:
            _blame(place, context)
            raise
        return None

    def __len__(self) -> int:
        return len(self.steps)


EMPTY: Final = Sequence(())


async def settle(outcome: Outcome) -> End | None:
    """An outcome once there is nothing left to wait for."""
    return outcome if outcome is None or isinstance(outcome, End) else await outcome


def _blame(place: Place | None, context: PolicyContext) -> None:
    if context.failed_at is None:  # the innermost step speaks first
        context.failed_at = place
