"""`rate-limit-by-key`: at most so many calls in any interval of the period, for each key (article "Limit call rate by key").

The rule here: one counter belongs to each key, whichever document at whichever scope names it; a call that passes two of them
counts twice.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.ports import Admission, Counters, RateLimit, StoreUnavailable
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._increment import CONDITION, COUNT, Increment
from policies.statements._keys import KEY
from policies.statements._rate import CALLS, OUTLETS, PERIOD, Outlet
from policies.statements._uncounted import counters_of, pass_uncounted
from policies.steps import Outcome, Step

LIMIT = Attribute("calls", CALLS, required=True, expression=True)
RENEWAL = Attribute("renewal-period", PERIOD, required=True, expression=True)
COUNTER_KEY = Attribute("counter-key", KEY, required=True, expression=True)


class _RateLimitByKey:
    __slots__ = ("_calls", "_increment", "_key", "_limit", "_outlet", "_period")

    def __init__(self, statement: Statement) -> None:
        self._calls = statement[LIMIT]
        self._period = statement[RENEWAL]
        self._key = statement[COUNTER_KEY]
        self._increment = Increment(statement)
        self._outlet = Outlet(statement)
        fixed = self._calls.is_literal and self._period.is_literal
        self._limit = RateLimit(self._calls.literal, float(self._period.literal)) if fixed else None

    def __call__(self, context: PolicyContext) -> Outcome:
        limit = self._limit or RateLimit(self._calls.get(context), float(self._period.get(context)))
        key = "key/" + self._key.get(context)
        counters = counters_of(context)
        if context.counts:
            return self._count(context, counters, key, limit)
        self._outlet.guess(context, counters.peek(key, limit), limit)
        return None

    async def _count(self, context: PolicyContext, counters: Counters, key: str, limit: RateLimit) -> None:
        count = self._increment.before(context)
        settles = not self._increment.is_certain
        try:
            admission = await counters.admit(key, limit, 1 if count is None else count, provisional=settles)
        except StoreUnavailable:
            pass_uncounted(context)
            self._outlet.guess(context, None, limit)
            return
        self._outlet.tell(context, admission)
        if not admission.admitted:
            raise self._outlet.refuse(context, admission)
        context.completions.append(lambda: self._over(context, counters, admission, count))

    async def _over(self, context: PolicyContext, counters: Counters, admission: Admission, count: int | None) -> None:
        if self._increment.is_certain:
            counters.finish(admission)
        else:
            await counters.settle(admission, await self._increment.after(context, count))


def build(statement: Statement) -> Step:
    """The step."""
    return _RateLimitByKey(statement)


POLICY = Policy(
    name="rate-limit-by-key",
    sections=frozenset({"inbound"}),
    attributes=(LIMIT, RENEWAL, COUNTER_KEY, CONDITION, COUNT, *OUTLETS),
    build=build,
)
