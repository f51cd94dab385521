"""Request bodies and responses of one operation.

The rule here: whatever of a body's writing follows from the document is decided here once: which of its media types is best,
and for each property of a form how it is written and whether it is a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from mcp_core.catalog.operations import BodyContent, Encoding, RequestBody, ResponseSpec, Schema, Style
from mcp_core.openapi.document import Document, mapping
from mcp_core.openapi.media import kind_of, media_type_of, rank
from mcp_core.openapi.schemas import Schemas
from mcp_core.openapi.shapes import Shapes, is_binary, types_of

__all__ = ["read_body", "read_responses", "with_encodings"]

_FORM_STYLES = frozenset({"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"})
_EXPLICIT = ("style", "explode", "allowReserved")
# Types that are bytes even where the document calls them a string without saying `format: binary`.
_BYTES = ("image/", "audio/", "video/", "application/octet-stream", "application/pdf", "application/zip", "application/gzip")


def read_body(document: Document, node: Any, schemas: Schemas) -> RequestBody | None:
    """The body, its contents best first; None when it has none. Raises BrokenReference."""
    body = mapping(document.follow(node))
    contents = _contents(document, body.get("content"), schemas)
    if not contents:
        return None
    description = body.get("description")
    ordered = sorted(contents, key=lambda content: rank(content.media_type, shaped=content.schema not in (True, {})))
    return RequestBody(
        tuple(ordered), required=body.get("required") is True, description=description if isinstance(description, str) else ""
    )


def read_responses(document: Document, nodes: Any, schemas: Schemas) -> tuple[ResponseSpec, ...]:
    """The documented responses. Raises BrokenReference."""
    responses = []
    for status, node in mapping(nodes).items():
        if status.startswith("x-"):
            continue
        response = mapping(document.follow(node))
        description = response.get("description")
        headers = {
            name: schemas.read(mapping(document.follow(header)).get("schema", {}))
            for name, header in mapping(response.get("headers")).items()
        }
        contents = _contents(document, response.get("content"), schemas)
        described = description if isinstance(description, str) else ""
        responses.append(ResponseSpec(status if status == "default" else status.upper(), described, tuple(contents), headers))
    return tuple(responses)


def with_encodings(body: RequestBody, encodings: Mapping[str, Mapping[str, Any]], shapes: Shapes) -> RequestBody:
    """The body with `encoding` and `base64` filled in, once all schemas can be looked into. `encodings` are the document's
    encoding objects by media type."""
    return RequestBody(
        tuple(_encoded(content, encodings.get(content.media_type, {}), shapes) for content in body.contents),
        body.required,
        body.description,
    )


def _contents(document: Document, nodes: Any, schemas: Schemas) -> list[BodyContent]:
    contents = {}
    for named, node in mapping(nodes).items():
        media_type = media_type_of(named)
        described = mapping(document.follow(node))
        schema = described.get("schema")
        if not media_type or media_type in contents:
            continue
        contents[media_type] = BodyContent(
            media_type,
            schemas.read(schema) if isinstance(schema, dict) else True,
            example=_example(document, described),
        )
    return list(contents.values())


def _example(document: Document, described: Mapping[str, Any]) -> Any:
    if "example" in described:
        return described["example"]
    for node in mapping(described.get("examples")).values():
        example = document.follow(node)
        if isinstance(example, dict) and "value" in example:
            return example["value"]
    return None


def _encoded(content: BodyContent, encodings: Mapping[str, Any], shapes: Shapes) -> BodyContent:
    kind = kind_of(content.media_type)
    if kind in ("form", "multipart"):
        properties = shapes.properties(content.schema)
        entries = {name: _encoding(kind, shapes, parts, encodings.get(name)) for name, parts in properties.items()}
        kept = {name: entry for name, entry in entries.items() if entry != Encoding()}
        return BodyContent(content.media_type, content.schema, kept, content.example)
    return BodyContent(content.media_type, content.schema, {}, content.example, _is_bytes(content, kind, shapes))


def _is_bytes(content: BodyContent, kind: str, shapes: Shapes) -> bool:
    """Whether the whole body is bytes, which an argument can only hold as base64."""
    schema = shapes.resolve(content.schema)
    if kind == "json" and "*" in content.media_type:
        return is_binary(schema) and "string" in types_of(schema)
    if kind != "binary":
        return False
    types = types_of(schema)
    if not types or is_binary(schema):
        return not ("properties" in schema or "items" in schema or "allOf" in schema)
    return "string" in types and content.media_type.lower().startswith(_BYTES)


def _encoding(kind: str, shapes: Shapes, parts: list[Schema], node: Any) -> Encoding:
    """How one property is written (OpenAPI 3.1 §4.8.15): by style where the document gives one, else by the media type that
    it gives or that the property's type implies."""
    given = mapping(node)
    schema = shapes.resolve(parts[0])
    items = shapes.resolve(schema.get("items", {})) if "array" in types_of(schema) else schema
    base64 = any(is_binary(shapes.resolve(part)) for part in parts) or is_binary(items)
    content_type = given.get("contentType")
    content_type = content_type if isinstance(content_type, str) else ""
    headers: dict[str, Schema] = {
        name: cast(Schema, mapping(header).get("schema", {})) for name, header in mapping(given.get("headers")).items()
    }
    if any(keyword in given for keyword in _EXPLICIT) and not base64:
        style = given.get("style", "form")
        explode = given.get("explode")
        return Encoding(
            style=cast(Style, style if style in _FORM_STYLES else "form"),
            explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
            allow_reserved=given.get("allowReserved") is True,
            headers=headers,
        )
    if base64:
        return Encoding(content_type or "application/octet-stream", headers=headers, base64=True)
    if not content_type and ("object" in types_of(items) or "properties" in items):
        content_type = "application/json"
    if kind == "form" and content_type == "text/plain":
        content_type = ""
    return Encoding(content_type, headers=headers)
