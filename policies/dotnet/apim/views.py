"""Headers, query parameters and variables: dictionaries over data that this project keeps in its own classes.

The rule here: read directly they cost one Python call; only where one is used as a dictionary of any kind is it wrapped into
a read-only `View` (the `box` of its type).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from policies.dotnet import values
from policies.dotnet.collections.maps import View
from policies.dotnet.exceptions import ArgumentNullException, KeyNotFoundException
from policies.dotnet.objects import default_of
from policies.dotnet.types import Class, Implementation, Inline, Light, NetType, Typed, net
from policies.dotnet.values import NetArray, units
from policies.messages import Headers, Response, Url, parse_query

__all__ = ["TYPES", "Parameters", "mapping", "query_of", "query_string", "status_reason"]


class Parameters(dict[str, list[str]]):
    """A query, decoded, as `IUrl.Query` gives it."""

    __slots__ = ()


def query_of(url: Url) -> Parameters:
    """`IUrl.Query`. Read from the encoded text, so that reading never changes what goes out."""
    return Parameters(parse_query(url.query_string))


def query_string(url: Url) -> str:
    """`IUrl.QueryString`: with its "?", or empty."""
    text = url.query_string
    return f"?{units(text)}" if text else ""


def status_reason(response: Response) -> str:
    """`IResponse.StatusReason`: the backend's phrase, or the registered one."""
    if response.reason:
        return response.reason
    from http import HTTPStatus  # late: few ask for the reason

    try:
        return HTTPStatus(response.status).phrase
    except ValueError:
        return ""


def mapping(element: str, items: Mapping[str, Any]) -> View:
    """A read-only dictionary of texts to values of a type."""
    static = net(f"IReadOnlyDictionary<string, {element}>")
    return View(static, items.get, items.items)


def _strings(items: Iterable[str]) -> NetArray:
    return NetArray("string", map(units, items))


def _missing(name: str | None) -> Exception:
    if name is None:
        return ArgumentNullException("key")
    return KeyNotFoundException(f"The given key '{name}' was not present in the dictionary.")


# ---- headers ---------------------------------------------------------------------------------------------------------


def _header(headers: Headers, name: str | None) -> NetArray:
    found = headers.get_all(name) if name is not None else None
    if not found:
        raise _missing(name)
    return _strings(found)


def _try_header(headers: Headers, name: str | None) -> tuple[bool, NetArray | None]:
    if name is None:
        raise _missing(name)
    return (True, _strings(headers.get_all(name))) if name in headers else (False, None)


def _header_view(headers: Any) -> Any:
    if not isinstance(headers, Headers):
        return headers
    return View(
        net("IReadOnlyDictionary<string, string[]>"),
        lambda name: _strings(headers.get_all(name)) if name in headers else None,
        lambda: ((name, _strings(headers.get_all(name))) for name in headers.names()),
    )


# ---- query -----------------------------------------------------------------------------------------------------------


def _parameter(query: Parameters, name: str | None) -> NetArray:
    found = query.get(name) if name is not None else None
    if found is None:
        raise _missing(name)
    return _strings(found)


def _try_parameter(query: Parameters, name: str | None) -> tuple[bool, NetArray | None]:
    if name is None:
        raise _missing(name)
    found = query.get(name)
    return (False, None) if found is None else (True, _strings(found))


def _joined(query: Parameters, name: str | None, otherwise: str | None = None) -> str | None:
    found = query.get(name) if name is not None else None
    return otherwise if found is None else units(",".join(found))


def _query_view(query: Any) -> Any:
    if not isinstance(query, Parameters):
        return query

    def get(name: str) -> NetArray | None:
        found = query.get(name)
        return None if found is None else _strings(found)

    return View(
        net("IReadOnlyDictionary<string, string[]>"), get, lambda: ((name, _strings(items)) for name, items in query.items())
    )


# ---- variables -------------------------------------------------------------------------------------------------------

_ABSENT = object()


def _no_variable(name: str | None) -> NoReturn:
    raise _missing(name)


_VARIABLE = Inline("(self[key] if key in self else absent(key))", absent=_no_variable)


def _try_variable(variables: dict[str, object], name: str | None) -> tuple[bool, object]:
    if name is None:
        raise _missing(name)
    found = variables.get(name, _ABSENT)
    return (False, None) if found is _ABSENT else (True, found)


def _typed_variable(types: tuple[NetType], variables: Any, name: str | None, *otherwise: Any) -> Any:
    """The variable as a T; InvalidCastException when it is something else, as the article says."""
    found = variables.get(name, _ABSENT) if isinstance(variables, dict) else _found(variables, name)
    if found is _ABSENT:
        return otherwise[0] if otherwise else default_of(types[0])
    return values.cast(found, types[0])


def _found(view: View, name: str | None) -> object:
    pair = view.find(name)
    return _ABSENT if pair is None else pair.value


def _variable_view(variables: Any) -> Any:
    if not isinstance(variables, dict):
        return variables
    return View(net("IReadOnlyDictionary<string, object>"), variables.get, variables.items)


def _dictionary(key: str, value: str, view: Callable[[Any], Any], *, item: Any, try_item: Any) -> dict[str, Implementation]:
    return {
        f"{value} this[string {key}]": item,
        f"bool ContainsKey(string {key})": Inline(f"{key} in self"),
        f"bool TryGetValue(string {key}, out {value} value)": try_item,
        "int Count": Inline("len(self)", len=len),
        "IEnumerable<string> Keys": lambda own: view(own).keys(net("string")),
        f"IEnumerable<{value}> Values": lambda own: view(own).values(net(value)),
    }


TYPES = (
    Class(
        "Microsoft.ApiManagement.HeaderCollection",
        nameable=False,
        runtime=Headers,
        bases=("IReadOnlyDictionary<string, string[]>",),
        box=_header_view,
        members={
            **_dictionary("key", "string[]", _header_view, item=_header, try_item=_try_header),
            "string GetValueOrDefault(string headerName)": Inline("self.get(headerName)"),
            "string GetValueOrDefault(string headerName, string defaultValue)": Inline("self.get(headerName, defaultValue)"),
        },
    ),
    Class(
        "Microsoft.ApiManagement.QueryParameters",
        nameable=False,
        runtime=Parameters,
        bases=("IReadOnlyDictionary<string, string[]>",),
        box=_query_view,
        members={
            **_dictionary("key", "string[]", _query_view, item=_parameter, try_item=_try_parameter),
            "string GetValueOrDefault(string queryParameterName)": _joined,
            "string GetValueOrDefault(string queryParameterName, string defaultValue)": _joined,
        },
    ),
    Class(
        "Microsoft.ApiManagement.Variables",
        nameable=False,
        bases=("IReadOnlyDictionary<string, object>",),
        box=_variable_view,
        members={
            **_dictionary("key", "object", _variable_view, item=_VARIABLE, try_item=Light(_try_variable)),
            "object GetValueOrDefault(string variableName)": Inline("self.get(variableName)"),
            "T GetValueOrDefault<T>(string variableName)": Typed(_typed_variable, light=True),
            "T GetValueOrDefault<T>(string variableName, T defaultValue)": Typed(_typed_variable, light=True),
        },
    ),
)
