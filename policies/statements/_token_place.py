"""Where a token stands in a request: a header, a query parameter, or what an expression gives.

The rule here: a request has one token or none; a parameter that is there twice is none.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.context import PolicyContext
from policies.registry import Attribute
from policies.statement import Statement
from policies.values import NAME_TEXT, STRING, Value, constant

__all__ = ["PLACES", "place"]

HEADER = Attribute("header-name", NAME_TEXT, expression=True)
QUERY = Attribute("query-parameter-name", NAME_TEXT, expression=True)
VALUE = Attribute("token-value", STRING, expression=True, secret=True)
PLACES = (HEADER, QUERY, VALUE)

_USUAL = "Bearer "


def place(statement: Statement, default_header: str, scheme: Value[str]) -> Callable[[PolicyContext], str]:
    """Finds a request's token, as it came and without its scheme; "" where there is none. `scheme` is the one that must stand
    before it ("" for any)."""
    header, query, value = (statement.get(each) for each in PLACES)
    given = [each for each in (header, query, value) if each is not None]
    if len(given) > 1 or not (given or default_header):
        raise statement.error(f"{statement.name} needs one of header-name, query-parameter-name and token-value")
    if value is not None:
        get = value.get
        return lambda context: get(context).strip()
    if query is not None:
        return _in_query(query.get)
    return _in_header(header or constant(default_header), scheme)


def _in_query(name: Callable[[PolicyContext], str]) -> Callable[[PolicyContext], str]:
    def find(context: PolicyContext) -> str:
        values = context.request.url.query.get(name(context), ())
        return values[0].strip() if len(values) == 1 else ""

    return find


def _in_header(name: Value[str], scheme: Value[str]) -> Callable[[PolicyContext], str]:
    named, wanted = name.get, scheme.get

    def find(context: PolicyContext) -> str:
        header = named(context)
        return _token((context.request.headers.get(header) or "").strip(), wanted(context), header)

    if not (name.is_literal and scheme.is_literal and scheme.literal.lower() in {"", "bearer"}):
        return find
    header, size = name.literal, len(_USUAL)

    def find_usual(context: PolicyContext) -> str:
        text = context.request.headers.get(header) or ""
        return text[size:].strip() if text.startswith(_USUAL) else find(context)

    return find_usual


def _token(text: str, wanted: str, header: str) -> str:
    scheme, space, rest = text.partition(" ")
    # The article: with a header of another name, require-scheme is ignored.
    if wanted and header.lower() == "authorization":
        return rest.strip() if scheme.lower() == wanted.lower() else ""
    return rest.strip() if space else text
