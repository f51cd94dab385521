"""`retry`: runs the policies inside once, and again while the condition holds (article "Retry")."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from policies.context import PolicyContext
from policies.registry import ANY_POLICY, Attribute, Policy
from policies.statement import Statement
from policies.steps import END, End, Step, settle
from policies.values import BOOLEAN, DURATION, whole_number

CONDITION = Attribute("condition", BOOLEAN, required=True, expression=True)
COUNT = Attribute("count", whole_number(1, 50), required=True, expression=True)
INTERVAL = Attribute("interval", DURATION, required=True, expression=True)
MAX_INTERVAL = Attribute("max-interval", DURATION, expression=True)
DELTA = Attribute("delta", DURATION, expression=True)
FIRST_FAST = Attribute("first-fast-retry", BOOLEAN, default=False, expression=True)


def build(statement: Statement) -> Step:
    """Gives the step that tries and waits."""
    steps, reads, wait = statement.steps, statement.reads, _waits(statement)
    condition, count = statement[CONDITION].get, statement[COUNT].get

    async def retry(context: PolicyContext) -> End | None:
        tried = 0
        while True:
            if await settle(steps(context)) is END:
                return END
            waiting = reads.buffer(context)
            if waiting is not None:
                await waiting
            if tried >= count(context) or not condition(context):
                return None
            tried += 1
            if context.response is not None:
                await context.response.body.read()  # an answer that nobody reads would keep its connection
            await asyncio.sleep(wait(context, tried))

    return retry


def _waits(statement: Statement) -> Callable[[PolicyContext, int], float]:
    """Gives the seconds to wait before the `attempt`-th retry, by the article's formulas."""
    interval, first_fast = statement[INTERVAL].get, statement[FIRST_FAST].get
    delta, longest = statement.get(DELTA), statement.get(MAX_INTERVAL)

    def seconds(context: PolicyContext, attempt: int) -> float:
        if attempt == 1 and first_fast(context):
            return 0.0
        base = interval(context)
        if delta is None:
            wait = base
        elif longest is None:
            wait = base + (attempt - 1) * delta.get(context)
        else:
            # The article's example (10, 20, 40, …) shows that the first retry's exponent is 0.
            wait = base + (2 ** (attempt - 1) - 1) * delta.get(context) * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
        return wait if longest is None else min(wait, longest.get(context))

    return seconds


POLICY = Policy(
    name="retry",
    attributes=(CONDITION, COUNT, INTERVAL, MAX_INTERVAL, DELTA, FIRST_FAST),
    policies=ANY_POLICY,
    build=build,
    reads_body=lambda statement: statement.section == "backend",  # to be sent again
)
