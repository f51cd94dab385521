"""Results: the tables of docs/results.md, row by row."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.calls import PreparedTool
from mcp_core.catalog.operations import BodyContent, ResponseSpec
from mcp_core.protocol.results import ToolResult
from policies.messages import Body, Headers, Response
from tests.mcp_core.calls.building import tool_for

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
WAV = b"RIFF\x24\0\0\0WAVEfmt "
PDF = b"%PDF-1.7\n\xff\xfe"
B64 = {data: base64.b64encode(data).decode() for data in (PNG, WAV, PDF)}


def result(tool: PreparedTool, status: int, body: bytes | Body, *fields: tuple[str, str], reason: str = "") -> ToolResult:
    return asyncio.run(tool.result(Response(status, Headers(fields), body, reason=reason)))


def of(body: bytes, content_type: str, *fields: tuple[str, str], documents: tuple[str, ...] = (), **more: Any) -> ToolResult:
    responses = (ResponseSpec("200", contents=tuple(BodyContent(name) for name in documents)),)
    content_types = (("Content-Type", content_type),) if content_type else ()
    return result(tool_for(responses=responses, **more), 200, body, *content_types, *fields)


def texts(found: ToolResult) -> list[str]:
    return [block["text"] for block in found.content]


JSON = [
    ('{"b": 1,\n "a": [1.0, "ü"]}', {"b": 1, "a": [1.0, "ü"]}),
    ("[1, 2]", [1, 2]),
    ("{}", {}),
    ("5", None),
    ('"text"', None),
    ("null", None),
]


@pytest.mark.parametrize(("text", "structured"), JSON)
@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/hal+json", "text/json"]
)
def test_json_stays_as_it_came_and_is_structured_too(text: str, structured: object, media_type: str) -> None:
    found = of(text.encode(), media_type)
    assert found.content == [{"type": "text", "text": text}]
    assert found.structured == structured
    assert not found.is_error


WITH_SCHEMA: list[tuple[bytes, str, bool, Any]] = [
    (b'{"id": 2}', "application/json", False, {"id": 2}),
    (b'{"id": 2}', "application/json", True, {"result": {"id": 2}}),
    (b"[1]", "application/json", True, {"result": [1]}),
    (b"[1]", "application/json", False, {"result": [1]}),
    (b"5", "application/json", True, {"result": 5}),
    (b"null", "application/json", False, {"result": None}),
    (b"", "application/json", False, {"result": None}),
    (b"<html>", "text/html", False, {"result": "<html>"}),
    (b"no json", "application/json", False, {"result": "no json"}),
    (b'{"id": 2}', "text/plain", False, {"id": 2}),
    (b'{"id": 2}', "", False, {"id": 2}),
    (b"5", "text/plain", False, {"result": "5"}),
    (PNG, "image/png", False, {"result": None}),
]


@pytest.mark.parametrize(("body", "content_type", "wraps", "structured"), WITH_SCHEMA)
def test_an_output_schema_always_gets_structured_content(body: bytes, content_type: str, wraps: bool, structured: Any) -> None:
    assert of(body, content_type, output_schema={"type": "object"}, wraps_output=wraps).structured == structured


NOT_QUITE_JSON = [b"{", b'{"a": NaN}', b"[Infinity]", b'{"a": "\\ud800"}', b"[" * 100_000, b"9" * 5000, b"\xff{}"]


@pytest.mark.parametrize("body", NOT_QUITE_JSON)
def test_what_only_calls_itself_json_is_text(body: bytes) -> None:
    found = of(body, "application/json")
    assert found.structured is None
    assert found.content[0]["type"] == "text"
    assert len(found.content) == 1


def test_text_that_looks_like_json_is_text_unless_json_was_documented() -> None:
    assert of(b'{"a": 1}', "text/plain").structured is None
    assert of(b'{"a": 1}', "text/plain", documents=("application/json",)).structured == {"a": 1}
    assert of(b'{"a": 1}', "text/plain", documents=("application/json",)).content == [{"type": "text", "text": '{"a": 1}'}]
    assert of(b"5", "text/plain", documents=("application/json",)).structured is None


TEXTS = [
    ("hello", "text/plain"),
    ("<a/>", "application/xml"),
    ("<svg/>", "image/svg+xml"),
    ("a,b", "text/csv"),
    ("a: 1", "application/yaml"),
    ("a: 1", "application/openapi+yaml"),
    ("<h1>", "text/html; charset=utf-8"),
    ("a=1", "application/x-www-form-urlencoded"),
    ("plain", ""),
    ("plain ü", "application/octet-stream"),
    ("x", "not a media type"),
]


@pytest.mark.parametrize(("text", "media_type"), TEXTS)
def test_text_is_text(text: str, media_type: str) -> None:
    assert of(text.encode(), media_type).content == [{"type": "text", "text": text}]


CHARSETS = [
    ("ü", "utf-8", "text/plain; charset=utf-8"),
    ("ü", "latin-1", "text/plain; charset=iso-8859-1"),
    ("ü", "latin-1", 'text/plain; charset="ISO-8859-1"'),
    ("漢", "shift_jis", "text/plain;charset=Shift_JIS"),
    ("ü", "utf-16", "text/plain"),
    ("ü", "utf-8-sig", "text/plain; charset=latin-1"),
    ("ü", "cp1252", "text/plain; charset=utf-8"),
    ("ü€", "cp1252", "text/plain"),
    ("ü", "utf-8", "text/plain; charset=no-such-thing"),
    ("ü", "utf-8", "text/plain; charset=zlib_codec"),
    ("ü", "utf-8", "text/plain; charset=punycode"),
    ("ü", "utf-8", "text/plain; charset="),
    ('<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>', "latin-1", "application/xml"),
    ('<?xml version="1.0" encoding="nonsense"?><a>ü</a>', "utf-8", "application/xml"),
    ('{"a": "ü"}', "latin-1", "application/json; charset=latin-1"),
]


@pytest.mark.parametrize(("text", "codec", "content_type"), CHARSETS)
def test_charsets_right_wrong_and_missing(text: str, codec: str, content_type: str) -> None:
    assert texts(of(text.encode(codec), content_type)) == [text]


BINARY = [
    (PNG, "image/png", (), {"type": "image", "data": B64[PNG], "mimeType": "image/png"}),
    (PNG, "IMAGE/PNG; q=1", (), {"type": "image", "data": B64[PNG], "mimeType": "image/png"}),
    (PNG, "", (), {"type": "image", "data": B64[PNG], "mimeType": "image/png"}),
    (PNG, "application/octet-stream", (), {"type": "image", "data": B64[PNG], "mimeType": "image/png"}),
    (PNG, "text/plain", ("image/png",), {"type": "image", "data": B64[PNG], "mimeType": "image/png"}),
    (b"\1\2", "application/octet-stream", ("image/x-own",), {"type": "image", "data": "AQI=", "mimeType": "image/x-own"}),
    (WAV, "audio/wav", (), {"type": "audio", "data": B64[WAV], "mimeType": "audio/wav"}),
    (WAV, "", ("audio/wav",), {"type": "audio", "data": B64[WAV], "mimeType": "audio/wav"}),
    (b'{"error": "none"}', "image/png", ("image/png",), {"type": "text", "text": '{"error": "none"}'}),
    (b"<html>no</html>", "audio/mpeg", (), {"type": "text", "text": "<html>no</html>"}),
]


@pytest.mark.parametrize(("body", "content_type", "documents", "block"), BINARY)
def test_pictures_and_sounds(body: bytes, content_type: str, documents: tuple[str, ...], block: dict[str, Any]) -> None:
    assert of(body, content_type, documents=documents).content == [block]


RESOURCES = [
    (PDF, "application/pdf", (), "tool:///op/reply", "application/pdf"),
    (PDF, "", (), "tool:///op/reply", "application/pdf"),
    (b"\0\1", "application/octet-stream", (), "tool:///op/reply", "application/octet-stream"),
    (b"\0\1", "video/mp4", (), "tool:///op/reply", "video/mp4"),
    (
        PDF,
        "application/pdf",
        (("Content-Disposition", 'attachment; filename="my report.pdf"'),),
        "tool:///op/my%20report.pdf",
        None,
    ),
    (
        PDF,
        "application/pdf",
        (("Content-Disposition", 'attachment; filename="..\\\\..\\\\x/y.pdf"'),),
        "tool:///op/y.pdf",
        None,
    ),
    (PDF, "application/pdf", (("Content-Location", "report://2026/7"),), "report://2026/7", None),
    (PDF, "application/pdf", (("Content-Location", "/relative"),), "tool:///op/reply", None),
    (PDF, "application/pdf", (("Content-Location", "urn:a b"),), "tool:///op/reply", None),
]


@pytest.mark.parametrize(("body", "content_type", "fields", "uri", "media_type"), RESOURCES)
def test_other_bytes_are_embedded_resources(
    body: bytes, content_type: str, fields: Any, uri: str, media_type: str | None
) -> None:
    resource = {"uri": uri, "mimeType": media_type or content_type, "blob": base64.b64encode(body).decode()}
    assert of(body, content_type, *fields).content == [{"type": "resource", "resource": resource}]


def test_text_that_the_backend_names_is_an_embedded_resource() -> None:
    found = of(b"hello", "text/plain", ("Content-Location", "test://embedded-resource"))
    resource = {"uri": "test://embedded-resource", "mimeType": "text/plain", "text": "hello"}
    assert found.content == [{"type": "resource", "resource": resource}]


@pytest.mark.parametrize(
    ("content_type", "location"),
    [("text/plain", "https://x.example/y"), ("application/json", "test://x"), ("text/plain", "/y")],
)
def test_an_address_alone_makes_no_resource_of_a_reply(content_type: str, location: str) -> None:
    assert of(b"{}", content_type, ("Content-Location", location)).content == [{"type": "text", "text": "{}"}]


MIXED = (
    b"preamble, ignored\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n"
    b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + B64[PNG].encode() + b"\r\n"
    b'--b  \r\nContent-Type: application/json\r\nContent-Location: test://mixed\r\n\r\n{"a":1}\r\n'
    b"--b\r\n\r\nno header\r\n--b--\r\nepilogue"
)


@pytest.mark.parametrize("body", [MIXED, MIXED.replace(b"\r\n", b"\n")])
def test_a_multipart_reply_gives_a_block_a_part(body: bytes) -> None:
    found = of(body, 'multipart/mixed; boundary="b"')
    assert found.content == [
        {"type": "text", "text": "Here it is."},
        {"type": "image", "data": B64[PNG], "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "test://mixed", "mimeType": "application/json", "text": '{"a":1}'}},
        {"type": "text", "text": "no header"},
    ]
    assert found.structured is None


def test_parts_may_have_parts_and_odd_encodings() -> None:
    inner = b"--i\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n--i\r\n\r\ntwo\r\n--i--"
    body = b"--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n" + inner + b"\r\n--o\r\n\r\nthree\r\n--o--"
    assert texts(of(body, "multipart/mixed; boundary=o")) == ["a=b", "two", "three"]


@pytest.mark.parametrize("content_type", ["multipart/mixed", "multipart/mixed; boundary=other", "multipart/mixed; boundary="])
def test_what_only_calls_itself_multipart_is_text(content_type: str) -> None:
    assert texts(of(b"--b\r\n\r\nx\r\n--b--", content_type)) == ["--b\r\n\r\nx\r\n--b--"]


def test_many_parts_are_bounded() -> None:
    body = b"".join(b"--b\r\n\r\nx\r\n" for _ in range(5000)) + b"--b--"
    assert len(of(body, "multipart/mixed; boundary=b").content) == 64


EMPTY = [
    (204, "No Content", (), "HTTP 204 No Content: done, the reply is empty."),
    (200, "", (), "HTTP 200 OK: done, the reply is empty."),
    (201, "Created", (("Location", "/orders/4"),), "HTTP 201 Created: done, the reply is empty. Location: /orders/4"),
    (299, "", (), "HTTP 299: done, the reply is empty."),
]


@pytest.mark.parametrize(("status", "reason", "fields", "sentence"), EMPTY)
def test_an_empty_reply_is_a_sentence(status: int, reason: str, fields: Any, sentence: str) -> None:
    found = result(tool_for(), status, b"", *fields, reason=reason)
    assert (texts(found), found.is_error, found.structured) == ([sentence], False, None)


FAILURES: list[tuple[int, str, tuple[tuple[str, str], ...], bytes, str]] = [
    (404, "Not Found", (("Content-Type", "text/plain"),), b"no such order", "HTTP 404 Not Found\n\nno such order"),
    (400, "", (("Content-Type", "application/problem+json"),), b'{"detail":"x"}', 'HTTP 400 Bad Request\n\n{"detail":"x"}'),
    (500, "Oops", (), b"", "HTTP 500 Oops"),
    (599, "", (), b"", "HTTP 599"),
    (
        429,
        "Too Many Requests",
        (
            ("Retry-After", "5"),
            ("X-RateLimit-Remaining", "0"),
            ("RateLimit", '"d";r=0'),
            ("X-Secret", "s"),
            ("Set-Cookie", "s=1"),
        ),
        b"slow down",
        'HTTP 429 Too Many Requests\nRetry-After: 5\nX-RateLimit-Remaining: 0\nRateLimit: "d";r=0\n\nslow down',
    ),
    (405, "", (("Allow", "GET"),), b"", "HTTP 405 Method Not Allowed\nAllow: GET"),
]


@pytest.mark.parametrize(("status", "reason", "fields", "body", "text"), FAILURES)
def test_a_failure_keeps_status_and_body(status: int, reason: str, fields: Any, body: bytes, text: str) -> None:
    found = result(tool_for(output_schema={"type": "object"}), status, body, *fields, reason=reason)
    assert (texts(found), found.is_error, found.structured) == ([text], True, None)


def test_a_redirect_says_where_and_why_not() -> None:
    (text,) = texts(result(tool_for(), 302, b"", ("Location", "https://elsewhere.example/"), reason="Found"))
    assert text.startswith("HTTP 302 Found\nLocation: https://elsewhere.example/\nRedirects are followed only within")


def test_a_failure_with_bytes_keeps_them_as_a_block() -> None:
    found = result(tool_for(), 500, PNG, ("Content-Type", "image/png"))
    assert found.content == [
        {"type": "text", "text": "HTTP 500 Internal Server Error"},
        {"type": "image", "data": B64[PNG], "mimeType": "image/png"},
    ]


def test_a_limit_is_shown_on_success_only_when_it_is_used_up() -> None:
    def shown(*fields: tuple[str, str]) -> list[str]:
        return texts(of(b"{}", "application/json", *fields))

    assert shown(("X-RateLimit-Remaining", "3"), ("X-RateLimit-Limit", "5")) == ["{}"]
    assert shown(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Limit", "5"), ("ETag", "x")) == [
        "{}",
        "X-RateLimit-Remaining: 0\nX-RateLimit-Limit: 5",
    ]
    assert shown(("Retry-After", "9")) == ["{}", "Retry-After: 9"]


NOTE = "Ask for less, with a filter, fewer fields or a smaller page.]"


def test_long_text_is_cut_at_a_character_with_a_note() -> None:
    found = of("ü".encode() * 1000, "text/plain", max_text_bytes=1001)
    assert texts(found) == ["ü" * 500 + f"\n\n[Cut: the first 1,000 bytes of 2,000. {NOTE}"]
    assert not found.is_error


def test_cut_json_is_not_structured() -> None:
    body = json.dumps({"a": "x" * 2000}).encode()
    assert of(body, "application/json", max_text_bytes=1000).structured is None
    with_schema = of(body, "application/json", max_text_bytes=1000, output_schema={"type": "object"})
    assert with_schema.structured == {"result": "The reply is too long to be given whole; see the text."}
    assert of(body, "application/json", max_text_bytes=3000).structured == {"a": "x" * 2000}


def truncated(data: bytes) -> Body:
    body = Body(data)
    body.truncated = True
    return body


def test_a_body_that_was_not_read_whole_says_so() -> None:
    (text,) = texts(result(tool_for(), 200, truncated(b"abc"), ("Content-Type", "text/plain")))
    assert text == f"abc\n\n[Cut: the first 3 bytes of more than 3. {NOTE}"
    (text,) = texts(result(tool_for(), 200, truncated(PNG), ("Content-Type", "image/png")))
    assert text == "The reply (image/png) is too large to be passed on: 16 bytes and more."


def test_the_parts_of_a_reply_share_the_limit() -> None:
    body = b"--b\r\n\r\n" + b"x" * 600 + b"\r\n--b\r\n\r\n" + b"y" * 600 + b"\r\n--b--"
    first, second = texts(of(body, "multipart/mixed; boundary=b", max_text_bytes=1000))
    assert first == "x" * 600
    assert second.startswith("y" * 400 + "\n\n[Cut: the first 400 bytes of 600.")


def test_a_streamed_body_is_read() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"a":'
        yield b"1}"

    assert result(tool_for(), 200, Body(stream=pieces()), ("Content-Type", "application/json")).structured == {"a": 1}


CONTENT_TYPES = st.sampled_from(
    [
        *("", "application/json", "text/plain", "text/html; charset=utf-16", "application/xml", "image/png", "audio/wav"),
        *(
            "application/pdf",
            "multipart/mixed; boundary=b",
            "application/octet-stream",
            "a/b; charset=idna",
            ";;;",
            "text/plain; charset=utf-7",
        ),
    ]
)
BODIES = st.binary(max_size=60) | st.sampled_from([PNG, WAV, PDF, MIXED, b'{"a":1}', b"[]", b"--b\n--b\n--b--"])


@settings(max_examples=300, deadline=None)
@given(
    status=st.integers(200, 599),
    body=BODIES,
    content_type=CONTENT_TYPES,
    documents=st.sampled_from([(), ("application/json",), ("image/png",), ("*/*",)]),
    schema=st.sampled_from([None, {"type": "object"}]),
)
def test_every_reply_makes_a_result_that_can_be_sent(
    status: int, body: bytes, content_type: str, documents: tuple[str, ...], schema: Any
) -> None:
    responses = (ResponseSpec("2XX", contents=tuple(BodyContent(name) for name in documents)),)
    found = result(tool_for(responses=responses, output_schema=schema), status, body, ("Content-Type", content_type))
    assert found.content
    assert found.is_error is (status >= 300)
    assert schema is None or found.is_error or isinstance(found.structured, dict)
    json.dumps([found.content, found.structured], ensure_ascii=False, allow_nan=False).encode()
    for block in found.content:
        assert block["type"] in {"text", "image", "audio", "resource"}
