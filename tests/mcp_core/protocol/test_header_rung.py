"""The mirrored headers of 2026-07-28 ("Request Metadata", "Server Validation", "Custom Headers from Tool Parameters")."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.protocol import ServerFace
from mcp_core.protocol.mirrored import MalformedHeader, header_text, mirrored_parameters
from tests.mcp_core.protocol.endpoint import Endpoint, make_tool


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_protocol_version": ""},
        {"mcp_protocol_version": "2025-11-25"},
        {"mcp_protocol_version": "2026-07-28,2026-07-28"},
        {"mcp_method": ""},
        {"mcp_method": "tools/list"},
        {"mcp_method": "TOOLS/CALL"},
        {"mcp_name": ""},
        {"mcp_name": "listOrders"},
        {"mcp_name": "getorder"},
        {"mcp_name": "getOrder,getOrder"},
        {"mcp_name": "=?base64?!!!?="},
        {"mcp_name": "=?base64?" + b64encode(b"\xff").decode() + "?="},
        {"mcp_name": "getOrdér"},
    ],
)
def test_a_header_that_does_not_mirror_the_body_is_header_mismatch(endpoint, headers):
    answer = endpoint.ask("2026-07-28", "tools/call", {"name": "getOrder"}, **headers)
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32020, 7)
    assert endpoint.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"mcp_protocol_version": " 2026-07-28\t", "mcp_method": " tools/call ", "mcp_name": "\tgetOrder "},
        {"mcp_name": "=?base64?" + b64encode(b"getOrder").decode() + "?="},
        {"mcp_session_id": "left over", "last_event_id": "7"},
    ],
)
def test_white_space_and_base64_do_not_matter(endpoint, headers):
    assert endpoint.ask("2026-07-28", "tools/call", {"name": "getOrder"}, **headers).status == 200


def test_handshake_revisions_mirror_nothing(endpoint):
    answer = endpoint.ask("2025-11-25", "tools/call", {"name": "getOrder"}, mcp_method="other", mcp_name="other")
    assert answer.result["isError"] is False


def test_a_call_without_a_name_is_invalid_params_not_a_mismatch(endpoint):
    answer = endpoint.ask("2026-07-28", "tools/call", {"arguments": {}})
    assert (answer.status, answer.error["code"]) == (400, -32602)


SCHEMA = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "limit": {"type": "integer", "x-mcp-header": "Limit"},
        "deep": {"type": "object", "properties": {"flag": {"type": "boolean", "x-mcp-header": "X-Flag"}}},
        "query": {"type": "string"},
    },
}


@pytest.fixture
def mirroring() -> Endpoint:
    return Endpoint(face=ServerFace("s", "", "1", "", [make_tool("run", SCHEMA)]))


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({}, {}),
        ({"query": "q"}, {}),
        ({"region": None}, {}),
        ({"region": "us-west1"}, {"Mcp-Param-Region": "us-west1"}),
        ({"region": "us-west1"}, {"mcp-param-region": "  us-west1\t"}),
        ({"region": "Hello, 世界"}, {"Mcp-Param-Region": "=?base64?SGVsbG8sIOS4lueVjA==?="}),
        ({"region": " padded "}, {"Mcp-Param-Region": "=?base64?IHBhZGRlZCA=?="}),
        ({"region": "=?base64?literal?="}, {"Mcp-Param-Region": "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="}),
        ({"limit": 42}, {"Mcp-Param-Limit": "42"}),
        ({"limit": 42}, {"Mcp-Param-Limit": "42.0"}),
        ({"limit": -7}, {"Mcp-Param-Limit": "-7"}),
        ({"limit": 42.0}, {"Mcp-Param-Limit": "42"}),
        ({"deep": {"flag": True}}, {"Mcp-Param-X-Flag": "true"}),
        ({"deep": {"flag": False}, "region": "r"}, {"Mcp-Param-X-Flag": "false", "Mcp-Param-Region": "r"}),
        ({"query": "q"}, {"Mcp-Param-Unknown": "whatever"}),
        ({"region": {"not": "text"}}, {}),  # has no mirrored form; the schema refuses it later
    ],
)
def test_mirrored_arguments_pass(mirroring, arguments, headers):
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    answer = mirroring.ask("2026-07-28", "tools/call", {"name": "run", "arguments": arguments}, **named)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "us-west1"}, {}),
        ({"region": "us-west1"}, {"Mcp-Param-Region": "us-east1"}),
        ({"region": "us-west1"}, {"Mcp-Param-Region": "US-WEST1"}),
        ({"region": "a"}, {"Mcp-Param-Region": "a,a"}),
        ({}, {"Mcp-Param-Region": "us-west1"}),
        ({"region": None}, {"Mcp-Param-Region": "null"}),
        ({"region": "x"}, {"Mcp-Param-Region": "=?base64?eA?="}),
        ({"region": "é"}, {"Mcp-Param-Region": "é"}),
        ({"limit": 42}, {"Mcp-Param-Limit": "42.5"}),
        ({"limit": 42}, {"Mcp-Param-Limit": "4.2e1"}),
        ({"limit": True}, {"Mcp-Param-Limit": "1"}),
        ({"deep": {"flag": True}}, {"Mcp-Param-X-Flag": "True"}),
        ({"deep": {"flag": True}}, {}),
        ({"deep": "text"}, {"Mcp-Param-X-Flag": "true"}),
        ({"region": {"not": "text"}}, {"Mcp-Param-Region": "{}"}),
    ],
)
def test_arguments_that_their_headers_do_not_mirror_are_refused(mirroring, arguments, headers):
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    answer = mirroring.ask("2026-07-28", "tools/call", {"name": "run", "arguments": arguments}, **named)
    assert (answer.status, answer.error["code"]) == (400, -32020)
    assert mirroring.calls == []


def test_an_earlier_revision_does_not_mirror_arguments(mirroring):
    answer = mirroring.ask("2025-11-25", "tools/call", {"name": "run", "arguments": {"region": "us-west1"}})
    assert answer.result["isError"] is False


@pytest.mark.parametrize(
    "schema",
    [
        {"x-mcp-header": "Root", "type": "object"},
        {"properties": {"a": {"type": "number", "x-mcp-header": "A"}}},
        {"properties": {"a": {"type": ["string"], "x-mcp-header": "A"}}},
        {"properties": {"a": {"x-mcp-header": "A"}}},
        {"properties": {"a": {"type": "string", "x-mcp-header": ""}}},
        {"properties": {"a": {"type": "string", "x-mcp-header": "no space"}}},
        {"properties": {"a": {"type": "string", "x-mcp-header": "a\r\nb"}}},
        {"properties": {"a": {"type": "string", "x-mcp-header": 7}}},
        {"properties": {"a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"}}},
        {"properties": {"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}},
        {"anyOf": [{"properties": {"a": {"type": "string", "x-mcp-header": "A"}}}]},
        {"$defs": {"a": {"properties": {"a": {"type": "string", "x-mcp-header": "A"}}}}},
    ],
)
def test_a_list_never_shows_an_annotation_for_which_clients_would_drop_the_tool(schema):
    assert mirrored_parameters(schema) is None
    endpoint = Endpoint(face=ServerFace("s", "", "1", "", [make_tool("run", {"type": "object", **schema})]))
    answer = endpoint.ask("2026-07-28", "tools/list")
    assert b"x-mcp-header" not in answer.body
    assert endpoint.ask("2026-07-28", "tools/call", {"name": "run", "arguments": {"a": "v"}}).status == 200


def test_a_property_or_an_example_of_that_name_is_no_annotation():
    schema = {
        "type": "object",
        "properties": {"x-mcp-header": {"type": "number"}, "b": {"type": "string", "default": {"x-mcp-header": "A"}}},
    }
    assert mirrored_parameters(schema) == ()
    endpoint = Endpoint(face=ServerFace("s", "", "1", "", [make_tool("run", schema)]))
    assert endpoint.ask("2026-07-28", "tools/list").result["tools"][0]["inputSchema"] == schema


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(deadline=None, max_examples=200)
def test_base64_of_any_text_reads_back(text):
    assert header_text(f"=?base64?{b64encode(text.encode()).decode()}?=") == text


@given(st.text())
@settings(deadline=None, max_examples=200)
def test_a_header_is_read_or_refused_never_misread(text):
    try:
        found = header_text(text)
    except MalformedHeader:
        return
    assert found == text.strip(" \t") or text.strip(" \t").startswith("=?base64?")
