"""`cors`: lets browsers of other origins call (article "CORS"; the Fetch standard, "CORS protocol").

A preflight ends here. On other requests the response's headers are set when it is final, so that refusals carry them too.
An origin that only `*` allows never gets credentials, whatever the document says.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from policies.context import ORIGIN_ADMITTED, PolicyContext
from policies.messages import Headers, Response
from policies.records import Record
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.steps import END, End, Step
from policies.values import BOOLEAN, NAME_TEXT, whole_number

CREDENTIALS = Attribute("allow-credentials", BOOLEAN, default=False, expression=True)
# The article's table says false, its text says true; the portal's effective default is true.
TERMINATE = Attribute("terminate-unmatched-request", BOOLEAN, default=True, expression=True)
MAX_AGE = Attribute("preflight-result-max-age", whole_number(0), default=0, expression=True)
ITEM_TEXT = Text(NAME_TEXT, required=True)
ORIGIN = Child(name="origin", required=True, many=True, text=ITEM_TEXT)
METHOD = Child(name="method", required=True, many=True, text=ITEM_TEXT)
HEADER = Child(name="header", required=True, many=True, text=ITEM_TEXT)
ORIGINS = Child(name="allowed-origins", required=True, children=(ORIGIN,))
METHODS = Child(name="allowed-methods", attributes=(MAX_AGE,), children=(METHOD,))
HEADERS = Child(name="allowed-headers", children=(HEADER,))
EXPOSE = Child(name="expose-headers", children=(HEADER,))

Texts = Callable[[PolicyContext], list[str]]


class _Rules(Record):
    """The compiled policy; each list is made anew, since any item may be an expression."""

    origins: Texts
    methods: Texts
    headers: Texts
    exposed: Texts
    credentials: Callable[[PolicyContext], bool]
    terminate: Callable[[PolicyContext], bool]
    max_age: Callable[[PolicyContext], int]

    def admitted(self, context: PolicyContext, origin: str) -> tuple[str, bool] | None:
        """What Access-Control-Allow-Origin says and whether credentials may be sent, or None when refused."""
        allowed = self.origins(context)
        if _origin(origin) in {_origin(each) for each in allowed if each != "*"}:
            return origin, self.credentials(context)
        return ("*", False) if "*" in allowed else None

    def preflight(self, context: PolicyContext, origin: str) -> Response | None:
        """The answer to a preflight, or None when this policy does not allow what is asked."""
        asked, wanted = context.request.headers, self.admitted(context, origin)
        method = asked.get("Access-Control-Request-Method") or ""
        methods, headers = self.methods(context), self.headers(context)
        names = [name.strip() for name in (asked.get("Access-Control-Request-Headers") or "").split(",") if name.strip()]
        known = {header.lower() for header in headers}
        if wanted is None or not ({"*", method} & set(methods)) or not ("*" in known or {n.lower() for n in names} <= known):
            return None
        answer = Headers({"Access-Control-Allow-Origin": wanted[0], "Access-Control-Allow-Methods": method})
        if names:
            answer.set("Access-Control-Allow-Headers", ",".join(names))
        if wanted[1]:
            answer.set("Access-Control-Allow-Credentials", "true")
        age = self.max_age(context)
        if age:
            answer.set("Access-Control-Max-Age", str(age))
        answer.set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        return Response(200, answer)

    def mark(self, context: PolicyContext, wanted: tuple[str, bool]) -> None:
        """Put the headers of an allowed cross-origin request on the response."""
        response = context.response
        if response is None:
            return
        response.headers.set("Access-Control-Allow-Origin", wanted[0])
        if wanted[0] != "*":
            vary = response.headers.get("Vary")
            response.headers.set("Vary", f"{vary}, Origin" if vary else "Origin")
        if wanted[1]:
            response.headers.set("Access-Control-Allow-Credentials", "true")
        exposed = self.exposed(context)
        if exposed:
            response.headers.set("Access-Control-Expose-Headers", ",".join(exposed))


def build(statement: Statement) -> Step:
    """Gives the step that answers preflights and marks responses."""
    methods = statement.child(METHODS)
    rules = _Rules(
        origins=_items(statement.child(ORIGINS), ORIGIN, ()),
        methods=_items(methods, METHOD, ("GET", "POST")),
        headers=_items(statement.child(HEADERS), HEADER, ()),
        exposed=_items(statement.child(EXPOSE), HEADER, ()),
        credentials=statement[CREDENTIALS].get,
        terminate=statement[TERMINATE].get,
        max_age=(lambda context: 0) if methods is None else methods[MAX_AGE].get,
    )

    def cors(context: PolicyContext) -> End | None:
        request = context.request
        origin = request.headers.get("Origin")
        if origin is None:
            return None
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            answer = rules.preflight(context, origin)
            if answer is None and not rules.terminate(context):
                return None
            context.response = answer or Response(200)
            return END
        wanted = rules.admitted(context, origin)
        if wanted is not None:

            async def mark() -> None:
                rules.mark(context, wanted)

            context.completions.append(mark)
            context.marks[ORIGIN_ADMITTED] = True
        elif request.method in {"GET", "HEAD"} and rules.terminate(context):
            context.response = Response(200)
            return END
        return None

    return cors


def _items(parent: Statement | None, child: Child, default: tuple[str, ...]) -> Texts:
    if parent is None:
        return lambda context: list(default)
    getters = [item.text(ITEM_TEXT).get for item in parent.children(child)]
    return lambda context: [get(context) for get in getters]


def _origin(text: str) -> str:
    """An origin as browsers write it: no path, no default port, lower case."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        return text
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}" + ("" if port in {None, default} else f":{port}")


POLICY = Policy(
    name="cors",
    sections=frozenset({"inbound"}),
    attributes=(CREDENTIALS, TERMINATE),
    children=(ORIGINS, METHODS, HEADERS, EXPOSE),
    build=build,
    once=True,
)
