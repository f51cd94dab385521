"""An API's operations and the tools made of them: the meeting point of import (`openapi`) and call (`calls`).

The rule here: plain frozen data that survives a round trip through JSON; no behaviour. JSON Schemas are plain dicts in
draft 2020-12 whose `$ref`s point to `#/$defs/…`: for an operation the names of its `definitions`, for a tool the `$defs` of
its own schema. One definition is one object, shared by all operations that use it. Annotations are evaluated where they
stand (no `from __future__ import annotations`): the codec is made of them, and would evaluate them at every cold start.
"""

from collections.abc import Mapping
from typing import Any, Literal

from policies.records import Record, field

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


class Parameter(Record):
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


class Encoding(Record):
    """How one property of a form or multipart body is written. A property without an entry is written as `Encoding()`.

    `content_type` "" in a form: by style, explode and allow_reserved; in multipart: as text without a Content-Type. Else the
    value is written in that media type (JSON for objects); an array is then one field or part per item, all of one name.
    `base64`: the argument (or each item of it) is base64 text whose bytes are a file's content."""

    content_type: str = ""
    style: Style = "form"
    explode: bool = True
    allow_reserved: bool = False
    headers: Mapping[str, Schema] = field(default_factory=dict)
    base64: bool = False


class BodyContent(Record):
    """One media type of a request or response body. `base64`: the argument is base64 text whose bytes are the body.
    `encoding` has an entry for each property of a form or multipart body that is not written as `Encoding()`."""

    media_type: str
    schema: Schema = True
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    example: Any = None
    base64: bool = False


class RequestBody(Record):
    """A request body; `contents` best first: `contents[0]` is what a tool sends."""

    contents: tuple[BodyContent, ...]
    required: bool = False
    description: str = ""


class ResponseSpec(Record):
    """A documented response. `status` is "200", "4XX" or "default"."""

    status: str
    description: str = ""
    contents: tuple[BodyContent, ...] = ()
    headers: Mapping[str, Schema] = field(default_factory=dict)


class Operation(Record):
    """One REST operation. `id` is unique in its API, of letters, digits, `_`, `-` and `.`, at most 64.

    `url_template` is the path below `server_url` (`/orders/{id}`); it may end in a fixed query (`/?Action=List`), has no
    fragment, and every `{name}` in it is a path parameter. `server_url` is "" where the API's own service URL applies.
    `definitions` are the schemas that its own schemas refer to, pruned."""

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


class ArgumentBinding(Record):
    """Where one tool argument goes: a parameter (`name` and `location` as in the operation), one property of the body (the
    first of the operation's contents; absent ones are left out, with none at all an optional body is not sent and a required
    one is `{}`), or the whole body (`name` is "" then)."""

    argument: str
    target: Literal["path", "query", "header", "cookie", "body-property", "body"]
    name: str = ""


class ToolAnnotations(Record):
    """The specification's tool hints, from the method's semantics (RFC 9110 §9.2)."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True


class Tool(Record):
    """One operation as an MCP tool. `input_schema` is an object schema, `$defs` included.

    `output_schema` is None where replies are not documented as JSON. Else any reply can be made to meet it: the structured
    content is a reply that is an object as it is, and `{"result": reply}` for any other (null for an empty one); with
    `wraps_output` it is `{"result": reply}` always. The schema demands no more than that."""

    name: str
    operation_id: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    arguments: tuple[ArgumentBinding, ...]
    annotations: ToolAnnotations
    output_schema: Mapping[str, Any] | None = None
    wraps_output: bool = False
