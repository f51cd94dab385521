"""No argument leaves its place: path segment, query value, header field, cookie; and what an operation fixes stays fixed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.calls import ArgumentError
from mcp_core.catalog.operations import BodyContent, Parameter, ResponseSpec
from tests.mcp_core.calls.building import SERVICE, tool_for

ID = Parameter("id", "path", {}, True)

DOT_SEGMENTS = [
    *(".", "..", "../admin", "..\\admin", "a/../b", "a/..", "/..", "./x", "a/./b"),
    *("%2e%2e", "%2E%2E", "%2e", ".%2e", "%252e%252e", "%25252e%25252e", "..%2fadmin", "%2e%2e%2fadmin", "a%2f..%2fb"),
    *("..;/admin", "..;x", "..%00", ".. ", " ..", "..\n/x", "%2e%2e;jsessionid=1"),
]


@pytest.mark.parametrize("value", DOT_SEGMENTS)
@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
def test_dot_segments_in_a_path_argument_are_refused(style: Any, value: str) -> None:
    with pytest.raises(ArgumentError, match=r'^Argument `id` must not be or contain the path segments "." or ".."'):
        tool_for(Parameter("id", "path", {}, True, style)).request({"id": value})
    with pytest.raises(ArgumentError):
        tool_for(Parameter("id", "path", {}, True, style)).request({"id": ["x", value]})


@pytest.mark.parametrize("value", ["", [], {}, [""], None])
def test_an_empty_path_argument_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^Argument `id` (must not be empty|is required): it is a part of the address"):
        tool_for(ID).request({"id": value})
    with pytest.raises(ArgumentError, match="is required"):
        tool_for(ID).request({})


@pytest.mark.parametrize(
    ("style", "value"), [("label", [""]), ("label", ["", ""]), ("label", ""), ("label", ["", "/x"]), ("label", {"/": 1})]
)
def test_a_label_of_nothing_is_no_dot_segment(style: Any, value: Any) -> None:
    with pytest.raises(ArgumentError):
        tool_for(Parameter("id", "path", {}, True, style, True)).request({"id": value})


ENCODED = [
    ("a/b", "a%2Fb"),
    ("a\\b", "a%5Cb"),
    ("a?b=c", "a%3Fb%3Dc"),
    ("a#b", "a%23b"),
    ("a%2Fb", "a%252Fb"),
    ("a b", "a%20b"),
    ("ä漢😀", "%C3%A4%E6%BC%A2%F0%9F%98%80"),
    ("x\r\nHost: evil", "x%0D%0AHost%3A%20evil"),
    ("@evil.example", "%40evil.example"),
    ("//evil.example", "%2F%2Fevil.example"),
    ("report..2026", "report..2026"),
    ("...", "..."),
    (".hidden", ".hidden"),
]


@pytest.mark.parametrize(("value", "expected"), ENCODED)
def test_a_path_argument_is_one_segment(value: str, expected: str) -> None:
    assert str(tool_for(ID).request({"id": value}).url) == f"{SERVICE}/things/{expected}"


TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("./\\%2e;#?&=@: \r\n"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    value=JSON,
    query=JSON,
    style=st.sampled_from(["simple", "label", "matrix"]),
    query_style=st.sampled_from(["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
    explode=st.booleans(),
    reserved=st.booleans(),
)
def test_no_argument_changes_the_shape_of_the_address(
    value: Any, query: Any, style: Any, query_style: Any, explode: bool, reserved: bool
) -> None:
    tool = tool_for(
        Parameter("id", "path", {}, True, style, explode, allow_reserved=reserved),
        Parameter("q", "query", {}, False, query_style, explode, allow_reserved=reserved),
        template="/a/{id}/b",
    )
    try:
        text = str(tool.request({"id": value, "q": query}).url)
    except ArgumentError as error:
        assert error.argument in {"id", "q"}
        return
    assert re.fullmatch(r"[!-~]*", text)
    parts = urlsplit(text)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.org", "")
    segments = parts.path.split("/")
    assert segments[:3] == ["", "v1", "a"]
    assert segments[4:] == ["b"]
    decoded = segments[3]
    for _ in range(4):
        assert decoded
        assert not any(piece.strip() in {".", ".."} for piece in re.split(r"[/\\]", decoded))
        decoded = unquote(decoded)


HEADER_ATTACKS = [
    "a\r\nX-Evil: 1",
    "a\nb",
    "a\rb",
    "a\0b",
    "ü",
    "漢",
    "a\x7fb",
    "a\x1bb",
    " a",
    "a ",
    "\ta",
    "a\x85b",
    "a\u2028b",
]


@pytest.mark.parametrize("value", HEADER_ATTACKS)
def test_a_header_argument_cannot_split_or_change(value: str) -> None:
    tool = tool_for(Parameter("X-Thing", "header"))
    for sent in (value, [value], {"k": value}, {value: "v"}):
        with pytest.raises(ArgumentError, match=r"^Argument `X-Thing` must not|^Argument `X-Thing` must have only ASCII"):
            tool.request({"X-Thing": sent})


@settings(max_examples=200, deadline=None)
@given(value=JSON, cookie=JSON, explode=st.booleans(), media_type=st.sampled_from(["", "application/json", "text/plain"]))
def test_no_argument_adds_a_header_or_cookie(value: Any, cookie: Any, explode: bool, media_type: str) -> None:
    tool = tool_for(
        Parameter("X-Thing", "header", {}, False, "simple", explode, content_type=media_type),
        Parameter("c", "cookie", {}, False, "form", False),
    )
    try:
        headers = tool.request({"X-Thing": value, "c": cookie}).headers
    except ArgumentError as error:
        assert error.argument == "X-Thing"
        return
    assert {name.lower() for name in headers} <= {"accept", "x-thing", "cookie"}
    assert all(re.fullmatch(r"[\t -~]*", text) for _, text in headers.items())
    assert ";" not in (headers.get("Cookie") or "")


NOT_SETTABLE = [
    *("Host", "content-length", "Content-Type", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade"),
    *("Proxy-Authorization", "Proxy-Connection", "Authorization", "Cookie", "Expect", "X-Forwarded-For", "Forwarded", "Via"),
    *("bad name", "bad\r\nname", "ü", ""),
]


@pytest.mark.parametrize("name", NOT_SETTABLE)
def test_headers_that_are_not_the_operations_are_never_set(name: str) -> None:
    headers = tool_for(Parameter(name, "header")).request({name: "evil"}).headers
    assert "evil" not in [value for _, value in headers.items()]


def test_an_operations_own_accept_parameter_replaces_ours() -> None:
    tool = tool_for(Parameter("accept", "header"))
    assert tool.request({"accept": "application/vnd.x+json"}).headers.get_all("Accept") == ["application/vnd.x+json"]
    assert tool.request({}).headers.get_all("Accept") == ["application/json, */*;q=0.8"]


def test_accept_names_what_the_operation_documents_json_first() -> None:
    contents = tuple(BodyContent(name) for name in ("text/csv", "application/json; charset=utf-8", "*/*", "image/png"))
    responses = (ResponseSpec("200", contents=contents), ResponseSpec("404", contents=(BodyContent("text/html"),)))
    accept = tool_for(responses=responses).request({}).headers.get("Accept")
    assert accept == "application/json, text/csv, image/png, */*;q=0.1"


URLS = [
    ("https://api.example.org/v1/", "/x", "", "https://api.example.org/v1/x"),
    ("https://api.example.org", "/x/", "", "https://api.example.org/x/"),
    ("https://api.example.org/v1", "/x", "http://other.example:8080/base", "http://other.example:8080/base/x"),
    ("https://api.example.org/v1?key=k", "/x?Action=List", "", "https://api.example.org/v1/x?key=k&Action=List&q=1"),
    ("https://api.example.org", "/a b/ü", "", "https://api.example.org/a%20b/%C3%BC"),
    ("https://[2001:db8::1]:8443/", "/x", "", "https://[2001:db8::1]:8443/x"),
]


@pytest.mark.parametrize(("service", "template", "server", "expected"), URLS)
def test_addresses_are_absolute(service: str, template: str, server: str, expected: str) -> None:
    tool = tool_for(Parameter("q", "query"), template=template, service=service, server_url=server)
    assert str(tool.request({"q": 1}).url) == (expected if "q=1" in expected else f"{expected}?q=1")


def test_placeholders_may_share_a_segment_and_repeat() -> None:
    parameters = [Parameter(name, "path", {}, True) for name in ("a", "b")]
    request = tool_for(*parameters, template="/x/{a}.{b}/{a}").request({"a": "1/2", "b": "z"})
    assert request.url.path == "/v1/x/1%2F2.z/1%2F2"
    assert request.matched_parameters == {"a": "1/2", "b": "z"}


def test_every_request_is_fresh() -> None:
    tool = tool_for(ID, Parameter("q", "query"))
    first = tool.request({"id": 1, "q": 2})
    first.url.query["q"] = ["changed"]
    first.headers.set("X-New", "1")
    second = tool.request({"id": 1, "q": 2})
    assert str(second.url).endswith("/things/1?q=2")
    assert "X-New" not in second.headers
    assert second.method == "GET"


@pytest.mark.parametrize("location", ["path", "query", "cookie"])
def test_half_a_surrogate_pair_is_refused(location: Any) -> None:
    with pytest.raises(ArgumentError, match="surrogate"):
        tool_for(Parameter("p", location)).request({"p": "a\ud800"})


@pytest.mark.parametrize("location", ["path", "query", "cookie", "header"])
def test_numbers_that_are_none_are_refused(location: Any) -> None:
    with pytest.raises(ArgumentError, match="finite"):
        tool_for(Parameter("p", location)).request({"p": float("nan")})
