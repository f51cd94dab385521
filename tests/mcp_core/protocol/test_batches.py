"""JSON-RPC batches, which only 2025-03-26 has."""

import json

import pytest

from mcp_core.protocol import EndpointRules, finish, read, refusal, respond, route
from policies.messages import Headers, Request, Response
from tests.mcp_core.protocol.endpoint import PLAIN_HEADERS, Endpoint

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LIST = {"jsonrpc": "2.0", "id": "two", "method": "tools/list"}
CALL = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "getOrder", "arguments": {"id": 2}}}
NOTICE = {"jsonrpc": "2.0", "method": "notifications/initialized"}
REPLY = {"jsonrpc": "2.0", "id": 9, "result": {}}


@pytest.mark.parametrize("headers", [{}, {"mcp-protocol-version": "2025-03-26"}])
def test_a_batch_is_answered_by_an_array_in_order_without_the_notifications(endpoint, headers):
    answer = endpoint.send([PING, NOTICE, LIST, REPLY, CALL], headers)
    assert answer.status == 200
    assert [item["id"] for item in answer.json] == [1, "two", 3]
    assert answer.json[0]["result"] == {}
    assert [call.arguments for call in endpoint.calls] == [{"id": 2}]


def test_a_batch_without_requests_is_202(endpoint):
    for batch in ([NOTICE], [NOTICE, NOTICE], [REPLY, REPLY]):
        answer = endpoint.send(batch)
        assert (answer.status, answer.body) == (202, b"")


def test_a_batch_of_refused_notifications_has_no_content(endpoint):
    answer = endpoint.send([{"jsonrpc": "2.0", "method": "ping", "params": []}])
    assert (answer.status, answer.body, answer.headers.get("content-type")) == (400, b"", None)


@pytest.mark.parametrize("revision", ["2026-07-28", "2025-11-25", "2025-06-18", "2024-11-05", "nonsense"])
def test_other_revisions_refuse_a_batch(endpoint, revision):
    answer = endpoint.send([PING, LIST], {"mcp-protocol-version": revision})
    assert (answer.status, answer.error["code"]) == (400, -32600)


def test_an_empty_batch_is_one_error(endpoint):
    answer = endpoint.send([])
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32600, None)


def test_a_wrong_item_is_an_error_in_its_place(endpoint):
    answer = endpoint.send([1, PING, {"jsonrpc": "2.0", "id": 5, "method": "ping", "params": []}, {"id": 4, "method": "ping"}])
    assert answer.status == 200
    assert [item.get("error", {}).get("code") for item in answer.json] == [-32600, None, -32602, -32600]
    assert [item["id"] for item in answer.json] == [None, 1, 5, 4]


def test_initialize_must_not_be_part_of_a_batch(endpoint):
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}}
    answer = endpoint.send([hello, LIST])
    assert answer.json[0]["error"]["code"] == -32600
    assert "result" in answer.json[1]


def test_a_batch_has_a_limit():
    endpoint = Endpoint(rules=EndpointRules(max_batch=2))
    assert endpoint.send([PING, PING]).status == 200
    answer = endpoint.send([PING, PING, PING])
    assert (answer.status, answer.error["code"]) == (400, -32600)
    assert "at most 2" in answer.error["message"]


def test_a_batch_goes_out_as_one_event_where_only_events_are_accepted(endpoint):
    answer = endpoint.send([PING, LIST], {"accept": "text/event-stream"})
    assert answer.headers.get("content-type") == "text/event-stream"
    assert [item["id"] for item in json.loads(answer.body.decode().split("data: ")[1])] == [1, "two"]


def _answers(endpoint: Endpoint, batch: list[object], policy_answers: dict[int, Response]) -> Response:
    """The batch with some of its messages answered by policies instead of by the ladder."""
    request = Request("POST", "https://gateway.example/mcp", Headers(PLAIN_HEADERS), json.dumps(batch).encode())
    inbound = read(request, endpoint.rules)
    responses = []
    for index, message in enumerate(inbound.messages):
        step = None if index in policy_answers else route(inbound, message, endpoint.face, request.headers)
        responses.append(policy_answers[index] if step is None else respond(step))
    return finish(inbound, responses)


def test_a_message_alone_is_what_a_policy_sees_of_a_batch(endpoint):
    request = Request("POST", "https://gateway.example/mcp", Headers(PLAIN_HEADERS), json.dumps([PING, CALL]).encode())
    assert [json.loads(message.body) for message in read(request, endpoint.rules).messages] == [PING, CALL]


def test_one_refused_call_is_an_error_among_answers(endpoint):
    request = Request("POST", "https://gateway.example/mcp", Headers(PLAIN_HEADERS), json.dumps([PING, CALL]).encode())
    inbound = read(request, endpoint.rules)
    too_many = refusal(inbound.messages[1], 429, Headers({"Retry-After": "12"}), "Rate limit is exceeded.", "RateLimitExceeded")
    response = _answers(endpoint, [PING, CALL], {1: too_many})
    assert response.status == 200
    items = json.loads(response.body.data)
    assert items[0] == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert items[1]["id"] == 3
    assert items[1]["error"]["data"] == {"statusCode": 429, "reason": "RateLimitExceeded"}
    assert response.headers.get("Retry-After") == "12"


def test_a_batch_that_was_refused_throughout_keeps_the_status(endpoint):
    def denied() -> Response:
        return Response(401, Headers({"WWW-Authenticate": "Bearer"}), b"")

    response = _answers(endpoint, [PING, NOTICE], {0: denied(), 1: denied()})
    assert response.status == 401
    assert response.headers.get("WWW-Authenticate") == "Bearer"
    assert json.loads(response.body.data)[0]["error"]["data"] == {"statusCode": 401, "body": ""}


def test_a_policys_own_body_becomes_the_errors_data(endpoint):
    own = Response(200, Headers({"Content-Type": "text/plain"}), b"gone fishing", reason="OK")
    response = _answers(endpoint, [PING, LIST], {0: own})
    assert json.loads(response.body.data)[0]["error"] == {
        "code": 200,
        "message": "OK",
        "data": {"statusCode": 200, "body": "gone fishing"},
    }


def test_a_policys_json_rpc_body_is_taken_as_it_is(endpoint):
    own = Response(200, Headers(), b' {"jsonrpc": "2.0", "id": 1, "result": {"own": true}}')
    response = _answers(endpoint, [PING, LIST], {0: own})
    assert json.loads(response.body.data)[0] == {"jsonrpc": "2.0", "id": 1, "result": {"own": True}}
