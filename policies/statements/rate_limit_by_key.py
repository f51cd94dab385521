"""`rate-limit-by-key`: at most so many calls in any interval of the period, for each key (article "Limit call rate by key").

One counter belongs to each key, whichever document at whichever scope names it. With an increment-condition the call is counted
first and given back when the condition turns out false, so that calls under way together cannot pass the limit either. An
increment-count that needs the response counts 1 until the response is there.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import ExpressionFailure
from policies.ports import Admission, Counters, RateLimit, StoreUnavailable
from policies.registry import Attribute, Policy
from policies.statement import Reads, Statement
from policies.statements._keys import KEY
from policies.statements._rate import CALLS, OUTLETS, PERIOD, Outlet, counters_of, over
from policies.steps import Outcome, Step
from policies.values import BOOLEAN, whole_number

LIMIT = Attribute("calls", CALLS, required=True, expression=True)
RENEWAL = Attribute("renewal-period", PERIOD, required=True, expression=True)
COUNTER_KEY = Attribute("counter-key", KEY, required=True, expression=True)
CONDITION = Attribute("increment-condition", BOOLEAN, expression=True)
COUNT = Attribute("increment-count", whole_number(0, 2**31 - 1), default=1, expression=True)


class _RateLimitByKey:
    __slots__ = ("_calls", "_condition", "_count", "_key", "_limit", "_outlet", "_period", "_reads")

    def __init__(self, statement: Statement) -> None:
        self._calls = statement[LIMIT]
        self._period = statement[RENEWAL]
        self._key = statement[COUNTER_KEY]
        self._count = statement[COUNT]
        self._condition = statement.get(CONDITION)
        self._outlet = Outlet(statement)
        self._reads: Reads = statement.reads
        fixed = self._calls.is_literal and self._period.is_literal
        self._limit = RateLimit(self._calls.literal, float(self._period.literal)) if fixed else None

    def __call__(self, context: PolicyContext) -> Outcome:
        limit = self._limit or RateLimit(self._calls.get(context), float(self._period.get(context)))
        counters = counters_of(context)
        if context.counts:
            return self._admit(context, counters, limit)
        if self._outlet.remaining_variable:  # D6: not counted, but later policies may read the variable
            known = counters.peek(self._key.get(context), limit)
            context.variables[self._outlet.remaining_variable] = limit.calls if known is None else known.remaining
        return None

    async def _admit(self, context: PolicyContext, counters: Counters, limit: RateLimit) -> None:
        key = self._key.get(context)
        count = self._known_count(context)
        settles = self._condition is not None or count is None
        try:
            admission = await counters.admit(key, limit, 1 if count is None else count, provisional=settles)
        except StoreUnavailable:
            if not context.services.admit_when_store_fails:
                raise
            over(context, "rate-limit-by-key")
            if self._outlet.remaining_variable:
                context.variables[self._outlet.remaining_variable] = limit.calls
            return
        self._outlet.tell(context, admission)
        if not admission.admitted:
            raise self._outlet.refuse(context, admission)
        if settles:
            context.completions.append(lambda: self._settle(context, counters, admission, count))

    def _known_count(self, context: PolicyContext) -> int | None:
        """The increment, or None when its expression cannot be had before the response."""
        if self._count.is_literal:
            return self._count.literal
        try:
            return self._count.get(context)
        except ExpressionFailure:
            if context.response is not None:
                raise
            return None

    async def _settle(self, context: PolicyContext, counters: Counters, admission: Admission, count: int | None) -> None:
        waiting = self._reads.buffer(context)
        if waiting is not None:
            await waiting
        if self._condition is not None and not self._condition.get(context):
            count = 0
        elif count is None:
            count = self._count.get(context)
        await counters.settle(admission, count)


def build(statement: Statement) -> Step:
    """The step."""
    return _RateLimitByKey(statement)


POLICY = Policy(
    name="rate-limit-by-key",
    sections=frozenset({"inbound"}),
    attributes=(LIMIT, RENEWAL, COUNTER_KEY, CONDITION, COUNT, *OUTLETS),
    build=build,
)
