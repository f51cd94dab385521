"""JSON and JSON-RPC envelopes, right and wrong, and the law that every body has an answer."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mcp_core.protocol.endpoint import EVERY_REVISION, HANDSHAKES, Endpoint


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b"[1, 2",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1} trailing',
        b'{"a": "\x01"}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        '{"jsonrpc": "2.0"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"jsonrpc":"2.0","id":' + b"9" * 10_000 + b"}",
    ],
    ids=repr,
)
def test_what_is_not_json_is_a_parse_error_and_400(endpoint, body):
    answer = endpoint.post(body)
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32700, None)


@pytest.mark.parametrize("revision", EVERY_REVISION)
@pytest.mark.parametrize(
    "message",
    [
        None,
        1,
        "text",
        True,
        {},
        {"method": "ping", "id": 1},
        {"jsonrpc": "1.0", "method": "ping", "id": 1},
        {"jsonrpc": 2.0, "method": "ping", "id": 1},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0"},
        {"jsonrpc": "2.0", "result": {}},
        {"jsonrpc": "2.0", "id": 1, "method": 5},
        {"jsonrpc": "2.0", "id": 1, "method": ""},
        {"jsonrpc": "2.0", "id": 1, "method": None},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "id": True, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": [1], "method": "ping"},
        {"jsonrpc": "2.0", "id": {}, "method": "ping"},
        {"jsonrpc": "2.0", "id": "x" * 257, "method": "ping"},
        {"jsonrpc": "2.0", "id": 10**256, "method": "ping"},
    ],
    ids=lambda message: json.dumps(message)[:60],
)
def test_what_is_no_message_is_an_invalid_request_and_400(endpoint, revision, message):
    answer = endpoint.send(message, {"mcp-protocol-version": revision})
    assert (answer.status, answer.error["code"]) == (400, -32600)
    assert answer.json["id"] in (None, 1)


@pytest.mark.parametrize("identifier", [0, -1, 2**53, 2**64, 10**255, "", "x" * 256, "☃", '"\\', 1.0, -3.0])
@pytest.mark.parametrize("revision", HANDSHAKES)
def test_an_id_comes_back_as_it_was_sent(endpoint, revision, identifier):
    message = {"jsonrpc": "2.0", "id": identifier, "method": "ping"}
    answer = endpoint.send(message, {"mcp-protocol-version": revision})
    assert answer.status == 200
    assert answer.json["id"] == identifier
    assert type(answer.json["id"]) is type(identifier)


@pytest.mark.parametrize("params", [[], [1], "text", 5, True])
def test_params_must_be_an_object(endpoint, params):
    answer = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params})
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32602, 1)


def test_params_may_be_null_and_meta_may_be_null(endpoint):
    assert endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": None}).status == 200
    assert endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": None}}).status == 200
    answer = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": []}})
    assert (answer.status, answer.error["code"]) == (400, -32602)


def test_of_two_equal_keys_the_last_counts(endpoint):
    answer = endpoint.post(b'{"jsonrpc":"2.0","id":1,"method":"no/such","method":"ping"}')
    assert answer.json == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_200_levels_are_read(endpoint):
    deep = '{"a":' * 150 + "1" + "}" * 150
    body = f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"getOrder","arguments":{{"deep":{deep}}}}}}}'
    assert endpoint.post(body.encode()).result["isError"] is False
    assert endpoint.calls[0].arguments["deep"]["a"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, '"name"'),
        ({"name": 5}, '"name"'),
        ({"name": None}, '"name"'),
        ({"name": "noSuchTool"}, "Unknown tool: noSuchTool"),
        ({"name": "getOrder", "arguments": []}, '"arguments"'),
        ({"name": "getOrder", "arguments": "{}"}, '"arguments"'),
    ],
)
@pytest.mark.parametrize(("revision", "status"), [("2026-07-28", 400), *((name, 200) for name in HANDSHAKES)])
def test_a_call_that_names_no_tool_is_invalid_params(endpoint, revision, status, params, text):
    answer = endpoint.ask(revision, "tools/call", params)
    assert (answer.status, answer.error["code"]) == (status, -32602)
    assert text in answer.error["message"]
    assert endpoint.calls == []


def test_a_call_may_leave_its_arguments_out_or_null(endpoint):
    for params in ({"name": "getOrder"}, {"name": "getOrder", "arguments": None}):
        assert endpoint.ask("2025-11-25", "tools/call", params).result["isError"] is False
    assert [dict(call.arguments) for call in endpoint.calls] == [{}, {}]


def test_the_trace_context_of_meta_reaches_the_call(endpoint):
    meta = {"traceparent": "00-aa-bb-01", "tracestate": "x=1", "baggage": 5, "progressToken": 1}
    endpoint.ask("2025-11-25", "tools/call", {"name": "getOrder", "_meta": meta})
    assert endpoint.calls[0].trace_context == {"traceparent": "00-aa-bb-01", "tracestate": "x=1"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=12,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(["2.0", "1.0", 2]) | JSON,
        "id": st.integers() | st.text(max_size=5) | JSON,
        "method": st.sampled_from(["ping", "initialize", "tools/list", "tools/call", "server/discover", "x"]) | JSON,
        "params": st.fixed_dictionaries(
            {},
            optional={
                "name": st.just("getOrder") | JSON,
                "arguments": JSON,
                "cursor": JSON,
                "_meta": JSON,
                "protocolVersion": JSON,
            },
        )
        | JSON,
        "result": JSON,
        "error": JSON,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "mcp-protocol-version": st.sampled_from(EVERY_REVISION) | st.text(max_size=12),
        "mcp-method": st.sampled_from(["ping", "tools/call"]) | st.text(max_size=12),
        "mcp-name": st.just("getOrder") | st.text(max_size=12),
        "origin": st.text(max_size=30) | st.just("https://gateway.example"),
        "accept": st.sampled_from(["application/json", "*/*"]) | st.text(max_size=20),
        "content-type": st.just("application/json") | st.text(max_size=20),
    },
)


@given(MESSAGES | st.lists(MESSAGES, max_size=3) | JSON, HEADERS)
@settings(deadline=None, max_examples=400)
def test_every_json_body_has_an_answer_in_json(message, headers):
    body = json.dumps(message).encode("utf-8", "surrogatepass")
    answer = Endpoint().post(body, headers)
    assert answer.status in {200, 202, 400, 403, 404, 406, 415}
    if answer.status == 202:
        assert answer.body == b""
    elif answer.headers.get("content-type") == "application/json":
        for item in answer.json if isinstance(answer.json, list) else [answer.json]:
            assert item["jsonrpc"] == "2.0"
            assert ("result" in item) != ("error" in item)


@given(st.binary(max_size=200), HEADERS)
@settings(deadline=None, max_examples=200)
def test_every_body_has_an_answer(body, headers):
    assert Endpoint().post(body, headers).status in {200, 202, 400, 403, 404, 406, 415}
