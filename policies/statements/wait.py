"""`wait`: runs the policies inside at the same time, and waits for all or for the first (article "Wait")."""

from __future__ import annotations

import asyncio

from policies.context import PolicyContext
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import END, End, Sequence, Step, settle
from policies.values import choice

FOR = Attribute("for", choice("all", "any"), default="all", expression=True)


def build(statement: Statement) -> Step:
    """Gives the step that starts the branches together."""
    branches = [Sequence((pair,)) for pair in statement.steps.steps]
    what = statement[FOR].get

    async def wait(context: PolicyContext) -> End | None:
        first_only = what(context) == "any"
        failures: list[Exception] = []
        tasks = {asyncio.ensure_future(_run(branch, context, failures)) for branch in branches}
        running = tasks
        try:
            while running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                if failures:
                    raise failures[0]  # the one that `context.failed_at` is of
                if END in [task.result() for task in done]:
                    return END
                if first_only:
                    return None
            return None
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return wait


async def _run(branch: Sequence, context: PolicyContext, failures: list[Exception]) -> End | None:
    try:
        return await settle(branch(context))
    except Exception as error:
        failures.append(error)
        raise


POLICY = Policy(
    name="wait",
    sections=frozenset({"inbound", "backend", "outbound"}),
    attributes=(FOR,),
    policies=frozenset({"send-request", "cache-lookup-value", "choose"}),
    build=build,
    parallel=True,
)
