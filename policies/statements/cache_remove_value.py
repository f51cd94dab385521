"""`cache-remove-value`: forget a value that cache-store-value kept (article "Remove value from cache").

The rule here: an absent value is no error. Other instances may still see it for two seconds.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._caches import CACHING_TYPE, choose_cache, unless_it_fails
from policies.statements._keys import KEY
from policies.steps import Outcome, Step

CACHE_KEY = Attribute("key", KEY, required=True, expression=True)


def build(statement: Statement) -> Step:
    """The step."""
    key, caching_type = statement[CACHE_KEY], statement[CACHING_TYPE].literal

    def step(context: PolicyContext) -> Outcome:
        text = "value " + key.get(context)
        cache = choose_cache(context, caching_type)
        return None if cache is None else unless_it_fails(context, lambda: cache.remove(text))

    return step


POLICY = Policy(name="cache-remove-value", attributes=(CACHE_KEY, CACHING_TYPE), build=build)
