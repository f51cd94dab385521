"""`quota-by-key`: so many calls and kilobytes in each fixed window, for each key (article "Set usage quota by key").

The rule here: one counter belongs to each key and kind of window, whichever document at whichever scope names it, and a request
is counted in it once, however many of them it passes.
"""

from __future__ import annotations

from datetime import UTC, datetime

from policies.context import PolicyContext
from policies.ports import Counters, Quota, QuotaState, StoreUnavailable
from policies.records import replace
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._increment import CONDITION, COUNT, Increment
from policies.statements._keys import KEY
from policies.statements._quota import BANDWIDTH, CALLS, KILOBYTE, count_bytes, refuse
from policies.statements._uncounted import counters_of, pass_uncounted
from policies.steps import Outcome, Step
from policies.values import Kind

_YEARS = 100 * 365 * 86400


def _period(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 12) or not (
        int(digits) == 0 or 300 <= int(digits) <= _YEARS
    ):
        raise ValueError(f"must be 0 (for ever) or a whole number of seconds from 300 up to {_YEARS}, not {text!r}")
    return int(digits)


def _moment(text: str) -> float:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"must be a time like 2026-01-31T00:00:00Z, not {text!r}") from None


def _no_expression(value: object) -> float:
    raise ValueError(f"must be literal, not {value!r}")  # never reached: expressions are refused before


COUNTER_KEY = Attribute("counter-key", KEY, required=True, expression=True)
RENEWAL = Attribute("renewal-period", Kind("0 or at least 300", _period, lambda value: _period(str(value))), required=True)
FIRST_START = Attribute("first-period-start", Kind("a time", _moment, _no_expression), default=_moment("0001-01-01T00:00:00Z"))


class _QuotaByKey:
    __slots__ = ("_increment", "_key", "_quota")

    def __init__(self, statement: Statement) -> None:
        calls, bandwidth = statement.get(CALLS), statement.get(BANDWIDTH)
        if calls is None and bandwidth is None:
            raise statement.error("quota-by-key limits nothing", hint='write calls="…" or bandwidth="…", or both')
        self._key = statement[COUNTER_KEY]
        self._increment = Increment(statement)
        self._quota = Quota(
            calls.literal if calls else None,
            bandwidth.literal * KILOBYTE if bandwidth else None,
            float(statement[RENEWAL].literal),
            statement[FIRST_START].literal,
        )

    def __call__(self, context: PolicyContext) -> Outcome:
        return self._count(context, counters_of(context)) if context.counts else None

    async def _count(self, context: PolicyContext, counters: Counters) -> None:
        key = "key/" + self._key.get(context)
        mark = f"quota {key} {self._quota.period} {self._quota.first_period_start}"
        counted = context.marks.get(mark)
        if isinstance(counted, int):
            await self._look(context, counters, key, counted)
            return
        count = self._increment.before(context)
        settles = not self._increment.is_certain
        try:
            state = await counters.use_quota(key, self._quota, 1 if count is None else count, provisional=settles)
        except StoreUnavailable:
            pass_uncounted(context)
            return
        if not state.admitted:
            raise refuse(state)
        context.marks[mark] = 1 if count is None else count
        if settles or self._quota.bandwidth is not None:
            context.completions.append(lambda: self._settle(context, counters, state, count))

    async def _look(self, context: PolicyContext, counters: Counters, key: str, counted: int) -> None:
        """Check this policy's limits only: another one has counted the request, and what it counted is not over them."""
        calls = self._quota.calls
        quota = self._quota if calls is None else replace(self._quota, calls=calls + counted)
        try:
            state = await counters.use_quota(key, quota, 0)
        except StoreUnavailable:
            pass_uncounted(context)
            return
        if not state.admitted:
            raise refuse(state)

    async def _settle(self, context: PolicyContext, counters: Counters, state: QuotaState, count: int | None) -> None:
        final = await self._increment.after(context, count)
        if self._quota.bandwidth is None or not final:
            await counters.settle_quota(state, final)
        else:
            await count_bytes(context, lambda size: counters.settle_quota(state, final, size))


def build(statement: Statement) -> Step:
    """The step."""
    return _QuotaByKey(statement)


POLICY = Policy(
    name="quota-by-key",
    sections=frozenset({"inbound"}),
    attributes=(CALLS, BANDWIDTH, RENEWAL, COUNTER_KEY, CONDITION, COUNT, FIRST_START),
    build=build,
)
