"""Request bodies by media type."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mcp_core.calls import ArgumentError
from mcp_core.catalog.operations import BodyContent, Encoding
from policies.messages import Request
from tests.mcp_core.calls.building import tool_for
from tests.mcp_core.calls.openapi_reader import read_multipart

PNG = b"\x89PNG\r\n\x1a\n\0\xff"


PNG_TEXT = base64.b64encode(PNG).decode()


def sent(content: BodyContent, value: Any, **more: Any) -> Request:
    return tool_for(method="POST", content=content, **more).request({"body": value})


WRITTEN = [
    ("application/json", {"a": [1, "ü", None, 1.5]}, '{"a":[1,"ü",null,1.5]}', "application/json"),
    ("application/vnd.api+json", [], "[]", "application/vnd.api+json"),
    ("application/json; charset=utf-8", "x", '"x"', "application/json; charset=utf-8"),
    ("*/*", {"a": 1}, '{"a":1}', "application/json"),
    ("application/x-amz-json-1.1", "x", '"x"', "application/x-amz-json-1.1"),
    ("text/plain", "ü", "ü", "text/plain; charset=utf-8"),
    ("text/plain", 5, "5", "text/plain; charset=utf-8"),
    ("text/csv;charset=UTF-8", "a,b\n", "a,b\n", "text/csv;charset=UTF-8"),
    ("application/x-ndjson", [{"a": 1}, {"b": 2}], '{"a":1}\n{"b":2}\n', "application/x-ndjson"),
    ("application/json-seq", [1], "\x1e1\n", "application/json-seq"),
    ("application/xml", "<a/>", "<a/>", "application/xml"),
    ("application/graphql", "{ me }", "{ me }", "application/graphql; charset=utf-8"),
    ("application/vnd.custom", {"a": 1}, '{"a":1}', "application/vnd.custom"),
]


@pytest.mark.parametrize(("media_type", "value", "expected", "content_type"), WRITTEN)
def test_a_body_is_written_in_its_media_type(media_type: str, value: Any, expected: str, content_type: str) -> None:
    request = sent(BodyContent(media_type), value)
    assert request.body.data.decode() == expected
    assert request.headers.get_all("Content-Type") == [content_type]


def test_text_in_another_charset() -> None:
    content = BodyContent("text/plain; charset=iso-8859-1")
    assert sent(content, "ü").body.data == b"\xfc"
    with pytest.raises(ArgumentError, match="iso8859-1"):
        sent(content, "漢")


def test_json_keeps_half_a_surrogate_pair_as_an_escape() -> None:
    assert sent(BodyContent("application/json"), {"a": "\ud800"}).body.data == b'{"a":"\\ud800"}'


def test_json_refuses_numbers_that_json_has_not() -> None:
    tool = tool_for(method="POST", content=BodyContent("application/json"), body_properties=("a", "b"))
    with pytest.raises(ArgumentError, match=r"^Argument `b` must have only finite numbers"):
        tool.request({"a": 1, "b": float("inf")})


@pytest.mark.parametrize(("required", "expected"), [(True, b"{}"), (False, b"")])
def test_a_body_of_which_nothing_was_given(required: bool, expected: bytes) -> None:
    tool = tool_for(method="POST", content=BodyContent("application/json"), body_properties=("a",), body_required=required)
    request = tool.request({})
    assert request.body.data == expected
    assert ("Content-Type" in request.headers) is required


def test_arguments_that_are_no_property_of_the_body_stay_out_of_it() -> None:
    tool = tool_for(method="POST", content=BodyContent("application/json"), body_properties=("id",))
    assert json.loads(tool.request({"id": 5, "other": 1}).body.data) == {"id": 5}


BASE64 = [
    base64.b64encode(PNG).decode(),
    base64.urlsafe_b64encode(PNG).decode().rstrip("="),
    f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    f"data:image/png;name=x.png;base64,{base64.b64encode(PNG).decode()}",
    base64.encodebytes(PNG).decode(),
]


@pytest.mark.parametrize("text", BASE64)
def test_base64_arrives_as_bytes(text: str) -> None:
    request = sent(BodyContent("image/png", base64=True), text)
    assert request.body.data == PNG
    assert request.headers.get("Content-Type") == "image/png"


@pytest.mark.parametrize("value", ["not base64!", "====", "a", 5, None, ["YQ=="], "YQ==YQ==", "data:text/plain,hello"])
def test_what_is_not_base64_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^Argument `body` must be .*base64\.$"):
        sent(BodyContent("application/pdf", base64=True), value)


RANGES = [
    ("image/*", f"data:image/webp;base64,{base64.b64encode(b'x').decode()}", "image/webp"),
    ("image/*", base64.b64encode(PNG).decode(), "image/png"),
    ("*/*", base64.b64encode(b"x").decode(), "application/octet-stream"),
]


@pytest.mark.parametrize(("media_type", "value", "expected"), RANGES)
def test_a_media_range_is_made_definite(media_type: str, value: str, expected: str) -> None:
    assert sent(BodyContent(media_type, base64=True), value).headers.get("Content-Type") == expected


def parts_of(request: Request) -> list[tuple[str, str | None, str | None, bytes]]:
    return read_multipart(request.body.data, request.headers.get("Content-Type") or "")


MULTIPART = [
    (Encoding(), "x", [("p", None, None, b"x")]),
    (Encoding(), 5, [("p", None, None, b"5")]),
    (Encoding(), True, [("p", None, None, b"true")]),
    (Encoding(), ["x", "y"], [("p", None, None, b"x"), ("p", None, None, b"y")]),
    (Encoding(), {"a": 1}, [("p", None, None, b'{"a":1}')]),
    (Encoding(explode=False), ["x", "y"], [("p", None, None, b"x,y")]),
    (Encoding(style="deepObject"), {"a": {"b": 1}}, [("p[a][b]", None, None, b"1")]),
    (Encoding(content_type="application/json"), {"a": 1}, [("p", None, "application/json", b'{"a":1}')]),
    (Encoding(content_type="application/json"), [{"a": 1}], [("p", None, "application/json", b'{"a":1}')]),
    (Encoding(content_type="text/csv"), "a,b", [("p", None, "text/csv", b"a,b")]),
    (Encoding(base64=True), "eA==", [("p", "p.bin", "application/octet-stream", b"x")]),
    (Encoding("image/png", base64=True), "eA==", [("p", "p.png", "image/png", b"x")]),
    (Encoding("application/octet-stream", base64=True), PNG_TEXT, [("p", "p.png", "image/png", PNG)]),
    (Encoding("image/*", base64=True), "data:image/gif;base64,eA==", [("p", "p.gif", "image/gif", b"x")]),
    (Encoding(base64=True), ["eA==", "eQ=="], [("p", "p.bin", "application/octet-stream", b) for b in (b"x", b"y")]),
    (Encoding(), None, []),
]


@pytest.mark.parametrize(("encoding", "value", "expected"), MULTIPART)
def test_multipart_encodings(encoding: Encoding, value: Any, expected: Any) -> None:
    content = BodyContent("multipart/form-data", encoding={"p": encoding})
    request = tool_for(method="POST", content=content, body_properties=("p", "q")).request({"p": value, "q": "z"})
    assert parts_of(request) == [*expected, ("q", None, None, b"z")]


def test_part_headers_that_the_document_fixes() -> None:
    headers = {
        "X-Kind": {"const": "a"},
        "X-Default": {"default": 5},
        "X-Open": {"type": "string"},
        "X-Bad": {"const": "a\r\nb"},
    }
    content = BodyContent("multipart/form-data", encoding={"p": Encoding(headers=headers)})
    body = sent(content, {"p": "x"}).body.data.decode()
    assert "X-Kind: a\r\nX-Default: 5\r\n\r\nx\r\n" in body
    assert "X-Open" not in body
    assert "X-Bad" not in body


def test_names_cannot_leave_their_part() -> None:
    name = 'a"\r\nX-Evil: 1\r\n\r\n'
    body = sent(BodyContent("multipart/form-data"), {name: "x"}).body.data
    assert body.split(b"\r\n")[1] == b'Content-Disposition: form-data; name="a%22%0D%0AX-Evil: 1%0D%0A%0D%0A"'


def test_other_multipart_types_have_no_form_fields() -> None:
    request = sent(BodyContent("multipart/mixed", encoding={"a": Encoding("application/json")}), {"a": {"b": 1}})
    assert (request.headers.get("Content-Type") or "").startswith("multipart/mixed; boundary=")
    assert b'\r\nContent-Type: application/json\r\n\r\n{"b":1}\r\n--' in request.body.data


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_form_is_made_of_an_object(media_type: str) -> None:
    with pytest.raises(ArgumentError, match="must be an object"):
        sent(BodyContent(media_type), ["x"])


def test_the_file_that_is_not_base64_is_named() -> None:
    content = BodyContent("multipart/form-data", encoding={"file": Encoding(base64=True)})
    tool = tool_for(method="POST", content=content, body_properties=("note", "file"))
    with pytest.raises(ArgumentError, match=r"^Argument `file` must be the file's bytes in base64"):
        tool.request({"note": "n", "file": "C:\\x.png"})


PET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {"type": "string"},
        "photoUrls": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "string", "xml": {"name": "photoUrl"}}},
        "tags": {"type": "array", "xml": {"name": "ignored"}, "items": {"$ref": "#/$defs/Tag"}},
        "owner": {"type": "object", "xml": {"name": "keeper", "prefix": "p", "namespace": "urn:p"}},
    },
}
TAG = {"type": "object", "xml": {"name": "tag"}, "properties": {"name": {"type": "string"}}}


def test_xml_by_the_schemas_xml_members() -> None:
    content = BodyContent("application/xml", schema={"$ref": "#/$defs/Pet"})
    value = {"id": 5, "name": "a<b&c", "photoUrls": ["u", "v"], "tags": [{"name": "x"}, {"name": "y"}], "owner": {"n": None}}
    body = sent(content, value, definitions={"Pet": PET, "Tag": TAG}).body.data.decode()
    assert body == (
        '<?xml version="1.0" encoding="UTF-8"?><Pet id="5"><name>a&lt;b&amp;c</name>'
        "<photoUrls><photoUrl>u</photoUrl><photoUrl>v</photoUrl></photoUrls>"
        "<tag><name>x</name></tag><tag><name>y</name></tag>"
        '<p:keeper xmlns:p="urn:p"><n/></p:keeper></Pet>'
    )
    etree.fromstring(body.encode())


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\r\n\t<>&\"'")
    )
)
def test_xml_holds_any_text_in_elements_and_attributes(text: str) -> None:
    schema = {"xml": {"name": "r"}, "properties": {"a": {"xml": {"attribute": True}}}}
    root = etree.fromstring(sent(BodyContent("application/xml", schema), {"a": text, "e": text}).body.data)
    assert (root.get("a"), root.findtext("e")) == (text, text)


ARRAYS = [  # the table of "XML Arrays" in OAS 3.1.1
    ({"items": {}}, "<animals>v</animals>"),
    ({"items": {"xml": {"name": "animal"}}}, "<animal>v</animal>"),
    ({"xml": {"name": "aliens"}, "items": {"xml": {"name": "animal"}}}, "<animal>v</animal>"),
    ({"xml": {"wrapped": True}, "items": {}}, "<animals><animals>v</animals></animals>"),
    ({"xml": {"name": "aliens", "wrapped": True}, "items": {"xml": {"name": "animal"}}}, "<aliens><animal>v</animal></aliens>"),
]


@pytest.mark.parametrize(("schema", "expected"), ARRAYS)
def test_xml_arrays(schema: dict[str, Any], expected: str) -> None:
    content = BodyContent("text/xml", schema={"xml": {"name": "r"}, "properties": {"animals": {"type": "array", **schema}}})
    body = sent(content, {"animals": ["v"]}).body.data.decode()
    assert body.partition("?>")[2] == f"<r>{expected}</r>"


def test_xml_properties_of_branches_and_circular_references() -> None:
    node = {
        "allOf": [{"$ref": "#/$defs/Node"}, {"properties": {"id": {"xml": {"attribute": True}}}}],
        "properties": {"child": {"$ref": "#/$defs/Node"}},
    }
    body = sent(
        BodyContent("application/xml", {"$ref": "#/$defs/Node"}), {"id": 1, "child": {"id": 2}}, definitions={"Node": node}
    )
    assert body.body.data.decode().partition("?>")[2] == '<Node id="1"><child id="2"></child></Node>'


@pytest.mark.parametrize("value", [{"a b": 1}, {"<x>": 1}, {"a": "\0"}, {"a": "\x1b"}, {"": 1}, {"a": "\ufffe"}])
def test_what_xml_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^Argument `body` (must not contain control|has a member whose name)"):
        sent(BodyContent("application/xml"), value)
