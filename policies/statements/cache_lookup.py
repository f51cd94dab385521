"""`cache-lookup`: answer a GET from the cache when it holds a response (article "Get from cache").

The rule here: an entry belongs to the API, the operation and the URL, and to whatever it varies by; without
`vary-by-query-parameter` every parameter counts. A request with an Authorization header is neither answered from the cache nor
stored, unless `allow-private-response-caching`, and then the header is part of the entry, so that nobody sees another's answer.

After a hit neither the rest of inbound nor the backend is run, and outbound goes on behind the cache-store; after a miss the
request's own caching headers are removed, so that the backend gives the whole response.
"""

from __future__ import annotations

import json

from policies.context import PolicyContext
from policies.messages import Response, parse_query
from policies.ports import Cache
from policies.records import Record
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.statements._cached_response import unpack_response
from policies.statements._caches import CACHING_TYPE, choose_cache, note, unless_it_fails
from policies.steps import END, End, Outcome, Step
from policies.values import BOOLEAN, STRING, choice

__all__ = ["MARK", "POLICY", "Wanted", "downstream"]

MARK = "cache-lookup"
"""`context.marks[MARK]` is the `Wanted` that cache-store stores under."""

DEVELOPER = Attribute("vary-by-developer", BOOLEAN, default=False, expression=True)
GROUPS = Attribute("vary-by-developer-groups", BOOLEAN, default=False, expression=True)
DOWNSTREAM = Attribute("downstream-caching-type", choice("none", "private", "public"), default="none", expression=True)
REVALIDATE = Attribute("must-revalidate", BOOLEAN, default=True, expression=True)
ALLOW_PRIVATE = Attribute("allow-private-response-caching", BOOLEAN, default=False, expression=True)
VARIED = Text(STRING, expression=False, required=True)
HEADER = Child(name="vary-by-header", many=True, text=VARIED)
PARAMETER = Child(name="vary-by-query-parameter", many=True, text=VARIED)

_CONDITIONS = ("cache-control", "pragma", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range")


class Wanted(Record):
    """What a lookup did not find, for cache-store."""

    key: str
    cache: Cache
    allows_private: bool
    directives: str
    must_revalidate: bool
    vary: tuple[str, ...]


class _CacheLookup:
    __slots__ = (
        "_allow_private",
        "_caching_type",
        "_developer",
        "_downstream",
        "_groups",
        "_headers",
        "_parameters",
        "_place",
        "_revalidate",
    )

    def __init__(self, statement: Statement) -> None:
        self._allow_private = statement[ALLOW_PRIVATE]
        self._caching_type = statement[CACHING_TYPE].literal
        self._developer = statement[DEVELOPER]
        self._groups = statement[GROUPS]
        self._downstream = statement[DOWNSTREAM]
        self._revalidate = statement[REVALIDATE]
        self._headers = tuple(name.lower() for name in _names(statement, HEADER))
        self._parameters = _names(statement, PARAMETER)
        self._place = statement.place

    def __call__(self, context: PolicyContext) -> Outcome:
        if context.request.method.upper() != "GET":
            return None
        allows_private = self._allow_private.get(context)
        if "Authorization" in context.request.headers and not allows_private:
            note(context, "The request carries an Authorization header; it is not cached.")
            return None
        cache = choose_cache(context, self._caching_type)
        if cache is None:
            return None
        wanted = Wanted(
            self._key(context),
            cache,
            allows_private,
            self._downstream.get(context),
            self._revalidate.get(context),
            self._headers,
        )
        return self._look(context, wanted)

    async def _look(self, context: PolicyContext, wanted: Wanted) -> End | None:
        found = await unless_it_fails(context, lambda: wanted.cache.get(wanted.key))
        response = None if found is None else _fresh(found, context)
        if response is None:
            for name in _CONDITIONS:
                context.request.headers.remove(name)
            context.marks[MARK] = wanted
            note(context, "Cache lookup resulted in a miss.")
            return None
        answer, seconds = response
        downstream(answer, wanted, seconds)
        context.response = answer
        context.resume_after = self._place
        note(context, "Cache lookup resulted in a hit.")
        return END

    def _key(self, context: PolicyContext) -> str:
        """One text for everything that the response may depend on."""
        request, url = context.request, context.request.url
        query = parse_query(url.query_string)  # not `url.query`: a query that nobody changes goes out as it came
        names = self._parameters or sorted(query)
        parts: list[object] = [
            self._place.origin,
            context.api.id if context.api else "",
            context.operation.id if context.operation else "",
            url.origin + url.path,
            [[name, query[name]] for name in names if name in query],
            [[name, request.headers.get_all(name)] for name in self._headers],
            request.headers.get_all("Authorization"),
        ]
        if self._developer.get(context):
            subscription = context.subscription.id if context.subscription else ""
            parts += ["developer", context.user.id if context.user else "", "" if context.user else subscription]
        if self._groups.get(context):
            parts += ["groups", sorted(group.id for group in context.user.groups) if context.user else []]
        return "response " + json.dumps(parts)


def _fresh(found: bytes, context: PolicyContext) -> tuple[Response, int] | None:
    """The response and the seconds it is still good for. The entry begins with the Unix second it expires at."""
    expires, _, packed = found.partition(b" ")
    response = unpack_response(packed)
    if response is None or not expires.isdigit():
        return None
    return response, max(0, int(expires) - int(context.services.clock()))


def downstream(response: Response, wanted: Wanted, seconds: int) -> None:
    """Say what caches behind the gateway may do with the response."""
    if wanted.directives == "none":
        response.headers.set("Cache-Control", "no-store")
        return
    revalidate = ", must-revalidate" if wanted.must_revalidate else ""
    response.headers.set("Cache-Control", f"{wanted.directives}, max-age={seconds}{revalidate}")
    if wanted.vary:
        known = [name for name in (response.headers.get("Vary") or "").split(",") if name.strip()]
        names = [name.strip() for name in known]
        names += [name for name in wanted.vary if name not in {other.lower() for other in names}]
        response.headers.set("Vary", ", ".join(names))


def _names(statement: Statement, child: Child) -> tuple[str, ...]:
    """What the elements of one kind name, several in one with ";" between them."""
    texts = [element.text(VARIED).literal for element in statement.children(child)]
    return tuple(sorted({name.strip() for text in texts for name in text.split(";") if name.strip()}))


def build(statement: Statement) -> Step:
    """The step."""
    return _CacheLookup(statement)


POLICY = Policy(
    name="cache-lookup",
    sections=frozenset({"inbound"}),
    attributes=(DEVELOPER, GROUPS, CACHING_TYPE, DOWNSTREAM, REVALIDATE, ALLOW_PRIVATE),
    children=(HEADER, PARAMETER),
    build=build,
    once=True,
)
