"""Request bodies: which media type is sent, how each property of a form is written, what is a file."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_core.catalog.operations import Encoding
from tests.mcp_core.openapi.documents import bindings, document, imported, one_operation, operation_of, tool_of, with_body

STRING = {"type": "string"}
OBJECT = {"type": "object", "properties": {"a": STRING}}
FILE = {"type": "string", "format": "binary"}


def body_of(content: dict[str, Any], **rest: Any) -> Any:
    return operation_of(one_operation({"requestBody": {"content": content}}, **rest)).body


BEST = [
    # media types as the document has them, those of the operation in order
    (["application/xml", "application/json"], ["application/json", "application/xml"]),
    (["multipart/form-data", "application/x-www-form-urlencoded", "application/json"],
     ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]),
    (["application/merge-patch+json", "application/json"], ["application/json", "application/merge-patch+json"]),
    (["application/octet-stream", "text/plain"], ["text/plain", "application/octet-stream"]),
    (["application/json; charset=utf-8"], ["application/json; charset=utf-8"]),
    (["*/*"], ["*/*"]),
    (["json"], ["application/json"]),
    (["no media type", "text/plain"], ["text/plain"]),
    (["application/vnd.api+json", "text/xml"], ["application/vnd.api+json", "text/xml"]),
]  # fmt: skip


@pytest.mark.parametrize(("there", "expected"), BEST)
def test_the_best_of_several_media_types_comes_first(there: list[str], expected: list[str]) -> None:
    body = body_of({media_type: {"schema": OBJECT} for media_type in there})
    assert [content.media_type for content in body.contents] == expected


def test_json_that_says_nothing_gives_way_to_a_form_that_does() -> None:
    body = body_of({"application/json": {}, "multipart/form-data": {"schema": OBJECT}})
    assert body.contents[0].media_type == "multipart/form-data"


ENCODINGS: list[tuple[str, Any, Any, Encoding]] = [
    # media type, schema of the property, its encoding object, how it is written
    ("form", STRING, None, Encoding()),
    ("form", {"type": "array", "items": STRING}, None, Encoding()),
    ("form", {"type": "array", "items": STRING}, {"style": "pipeDelimited"}, Encoding(style="pipeDelimited", explode=False)),
    ("form", {"type": "array", "items": STRING}, {"explode": False}, Encoding(explode=False)),
    ("form", {"type": "object"}, None, Encoding("application/json")),
    ("form", {"type": "object"}, {"style": "deepObject"}, Encoding(style="deepObject")),
    ("form", {"type": "array", "items": {"type": "object"}}, None, Encoding("application/json")),
    ("form", STRING, {"allowReserved": True}, Encoding(allow_reserved=True)),
    ("form", STRING, {"contentType": "text/plain"}, Encoding()),
    ("multipart", STRING, None, Encoding()),
    ("multipart", STRING, {"contentType": "text/csv"}, Encoding("text/csv")),
    ("multipart", {"type": "object"}, None, Encoding("application/json")),
    ("multipart", {"$ref": "#/components/schemas/Object"}, None, Encoding("application/json")),
    ("multipart", FILE, None, Encoding("application/octet-stream", base64=True)),
    ("multipart", FILE, {"contentType": "image/png, image/jpeg"}, Encoding("image/png, image/jpeg", base64=True)),
    ("multipart", {"type": "array", "items": FILE}, None, Encoding("application/octet-stream", base64=True)),
    ("multipart", {"type": "string", "contentMediaType": "image/png"}, None, Encoding("application/octet-stream", base64=True)),
    ("multipart", {"type": "string", "format": "byte"}, None, Encoding()),
    ("multipart", {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"}, None, Encoding()),
    ("multipart", {"type": ["string", "null"], "format": "binary"}, None, Encoding("application/octet-stream", base64=True)),
]
MEDIA_TYPES = {"form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data"}


@pytest.mark.parametrize(("kind", "schema", "encoding", "expected"), ENCODINGS)
def test_how_a_property_of_a_form_is_written(kind: str, schema: Any, encoding: Any, expected: Encoding) -> None:
    content = {"schema": {"type": "object", "properties": {"p": schema}}, **({"encoding": {"p": encoding}} if encoding else {})}
    made = body_of({MEDIA_TYPES[kind]: content}, components={"schemas": {"Object": OBJECT}}).contents[0]
    assert made.encoding.get("p", Encoding()) == expected


def test_a_multipart_operation_has_its_fields_and_files_as_arguments() -> None:
    schema = {
        "type": "object", "required": ["file"],
        "properties": {
            "file": {**FILE, "description": "The photo."}, "name": STRING,
            "more": {"type": "array", "items": FILE}, "meta": {"type": "object", "properties": {"x": STRING}},
        },
    }  # fmt: skip
    tool = tool_of(with_body(schema, media_type="multipart/form-data"))
    assert bindings(tool) == {name: ("body-property", name) for name in ("file", "name", "more", "meta")}
    properties = tool.input_schema["properties"]
    assert properties["file"] == {
        "type": "string", "contentEncoding": "base64", "contentMediaType": "application/octet-stream",
        "description": "The photo. Content of the file, in base64.",
    }  # fmt: skip
    assert properties["more"]["items"]["contentEncoding"] == "base64"
    assert properties["meta"] == {"type": "object", "properties": {"x": STRING}}
    assert tool.input_schema["required"] == ["file"]


def test_a_form_that_is_no_plain_object_keeps_its_files() -> None:
    schema = {"type": "object", "properties": {"file": FILE}, "additionalProperties": STRING}
    api = with_body(schema, media_type="multipart/form-data")
    assert bindings(tool_of(api)) == {"body": ("body", "")}
    assert tool_of(api).input_schema["properties"]["body"]["properties"]["file"]["contentEncoding"] == "base64"
    assert operation_of(api).body.contents[0].encoding["file"].base64  # type: ignore[union-attr]  # it has a body


WHOLE = [
    # media type, schema, whether it is base64, what the argument says
    ("application/octet-stream", FILE, True, {"type": "string", "contentEncoding": "base64"}),
    ("application/octet-stream", None, True, {"type": "string", "contentEncoding": "base64"}),
    ("application/octet-stream", STRING, True, {"type": "string", "contentEncoding": "base64"}),
    ("image/png", None, True, {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}),
    ("image/*", FILE, True, {"type": "string", "contentEncoding": "base64"}),
    ("*/*", FILE, True, {"type": "string", "contentEncoding": "base64"}),
    ("application/vnd.custom", STRING, False, STRING),
    ("application/vnd.custom", {"type": "array", "items": STRING}, False, {"type": "array", "items": STRING}),
    ("text/plain", STRING, False, STRING),
    ("text/plain", None, False, {"type": "string", "contentMediaType": "text/plain"}),
    ("text/csv", {"type": "string", "maxLength": 9}, False, {"type": "string", "maxLength": 9}),
    ("application/xml", None, False, {"type": "string", "contentMediaType": "application/xml"}),
    ("application/json", {"type": "array", "items": STRING}, False, {"type": "array", "items": STRING}),
    ("application/json", STRING, False, STRING),
    ("application/json", FILE, False, FILE),
    ("application/json", None, False, {}),
    ("application/json", True, False, {}),
    ("application/json", {"type": "object"}, False, {"type": "object"}),
    ("application/json", {"type": "object", "additionalProperties": STRING}, False,
     {"type": "object", "additionalProperties": STRING}),
    ("application/json", {"oneOf": [OBJECT, STRING]}, False, {"anyOf": [OBJECT, STRING]}),
    ("application/json", {**OBJECT, "additionalProperties": True}, False, {**OBJECT, "additionalProperties": True}),
    ("application/json", {**OBJECT, "anyOf": [{"required": ["a"]}]}, False,
     {**OBJECT, "anyOf": [{"required": ["a"], "properties": {"a": {}}}]}),
    ("application/x-www-form-urlencoded", {"type": "object"}, False, {"type": "object"}),
    ("application/x-www-form-urlencoded", None, False, {"type": "object"}),
]  # fmt: skip


@pytest.mark.parametrize(("media_type", "schema", "base64", "argument"), WHOLE)
def test_a_body_that_is_no_plain_object_is_one_argument(media_type: str, schema: Any, base64: bool, argument: Any) -> None:
    content = {media_type: {} if schema is None else {"schema": schema}}
    api = one_operation({"requestBody": {"required": True, "description": "What to send.", "content": content}})
    tool = tool_of(api)
    assert bindings(tool) == {"body": ("body", "")}
    assert tool.input_schema["required"] == ["body"]
    assert operation_of(api).body.contents[0].base64 is base64  # type: ignore[union-attr]  # it has a body
    made = dict(tool.input_schema["properties"]["body"])
    assert made.pop("description").startswith("What to send.")
    if media_type in ("application/octet-stream", "application/json") and base64:
        assert made.pop("contentMediaType") == media_type
    assert made == argument


FLAT = [
    OBJECT,
    {"properties": {"a": STRING}},
    {"allOf": [{"$ref": "#/components/schemas/Object"}]},
    {"$ref": "#/components/schemas/Object"},
    {"allOf": [{"type": "object"}, {"properties": {"a": STRING}, "additionalProperties": False}]},
    {**OBJECT, "additionalProperties": False, "title": "T", "minProperties": 1},
]


@pytest.mark.parametrize("schema", FLAT)
@pytest.mark.parametrize(
    "media_type", ["application/json", "application/vnd.api+json", "application/xml", *MEDIA_TYPES.values()]
)
def test_the_properties_of_a_plain_object_stand_side_by_side(schema: Any, media_type: str) -> None:
    tool = tool_of(with_body(schema, media_type=media_type, components={"schemas": {"Object": OBJECT}}))
    assert bindings(tool) == {"a": ("body-property", "a")}
    assert dict(tool.input_schema) == {"type": "object", "properties": {"a": STRING}, "additionalProperties": False}


def test_swagger_bodies_and_forms() -> None:
    def operation(consumes: list[str], *parameters: dict[str, Any]) -> Any:
        node = {
            "operationId": "op",
            "parameters": list(parameters),
            "responses": {},
            **({"consumes": consumes} if consumes else {}),
        }
        return imported(document({"/a": {"post": node}}, version="2.0", consumes=["application/json"]))

    body = {"name": "whatever", "in": "body", "required": True, "schema": OBJECT}
    api = operation([], body)
    assert operation_of(api).body.contents[0].media_type == "application/json"  # type: ignore[union-attr]  # it has a body
    assert bindings(tool_of(api)) == {"a": ("body-property", "a")}

    name = {"name": "name", "in": "formData", "type": "string", "required": True, "description": "Whose."}
    tags = {"name": "tags", "in": "formData", "type": "array", "items": STRING, "collectionFormat": "multi"}
    codes = {"name": "codes", "in": "formData", "type": "array", "items": STRING}
    photo = {"name": "photo", "in": "formData", "type": "file"}
    form = operation_of(operation([], name, tags, codes)).body
    assert form.contents[0].media_type == "application/x-www-form-urlencoded"  # type: ignore[union-attr]  # it has a body
    assert form.contents[0].encoding == {"codes": Encoding(explode=False)}  # type: ignore[union-attr]  # it has a body
    tool = tool_of(operation(["multipart/form-data"], name, photo))
    assert tool.input_schema["required"] == ["name"]
    assert tool.input_schema["properties"]["name"] == {"type": "string", "description": "Whose."}
    assert tool.input_schema["properties"]["photo"]["contentEncoding"] == "base64"


def test_an_optional_body_says_what_it_needs_when_it_is_sent() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "description": "A."}, "b": STRING}}
    tool = tool_of(with_body(schema, required=False))
    assert "required" not in tool.input_schema
    assert tool.input_schema["properties"]["a"]["description"] == "A. Needed whenever a request body is sent."


def test_an_example_of_the_body_is_shown() -> None:
    node = {"requestBody": {"content": {"text/plain": {"schema": STRING, "example": "hello"}}}}
    assert tool_of(one_operation(node)).input_schema["properties"]["body"]["examples"] == ["hello"]


def test_responses_keep_their_media_types_schemas_and_examples() -> None:
    responses = {
        "200": {
            "description": "Fine.", "headers": {"X-Count": {"schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": OBJECT, "examples": {"one": {"$ref": "#/components/examples/One"}}}},
        },
        "4xx": {"$ref": "#/components/responses/Problem"},
        "default": {"description": "Else."},
    }  # fmt: skip
    api = one_operation(
        {"responses": responses},
        components={
            "examples": {"One": {"value": {"a": "x"}}},
            "responses": {"Problem": {"description": "Bad.", "content": {"application/problem+json": {}}}},
        },
    )
    first, second, third = operation_of(api).responses
    assert (first.status, second.status, third.status) == ("200", "4XX", "default")
    assert first.contents[0].example == {"a": "x"}
    assert first.headers == {"X-Count": {"type": "integer"}}
    assert second.contents[0].media_type == "application/problem+json"
