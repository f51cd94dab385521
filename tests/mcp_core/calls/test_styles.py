"""OpenAPI's table of styles, written out: "Style Examples" of OAS 3.1.1, and what it leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_core.calls import ArgumentError
from mcp_core.catalog.operations import BodyContent, Encoding, Parameter
from tests.mcp_core.calls.building import SERVICE, tool_for

COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


def url_of(parameter: Parameter, value: Any) -> str:
    url = str(tool_for(parameter).request({parameter.name: value}).url)
    return url.removeprefix(f"{SERVICE}/things")


PATH = [
    ("simple", False, "blue", "/blue"),
    ("simple", False, COLORS, "/blue,black,brown"),
    ("simple", False, RGB, "/R,100,G,200,B,150"),
    ("simple", True, "blue", "/blue"),
    ("simple", True, COLORS, "/blue,black,brown"),
    ("simple", True, RGB, "/R=100,G=200,B=150"),
    ("label", False, "blue", "/.blue"),
    ("label", False, COLORS, "/.blue,black,brown"),
    ("label", False, RGB, "/.R,100,G,200,B,150"),
    ("label", True, COLORS, "/.blue.black.brown"),
    ("label", True, RGB, "/.R=100.G=200.B=150"),
    ("label", True, [1.5, "a.b"], "/.1%2E5.a%2Eb"),
    ("matrix", False, "blue", "/;color=blue"),
    ("matrix", False, COLORS, "/;color=blue,black,brown"),
    ("matrix", False, RGB, "/;color=R,100,G,200,B,150"),
    ("matrix", True, COLORS, "/;color=blue;color=black;color=brown"),
    ("matrix", True, RGB, "/;R=100;G=200;B=150"),
    ("matrix", False, "", "/;color"),
    ("simple", False, "a,b/c?d#e", "/a%2Cb%2Fc%3Fd%23e"),
    ("simple", False, ["a,b", "c"], "/a%2Cb,c"),
    ("simple", False, True, "/true"),
    ("simple", False, 5.0, "/5"),
    ("simple", False, -7, "/-7"),
]


@pytest.mark.parametrize(("style", "explode", "value", "expected"), PATH)
def test_path_styles(style: Any, explode: bool, value: Any, expected: str) -> None:
    assert url_of(Parameter("color", "path", {}, True, style, explode), value) == expected


QUERY = [
    ("form", True, "blue", "?color=blue"),
    ("form", True, "", "?color="),
    ("form", True, COLORS, "?color=blue&color=black&color=brown"),
    ("form", True, RGB, "?R=100&G=200&B=150"),
    ("form", False, COLORS, "?color=blue,black,brown"),
    ("form", False, RGB, "?color=R,100,G,200,B,150"),
    ("form", False, ["a,b", None, "c"], "?color=a%2Cb,c"),
    ("form", False, [True, False], "?color=true,false"),
    ("form", True, [], ""),
    ("form", True, {}, ""),
    ("form", True, None, ""),
    ("form", True, [{"a": 1}, [2]], "?color=%7B%22a%22%3A1%7D&color=%5B2%5D"),
    ("spaceDelimited", False, COLORS, "?color=blue%20black%20brown"),
    ("spaceDelimited", False, RGB, "?color=R%20100%20G%20200%20B%20150"),
    ("spaceDelimited", True, COLORS, "?color=blue&color=black&color=brown"),
    ("pipeDelimited", False, COLORS, "?color=blue%7Cblack%7Cbrown"),
    ("pipeDelimited", False, RGB, "?color=R%7C100%7CG%7C200%7CB%7C150"),
    ("tabDelimited", False, COLORS, "?color=blue%09black%09brown"),
    ("deepObject", True, RGB, "?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("deepObject", False, RGB, "?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("deepObject", True, {"a": {"b": "c d"}}, "?color%5Ba%5D%5Bb%5D=c%20d"),
    ("deepObject", True, {"in": ["x", "y"]}, "?color%5Bin%5D%5B%5D=x&color%5Bin%5D%5B%5D=y"),
    ("deepObject", True, {"or": [{"a": 1}, {"b": 2}]}, "?color%5Bor%5D%5B0%5D%5Ba%5D=1&color%5Bor%5D%5B1%5D%5Bb%5D=2"),
    ("deepObject", True, ["x"], "?color%5B%5D=x"),
    ("deepObject", True, "x", "?color=x"),
    ("form", True, "a&b=c#d+e f%", "?color=a%26b%3Dc%23d%2Be%20f%25"),
]


@pytest.mark.parametrize(("style", "explode", "value", "expected"), QUERY)
def test_query_styles(style: Any, explode: bool, value: Any, expected: str) -> None:
    assert url_of(Parameter("color", "query", {}, False, style, explode), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/a:b?c@d!$'()*,;=~", "?q=/a:b?c@d!$'()*,;=~"),
        ("a&b#c+d[e]", "?q=a%26b%23c%2Bd%5Be%5D"),
        ("50% %2F", "?q=50%25%20%2F"),
        (["a,b", "c/d"], "?q=a%2Cb,c/d"),
    ],
)
def test_allow_reserved_keeps_reserved_characters_that_cannot_end_the_value(value: Any, expected: str) -> None:
    assert url_of(Parameter("q", "query", {}, False, "form", False, allow_reserved=True), value) == expected


@pytest.mark.parametrize(("value", "expected"), [([], "?q="), (None, "?q="), ("", "?q="), ({}, "?q=")])
def test_allow_empty_value_sends_the_bare_name(value: Any, expected: str) -> None:
    assert url_of(Parameter("q", "query", {}, False, "form", False, allow_empty_value=True), value) == expected


def test_a_required_parameter_without_members_is_still_there() -> None:
    assert url_of(Parameter("q", "query", {}, True, "form", True), []) == "?q="


def test_arguments_that_were_not_given_are_not_sent() -> None:
    tool = tool_for(
        Parameter("q", "query", {"type": "string", "default": "x"}),
        Parameter("X-Y", "header", {"type": "string", "default": "x"}),
    )
    request = tool.request({})
    assert str(request.url) == f"{SERVICE}/things"
    assert "X-Y" not in request.headers


HEADERS = [
    (False, "blue", "blue"),
    (False, COLORS, "blue,black,brown"),
    (False, RGB, "R,100,G,200,B,150"),
    (True, COLORS, "blue,black,brown"),
    (True, RGB, "R=100,G=200,B=150"),
    (True, ["YQ==", "Yg=="], "YQ==,Yg=="),
    (False, "50% off; a=b", "50% off; a=b"),
    (False, [], None),
    (False, None, None),
]


@pytest.mark.parametrize(("explode", "value", "expected"), HEADERS)
def test_header_styles(explode: bool, value: Any, expected: str | None) -> None:
    tool = tool_for(Parameter("X-Color", "header", {}, False, "simple", explode))
    assert tool.request({"X-Color": value}).headers.get("X-Color") == expected


COOKIES = [
    (True, "blue", "color=blue"),
    (True, COLORS, "color=blue; color=black; color=brown"),
    (True, RGB, "R=100; G=200; B=150"),
    (False, COLORS, "color=blue,black,brown"),
    (False, "a; admin=1", "color=a%3B%20admin%3D1"),
]


@pytest.mark.parametrize(("explode", "value", "expected"), COOKIES)
def test_cookie_styles(explode: bool, value: Any, expected: str) -> None:
    tool = tool_for(Parameter("color", "cookie", {}, False, "form", explode), Parameter("other", "cookie"))
    assert tool.request({"color": value}).headers.get("Cookie") == expected


def test_several_cookies_make_one_header() -> None:
    tool = tool_for(*(Parameter(name, "cookie", {}, False, "form", True) for name in ("a", "b")))
    assert tool.request({"b": 2, "a": 1}).headers.get_all("Cookie") == ["a=1; b=2"]


CONTENT = [
    ("query", "application/json", {"a": ["ü", 1]}, "/things?p=%7B%22a%22%3A%5B%22%C3%BC%22%2C1%5D%7D"),
    ("query", "text/plain", "a b", "/things?p=a%20b"),
    ("query", "application/x-www-form-urlencoded", {"a": "b c"}, "/things?p=a%3Db%2Bc"),
    ("path", "application/json", {"a": 1}, "/things/%7B%22a%22%3A1%7D"),
]


@pytest.mark.parametrize(("location", "media_type", "value", "expected"), CONTENT)
def test_parameters_given_by_content(location: Any, media_type: str, value: Any, expected: str) -> None:
    tool = tool_for(Parameter("p", location, {}, content_type=media_type))
    assert str(tool.request({"p": value}).url).removeprefix(SERVICE) == expected


def test_json_in_a_header_is_ascii() -> None:
    tool = tool_for(Parameter("X-P", "header", {}, content_type="application/json"))
    assert tool.request({"X-P": {"a": "ü"}}).headers.get("X-P") == '{"a":"\\u00fc"}'


@pytest.mark.parametrize(
    ("style", "value"), [("spaceDelimited", ["a b"]), ("pipeDelimited", ["a|b"]), ("tabDelimited", {"a\tb": 1})]
)
def test_members_that_hold_their_separator_are_refused(style: Any, value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^Argument `q` must not have members that contain"):
        tool_for(Parameter("q", "query", {}, False, style, False)).request({"q": value})
    assert tool_for(Parameter("q", "query", {}, False, style, True)).request({"q": value})


FORM = [
    (Encoding(), ["a b", "c&d"], "p=a+b&p=c%26d"),
    (Encoding(explode=False), ["a b", "c,d"], "p=a+b,c%2Cd"),
    (Encoding(style="pipeDelimited", explode=False), ["a", "b"], "p=a%7Cb"),
    (Encoding(style="deepObject"), {"a": {"b c": [1]}}, "p%5Ba%5D%5Bb+c%5D%5B%5D=1"),
    (Encoding(content_type="application/json"), {"a": 1}, "p=%7B%22a%22%3A1%7D"),
    (Encoding(content_type="application/json"), [{"a": 1}, {"b": 2}], "p=%7B%22a%22%3A1%7D&p=%7B%22b%22%3A2%7D"),
    (Encoding(allow_reserved=True), "a/b&c", "p=a/b%26c"),
    (Encoding(), {"a": 1, "b": 2}, "a=1&b=2"),
    (Encoding(), None, ""),
]


@pytest.mark.parametrize(("encoding", "value", "expected"), FORM)
def test_form_encodings(encoding: Encoding, value: Any, expected: str) -> None:
    content = BodyContent("application/x-www-form-urlencoded", encoding={"p": encoding})
    request = tool_for(method="POST", content=content, body_properties=("p",)).request({"p": value})
    assert request.body.data.decode() == expected
