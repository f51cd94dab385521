"""The plan of an operation: arguments in, request out.

The rule here: compiled once from operation and bindings; a call copies a URL and a header set, and runs one writer an argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mcp_core.calls.arguments import ArgumentError
from mcp_core.calls.bodies import compile_body
from mcp_core.calls.escapes import Unsendable, scalar_text
from mcp_core.calls.forms import BodyEncoder
from mcp_core.calls.media import is_json
from mcp_core.calls.parameters import compile_cookie, compile_header, compile_path, compile_query, is_settable_header
from mcp_core.catalog.operations import ArgumentBinding, Operation, Parameter, Tool
from policies.messages import Body, Headers, Request, Url

__all__ = ["Plan"]

_ABSENT: Any = object()
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_PATH_AND_QUERY = re.compile(r"((?:\{[^{}]*\}|[^?])*)\??(.*)", re.DOTALL)
_STATIC = "/:@!$&'()*+,;=-._~%"
Parameters = Mapping[tuple[str, str], Parameter]  # by location and name
Bindings = Mapping[tuple[str, str], str]  # target and name → argument
_ListWriters = list[tuple[str, Callable[[Any, list[str]], None]]]


class Plan:
    """How one tool's requests are built."""

    __slots__ = (
        "_accept_header",
        "_body",
        "_cookies",
        "_headers",
        "_method",
        "_path",
        "_query",
        "_static_query",
        "_tail",
        "_url",
    )

    def __init__(self, tool: Tool, operation: Operation, service_url: str) -> None:
        parameters: Parameters = {(parameter.location, parameter.name): parameter for parameter in operation.parameters}
        bindings: Bindings = {(binding.target, binding.name): binding.argument for binding in tool.arguments}
        self._method = operation.method.upper()
        self._url = Url(operation.server_url or service_url)
        path, query = _PATH_AND_QUERY.fullmatch(operation.url_template).groups()  # type: ignore[union-attr]  # fits any text
        self._static_query = [part for part in (self._url.query_string, quote(query, safe=_STATIC + "?")) if part]
        self._path, self._tail = _compile_template(self._url.path.rstrip("/") + path, parameters, bindings)
        self._query: _ListWriters = []
        self._cookies: _ListWriters = []
        self._headers: list[tuple[str, str, Callable[[Any], str | None]]] = []
        for binding in tool.arguments:
            parameter = parameters.get((binding.target, binding.name))
            if parameter is not None:
                self._add_parameter(binding.argument, parameter)
        self._accept_header = _accept(operation)
        self._body = _BodyPlan.of(tool.arguments, operation)

    def _add_parameter(self, argument: str, parameter: Parameter) -> None:
        match parameter.location:
            case "query":
                self._query.append((argument, compile_query(parameter)))
            case "cookie":
                self._cookies.append((argument, compile_cookie(parameter)))
            case "header" if is_settable_header(parameter.name):
                self._headers.append((argument, parameter.name, compile_header(parameter)))
            case _:
                pass

    def build(self, arguments: Mapping[str, Any]) -> Request:
        """A fresh request. Raises ArgumentError."""
        argument = ""
        try:
            url = self._url.copy()
            matched: dict[str, str] = {}
            path: list[str] = []
            for literal, argument, name, write_path in self._path:
                value = arguments.get(argument)
                if value is None:
                    raise Unsendable("is required: it is a part of the address.")
                path += (literal, write_path(value))
                matched[name] = scalar_text(value)
            path.append(self._tail)
            url.path = "".join(path)
            query = self._static_query.copy()
            for argument, write in self._query:
                value = arguments.get(argument, _ABSENT)
                if value is not _ABSENT:
                    write(value, query)
            url.query_string = "&".join(query)
            headers = Headers()
            headers.add("Accept", self._accept_header)
            for argument, name, write_header in self._headers:
                value = arguments.get(argument)
                text = None if value is None else write_header(value)
                if text is not None:
                    headers.set(name, text)
            if self._cookies:
                cookies: list[str] = []
                for argument, write in self._cookies:
                    value = arguments.get(argument)
                    if value is not None:
                        write(value, cookies)
                if cookies:
                    headers.add("Cookie", "; ".join(cookies))
        except (Unsendable, UnicodeEncodeError) as problem:
            raise ArgumentError(argument, _sentence(problem)) from None
        encoded = self._body.encoded(arguments) if self._body is not None else None
        if encoded is not None:
            headers.set("Content-Type", encoded[1])
        body = encoded[0] if encoded is not None else b""
        return Request(self._method, url, headers, Body(body), matched_parameters=matched)


def _compile_template(
    template: str, parameters: Parameters, bindings: Bindings
) -> tuple[list[tuple[str, str, str, Callable[[Any], str]]], str]:
    """`/a/{id}/b` → [("/a/", argument, "id", writer)] and "/b"."""
    steps: list[tuple[str, str, str, Callable[[Any], str]]] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        name = match[1]
        parameter = parameters.get(("path", name)) or Parameter(name, "path", required=True)
        literal = quote(template[end : match.start()], safe=_STATIC)
        steps.append((literal, bindings.get(("path", name), name), name, compile_path(parameter)))
        end = match.end()
    return steps, quote(template[end:], safe=_STATIC)


def _accept(operation: Operation) -> str:
    """What the operation documents for success, JSON first; anything else is better than a 406."""
    documented: dict[str, None] = {}
    for response in operation.responses:
        if response.status.startswith("2") or response.status == "default":
            for content in response.contents:
                essence = content.media_type.partition(";")[0].strip()
                if "*/*" not in essence and essence.isascii() and essence.isprintable() and "," not in essence:
                    documented[essence] = None
    if not documented:
        return "application/json, */*;q=0.8"
    ordered = sorted(documented, key=lambda essence: not is_json(essence.lower()))
    return f"{', '.join(ordered)}, */*;q=0.1"


class _BodyPlan:
    """Which arguments make the body, and its encoder."""

    __slots__ = ("_encode", "_properties", "_required", "_whole")

    def __init__(self, whole: str, properties: list[tuple[str, str]], required: bool, encode: BodyEncoder) -> None:
        self._whole = whole
        self._properties = properties
        self._required = required
        self._encode = encode

    @classmethod
    def of(cls, bindings: Sequence[ArgumentBinding], operation: Operation) -> _BodyPlan | None:
        """The plan, or None for an operation that takes no body."""
        if operation.body is None or not operation.body.contents:
            return None
        whole = next((binding.argument for binding in bindings if binding.target == "body"), "")
        properties = [(binding.argument, binding.name) for binding in bindings if binding.target == "body-property"]
        encode = compile_body(operation.body.contents[0], operation.definitions)
        return cls(whole, properties, operation.body.required, encode)

    def encoded(self, arguments: Mapping[str, Any]) -> tuple[bytes, str] | None:
        """The bytes and their Content-Type; None where the call sends no body. Raises ArgumentError."""
        value = arguments.get(self._whole, _ABSENT) if self._whole else _ABSENT
        if self._properties and (value is _ABSENT or isinstance(value, dict)):
            members = {name: arguments[argument] for argument, name in self._properties if argument in arguments}
            if members or (value is _ABSENT and self._required):
                value = members if value is _ABSENT else {**value, **members}
        if value is _ABSENT:
            return None
        try:
            return self._encode(value)
        except (Unsendable, UnicodeEncodeError) as problem:
            raise ArgumentError(self._culprit(arguments), _sentence(problem)) from None

    def _culprit(self, arguments: Mapping[str, Any]) -> str:
        for argument, name in self._properties:
            try:
                if argument in arguments:
                    self._encode({name: arguments[argument]})
            except (Unsendable, UnicodeEncodeError):
                return argument
        return self._whole or "body"


def _sentence(problem: ValueError) -> str:
    return str(problem) if isinstance(problem, Unsendable) else "must not contain half of a surrogate pair."
