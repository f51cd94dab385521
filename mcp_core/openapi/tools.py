"""One operation → one MCP tool.

The rule here: an argument for each parameter and each property of the body, side by side, and a binding that says where it
goes; a body that is no plain object is one argument, `body`. Names collide predictably: path, query, body, header, cookie is
the order of who keeps a name; who comes later is called `<place>_<name>`. Nothing of the operation's text is cut.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from mcp_core.catalog.operations import ArgumentBinding, BodyContent, Operation, Parameter, Schema, Tool, ToolAnnotations
from mcp_core.catalog.tool_names import unique_name
from mcp_core.openapi.inputs import InputSchemas
from mcp_core.openapi.keywords import conforms
from mcp_core.openapi.media import kind_of
from mcp_core.openapi.names import argument_name
from mcp_core.openapi.outputs import OutputSchemas
from mcp_core.openapi.shapes import Shapes, types_of
from policies.records import Record, replace

__all__ = ["ToolMaker", "tool_for"]

Target = Literal["path", "query", "header", "cookie", "body-property", "body"]
_ORDER: tuple[Target, ...] = ("path", "query", "body-property", "body", "header", "cookie")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# RFC 9110 §9.2: which methods are safe, and which are idempotent. What an unsafe one does to the resource is not known, except
# that it may replace or remove it: the specification's default for destructiveHint, and the one that makes clients ask.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}
_WITH_BODY = "Needed whenever a request body is sent."


def tool_for(operation: Operation, taken_names: Collection[str] = ()) -> Tool:
    """The tool of one operation alone. `taken_names` are names of other tools."""
    taken = {name.casefold() for name in taken_names}
    tool = ToolMaker(operation.definitions).tool(operation)
    return replace(tool, name=unique_name(tool.name, taken, f"{operation.method} {operation.url_template}"))


class _Argument(Record, frozen=False):
    """One argument before it has its name. `schema` is its finished schema."""

    target: Target
    name: str
    schema: dict[str, Any]
    required: bool


class ToolMaker:
    """Makes the tools of one API; what their schemas share is made once."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.shapes = Shapes(definitions)
        self.inputs = InputSchemas(definitions)
        self.outputs = OutputSchemas(definitions)

    def tool(self, operation: Operation) -> Tool:
        """The tool, under the operation's id."""
        arguments = sorted(self._arguments(operation), key=lambda argument: _ORDER.index(argument.target))
        names = _argument_names(arguments)
        bindings = tuple(
            ArgumentBinding(name, argument.target, argument.name) for name, argument in zip(names, arguments, strict=True)
        )
        output_schema, wraps = self.outputs.of(operation)
        return Tool(
            name=operation.id,
            operation_id=operation.id,
            title=operation.summary or operation.id,
            description=_description(operation),
            input_schema=self._input_schema(operation, arguments, names),
            arguments=bindings,
            annotations=ToolAnnotations(
                read_only=operation.method in _SAFE,
                destructive=operation.method not in _SAFE,
                idempotent=operation.method in _IDEMPOTENT,
            ),
            output_schema=output_schema,
            wraps_output=wraps,
        )

    def _input_schema(self, operation: Operation, arguments: list[_Argument], names: list[str]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        mirrored: set[str] = set()
        for name, argument in zip(names, arguments, strict=True):
            schema = argument.schema
            if argument.name and name != argument.name and "title" not in schema:
                schema = {"title": argument.name, **schema}
            properties[name] = _with_header(schema, mirrored)
        required = [name for name, argument in zip(names, arguments, strict=True) if argument.required]
        full = self._full_schema(operation)
        if full:
            return self._verbatim(full, properties, required)
        definitions = self.inputs.definitions([{"properties": properties}])
        return {
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
            **({"$defs": definitions} if definitions else {}),
        }

    # -- arguments -------------------------------------------------------------------------------------------------------------

    def _arguments(self, operation: Operation) -> Iterator[_Argument]:
        for parameter in operation.parameters:
            yield _Argument(parameter.location, parameter.name, self._parameter(parameter), parameter.required)
        body = operation.body
        if body is None:
            return
        content = body.contents[0]
        full = self._full_schema(operation)
        for name, part in full["properties"].items() if full else ():
            needed = body.required and name in full.get("required", ())
            yield _Argument("body-property", name, dict(part) if isinstance(part, Mapping) else {}, needed)
        if full:
            return
        shape = self.shapes.shape(content.schema) if kind_of(content.media_type) != "text" and not content.base64 else None
        if shape is None or not shape.is_plain:
            yield _Argument("body", "", self._body(content, body.description), body.required)
            return
        for name, statements in shape.properties.items():
            if self.inputs.is_read_only(statements) or False in statements:
                continue
            schema = self.inputs.joined(statements)
            encoding = content.encoding.get(name)
            if encoding and encoding.base64:
                schema = _as_base64(schema, encoding.content_type)
            needed = name in shape.required
            if needed and not body.required and len(shape.properties) > 1:
                schema = {**schema, "description": f"{schema.get('description', '')} {_WITH_BODY}".strip()}
            yield _Argument("body-property", name, _with_mark(schema, statements), needed and body.required)

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        schema = self.inputs.schema(parameter.schema)
        if parameter.allow_empty_value and (types_of(schema) != ["string"] or len(schema) > 1):
            schema = {"anyOf": [schema, {"type": "string", "enum": [""]}]}
        if parameter.description:
            schema = {**schema, "description": parameter.description}
        return _with_mark(schema, [parameter.schema])

    def _body(self, content: BodyContent, description: str) -> dict[str, Any]:
        schema = self.inputs.schema(content.schema)
        kind = kind_of(content.media_type)
        if content.base64:
            schema = _as_base64(schema, content.media_type)
        elif not schema and kind in ("text", "xml"):
            schema = {"type": "string", "contentMediaType": content.media_type}
        elif kind in ("form", "multipart") and not schema:
            schema = {"type": "object"}
        elif kind in ("form", "multipart"):
            schema = _with_files(schema, content)
        told = content.example is not None and not content.base64 and "examples" not in schema and "$ref" not in schema
        if told and conforms(content.example, types_of(schema)):
            schema = {**schema, "examples": [content.example]}
        return {**schema, "description": description} if description else schema

    # -- the whole schema as its author wrote it -------------------------------------------------------------------------------

    def _full_schema(self, operation: Operation) -> Mapping[str, Any]:
        """The body's schema when it says `x-mcp-full-schema`, else {}: then its composition, conditions and `$schema` stay at
        the top, for authors who know that their clients read all of JSON Schema 2020-12."""
        schema = self.shapes.resolve(operation.body.contents[0].schema) if operation.body else {}
        return schema if schema.get("x-mcp-full-schema") is True and "properties" in schema else {}

    def _verbatim(self, full: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
        kept = {keyword: value for keyword, value in full.items() if keyword not in ("x-mcp-full-schema", "xml", "required")}
        kept = {"type": "object", **kept, "properties": properties}
        if required:
            kept["required"] = required
        definitions = _reached(kept, self.shapes.definitions)
        return {**kept, **({"$defs": definitions} if definitions else {})}


def _argument_names(arguments: list[_Argument]) -> list[str]:
    taken: set[str] = set()
    names = []
    for argument in arguments:
        name = argument_name(argument.name or "body")
        if name.casefold() in taken:
            place = argument.target.partition("-")[0]
            name = unique_name(argument_name(f"{place}_{argument.name or 'content'}"), taken, argument.name)
        taken.add(name.casefold())
        names.append(name)
    return names


def _description(operation: Operation) -> str:
    """Summary and description, each once and whole."""
    summary, description = operation.summary, operation.description
    parts = [summary] if summary and not description.startswith(summary) else []
    parts += [description] if description else []
    text = "\n\n".join(parts) or f"{operation.method} {operation.url_template}"
    return f"Deprecated. {text}" if operation.deprecated else text


def _as_base64(schema: dict[str, Any], content_type: str) -> dict[str, Any]:
    """The schema of an argument that holds bytes: base64 text, or a list of it for a list of files."""
    if "array" in types_of(schema):
        return {**schema, "items": _as_base64(schema.get("items", {}), content_type)}
    kept = {keyword: value for keyword, value in schema.items() if keyword in ("title", "description", "deprecated")}
    media_type = schema.get("contentMediaType", content_type)
    return {
        "type": "string",
        "contentEncoding": "base64",
        **({"contentMediaType": media_type} if media_type and "*" not in media_type else {}),
        **kept,
        "description": f"{kept.get('description', '')} Content of the file, in base64.".strip(),
    }


def _with_files(schema: dict[str, Any], content: BodyContent) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    files = {
        name: _as_base64(properties[name], encoding.content_type)
        for name, encoding in content.encoding.items()
        if encoding.base64 and name in properties
    }
    return {**schema, "properties": {**properties, **files}}


def _with_mark(schema: dict[str, Any], statements: list[Schema]) -> dict[str, Any]:
    """The schema with `x-mcp-header`, by which revision 2026-07-28 asks clients to repeat an argument in a header."""
    for statement in statements:
        if isinstance(statement, Mapping) and "x-mcp-header" in statement:
            return {**schema, "x-mcp-header": statement["x-mcp-header"]}
    return schema


def _with_header(schema: dict[str, Any], mirrored: set[str]) -> dict[str, Any]:
    """Without an `x-mcp-header` for which a client would have to refuse the tool: no token, used twice, or no plain value."""
    mark = schema.get("x-mcp-header")
    if mark is None:
        return schema
    if schema.get("type") in ("string", "integer", "boolean") and _TOKEN.fullmatch(mark) and mark.lower() not in mirrored:
        mirrored.add(mark.lower())
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword != "x-mcp-header"}


def _reached(schema: Mapping[str, Any], definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    from mcp_core.openapi.cycles import references

    reached: dict[str, Schema] = {}
    waiting = list(references(schema))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = definitions.get(name, True)
            waiting.extend(references(reached[name]))
    return {name: reached[name] for name in sorted(reached)}
