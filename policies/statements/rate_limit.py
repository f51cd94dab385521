"""`rate-limit`: at most so many calls of one subscription in any interval of the period (article "Limit call rate by
subscription").

The rule here: a request without a subscription is not limited, as the article says. The limits of product, API and operation
apply independently: a call counts in each that it falls under, or, when one of them refuses, in none.
"""

from __future__ import annotations

import asyncio

from policies.context import PolicyContext
from policies.ports import Admission, Counters, RateLimit, StoreUnavailable
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._levels import Levels, children, counter_key
from policies.statements._rate import CALLS, OUTLETS, PERIOD, Outlet
from policies.statements._uncounted import counters_of, pass_uncounted
from policies.steps import Outcome, Step

LIMIT = Attribute("calls", CALLS, required=True)
RENEWAL = Attribute("renewal-period", PERIOD, required=True)
API = children(LIMIT, RENEWAL)


def _limit(statement: Statement, own: RateLimit | None) -> RateLimit:
    return RateLimit(statement[LIMIT].literal, float(statement[RENEWAL].literal))


class _RateLimit:
    __slots__ = ("_levels", "_outlet", "_place")

    def __init__(self, statement: Statement) -> None:
        self._levels: Levels[RateLimit] = Levels(statement, API, _limit)
        self._outlet = Outlet(statement)
        self._place = statement.place

    def __call__(self, context: PolicyContext) -> Outcome:
        if context.subscription is None:
            return None
        counters = counters_of(context)
        levels = [
            (counter_key(self._place, context, context.subscription, level.path), level.limit)
            for level in self._levels.of(context)
        ]
        if context.counts:
            return self._count(context, counters, levels)
        self._outlet.guess(context, counters.peek(*levels[0]), levels[0][1])
        return None

    async def _count(self, context: PolicyContext, counters: Counters, levels: list[tuple[str, RateLimit]]) -> None:
        try:
            admissions = await _admit(counters, levels)
        except StoreUnavailable:
            pass_uncounted(context)
            self._outlet.guess(context, None, levels[0][1])
            return
        self._outlet.tell(context, admissions[0])
        if not admissions[0].admitted:
            raise self._outlet.refuse(context, admissions[0])
        context.completions.append(lambda: _over(counters, admissions))


async def _over(counters: Counters, admissions: list[Admission]) -> None:
    for admission in admissions:
        counters.finish(admission)


async def _admit(counters: Counters, levels: list[tuple[str, RateLimit]]) -> list[Admission]:
    """Each level's admission, or the one refusal that lasts longest; then nothing is counted."""
    if len(levels) == 1:
        return [await counters.admit(*levels[0])]
    known = [counters.peek(key, limit) for key, limit in levels]
    answers = [answer for answer in known if answer is not None and not answer.admitted]
    if not answers:  # else nothing need be reserved to be given back
        reserved = await asyncio.gather(*(counters.admit(key, limit, provisional=True) for key, limit in levels))
        answers = [answer for answer in reserved if not answer.admitted]
        if not answers:
            return reserved
        await asyncio.gather(*(counters.settle(answer, 0) for answer in reserved if answer.admitted))
    return [max(answers, key=lambda answer: answer.retry_after)]


def build(statement: Statement) -> Step:
    """The step."""
    return _RateLimit(statement)


POLICY = Policy(
    name="rate-limit",
    sections=frozenset({"inbound"}),
    scopes=frozenset({"product", "api", "operation"}),
    attributes=(LIMIT, RENEWAL, *OUTLETS),
    children=(API,),
    build=build,
    once=True,
)
