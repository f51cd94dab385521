"""`cache-store-value`: a value into the cache (article "Store value in cache").

The rule here: when the policy is done, every instance finds the value. Null is not kept.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Response
from policies.ports import Cache
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._cached_value import pack_value
from policies.statements._caches import CACHING_TYPE, choose_cache, note, unless_it_fails
from policies.statements._keys import KEY
from policies.steps import Outcome, Step
from policies.values import ANY, whole_number

CACHE_KEY = Attribute("key", KEY, required=True, expression=True)
VALUE = Attribute("value", ANY, required=True, expression=True)
DURATION = Attribute("duration", whole_number(0, 2**31 - 1), required=True, expression=True)


def build(statement: Statement) -> Step:
    """The step."""
    key, value, duration = statement[CACHE_KEY], statement[VALUE], statement[DURATION]
    caching_type = statement[CACHING_TYPE].literal

    def step(context: PolicyContext) -> Outcome:
        text, content, seconds = key.get(context), value.get(context), duration.get(context)
        cache = choose_cache(context, caching_type)
        if content is None:
            note(context, "The value is null; it is not cached.")
        elif cache is not None:
            return _store(context, cache, "value " + text, content, seconds)
        return None

    return step


async def _store(context: PolicyContext, cache: Cache, key: str, content: object, seconds: int) -> None:
    if isinstance(content, Response):
        await content.body.read()
    packed = pack_value(content)
    if packed is None:
        kind = type(content).__name__
        raise PolicyFailure(
            "The value cannot be cached.", reason="CacheValueNotSupported", detail=f"A value of type {kind} cannot be cached."
        )
    await unless_it_fails(context, lambda: cache.put(key, packed, seconds))


POLICY = Policy(name="cache-store-value", attributes=(CACHE_KEY, VALUE, DURATION, CACHING_TYPE), build=build)
