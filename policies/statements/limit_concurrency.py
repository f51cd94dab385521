"""`limit-concurrency`: at most so many requests in the policies inside at a time, the others are refused at once (article
"Limit concurrency").

The count is one instance's, as it is one gateway unit's in APIM.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.registry import ANY_POLICY, Attribute, Policy
from policies.statement import Statement
from policies.steps import End, Outcome, Step, settle
from policies.values import STRING, whole_number

KEY = Attribute("key", STRING, required=True, expression=True)
MAX_COUNT = Attribute("max-count", whole_number(1), required=True)
_SLOTS = "limit-concurrency"


def build(statement: Statement) -> Step:
    """Gives the step that takes a slot and gives it back."""
    key, limit, steps = statement[KEY].get, statement[MAX_COUNT].literal, statement.steps

    def limit_concurrency(context: PolicyContext) -> Outcome:
        slots: dict[str, int] = context.services.extras.setdefault(_SLOTS, {})  # type: ignore[assignment]  # ours alone
        name = key(context)
        if slots.get(name, 0) >= limit:
            raise PolicyFailure(
                "Too many requests are being processed at the same time. Try again later.",
                reason="ConcurrencyLimitExceeded",
                status=429,
            )
        slots[name] = slots.get(name, 0) + 1
        try:
            outcome = steps(context)
        except BaseException:
            _release(slots, name)
            raise
        if outcome is None or isinstance(outcome, End):
            _release(slots, name)
            return outcome
        return _finish(outcome, slots, name)

    return limit_concurrency


async def _finish(outcome: Outcome, slots: dict[str, int], name: str) -> End | None:
    try:
        return await settle(outcome)
    finally:
        _release(slots, name)


def _release(slots: dict[str, int], name: str) -> None:
    slots[name] -= 1
    if not slots[name]:
        del slots[name]


POLICY = Policy(name="limit-concurrency", attributes=(KEY, MAX_COUNT), policies=ANY_POLICY, build=build)
