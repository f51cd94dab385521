"""Swagger 2.0's operations in the shape of OpenAPI 3: parameters with schemas, request bodies and responses with content.

The rule here: the operation alone is rewritten, when it is read. Its schemas and references stay as they are, for the reader of
schemas knows their dialect. Parameters `in: body` and `formData` are taken in OpenAPI 3 documents too, where people leave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_core.openapi.document import Document, mapping
from mcp_core.openapi.media import kind_of

__all__ = ["body_of", "parameter_of", "responses_of"]

# Keywords of a 2.0 parameter that are not its schema.
_NOT_SCHEMA = frozenset({"name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "schema", "content"})
_QUERY_STYLES = {"csv": "form", "ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited", "multi": "form"}


def parameter_of(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A non-body parameter as OpenAPI 3 has it. `collectionFormat` becomes style and explode; absent, it is `csv`."""
    schema = {name: value for name, value in parameter.items() if name not in _NOT_SCHEMA}
    upgraded = {name: value for name, value in parameter.items() if name in _NOT_SCHEMA}
    if schema:
        upgraded["schema"] = schema
    if parameter.get("type") == "array":
        separator = parameter.get("collectionFormat")
        style = _QUERY_STYLES.get(separator, "form") if isinstance(separator, str) else "form"
        if style == "form" and parameter.get("in") in ("path", "header"):
            style = "simple"
        upgraded["style"] = style
        upgraded["explode"] = separator == "multi"
    return upgraded


def body_of(document: Document, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The request body that `body` and `formData` parameters stand for."""
    consumes = _types(operation, document, "consumes")
    form = [parameter for parameter in parameters if parameter.get("in") == "formData"]
    body = next((parameter for parameter in parameters if parameter.get("in") == "body"), None)
    if body is not None:
        content = {"schema": body.get("schema", {})}
        if "x-example" in body:
            content["example"] = body["x-example"]
        return {
            "required": body.get("required") is True,
            "description": body.get("description"),
            "content": dict.fromkeys(consumes or ["application/json"], content),
        }
    return _form_body(form, consumes) if form else None


def _form_body(form: Sequence[Mapping[str, Any]], consumes: Sequence[str]) -> dict[str, Any]:
    has_file = any(parameter.get("type") == "file" for parameter in form)
    wanted = ("multipart",) if has_file else ("form", "multipart")
    types = [media_type for media_type in consumes if kind_of(media_type) in wanted]
    named = [parameter for parameter in form if isinstance(parameter.get("name"), str)]
    properties = {}
    encoding = {}
    for parameter in named:
        upgraded = parameter_of(parameter)
        schema = dict(upgraded.get("schema") or {})
        if isinstance(parameter.get("description"), str):
            schema["description"] = parameter["description"]
        properties[parameter["name"]] = schema
        if "style" in upgraded:
            encoding[parameter["name"]] = {"style": upgraded["style"], "explode": upgraded["explode"]}
    required = [parameter["name"] for parameter in named if parameter.get("required") is True]
    content = {"schema": {"type": "object", "properties": properties, "required": required}, "encoding": encoding}
    default = "multipart/form-data" if has_file else "application/x-www-form-urlencoded"
    return {"required": bool(required), "content": dict.fromkeys(types or [default], content)}


def responses_of(document: Document, operation: Mapping[str, Any]) -> dict[str, Any]:
    """The responses with `content` by what the operation produces. Raises BrokenReference."""
    produces = _types(operation, document, "produces")
    upgraded = {}
    for status, node in mapping(operation.get("responses")).items():
        response = document.follow(node)
        if not isinstance(response, dict):
            continue
        content = {}
        schema = response.get("schema")
        if isinstance(schema, dict):
            examples = mapping(response.get("examples"))
            default = "application/octet-stream" if schema.get("type") == "file" else "application/json"
            for media_type in produces or [default]:
                example = {"example": examples[media_type]} if media_type in examples else {}
                content[media_type] = {"schema": schema, **example}
        upgraded[str(status)] = {
            "description": response.get("description"),
            "content": content,
            "headers": {name: {"schema": header} for name, header in mapping(response.get("headers")).items()},
        }
    return upgraded


def _types(operation: Mapping[str, Any], document: Document, keyword: str) -> list[str]:
    own = operation.get(keyword)
    types = own if isinstance(own, list) else document.data.get(keyword)
    return [media_type for media_type in types if isinstance(media_type, str)] if isinstance(types, list) else []
