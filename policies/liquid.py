"""Liquid templates in `set-body`, as APIM configures them: C# names of filters, .NET date formats (article "Set body").

The rule here: a template is parsed when its document is compiled; it sees the body and a few facts of the messages, reads no
file, and is bounded in output and loops. python-liquid is imported when the first template comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, ItemsView, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.media import is_json, is_xml, utf8_of
from policies.messages import Headers, Request, Response, Url

if TYPE_CHECKING:
    from liquid import Environment

__all__ = ["TemplateError", "compile_template"]

MAX_OUTPUT = 4 * 1024 * 1024
MAX_LOOPS = 100_000

# The article's list: the name in a template, and python-liquid's own.
_FILTERS = {
    "Abs": "abs",
    "Append": "append",
    "AtLeast": "at_least",
    "AtMost": "at_most",
    "Capitalize": "capitalize",
    "Compact": "compact",
    "Default": "default",
    "DividedBy": "divided_by",
    "Downcase": "downcase",
    "Escape": "escape",
    "First": "first",
    "H": "escape",
    "Join": "join",
    "Last": "last",
    "Lstrip": "lstrip",
    "Map": "map",
    "Minus": "minus",
    "Modulo": "modulo",
    "NewlineToBr": "newline_to_br",
    "Plus": "plus",
    "Prepend": "prepend",
    "Remove": "remove",
    "RemoveFirst": "remove_first",
    "Replace": "replace",
    "ReplaceFirst": "replace_first",
    "Round": "round",
    "Rstrip": "rstrip",
    "Size": "size",
    "Slice": "slice",
    "Sort": "sort",
    "Split": "split",
    "Strip": "strip",
    "StripHtml": "strip_html",
    "StripNewlines": "strip_newlines",
    "Times": "times",
    "Truncate": "truncate",
    "TruncateWords": "truncatewords",
    "Uniq": "uniq",
    "Upcase": "upcase",
    "UrlDecode": "url_decode",
    "UrlEncode": "url_encode",
}
_NO_FILES = ("include", "render")


class TemplateError(ValueError):
    """A template that does not parse; the text says what is wrong, `offset` where it shows."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class _Members(Mapping[str, object]):
    """Named members, found without regard to case, as .NET's templates find them."""

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = members
        self._folded = {name.lower(): name for name in reversed(list(members))}

    def __getitem__(self, name: str) -> object:
        if name in self._members:
            return self._members[name]
        return self._members[self._folded[str(name).lower()]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def items(self) -> ItemsView[str, object]:
        return _Pairs(self)

    def __str__(self) -> str:
        return ""


class _Pairs(ItemsView[str, object]):
    """Members as a loop takes them."""

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return map(_Pair, super().__iter__())


class _Pair(tuple[str, object]):
    """What a loop over members gives: .NET's `Key` and `Value`; also the first and second of two, as elsewhere."""

    __slots__ = ()

    def __getitem__(self, name: Any) -> Any:
        if isinstance(name, str):
            return tuple.__getitem__(self, _PARTS[name.lower()])
        return tuple.__getitem__(self, name)

    def __str__(self) -> str:
        return f"[{self[0]}, {self[1]}]"


_PARTS = {"key": 0, "value": 1}


class _Date(str):
    """A date found in a body: as text in .NET's general format, and the moment itself for the filter `Date`."""

    __slots__ = ("moment",)
    moment: Any


def compile_template(template: str, *, nil: bool, dates: bool) -> Callable[[PolicyContext, str], str]:
    """Gives `render(context, source)`; `source` says whose body the template sees: "request", "response" or "" (none).

    `nil`: an XML element marked `xsi:nil` is null rather than empty text; `dates`: texts of JSON that look like dates are
    dates. Raises TemplateError; `render` raises PolicyFailure.
    """
    from liquid.exceptions import LiquidError

    try:
        parsed = _environment().from_string(template)
        analysis = parsed.analyze()
    except LiquidError as error:
        at = len(template) - 1 if error.token is None or error.token.start_index < 0 else error.token.start_index
        raise TemplateError(str(error).splitlines()[0], at) from None
    known = _environment().filters
    unknown = min(((spans[0].index, name) for name, spans in analysis.filters.items() if name not in known), default=None)
    if unknown is not None:
        pascal = {name.replace("_", "").lower(): name for name in known}
        near = pascal.get(unknown[1].replace("_", "").lower())
        names = f"; filters have C# names: {near}" if near else ""
        raise TemplateError(f"unknown filter {unknown[1]!r}{names}", unknown[0])

    sees_body = "body" in analysis.globals

    def render(context: PolicyContext, source: str) -> str:
        message = {"request": context.request, "response": context.response}.get(source) if sees_body else None
        try:
            return parsed.render(body=_body(message, nil, dates), context=_facts(context))
        except (LiquidError, ValueError, ArithmeticError, TypeError) as error:
            raise PolicyFailure(
                "The liquid template could not be rendered.", reason="LiquidTemplateFailure", detail=str(error)
            ) from None

    return render


@cache
def _environment() -> Environment:
    from liquid import Environment, Mode

    from policies.liquid_loops import JsonArrayTag, LoopTag

    class Apim(Environment):
        """python-liquid without files, with limits and APIM's filters only."""

        output_stream_limit = MAX_OUTPUT
        loop_iteration_limit = MAX_LOOPS

    environment = Apim(tolerance=Mode.STRICT)
    for tag in _NO_FILES:
        environment.tags.pop(tag, None)
    environment.add_tag(LoopTag)
    environment.add_tag(JsonArrayTag)
    plain = dict(environment.filters)
    environment.filters.clear()
    environment.filters.update({name: plain[own] for name, own in _FILTERS.items()})
    environment.filters["Date"] = _date
    environment.filters["Currency"] = _currency
    return environment


def _date(value: object, spec: object = None) -> str:
    """The filter `Date`: a .NET format string over a date, or over text that is one."""
    from policies.dotnet.dates.formats import format_moment
    from policies.dotnet.dates.moments import DateTime, from_unix, utc_now
    from policies.dotnet.dates.parsing import parse
    from policies.dotnet.exceptions import NetException

    text = str(value)
    try:
        if isinstance(value, _Date):
            moment = value.moment
        elif text.lower() in {"now", "today"}:
            moment = DateTime(utc_now(), 1)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            moment = from_unix(value)
        else:
            moment = parse(text)
        return format_moment(moment, str(spec) if spec else None)
    except NetException:
        return text


def _currency(value: object, culture: object = None) -> str:
    """The filter `Currency`, in the culture en-US."""
    try:
        amount = float(str(value))
    except ValueError:
        return str(value)
    return f"(${-amount:,.2f})" if amount < 0 else f"${amount:,.2f}"


def _body(message: Request | Response | None, nil: bool, dates: bool) -> object:
    """The body as what the template walks through: by its content type, JSON or XML; other text as it is."""
    if message is None or not message.body.data:
        return ""
    if is_json(message.headers):
        return _json_value(json.loads(utf8_of(message)), dates)
    if is_xml(message.headers):
        from policies.safe_xml import parse_xml

        root = parse_xml(message.body.data)
        return _Members({_local(root.tag): _xml_value(root, nil)})
    return utf8_of(message).decode("utf-8", "replace")


def _json_value(value: object, dates: bool) -> object:
    match value:
        case dict():
            return _Members({name: _json_value(item, dates) for name, item in value.items()})
        case list():
            return [_json_value(item, dates) for item in value]
        case str() if dates:
            return _as_date(value)
        case _:
            return value


def _as_date(text: str) -> str:
    from policies.dotnet.dates.formats import format_moment
    from policies.dotnet.json.reader import date_in

    moment = date_in(text)
    if moment is None:
        return text
    date = _Date(format_moment(moment, None))
    date.moment = moment
    return date


_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def _xml_value(element: Any, nil: bool) -> object:
    """An element: its text, or its attributes and child elements by local name, repeated ones as a list."""
    if element.get(_NIL) == "true":
        return None if nil else ""
    members: dict[str, Any] = {_local(name): value for name, value in element.attrib.items()}
    for child in element.iterchildren("*"):
        name, value = _local(child.tag), _xml_value(child, nil)
        known = members.get(name)
        members[name] = value if name not in members else [*known, value] if isinstance(known, list) else [known, value]
    return _Members(members) if members else (element.text or "")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _facts(context: PolicyContext) -> _Members:
    """The article's `context` object."""
    request, response = context.request, context.response
    facts: dict[str, object] = {
        "Request": _Members(
            {
                "Url": _url(request.url),
                "Method": request.method,
                "OriginalMethod": request.method,
                "OriginalUrl": _url(request.original_url),
                "IpAddress": request.ip_address,
                "MatchedParameters": _Members(dict(request.matched_parameters)),
                "HasBody": bool(request.body.is_buffered and request.body.data),
                "Headers": _headers(request.headers),
            }
        ),
        # Not in the article's list, but used by templates and served by APIM.
        "Variables": _Members({name: _variable(value) for name, value in context.variables.items()}),
    }
    if response is not None:
        facts["Response"] = _Members(
            {"StatusCode": response.status, "Method": request.method, "Headers": _headers(response.headers)}
        )
    return _Members(facts)


def _variable(value: object) -> object:
    """A variable as a template sees it: JSON as its members, other objects as their text."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    from policies.dotnet.json.model import JToken
    from policies.dotnet.json.writer import write
    from policies.dotnet.values import to_text

    return _json_value(json.loads(write(value, indented=False)), dates=False) if isinstance(value, JToken) else to_text(value)


def _url(url: Url) -> _Members:
    query: dict[str, object] = {name: ",".join(values) for name, values in url.copy().query.items()}
    text = str(url)
    return _Members(
        {
            "Scheme": url.scheme,
            "Host": url.host,
            "Port": url.port,
            "Path": url.path,
            "Query": _Members(query),
            "QueryString": f"?{url.query_string}" if url.query_string else "",
            "ToUri": text,
            "ToString": text,
        }
    )


def _headers(headers: Headers) -> _Members:
    return _Members({name: headers.get(name) for name in headers.names()})
