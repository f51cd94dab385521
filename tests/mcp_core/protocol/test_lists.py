"""tools/list: what a definition holds in each revision, order, pages, cursors, subsets."""

import tracemalloc
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_types.methods import validate_server_result

from mcp_core.protocol import ServerFace
from tests.mcp_core.protocol.endpoint import EVERY_REVISION, META, Endpoint, make_face, make_tool

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


def listed(endpoint: Endpoint, revision: str = "2025-11-25") -> list[str]:
    """Every tool, page after page, as a client collects them."""
    names, params = [], {}
    for _ in range(1_000):
        result = endpoint.ask(revision, "tools/list", params).result
        names += [tool["name"] for tool in result["tools"]]
        if "nextCursor" not in result:
            return names
        params = {"cursor": result["nextCursor"]}
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(
    ("revision", "members"),
    [
        ("2026-07-28", {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}),
        ("2025-11-25", {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}),
        ("2025-06-18", {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}),
        ("2025-03-26", {"name", "description", "inputSchema", "annotations"}),
        ("2024-11-05", {"name", "description", "inputSchema"}),
    ],
)
def test_a_definition_holds_what_its_revision_knows(revision, members):
    tool = make_tool("getOrder", SCHEMA, title="Get an order", output_schema={"type": "object"})
    result = Endpoint(face=ServerFace("s", "", "1", "", [tool])).ask(revision, "tools/list").result
    assert set(result["tools"][0]) == members
    assert result["tools"][0]["inputSchema"] == SCHEMA
    if revision == "2025-03-26":
        assert result["tools"][0]["annotations"]["title"] == "Get an order"
    validate_server_result("tools/list", revision, result)


def test_annotations_are_the_specifications_hints():
    tool = Endpoint().ask("2025-11-25", "tools/list").result["tools"][0]
    assert tool["annotations"] == {
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": True,
    }


def test_the_stateless_revision_says_how_long_and_for_whom():
    for private, scope in ((False, "public"), (True, "private")):
        result = Endpoint(face=make_face("a", private=private, ttl_ms=1234)).ask("2026-07-28", "tools/list").result
        assert (result["resultType"], result["ttlMs"], result["cacheScope"]) == ("complete", 1234, scope)
        assert result["_meta"][META + "serverInfo"]["name"] == "orders-mcp"
    assert set(Endpoint().ask("2025-11-25", "tools/list").result) == {"tools"}


def test_a_server_without_tools_lists_none():
    for revision in EVERY_REVISION:
        assert Endpoint(face=make_face()).ask(revision, "tools/list").result["tools"] == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 100])
def test_pages_hold_every_tool_once_in_order(size):
    names = [f"tool-{number}" for number in (3, 1, 2, 7, 5, 6, 4)]
    endpoint = Endpoint(face=make_face(*names, page_size=size))
    assert listed(endpoint) == names
    assert listed(endpoint, "2026-07-28") == names


@pytest.mark.parametrize(
    "cursor", ["", "x", "0", "1", "bm9uZQ", "YQ==", "YQ=", "=", "é", "Y\nQ", "YR", "🙂", "a" * 10_000, 5, {}, []]
)
def test_a_cursor_that_is_not_ours_is_invalid_params(cursor):
    endpoint = Endpoint(face=make_face("a", "b", "c", page_size=1))
    answer = endpoint.ask("2025-11-25", "tools/list", {"cursor": cursor})
    assert (answer.status, answer.error["code"]) == (200, -32602)
    assert endpoint.ask("2026-07-28", "tools/list", {"cursor": cursor}).status == 400


def test_a_null_cursor_starts_at_the_beginning():
    endpoint = Endpoint(face=make_face("a", "b", page_size=1))
    assert endpoint.ask("2025-11-25", "tools/list", {"cursor": None}).result["tools"][0]["name"] == "a"


def test_a_cursor_is_good_on_another_host_and_after_a_change_elsewhere():
    cursor = Endpoint(face=make_face("a", "b", "c", page_size=2)).ask("2025-11-25", "tools/list").result["nextCursor"]
    other = Endpoint(face=make_face("new", "b", "c", "d", page_size=5))
    names = [tool["name"] for tool in other.ask("2025-11-25", "tools/list", {"cursor": cursor}).result["tools"]]
    assert names == ["c", "d"]
    gone = Endpoint(face=make_face("a", "c"))
    assert gone.ask("2025-11-25", "tools/list", {"cursor": cursor}).error["code"] == -32602


@pytest.mark.parametrize("levels", [300, 5_000])
def test_a_schema_too_deep_for_json_costs_its_tool_the_schema_not_the_server_the_list(levels):
    deep: dict = {"type": "string", "x-mcp-header": "Deep"}
    for _ in range(levels):
        deep = {"type": "object", "properties": {"a": deep}}
    face = ServerFace("s", "", "1", "", [make_tool("deep", deep, output_schema=deep), make_tool("flat", SCHEMA)])
    tools = Endpoint(face=face).ask("2026-07-28", "tools/list").result["tools"]
    assert [tool["inputSchema"] for tool in tools] == [{"type": "object"}, SCHEMA]
    assert "outputSchema" not in tools[0]
    assert Endpoint(face=face).ask("2026-07-28", "tools/call", {"name": "deep"}).status == 200


def test_asking_from_every_tool_on_keeps_no_copies_of_the_list():
    names = [f"tool{number}" for number in range(200)]
    endpoint = Endpoint(face=make_face(*names, page_size=200))
    tracemalloc.start()
    try:
        listed(endpoint)
        before = tracemalloc.get_traced_memory()[0]
        for name in names:
            cursor = urlsafe_b64encode(name.encode()).decode().rstrip("=")
            endpoint.ask("2025-11-25", "tools/list", {"cursor": cursor})
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 500_000  # two hundred pages are about eight million


def test_a_subset_hides_tools_from_lists_and_calls_and_is_private():
    face = make_face("a", "b", "c", page_size=1)
    some = Endpoint(face=face.subset({"c", "a", "not there"}))
    assert listed(some, "2026-07-28") == ["a", "c"]
    assert some.ask("2026-07-28", "tools/list").result["cacheScope"] == "private"
    assert some.ask("2025-11-25", "tools/call", {"name": "b"}).error["message"] == "Unknown tool: b"
    assert face.subset(["a", "c", "not there"]) is some.face
    everything = face.subset({"a", "b", "c"})
    assert everything.private
    assert listed(Endpoint(face=everything)) == ["a", "b", "c"]


def test_subsets_are_kept_in_bounds():
    face = make_face(*(f"t{number}" for number in range(100)))
    first = face.subset({"t0"})
    for number in range(100):
        face.subset({f"t{number}"})
    assert face.subset({"t0"}) is not first


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True, max_size=12), st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_pages_hold_every_tool_once_whatever_the_names(names, size):
    assert listed(Endpoint(face=make_face(*names, page_size=size))) == names


def test_a_thousand_tools_come_in_pages_of_250():
    names = [f"tool{number}" for number in range(1_000)]
    endpoint = Endpoint(face=make_face(*names))
    assert len(endpoint.ask("2025-11-25", "tools/list").result["tools"]) == 250
    assert listed(endpoint) == names
