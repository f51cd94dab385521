"""`cache-lookup-value`: a value from the cache into a variable (article "Get value from cache").

The rule here: a miss sets the variable to `default-value`, and leaves it as it was where there is none, so that
`context.Variables.ContainsKey` tells a hit from a miss.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.ports import Cache
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.statements._cached_value import MISSING, unpack_value
from policies.statements._caches import CACHING_TYPE, choose_cache, note, unless_it_fails
from policies.statements._keys import KEY
from policies.steps import Outcome, Step
from policies.values import ANY, STRING, Value

CACHE_KEY = Attribute("key", KEY, required=True, expression=True)
DEFAULT = Attribute("default-value", ANY, expression=True)
VARIABLE = Attribute("variable-name", STRING, required=True)


def build(statement: Statement) -> Step:
    """The step."""
    key, default, name = statement[CACHE_KEY], statement.get(DEFAULT), statement[VARIABLE].literal
    caching_type = statement[CACHING_TYPE].literal
    if not name.strip():
        raise statement.error("variable-name is empty", at=VARIABLE)

    def step(context: PolicyContext) -> Outcome:
        cache = choose_cache(context, caching_type)
        text = key.get(context)
        if cache is None:
            _miss(context, name, default)
            return None
        return _look(context, cache, "value " + text, name, default)

    return step


async def _look(context: PolicyContext, cache: Cache, key: str, name: str, default: Value[object] | None) -> None:
    found = await unless_it_fails(context, lambda: cache.get(key))
    value = MISSING if found is None else unpack_value(found)
    if value is MISSING:
        _miss(context, name, default)
    else:
        context.variables[name] = value
        note(context, "Cache lookup resulted in a hit.")


def _miss(context: PolicyContext, name: str, default: Value[object] | None) -> None:
    note(context, "Cache lookup resulted in a miss.")
    if default is not None:
        context.variables[name] = default.get(context)


POLICY = Policy(name="cache-lookup-value", attributes=(CACHE_KEY, DEFAULT, VARIABLE, CACHING_TYPE), build=build)
