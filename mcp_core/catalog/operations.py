"""An API's operations and the tools made of them: the meeting point of import (`openapi`) and call (`calls`).

The rule here: plain frozen data that survives a round trip through JSON; no behaviour. JSON Schemas are plain dicts in
draft 2020-12 whose `$ref`s point to `#/$defs/…` of the operation's own `definitions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "ArgumentBinding",
    "BodyContent",
    "Encoding",
    "Operation",
    "Parameter",
    "RequestBody",
    "ResponseSpec",
    "Schema",
    "Tool",
    "ToolAnnotations",
]

Schema = Mapping[str, Any] | bool
Style = Literal["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject", "tabDelimited"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, defaults of OpenAPI already filled in (style, explode by location). `content_type` is set for a
    parameter given by `content`: its value is serialised by that media type instead of by style."""

    name: str
    location: Literal["path", "query", "header", "cookie"]
    schema: Schema = True
    required: bool = False
    style: Style = "simple"
    explode: bool = False
    allow_reserved: bool = False
    allow_empty_value: bool = False
    content_type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form or multipart body is written."""

    content_type: str = ""
    style: Style = "form"
    explode: bool = True
    allow_reserved: bool = False
    headers: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BodyContent:
    """One media type of a request or response body."""

    media_type: str
    schema: Schema = True
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    example: Any = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body; `contents` best first: `contents[0]` is what a tool sends."""

    contents: tuple[BodyContent, ...]
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """A documented response. `status` is "200", "4XX" or "default"."""

    status: str
    description: str = ""
    contents: tuple[BodyContent, ...] = ()
    headers: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One REST operation. `url_template` is the path below `server_url` (`/orders/{id}`); `server_url` is "" where the
    API's own service URL applies. `definitions` are the schemas that its own schemas refer to, pruned."""

    id: str
    method: str
    url_template: str
    summary: str = ""
    description: str = ""
    server_url: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    responses: tuple[ResponseSpec, ...] = ()
    definitions: Mapping[str, Schema] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class ArgumentBinding:
    """Where one tool argument goes: a parameter (`name` and `location` as in the operation), one property of the body,
    or the whole body (`name` is "" then)."""

    argument: str
    target: Literal["path", "query", "header", "cookie", "body-property", "body"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class ToolAnnotations:
    """The specification's tool hints, from the method's semantics (RFC 9110 §9.2)."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation as an MCP tool. `input_schema` is an object schema, `$defs` included. `output_schema` is None unless
    every reply can be made to meet it; `wraps_output` says that structured content is `{"result": reply}`."""

    name: str
    operation_id: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    arguments: tuple[ArgumentBinding, ...]
    annotations: ToolAnnotations
    output_schema: Mapping[str, Any] | None = None
    wraps_output: bool = False
