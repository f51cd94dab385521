"""The law: what a real HTTP server reads by OpenAPI's rules equals what the caller gave."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mcp_core.calls import ArgumentError, HttpBackend, PreparedTool
from mcp_core.catalog.operations import BodyContent, Encoding, Parameter
from tests.mcp_core.calls import openapi_reader as reader
from tests.mcp_core.calls.building import Loop, tool_for

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Seen:
    """The last request that the server got."""

    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Wire:
    """A backend that remembers what it got, and a client to reach it by."""

    loop: Loop
    url: str
    seen: Seen
    backend: HttpBackend

    def call(self, tool: PreparedTool, arguments: dict[str, Any]) -> Seen:
        assert tool.check(arguments) == []
        response = self.loop.run(self.backend.send(tool.request(arguments)))
        assert response.status == 204
        return self.seen


@pytest.fixture(scope="module")
def wire(loop: Loop) -> Iterator[Wire]:
    seen = Seen()

    async def remember(request: web.BaseRequest) -> web.Response:
        seen.target, seen.body = request.raw_path, await request.read()
        seen.headers = {name.lower(): value for name, value in request.headers.items()}
        return web.Response(status=204)

    async def start() -> tuple[web.ServerRunner, int]:
        runner = web.ServerRunner(web.Server(remember), handle_signals=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, runner.addresses[0][1]

    runner, port = loop.run(start())
    backend = HttpBackend(allow_private=True)
    yield Wire(loop, f"http://127.0.0.1:{port}/api", seen, backend)
    loop.run(backend.close())
    loop.run(runner.cleanup())


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), min_size=1, max_size=8)
HEADER_TEXT = st.from_regex(r"\A(?:[!-~]([ -~]{0,8}[!-~])?|)\Z")
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(10**12), 10**12),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
}


DOTS = re.compile(r"(?:^|[/\\])[\s\0]*\.[\s\0]*\.?[\s\0]*(?:[/\\;]|$)")


def is_safe_segment(text: str) -> bool:
    """Not empty, and no dot segment however often it is decoded: those are refused, see test_places."""
    stages = [text]
    for _ in range(8):
        stages.append(unquote(stages[-1]))
    return bool(text) and not any(DOTS.search(stage) for stage in stages)


PATH_PIECES = ["a", "é", ".", "..", "%", "%2e", "%2F", "/", "\\", ";", ",", "=", "?", "#", " ", "漢"]
PATH_TEXT = st.lists(st.sampled_from(PATH_PIECES), max_size=6).map("".join)


@st.composite
def values(draw: st.DrawFn, text: st.SearchStrategy[str], forbidden: str = "", kinds: str = "scalar array object") -> Any:
    """A schema and a value of it: a scalar, an array of scalars, or an object of scalars."""
    member = text.filter(lambda item: not any(character in item for character in forbidden))
    kind = draw(st.sampled_from(kinds.split()))
    scalar = draw(st.sampled_from([*SCALARS, "string", "string"]))
    strategy = SCALARS.get(scalar, text if kind == "scalar" else member)
    if kind == "scalar":
        return {"type": scalar}, draw(strategy)
    if kind == "array":
        return {"type": "array", "items": {"type": scalar}}, draw(st.lists(strategy, min_size=1, max_size=4))
    keys = draw(st.lists(member.filter(lambda key: bool(key) and key != "p"), min_size=1, max_size=3, unique=True))
    return (
        {"type": "object", "properties": {key: {"type": scalar} for key in keys}},
        {key: draw(strategy) for key in keys},
    )


@LAW
@given(
    name=NAMES,
    style=st.sampled_from(["simple", "label", "matrix"]),
    explode=st.booleans(),
    drawn=values((TEXT | PATH_TEXT).filter(is_safe_segment)),
)
def test_path_parameters(wire: Wire, name: str, style: Any, explode: bool, drawn: Any) -> None:
    schema, value = drawn
    tool = tool_for(Parameter(name, "path", schema, True, style, explode), template=f"/a/{{{name}}}/b", service=wire.url)
    try:
        target = wire.call(tool, {name: value}).target
    except ArgumentError:  # with the dot of a label before it, more may become a dot segment
        assert style == "label"
        return
    before, _, rest = target.partition("/api/a/")
    segment, _, after = rest.rpartition("/")
    assert (before, after) == ("", "b")
    assert "/" not in segment
    assert reader.read_path(segment, name, style, explode, schema) == value


QUERY_STYLES = [
    ("form", ""),
    ("spaceDelimited", " "),
    ("pipeDelimited", "|"),
    ("tabDelimited", "\t"),
]


@pytest.mark.parametrize(("style", "forbidden"), QUERY_STYLES)
@LAW
@given(name=NAMES, explode=st.booleans(), data=st.data())
def test_query_parameters(wire: Wire, style: Any, forbidden: str, name: str, explode: bool, data: st.DataObject) -> None:
    schema, value = data.draw(values(TEXT, forbidden))
    assume(name not in schema.get("properties", {}))
    tool = tool_for(Parameter(name, "query", schema, False, style, explode), service=wire.url)
    _, _, query = wire.call(tool, {name: value}).target.partition("?")
    assert reader.read_query(query, name, style, explode, schema) == value


@LAW
@given(value=TEXT.filter(lambda text: "%" not in text), kind=st.sampled_from(["scalar", "array"]))
def test_query_parameters_with_allow_reserved(wire: Wire, value: str, kind: str) -> None:
    schema = {"type": "string"} if kind == "scalar" else {"type": "array", "items": {"type": "string"}}
    sent: Any = value if kind == "scalar" else [value, "a,b"]
    tool = tool_for(Parameter("p", "query", schema, False, "form", False, allow_reserved=True), service=wire.url)
    _, _, query = wire.call(tool, {"p": sent}).target.partition("?")
    assert reader.read_query(query, "p", "form", False, schema) == sent


DEEP_KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1, max_size=6)


@st.composite
def deep_values(draw: st.DrawFn, depth: int = 2) -> Any:
    kind = draw(st.sampled_from(["scalar", "array", "object"])) if depth else "scalar"
    if kind == "scalar":
        return {"type": "string"}, draw(TEXT)
    if kind == "object":
        members = draw(st.dictionaries(DEEP_KEYS, deep_values(depth=depth - 1), min_size=1, max_size=3))
        return (
            {"type": "object", "properties": {key: schema for key, (schema, _) in members.items()}},
            {key: value for key, (_, value) in members.items()},
        )
    schema, first = draw(deep_values(depth=depth - 1))
    return {"type": "array", "items": schema}, [first, first]


@LAW
@given(members=st.dictionaries(DEEP_KEYS, deep_values(), min_size=1, max_size=3))
def test_deep_objects(wire: Wire, members: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {key: schema for key, (schema, _) in members.items()}}
    value = {key: value for key, (_, value) in members.items()}
    tool = tool_for(Parameter("p", "query", schema, False, "deepObject", True), service=wire.url)
    _, _, query = wire.call(tool, {"p": value}).target.partition("?")
    assert reader.read_query(query, "p", "deepObject", True, schema) == value


@LAW
@given(explode=st.booleans(), drawn=values(HEADER_TEXT, ",="))
def test_header_parameters(wire: Wire, explode: bool, drawn: Any) -> None:
    schema, value = drawn
    tool = tool_for(Parameter("X-Thing", "header", schema, False, "simple", explode), service=wire.url)
    headers = wire.call(tool, {"X-Thing": value}).headers
    assert reader.read_header(headers.get("x-thing"), explode, schema) == value


@LAW
@given(name=NAMES, explode=st.booleans(), drawn=values(TEXT))
def test_cookie_parameters(wire: Wire, name: str, explode: bool, drawn: Any) -> None:
    schema, value = drawn
    assume(name not in schema.get("properties", {}))
    tool = tool_for(Parameter(name, "cookie", schema, False, "form", explode), service=wire.url)
    assert reader.read_cookies(wire.call(tool, {name: value}).headers["cookie"], name, explode, schema) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@LAW
@given(path=TEXT.filter(is_safe_segment), query=JSON, body=JSON)
def test_content_parameters_and_json_bodies_together(wire: Wire, path: str, query: Any, body: Any) -> None:
    tool = tool_for(
        Parameter("id", "path", {}, True),
        Parameter("filter", "query", {}, content_type="application/json"),
        method="PATCH",
        content=BodyContent("application/merge-patch+json"),
        service=wire.url,
    )
    seen = wire.call(tool, {"id": path, "filter": query, "body": body})
    route, _, raw_query = seen.target.partition("?")
    assert reader.read_path(route.rpartition("/")[2], "id", "simple", False, {"type": "string"}) == path
    assert json.loads(reader.read_query(raw_query, "filter", "form", False, {"type": "string"})) == query
    assert json.loads(seen.body) == body
    assert seen.headers["content-type"] == "application/merge-patch+json"


@LAW
@given(members=st.dictionaries(NAMES, JSON, min_size=1, max_size=4))
def test_body_properties_make_one_object(wire: Wire, members: dict[str, Any]) -> None:
    tool = tool_for(method="POST", content=BodyContent("application/json"), body_properties=tuple(members), service=wire.url)
    assert json.loads(wire.call(tool, members).body) == members


@LAW
@given(scalar=TEXT, items=st.lists(TEXT, min_size=1, max_size=3), nested=JSON, data=st.binary(max_size=20))
def test_forms(wire: Wire, scalar: str, items: list[str], nested: Any, data: bytes) -> None:
    assume(nested is not None and not isinstance(nested, list))
    encoding = {
        "csv": Encoding(explode=False),
        "nested": Encoding(content_type="application/json"),
        "deep": Encoding(style="deepObject"),
    }
    tool = tool_for(
        method="POST",
        content=BodyContent("application/x-www-form-urlencoded", encoding=encoding),
        service=wire.url,
    )
    sent = {"scalar": scalar, "items": items, "csv": items, "nested": nested, "deep": {"a": scalar}}
    seen = wire.call(tool, {"body": sent})
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    pairs = reader.read_form(seen.body)
    assert [value for name, value in pairs if name == "scalar"] == [scalar]
    assert [value for name, value in pairs if name == "items"] == items
    assert dict(pairs)["deep[a]"] == scalar
    assert json.loads(dict(pairs)["nested"]) == nested
    raw = next(piece for piece in seen.body.decode().split("&") if piece.startswith("csv="))
    assert reader.decoded(raw.removeprefix("csv=").replace("+", " "), ",") == items


@LAW
@given(
    name=NAMES.filter(lambda text: not any(character in text for character in '"\r\n\\')),
    text=TEXT,
    nested=JSON,
    files=st.lists(st.binary(max_size=64), min_size=1, max_size=3),
)
def test_multipart_with_files(wire: Wire, name: str, text: str, nested: Any, files: list[bytes]) -> None:
    assume(name not in {"meta", "files"} and nested is not None and not isinstance(nested, list))
    encoding = {
        "meta": Encoding(content_type="application/json"),
        "files": Encoding(content_type="image/png, image/jpeg", base64=True),
    }
    tool = tool_for(method="POST", content=BodyContent("multipart/form-data", encoding=encoding), service=wire.url)
    encoded = [base64.b64encode(data).decode() for data in files]
    seen = wire.call(tool, {"body": {name: text, "meta": nested, "files": encoded}})
    parts = reader.read_multipart(seen.body, seen.headers["content-type"])
    assert [(part[0], part[1], part[2]) for part in parts] == [
        (name, None, None),
        ("meta", None, "application/json"),
        *[("files", "files.png", "image/png")] * len(files),
    ]
    assert parts[0][3].decode() == text
    assert json.loads(parts[1][3]) == nested
    assert [part[3] for part in parts[2:]] == files


@LAW
@given(data=st.binary(max_size=200))
def test_binary_bodies(wire: Wire, data: bytes) -> None:
    tool = tool_for(method="PUT", content=BodyContent("application/octet-stream", base64=True), service=wire.url)
    seen = wire.call(tool, {"body": base64.b64encode(data).decode()})
    assert seen.body == data
    if data:
        assert seen.headers["content-type"] == "application/octet-stream"


@LAW
@given(text=TEXT)
def test_text_bodies(wire: Wire, text: str) -> None:
    tool = tool_for(method="PUT", content=BodyContent("text/markdown"), service=wire.url)
    seen = wire.call(tool, {"body": text})
    assert seen.body.decode() == text
