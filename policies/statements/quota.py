"""`quota`: so many calls and kilobytes of one subscription in each fixed window (article "Set usage quota by subscription").

The rule here: windows begin with the subscription; a request without one is not limited, as the article says. The quotas of
product, API and operation apply independently: a call counts in each that it falls under, or, when one of them refuses, in
none.
"""

from __future__ import annotations

import asyncio

from policies.context import PolicyContext
from policies.ports import Counters, Quota, QuotaState, StoreUnavailable
from policies.records import replace
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._levels import Levels, children, counter_key
from policies.statements._quota import BANDWIDTH, CALLS, KILOBYTE, count_bytes, refuse
from policies.statements._uncounted import counters_of, pass_uncounted
from policies.steps import Outcome, Step
from policies.values import whole_number

_YEARS = 100 * 365 * 86400
RENEWAL = Attribute("renewal-period", whole_number(0, _YEARS), required=True)
INNER_RENEWAL = Attribute("renewal-period", whole_number(0, _YEARS))  # the article's own example leaves it to the outer one
API = children(CALLS, BANDWIDTH, INNER_RENEWAL)


def _quota(statement: Statement, own: Quota | None) -> Quota:
    calls, bandwidth, period = statement.get(CALLS), statement.get(BANDWIDTH), statement.get(INNER_RENEWAL)
    if calls is None and bandwidth is None:
        raise statement.error(f"<{statement.name}> limits nothing", hint='write calls="…" or bandwidth="…", or both')
    seconds = float(period.literal) if period is not None else own.period if own is not None else 0.0
    return Quota(calls.literal if calls else None, bandwidth.literal * KILOBYTE if bandwidth else None, seconds)


class _Quota:
    __slots__ = ("_levels", "_place")

    def __init__(self, statement: Statement) -> None:
        self._levels: Levels[Quota] = Levels(statement, API, _quota)
        self._place = statement.place

    def __call__(self, context: PolicyContext) -> Outcome:
        subscription = context.subscription
        if subscription is None or not context.counts:
            return None
        start = subscription.start_date if subscription.start_date is not None else subscription.created_date
        levels = [
            (counter_key(self._place, context, subscription, level.path), replace(level.limit, first_period_start=start))
            for level in self._levels.of(context)
        ]
        return self._count(context, counters_of(context), levels)

    async def _count(self, context: PolicyContext, counters: Counters, levels: list[tuple[str, Quota]]) -> None:
        try:
            states = await _use(counters, levels)
        except StoreUnavailable:
            pass_uncounted(context)
            return
        if not states[0].admitted:
            raise refuse(states[0])
        measured = [state for state, (_, quota) in zip(states, levels, strict=True) if quota.bandwidth is not None]
        if measured:
            context.completions.append(lambda: count_bytes(context, lambda size: _add(counters, measured, size)))


async def _use(counters: Counters, levels: list[tuple[str, Quota]]) -> list[QuotaState]:
    """Each level's state, or the one refusal; then nothing is counted."""
    if len(levels) > 1:
        for key, quota in levels:
            known = counters.peek_quota(key, quota)
            if known is not None and not known.admitted:
                return [known]  # nothing need be reserved to be given back
    provisional = len(levels) > 1
    states = await asyncio.gather(*(counters.use_quota(key, quota, provisional=provisional) for key, quota in levels))
    refused = next((state for state in states if not state.admitted), None)
    if refused is None:
        return states
    await asyncio.gather(*(counters.settle_quota(state, 0) for state in states if state.admitted))
    return [refused]


async def _add(counters: Counters, states: list[QuotaState], size: int) -> None:
    await asyncio.gather(*(counters.settle_quota(state, 1, size) for state in states))


def build(statement: Statement) -> Step:
    """The step."""
    return _Quota(statement)


POLICY = Policy(
    name="quota",
    sections=frozenset({"inbound"}),
    scopes=frozenset({"product"}),
    attributes=(CALLS, BANDWIDTH, RENEWAL),
    children=(API,),
    build=build,
    once=True,
)
