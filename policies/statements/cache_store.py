"""`cache-store`: keep the response of a GET that cache-lookup did not find (article "Store to cache").

The rule here: without `cache-response` only 200 is kept; with it, its value decides. Nothing is kept that the client got only
in part, nor, unless the lookup allows private responses, what came with credentials.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._cached_response import pack_response
from policies.statements._caches import note, unless_it_fails
from policies.statements.cache_lookup import MARK, Wanted, downstream
from policies.steps import Outcome, Step
from policies.values import BOOLEAN, whole_number

DURATION = Attribute("duration", whole_number(0, 2**31 - 1), required=True, expression=True)
CACHE_RESPONSE = Attribute("cache-response", BOOLEAN, expression=True)


def build(statement: Statement) -> Step:
    """The step."""
    duration, wish = statement[DURATION], statement.get(CACHE_RESPONSE)

    def step(context: PolicyContext) -> Outcome:
        wanted = context.marks.pop(MARK, None)
        response = context.response
        if response is None or not isinstance(wanted, Wanted):
            return None
        keep = response.status == 200 if wish is None else wish.get(context)
        if not keep:
            return None
        if "Authorization" in context.request.headers and not wanted.allows_private:
            note(context, "The request carried an Authorization header; the response is not cached.")
            return None
        seconds = duration.get(context)
        return _store(context, wanted, seconds) if seconds else None

    return step


async def _store(context: PolicyContext, wanted: Wanted, seconds: int) -> None:
    response = context.response
    assert response is not None
    await response.body.read()
    if response.body.truncated:
        note(context, "The response is not whole; it is not cached.")
        return
    expires = int(context.services.clock()) + seconds
    entry = b"%d " % expires + pack_response(response)
    await unless_it_fails(context, lambda: wanted.cache.put(wanted.key, entry, seconds))
    downstream(response, wanted, seconds)


POLICY = Policy(
    name="cache-store",
    sections=frozenset({"outbound"}),
    attributes=(DURATION, CACHE_RESPONSE),
    build=build,
    once=True,
)
