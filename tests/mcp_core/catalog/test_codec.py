"""The stored form of the catalogue: everything comes back equal, and survives other versions of this program."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.catalog.codec import decode, encode
from mcp_core.catalog.model import (
    Api,
    Connection,
    McpServer,
    NamedBackend,
    NamedValue,
    PolicyText,
    Product,
    Subscription,
    SubscriptionKey,
    ToolOverride,
)
from mcp_core.catalog.operations import (
    ArgumentBinding,
    BodyContent,
    Encoding,
    Operation,
    Parameter,
    RequestBody,
    ResponseSpec,
    Tool,
    ToolAnnotations,
)
from policies.secret import Secret

PET = {"type": "object", "properties": {"name": {"type": "string"}, "parent": {"$ref": "#/$defs/Pet"}}}
FULL_OPERATION = Operation(
    id="getPet",
    method="GET",
    url_template="/pets/{id}",
    summary="A pet",
    description="One pet 🙂",
    server_url="https://other.example.org",
    parameters=(
        Parameter("id", "path", {"type": "integer"}, True),
        Parameter("q", "query", False, style="deepObject", explode=True, content_type="application/json"),
    ),
    body=RequestBody(
        (
            BodyContent(
                "multipart/form-data",
                {"type": "object"},
                {"file": Encoding("image/png", headers={"X-A": {"type": "string"}, "X-B": True})},
                {"file": [1, None, 2.5]},
            ),
        ),
        True,
        "the body",
    ),
    responses=(ResponseSpec("200", "ok", (BodyContent("application/json", {"$ref": "#/$defs/Pet"}),), {"ETag": True}),),
    definitions={"Pet": PET, "Anything": True},
    tags=("pets",),
    deprecated=True,
)
FULL_TOOL = Tool(
    name="getPet",
    operation_id="getPet",
    title="A pet",
    description="",
    input_schema={"type": "object", "$defs": {"Pet": PET}, "properties": {"id": {"type": "integer"}}, "required": ["id"]},
    arguments=(ArgumentBinding("id", "path", "id"), ArgumentBinding("body", "body")),
    annotations=ToolAnnotations(True, False, True, False),
    output_schema={"type": "object", "$defs": {"Pet": PET}},
    wraps_output=True,
)
KEY = SubscriptionKey("lookup", "salt", "digest")
THINGS: list[Any] = [
    Api("a", "A", "a", "https://x", operations=(FULL_OPERATION,), tools=(FULL_TOOL,), warnings=("w",)),
    Api("a", "A", "", ""),
    McpServer("s", "a"),
    McpServer("s", "a", operations=(), overrides=(ToolOverride("o", "n", "d", "@(true)"),), oauth={"scopes": ["a"]}),
    Product("p", "P", apis=("a",), servers=("s",)),
    NamedValue("n", Secret("v"), True, ("t",)),
    NamedBackend("b", "https://x", {"X-A": Secret("1")}, {"q": Secret("1")}),
    PolicyText("global", "<policies>\r\n é</policies>"),
    Subscription("s", "S", "product/p", "suspended", KEY, None, {"id": "u"}, 1.5, 0.0, 2.0**40),
    Connection("github", "main", scopes=("repo",), parameters={"a": "b"}),
]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
def test_a_thing_comes_back_equal(thing: Any) -> None:
    text = encode(thing)
    assert decode(type(thing), text) == thing
    assert encode(decode(type(thing), text)) == text


schemas = st.recursive(
    st.booleans() | st.fixed_dictionaries({"type": st.sampled_from(["string", "integer"])}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=3), inner, max_size=3)}
    ),
    max_leaves=6,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
parameters = st.builds(Parameter, name=texts, location=st.sampled_from(["path", "query"]), schema=schemas, description=texts)
operations = st.builds(
    Operation,
    id=texts,
    method=texts,
    url_template=texts,
    parameters=st.lists(parameters, max_size=3).map(tuple),
    body=st.none() | st.builds(RequestBody, contents=st.tuples(st.builds(BodyContent, media_type=texts, schema=schemas))),
    responses=st.just(()),
    definitions=st.dictionaries(texts, schemas, max_size=3),
    tags=st.lists(texts, max_size=2).map(tuple),
)
tools = st.builds(
    Tool,
    name=texts,
    operation_id=texts,
    title=texts,
    description=texts,
    annotations=st.builds(ToolAnnotations, *[st.booleans()] * 3),
    input_schema=st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(texts, schemas, max_size=3)},
        optional={"$defs": st.dictionaries(texts, schemas, max_size=3), "additionalProperties": st.booleans()},
    ),
    arguments=st.just(()),
    output_schema=st.none() | st.fixed_dictionaries({"$defs": st.dictionaries(texts, schemas, max_size=3)}),
)


@given(st.lists(operations, max_size=4), st.lists(tools, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_api_comes_back_equal(some: list[Operation], others: list[Tool]) -> None:
    api = Api("a", "A", "a", "https://x", operations=tuple(some), tools=tuple(others))
    assert decode(Api, encode(api)) == api


def test_encoding_changes_nothing_of_what_it_is_given() -> None:
    before = json.dumps(FULL_TOOL.input_schema)
    encode(Api("a", "A", "a", "", operations=(FULL_OPERATION,), tools=(FULL_TOOL,)))
    assert json.dumps(FULL_TOOL.input_schema) == before


def test_the_order_of_a_schema_is_kept() -> None:
    api = decode(Api, encode(Api("a", "A", "a", "", tools=(FULL_TOOL,))))
    assert list(api.tools[0].input_schema) == ["type", "$defs", "properties", "required"]


def test_what_operations_share_is_stored_and_held_once() -> None:
    same = tuple(Operation(f"op{n}", "GET", "/", definitions={"Pet": dict(PET)}) for n in range(100))
    text = encode(Api("a", "A", "a", "", operations=same))
    assert text.count("parent") == 1
    read = decode(Api, text)
    assert read.operations[0].definitions["Pet"] is read.operations[99].definitions["Pet"]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
def test_fields_of_a_newer_version_are_passed_over(thing: Any) -> None:
    data = json.loads(encode(thing))
    assert decode(type(thing), json.dumps({**data, "added_later": {"x": 1}})) == thing


def test_fields_that_an_older_version_did_not_write_have_their_default() -> None:
    assert decode(Api, '{"id": "a", "title": "A", "path": "", "service_url": ""}') == Api("a", "A", "", "")


DAMAGED = [
    "",
    "null",
    "[]",
    "{",
    '"x"',
    "{}",
    '{"id": "a"}',
    '{"id": 1, "title": "A", "path": "", "service_url": "", "tools": 7}',
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_text_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="not a stored Api"):
        decode(Api, text)


def test_no_stored_field_is_called_as_the_pool_is() -> None:
    assert not any(field.name == "pool" for thing in THINGS for field in thing.record_fields)


def test_thousands_of_operations_are_decoded_fast() -> None:
    definitions = {
        f"S{n}": {"type": "object", "properties": {f"p{m}": {"type": "string"} for m in range(15)}} for n in range(300)
    }
    many = tuple(
        Operation(
            f"op{n}",
            "GET",
            f"/x/{n}",
            "summary",
            "description " * 5,
            parameters=tuple(
                Parameter(f"q{m}", "query", {"type": "string"}, description=f"about {m + n % 7}") for m in range(4)
            ),
            definitions={f"S{m % 300}": definitions[f"S{m % 300}"] for m in range(n, n + 8)},
        )
        for n in range(2000)
    )
    text = encode(Api("a", "A", "a", "", operations=many))
    best = min(_cpu_seconds(text) for _ in range(5))
    assert best < 0.25  # 40 ms on an idle machine; the bound is for a busy one


def _cpu_seconds(text: str) -> float:
    start = time.process_time()
    decode(Api, text)
    return time.process_time() - start
