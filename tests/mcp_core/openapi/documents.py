"""Small documents for tests, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from mcp_core.catalog.model import Api
from mcp_core.catalog.operations import Operation, Tool
from mcp_core.openapi import import_document

SERVER = "https://api.example.com/v1"


def document(paths: dict[str, Any], *, version: str = "3.1.0", **rest: Any) -> dict[str, Any]:
    """A document of that version with a server."""
    if version == "2.0":
        start: dict[str, Any] = {"swagger": "2.0", "host": "api.example.com", "basePath": "/v1", "schemes": ["https"]}
    else:
        start = {"openapi": version, "servers": [{"url": SERVER}]}
    return {**start, "info": {"title": "Test", "version": "1"}, "paths": paths, **rest}


def imported(data: dict[str, Any] | str | bytes, **options: Any) -> Api:
    """The Api of a document given as data, text or bytes."""
    if isinstance(data, dict):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode()
    return import_document(data, api_id="test", **options)


def one_operation(node: dict[str, Any], *, path: str = "/things", method: str = "post", **rest: Any) -> Api:
    """The Api of a document with one operation, called `op`."""
    return imported(document({path: {method: {"operationId": "op", "responses": {}, **node}}}, **rest))


def operation_of(api: Api, name: str = "op") -> Operation:
    return next(operation for operation in api.operations if operation.id == name)


def tool_of(api: Api, name: str = "op") -> Tool:
    return next(tool for tool in api.tools if tool.operation_id == name)


def with_body(schema: Any, *, media_type: str = "application/json", required: bool = True, **rest: Any) -> Api:
    """The Api of a POST whose request body has that schema."""
    body = {"required": required, "content": {media_type: {"schema": schema}}}
    return one_operation({"requestBody": body}, **rest)


def argument_schema(schema: Any, **rest: Any) -> Any:
    """What a schema becomes as the schema of an argument: it is put as a property of a JSON body."""
    tool = tool_of(with_body({"type": "object", "properties": {"value": schema}}, **rest))
    made = dict(tool.input_schema["properties"]["value"])
    if "$defs" in tool.input_schema:
        made["$defs"] = tool.input_schema["$defs"]
    return made


def bindings(tool: Tool) -> dict[str, tuple[str, str]]:
    """Argument → (target, name)."""
    return {binding.argument: (binding.target, binding.name) for binding in tool.arguments}
