"""Parameters and path templates of one operation.

The rule here: what a document leaves out gets OpenAPI's default; what contradicts itself is repaired where the meaning is plain
and said in a warning. A path parameter is one that stands in the template, whatever the list of parameters says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from mcp_core.catalog.operations import Parameter, Schema, Style
from mcp_core.openapi.document import Document
from mcp_core.openapi.media import media_type_of
from mcp_core.openapi.schemas import Schemas
from mcp_core.openapi.swagger import parameter_of

__all__ = ["merged_parameters", "read_parameters", "url_template"]

Warn = Callable[[str], None]
_STYLES: Mapping[str, frozenset[str]] = {
    "path": frozenset({"simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "tabDelimited"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"}),
    "header": frozenset({"simple", "spaceDelimited", "pipeDelimited", "tabDelimited"}),
    "cookie": frozenset({"form"}),
}
_DEFAULT_STYLE: Mapping[str, Style] = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
# OpenAPI says that header parameters of these names are ignored; the others frame or route the message (RFC 9110 §7.6.1).
_IGNORED_HEADERS = frozenset(
    {
        "accept", "content-type", "authorization", "host", "content-length", "connection", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade", "proxy-authorization", "proxy-authenticate", "proxy-connection", "expect",
    }
)  # fmt: skip
_BODY_LOCATIONS = frozenset({"body", "formdata"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def merged_parameters(document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The path item's parameters and the operation's own, which override by name and location. Raises BrokenReference."""
    merged: dict[tuple[Any, Any], Mapping[str, Any]] = {}
    for listed in (item.get("parameters"), operation.get("parameters")):
        for node in listed if isinstance(listed, list) else ():
            parameter = document.follow(node)
            if isinstance(parameter, dict):
                location = parameter.get("in")
                merged["" if location == "body" else str(parameter.get("name")), str(location)] = parameter
    return list(merged.values())


def url_template(path: str) -> str:
    """The path as a template whose placeholders are plain names: `{id:[0-9]+}`, `{+path}` and `{rest*}` are other frameworks'
    ways to write them; a fragment at the end only tells operations of one path apart."""
    path = re.sub(r"#[^/{}]*$", "", path.strip())
    template = _PLACEHOLDER.sub(lambda found: "{" + found[1].partition(":")[0].strip("+#*? ") + "}", path)
    return template if template.startswith("/") else f"/{template}"


def read_parameters(
    template: str, nodes: Sequence[Mapping[str, Any]], schemas: Schemas, warn: Warn
) -> tuple[str, tuple[Parameter, ...]]:
    """The parameters, path parameters first as the template has them, and the template without what a query parameter sets.
    Raises BrokenReference."""
    parameters: dict[tuple[str, str], Parameter] = {}
    for node in nodes:
        parameter = _read(node, schemas, warn)
        if parameter:
            parameters[parameter.location, parameter.name] = parameter
    template = _without_query_placeholders(template, parameters)
    return template, _matched(template, parameters, warn)


def _read(node: Mapping[str, Any], schemas: Schemas, warn: Warn) -> Parameter | None:
    name, location = node.get("name"), str(node.get("in")).lower()
    if location in _BODY_LOCATIONS:
        return None
    if not isinstance(name, str) or not name or location not in _STYLES:
        warn(f"a parameter was left out: name {name!r}, in {node.get('in')!r}" + _required_note(node))
        return None
    if location == "header" and name.lower() in _IGNORED_HEADERS:
        return None
    if "schema" not in node and "content" not in node:
        node = parameter_of(node)
    media_type, schema = _schema(node, schemas)
    style = str(node.get("style", _DEFAULT_STYLE[location]))
    if style not in _STYLES[location]:
        if style not in ("cookie", "form"):
            warn(f"the style {style!r} of the {location} parameter {name!r} was ignored: it has no meaning there")
        style = _DEFAULT_STYLE[location]
    explode = node.get("explode")
    return Parameter(
        name,
        cast(Any, location),
        schema,
        required=location == "path" or node.get("required") is True,
        style=cast(Style, style),
        explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
        allow_reserved=node.get("allowReserved") is True,
        allow_empty_value=location == "query" and node.get("allowEmptyValue") is True,
        content_type=media_type,
        description=node["description"] if isinstance(node.get("description"), str) else "",
    )


def _required_note(node: Mapping[str, Any]) -> str:
    return " (the document says it is required)" if node.get("required") is True else ""


def _schema(node: Mapping[str, Any], schemas: Schemas) -> tuple[str, Schema]:
    """The media type, "" for a parameter that is written by style, and the schema with what the parameter says about it."""
    media_type, schema = "", node.get("schema")
    content = node.get("content")
    if schema is None and isinstance(content, dict) and content:
        named, described = next(iter(content.items()))
        media_type = media_type_of(str(named)) or "application/json"
        schema = described.get("schema") if isinstance(described, dict) else None
        node = {**(described if isinstance(described, dict) else {}), **node}
    if isinstance(schema, bool) or not isinstance(schema, dict):
        schema = {}
    beside = {keyword: node[keyword] for keyword in ("example", "x-example", "x-mcp-header") if keyword in node}
    if isinstance(node.get("examples"), dict):
        beside["examples"] = node["examples"]
    if node.get("deprecated") is True:
        beside["deprecated"] = True
    return media_type, schemas.read({**schema, **beside} if beside else schema)


def _without_query_placeholders(template: str, parameters: Mapping[tuple[str, str], Parameter]) -> str:
    """The template without those parts of its query (`?q={q}`) that a query parameter of the operation writes."""
    path, mark, query = template.partition("?")
    if not mark:
        return template
    kept = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        placeholder = _PLACEHOLDER.fullmatch(value)
        if ("query", name) in parameters and (placeholder or not value):
            continue
        kept.append(part)
    return f"{path}?{'&'.join(kept)}" if any(kept) else path


def _matched(template: str, parameters: dict[tuple[str, str], Parameter], warn: Warn) -> tuple[Parameter, ...]:
    """Path parameters exactly as the template names them, then the others."""
    declared = {name: parameter for (location, name), parameter in parameters.items() if location == "path"}
    folded = {name.casefold(): parameter for name, parameter in declared.items()}
    placeholders = list(dict.fromkeys(_PLACEHOLDER.findall(template)))
    matched = []
    for name in placeholders:
        parameter = declared.get(name) or folded.get(name.casefold())
        if parameter is None:
            warn(f"the path parameter {name!r} is not described; it was taken as text")
            parameter = Parameter(name, "path", {"type": "string"}, required=True)
        elif parameter.name != name:
            parameter = _renamed(parameter, name)
        matched.append(parameter)
    used = {name.casefold() for name in placeholders}
    for name in declared:
        if name.casefold() not in used:
            warn(f"the path parameter {name!r} was left out: it does not stand in the path")
    return (*matched, *(parameter for (location, _), parameter in parameters.items() if location != "path"))


def _renamed(parameter: Parameter, name: str) -> Parameter:
    from policies.records import replace

    return replace(parameter, name=name)
