"""The rungs below JSON-RPC: methods, media types, size, origins."""

import json

import pytest

from mcp_core.protocol import EndpointRules
from tests.mcp_core.protocol.endpoint import Endpoint

LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_only_post_is_allowed(endpoint, method):
    answer = endpoint.post(LIST, method=method)
    assert (answer.status, answer.headers.get("allow")) == (405, "POST")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json;charset="UTF-8"', 200),
        ("Application/JSON", 200),
        ("application/json; charset=us-ascii", 200),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=iso-8859-1", 415),
        ("text/plain", 415),
        ("text/plain; application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
        ("", 415),
    ],
)
def test_the_body_must_be_json_in_utf_8(endpoint, content_type, status):
    answer = endpoint.post(LIST, {"content-type": content_type})
    assert answer.status == status
    if status == 415:
        assert answer.error["code"] == -32600
        assert answer.json["id"] is None


def test_a_missing_content_type_is_415(endpoint):
    assert endpoint.post(LIST, {"accept": "*/*"}, plain=False).status == 415


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br", 415), ("identity", 200), ("", 200)])
def test_a_compressed_body_is_415(endpoint, encoding, status):
    assert endpoint.post(LIST, {"content-encoding": encoding}).status == status


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream, application/json", "application/json"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("APPLICATION/JSON;q=0.5", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("application/json;q=0, text/event-stream", "text/event-stream"),
        ("application/json; q=0.000, */*", "text/event-stream"),
    ],
)
def test_the_answer_has_a_type_that_the_client_accepts(endpoint, accept, content_type):
    answer = endpoint.post(LIST, {"accept": accept})
    assert (answer.status, answer.headers.get("content-type")) == (200, content_type)


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "application/xml, text/html", ""])
def test_a_client_that_accepts_neither_gets_406(endpoint, accept):
    assert endpoint.post(LIST, {"accept": accept}).status == 406


def test_no_accept_header_accepts_anything(endpoint):
    assert endpoint.post(LIST, {"content-type": "application/json"}, plain=False).status == 200


def test_an_event_carries_the_whole_answer(endpoint):
    answer = endpoint.post(LIST, {"accept": "text/event-stream"})
    event, data, *rest = answer.body.decode().split("\r\n")
    assert (event, rest) == ("event: message", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == endpoint.post(LIST).json


def test_an_error_status_keeps_its_json_for_a_client_of_events(endpoint):
    answer = endpoint.post(b"{", {"accept": "text/event-stream"})
    assert (answer.status, answer.headers.get("content-type"), answer.error["code"]) == (400, "application/json", -32700)


def test_a_body_over_the_limit_is_413_and_says_the_limit():
    endpoint = Endpoint(rules=EndpointRules(max_body_bytes=1024))
    assert endpoint.post(LIST + b" " * (1024 - len(LIST))).status == 200
    answer = endpoint.post(LIST + b" " * (1025 - len(LIST)))
    assert answer.status == 413
    assert "1,024 bytes" in answer.error["message"]


def test_the_limit_is_4_mib_by_default(endpoint):
    assert endpoint.post(LIST + b" " * (4 * 1024 * 1024 - len(LIST))).status == 200
    assert endpoint.post(LIST + b" " * (4 * 1024 * 1024)).status == 413


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://gateway.example", 200),
        ("http://gateway.example", 403),  # another port: 80 is not 443
        ("https://GATEWAY.example:443", 200),
        ("https://app.example.org", 200),
        ("https://APP.example.org", 200),
        ("https://eu.tenants.example.org", 200),
        ("https://a.b.tenants.example.org", 200),
        ("https://tenants.example.org", 403),
        ("https://evil.example", 403),
        ("https://evil.example/.tenants.example.org", 403),
        ("https://gateway.example.evil.example", 403),
        ("https://app.example.org.evil.example", 403),
        ("http://app.example.org", 403),
        ("https://public.example", 200),
        ("vscode-webview://1a2b", 200),
        ("null", 403),
        ("", 403),
        ("https://", 403),
        ("https://[::1", 403),
        ("https://gateway.example, https://evil.example", 403),
    ],
)
def test_a_foreign_origin_is_403(origin, status):
    rules = EndpointRules(
        allowed_origins=("https://app.example.org", "https://*.tenants.example.org", "vscode-webview://1a2b"),
        public_url="https://public.example/base",
    )
    headers = {"origin": origin, "host": "gateway.example:443"}
    answer = Endpoint(rules=rules).post(LIST, headers)
    assert answer.status == status


def test_a_star_allows_any_origin():
    assert Endpoint(rules=EndpointRules(allowed_origins=("*",))).post(LIST, {"origin": "null"}).status == 200


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:7071", "http://localhost:7071", 200),
        ("[::1]:7071", "http://[::1]:7071", 200),
        ("localhost:7071", "http://localhost:9999", 403),
    ],
)
def test_the_hosts_own_pages_are_its_origins(endpoint, host, origin, status):
    assert endpoint.post(LIST, {"host": host, "origin": origin}).status == status


def test_a_policy_that_admits_an_origin_has_the_last_word(endpoint):
    from mcp_core.protocol import read, respond, route
    from policies.messages import Headers, Request
    from tests.mcp_core.protocol.endpoint import PLAIN_HEADERS

    headers = Headers({**PLAIN_HEADERS, "origin": "https://app.example"})
    inbound = read(Request("POST", "https://gateway.example/mcp", headers, LIST), EndpointRules())
    assert inbound.foreign_origin == "https://app.example"
    assert respond(route(inbound, inbound.messages[0], endpoint.face, headers)).status == 403
    inbound.foreign_origin = None
    assert respond(route(inbound, inbound.messages[0], endpoint.face, headers)).status == 200
