"""The law, whole: an OpenAPI document is imported, its tool called over MCP, and a real HTTP server that reads the request by
OpenAPI's rules (`openapi_reader`, which shares no code with the gateway) finds the values that the caller gave."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_core.calls import HttpBackend
from mcp_core.catalog.model import Api, Catalogue, McpServer
from mcp_core.catalog.snapshot import compile_snapshot
from mcp_core.endpoint import Endpoint
from mcp_core.openapi import import_document
from mcp_core.protocol import EndpointRules
from mcp_core.settings import Settings
from policies.messages import Headers, Request
from policies.ports import Services
from tests.mcp_core.calls import openapi_reader as reader
from tests.mcp_core.calls.building import Loop, loop_in_thread

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Seen:
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Gateway:
    """The gateway in this process, and the backend that remembers what it got."""

    loop: Loop
    url: str
    seen: Seen
    services: Services

    def call(self, document: dict[str, Any], values: dict[tuple[str, str], Any]) -> Seen:
        """Import the document, call its only tool with values by (place, name); what the backend saw."""
        api = import_document(json.dumps(document).encode(), api_id="law", service_url=self.url)
        assert len(api.tools) == 1, api.warnings
        names = {(binding.target, binding.name): binding.argument for binding in api.tools[0].arguments}
        arguments = {names[place]: value for place, value in values.items()}
        answer = self.loop.run(self._serve(api, api.tools[0].name, arguments))
        assert not answer["result"]["isError"], answer
        return self.seen

    async def _serve(self, api: Api, tool: str, arguments: dict[str, Any]) -> Any:
        server = McpServer("law-mcp", api.id)
        catalogue = Catalogue(apis={api.id: api}, servers={server.name: server})
        snapshot = compile_snapshot(catalogue, Settings(), None)
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        fields = {
            "Host": "gateway.example",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
        }
        request = Request("POST", "https://gateway.example/law-mcp/mcp", Headers(fields), json.dumps(message).encode())
        endpoint = Endpoint(self.services, EndpointRules())
        response = await endpoint.serve(snapshot.servers[server.name], snapshot.callers, request)
        return json.loads(response.body.data)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    seen = Seen()

    async def remember(request: web.BaseRequest) -> web.Response:
        seen.target, seen.body = request.raw_path, await request.read()
        seen.headers = {name.lower(): value for name, value in request.headers.items()}
        return web.json_response({})

    async def start() -> tuple[web.ServerRunner, int]:
        runner = web.ServerRunner(web.Server(remember), handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, runner.addresses[0][1]

    with loop_in_thread() as loop:
        runner, port = loop.run(start())
        backend = HttpBackend(allow_private=True)
        yield Gateway(loop, f"http://127.0.0.1:{port}/api", seen, Services(backend=backend))
        loop.run(backend.close())
        loop.run(runner.cleanup())
        loop.run(asyncio.sleep(0))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SEGMENT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=".%"), min_size=1, max_size=8)
VISIBLE = st.from_regex(r"\A[!-+\--<>-~]{0,8}\Z")
SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}
STYLES = {"path": ["simple", "label", "matrix"], "query": ["form", "spaceDelimited", "pipeDelimited"]}
TEXTS = {"path": SEGMENT, "header": VISIBLE}


# The same name in two places makes arguments collide, which must not matter.
NAMES = {
    "path": ["id", "p{}", "p-{}.x"],
    "query": ["id", "p{}", "p {}é", "filter[x{}]"],
    "header": ["X-P{}"],
    "cookie": ["id", "p{}", "p.{}"],
}


@dataclass(frozen=True)
class Drawn:
    """One parameter as the document has it, and its value."""

    location: str
    name: str
    style: str
    explode: bool
    schema: Any
    value: Any

    @property
    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.location,
            "style": self.style,
            "explode": self.explode,
            "schema": self.schema,
            "required": self.location == "path",
        }


@st.composite
def parameters(draw: st.DrawFn, location: str, number: int) -> Drawn:
    style = draw(st.sampled_from(STYLES.get(location, ["simple" if location == "header" else "form"])))
    text = TEXTS.get(location, TEXT)
    separator = SEPARATORS.get(style, "")
    member = text.filter(lambda item: not separator or separator not in item)
    kind = draw(st.sampled_from(["string", "integer", "boolean"]))
    scalars: dict[str, st.SearchStrategy[Any]] = {"integer": st.integers(-(2**53), 2**53), "boolean": st.booleans()}
    scalar = scalars.get(kind, member)
    name = draw(st.sampled_from([pattern.format(number) for pattern in NAMES[location]]))
    shape = draw(st.sampled_from(["scalar", "array", "object"]))
    explode = draw(st.booleans())
    schema: dict[str, Any] = {"type": kind}
    value: Any
    if shape == "scalar":
        value = draw(scalars.get(kind, text))
    elif shape == "array":
        schema = {"type": "array", "items": schema}
        value = draw(st.lists(scalar, min_size=1, max_size=3))
    else:
        keys = [f"{location}{number}k{index}" for index in range(draw(st.integers(1, 3)))]
        schema = {"type": "object", "properties": dict.fromkeys(keys, schema)}
        value = {key: draw(scalar) for key in keys}
    return Drawn(location, name, style, explode, schema, value)


@st.composite
def operations(draw: st.DrawFn) -> list[Drawn]:
    places = draw(st.lists(st.sampled_from(["path", "query", "header", "cookie"]), min_size=1, max_size=6))
    drawn = [draw(parameters(location, number)) for number, location in enumerate(places)]
    return list({(each.location, each.name): each for each in drawn}.values())


def read(each: Drawn, seen: Seen, path: dict[str, str]) -> Any:
    query = seen.target.partition("?")[2]
    match each.location:
        case "path":
            return reader.read_path(path[each.name], each.name, each.style, each.explode, each.schema)
        case "query":
            return reader.read_query(query, each.name, each.style, each.explode, each.schema)
        case "header":
            return reader.read_header(seen.headers.get(each.name.lower()), each.explode, each.schema)
        case _:
            return reader.read_cookies(seen.headers.get("cookie", ""), each.name, each.explode, each.schema)


def document_of(drawn: list[Drawn], body: dict[str, Any] | None = None) -> dict[str, Any]:
    template = "/x" + "".join(f"/{{{each.name}}}" for each in drawn if each.location == "path")
    operation: dict[str, Any] = {"parameters": [each.document for each in drawn], "responses": {"200": {"description": ""}}}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
    return {"openapi": "3.1.0", "info": {"title": "Law", "version": "1"}, "paths": {template: {"post": operation}}}


def path_of(drawn: list[Drawn], seen: Seen) -> dict[str, str]:
    segments = seen.target.partition("?")[0].removeprefix("/api/x").split("/")[1:]
    names = [each.name for each in drawn if each.location == "path"]
    assert len(segments) == len(names)
    return dict(zip(names, segments, strict=True))


def check(gateway: Gateway, drawn: list[Drawn], body: dict[str, Any] | None, more: dict[tuple[str, str], Any]) -> Seen:
    given_values = {(each.location, each.name): each.value for each in drawn} | more
    seen = gateway.call(document_of(drawn, body), given_values)
    path = path_of(drawn, seen)
    for each in drawn:
        assert read(each, seen, path) == each.value
    return seen


@LAW
@given(drawn=operations())
def test_parameters_of_every_place_together(gateway: Gateway, drawn: list[Drawn]) -> None:
    check(gateway, drawn, None, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
# Names that the parameters above may have too: a property of the body must not be taken for one of them.
PROPERTIES = ["id", "p0", "p1", "body", "X-P0", "filter[x]"]


@LAW
@given(drawn=operations(), members=st.dictionaries(st.sampled_from(PROPERTIES), JSON, min_size=1, max_size=4))
def test_json_bodies_beside_parameters_of_the_same_names(gateway: Gateway, drawn: list[Drawn], members: dict[str, Any]) -> None:
    body = {"application/json": {"schema": {"type": "object", "properties": {name: {} for name in members}}}}
    seen = check(gateway, drawn, body, {("body-property", name): value for name, value in members.items()})
    assert json.loads(seen.body) == members
    assert seen.headers["content-type"] == "application/json"


@LAW
@given(text=TEXT, items=st.lists(TEXT, min_size=1, max_size=3), nested=st.dictionaries(TEXT, JSON, max_size=2))
def test_forms(gateway: Gateway, text: str, items: list[str], nested: dict[str, Any]) -> None:
    strings = {"type": "array", "items": {"type": "string"}}
    schema = {"properties": {"t": {"type": "string"}, "i": strings, "c": strings, "n": {"type": "object"}}}
    body = {
        "application/x-www-form-urlencoded": {"schema": {"type": "object", **schema}, "encoding": {"c": {"explode": False}}}
    }
    values = {"t": text, "i": items, "c": items, "n": nested}
    seen = check(gateway, [], body, {("body-property", name): value for name, value in values.items()})
    pairs = reader.read_form(seen.body)
    assert [value for name, value in pairs if name == "t"] == [text]
    assert [value for name, value in pairs if name == "i"] == items
    assert [json.loads(value) for name, value in pairs if name == "n"] == [nested]
    raw = next(piece for piece in seen.body.decode().split("&") if piece.startswith("c="))
    assert reader.decoded(raw.removeprefix("c=").replace("+", " "), ",") == items


@LAW
@given(text=TEXT, files=st.lists(st.binary(max_size=40), min_size=1, max_size=3), version=st.sampled_from(["3.0.3", "3.1.0"]))
def test_files(gateway: Gateway, text: str, files: list[bytes], version: str) -> None:
    file = {"type": "string", "format": "binary"} if version == "3.0.3" else {"contentMediaType": "application/octet-stream"}
    schema = {"type": "object", "properties": {"t": {"type": "string"}, "f": {"type": "array", "items": file}, "one": file}}
    body = {"multipart/form-data": {"schema": schema}}
    encoded = [base64.b64encode(data).decode() for data in files]
    document = document_of([], body) | {"openapi": version}
    values: dict[str, Any] = {"t": text, "f": encoded, "one": encoded[0]}
    seen = gateway.call(document, {("body-property", name): value for name, value in values.items()})
    parts = reader.read_multipart(seen.body, seen.headers["content-type"])
    assert [(name, content) for name, filename, _, content in parts if filename] == [
        *(("f", data) for data in files),
        ("one", files[0]),
    ]
    assert [content.decode() for name, filename, _, content in parts if not filename] == [text]


COLLECTIONS = {"csv": ",", "ssv": "%20", "tsv": "%09", "pipes": "%7C"}


@pytest.mark.parametrize("collection", [*COLLECTIONS, "multi"])
@LAW
@given(items=st.lists(TEXT, min_size=1, max_size=4), field_items=st.lists(TEXT, min_size=1, max_size=3))
def test_swagger_collections(gateway: Gateway, collection: str, items: list[str], field_items: list[str]) -> None:
    separator = {"ssv": " ", "tsv": "\t", "pipes": "|"}.get(collection)
    if separator:
        items = [item.replace(separator, "") for item in items]
    array = {"type": "array", "items": {"type": "string"}}
    query = {"name": "q", "in": "query", "collectionFormat": collection, **array}
    form = {"name": "f", "in": "formData", "collectionFormat": "multi", **array}
    operation = {"parameters": [query, form], "responses": {"200": {"description": ""}}}
    document = {
        "swagger": "2.0",
        "info": {"title": "Law", "version": "1"},
        "consumes": ["application/x-www-form-urlencoded"],
        "paths": {"/x": {"post": operation}},
    }
    seen = gateway.call(document, {("query", "q"): items, ("body-property", "f"): field_items})
    raw = [piece.partition("=")[2] for piece in seen.target.partition("?")[2].split("&")]
    if collection == "multi":
        assert [reader.unquote(value) for value in raw] == items
    else:
        assert reader.decoded(raw[0], COLLECTIONS[collection]) == items
    assert reader.read_form(seen.body) == [("f", item) for item in field_items]
