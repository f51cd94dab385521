"""Tool results, argument errors, refusals and failures, as each revision's clients read them."""

import json
import math

import pytest
from mcp_types.methods import validate_server_result

from mcp_core.protocol import EndpointRules, ToolResult, argument_error, read, refusal, respond, route
from mcp_core.protocol.results import audio_block, image_block, resource_block, text_block, tool_error
from policies.messages import Headers, Request
from tests.mcp_core.protocol.endpoint import EVERY_REVISION, PLAIN_HEADERS, Endpoint

ORDER = {"id": 2, "customer": "Grace Hopper"}


def called(result: ToolResult, revision: str) -> dict:
    answer = Endpoint(results={"getOrder": result}).ask(revision, "tools/call", {"name": "getOrder"})
    assert answer.status == 200
    validate_server_result("tools/call", revision, answer.result)
    return answer.result


@pytest.mark.parametrize("revision", EVERY_REVISION)
def test_text_and_structure_reach_the_clients_that_know_them(revision):
    result = called(ToolResult([text_block(json.dumps(ORDER))], ORDER), revision)
    assert json.loads(result["content"][0]["text"]) == ORDER
    assert result["isError"] is False
    assert result.get("structuredContent") == (ORDER if revision >= "2025-06-18" else None)
    assert ("resultType" in result) == (revision == "2026-07-28")


@pytest.mark.parametrize("structured", [[1, 2], "text", 5, False])
def test_only_the_newest_takes_structure_that_is_no_object(structured):
    result = ToolResult([text_block("x")], structured)
    assert called(result, "2026-07-28")["structuredContent"] == structured
    assert "structuredContent" not in called(result, "2025-11-25")


@pytest.mark.parametrize("revision", EVERY_REVISION)
def test_a_failed_result_is_an_error_that_the_model_sees(revision):
    result = called(tool_error("404 Not Found: no order 99"), revision)
    assert result["isError"] is True
    assert result["content"] == [{"type": "text", "text": "404 Not Found: no order 99"}]


@pytest.mark.parametrize("revision", EVERY_REVISION)
def test_blocks_of_every_kind_are_legal(revision):
    blocks = [
        image_block(b"\x89PNG", "image/png"),
        resource_block("https://api.example/report", "application/pdf", b"%PDF"),
        resource_block("https://api.example/page", "text/html", "<p>"),
        audio_block(b"RIFF", "audio/wav"),
    ]
    content = called(ToolResult(blocks), revision)["content"]
    assert content[0] == {"type": "image", "data": "iVBORw==", "mimeType": "image/png"}
    assert content[1]["resource"]["blob"] == "JVBERg=="
    assert content[2]["resource"]["text"] == "<p>"
    if revision == "2024-11-05":  # has no audio
        assert content[3]["type"] == "resource"
        assert content[3]["resource"]["blob"] == "UklGRg=="
    else:
        assert content[3] == {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"}


def test_what_json_cannot_say_is_said_as_well_as_it_can():
    result = called(
        ToolResult([text_block("a\ud800b")], {"n": math.nan, "i": math.inf, "k\udc00": [("x\ud83d",)]}), "2025-11-25"
    )
    assert result["content"][0]["text"] == "a\ufffdb"
    assert result["structuredContent"] == {"n": None, "i": None, "k\ufffd": [["x\ufffd"]]}


@pytest.mark.parametrize("levels", [300, 5_000])
def test_structure_too_deep_for_json_is_left_to_the_text(levels):
    deep: object = 1
    for _ in range(levels):
        deep = {"a": deep}
    result = called(ToolResult([text_block("deep")], deep), "2025-11-25")
    assert "structuredContent" not in result
    assert result["content"][0]["text"] == "deep"


def _call(revision: str):
    endpoint = Endpoint()
    endpoint.ask(revision, "tools/call", {"name": "getOrder", "arguments": {"id": "x"}})
    return endpoint.calls[0]


@pytest.mark.parametrize(
    ("revision", "as_result"),
    [("2026-07-28", True), ("2025-11-25", True), ("2025-06-18", False), ("2025-03-26", False), ("2024-11-05", False)],
)
def test_wrong_arguments_are_told_to_the_model_since_2025_11_25(revision, as_result):
    response = respond(argument_error(_call(revision), "id: 'x' is not an integer"))
    body = json.loads(response.body.data)
    assert response.status == 200
    if as_result:
        assert body["result"]["isError"] is True
        assert body["result"]["content"][0]["text"] == "id: 'x' is not an integer"
    else:
        assert body["error"]["code"] == -32602
        assert "id: 'x' is not an integer" in body["error"]["message"]


def test_a_refusal_keeps_status_and_headers_and_names_the_request():
    response = refusal(
        _call("2025-11-25").message,
        429,
        Headers({"Retry-After": "27", "Content-Type": "text/plain"}),
        "Rate limit is exceeded. Try again in 27 seconds.",
        "RateLimitExceeded",
    )
    assert (response.status, response.headers.get("retry-after")) == (429, "27")
    assert response.headers.get("content-type") == "application/json"
    assert json.loads(response.body.data) == {
        "jsonrpc": "2.0",
        "id": 7,
        "error": {
            "code": 429,
            "message": "Rate limit is exceeded. Try again in 27 seconds.",
            "data": {"statusCode": 429, "reason": "RateLimitExceeded"},
        },
    }


def test_a_refusal_of_what_has_no_id_says_null():
    for body in (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', b"nonsense"):
        inbound = read(Request("POST", "https://gateway.example/mcp", Headers(PLAIN_HEADERS), body), EndpointRules())
        response = refusal(inbound.messages[0], 401, Headers(), "Access denied.", "Unauthorized")
        assert json.loads(response.body.data)["id"] is None


def test_rejections_wait_for_the_policies():
    inbound = read(Request("GET", "https://gateway.example/mcp"), EndpointRules())
    assert [message.kind for message in inbound.messages] == ["invalid"]
    assert not inbound.messages[0].is_tool_call
    assert respond(route(inbound, inbound.messages[0], Endpoint().face, Headers())).status == 405


def test_what_counts_is_the_call_of_a_tool():
    def first(message: object):
        body = json.dumps(message).encode()
        return read(Request("POST", "https://gateway.example/mcp", Headers(PLAIN_HEADERS), body), EndpointRules()).messages[0]

    call = first({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "getOrder"}})
    assert (call.is_tool_call, call.tool_name) == (True, "getOrder")
    for message in (
        {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "getOrder"}},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"name": "getOrder"}},
    ):
        assert (first(message).is_tool_call, first(message).tool_name) == (False, "")
