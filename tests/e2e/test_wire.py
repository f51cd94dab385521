"""What only a real socket shows: limits while reading, rebinding, methods, headers as servers pass them on."""

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from tests.hosts import command

PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def exchange(host, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(urlsplit(host).netloc, timeout=10)
    try:
        connection.request(method, path, body, HEADERS if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_ping_over_a_socket(host):
    status, headers, body = exchange(host, "POST", "/orders-mcp/mcp", PING)
    assert (status, headers["content-type"], json.loads(body)["result"]) == (200, "application/json", {})


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_other_methods_are_405(host, method):
    status, headers, _ = exchange(host, method, "/orders-mcp/mcp")
    assert (status, headers["allow"]) == (405, "POST")


def test_an_unknown_server_is_404(host):
    assert exchange(host, "POST", "/no-such-mcp/mcp", PING)[0] == 404


def test_a_body_of_4_mib_passes_and_a_larger_one_is_413(host):
    padded = PING + b" " * (4 * 1024 * 1024 - len(PING))
    assert exchange(host, "POST", "/orders-mcp/mcp", padded)[0] == 200
    status, _, body = exchange(host, "POST", "/orders-mcp/mcp", padded + b" ")
    assert (status, json.loads(body)["error"]["code"]) == (413, -32600)


def test_a_name_that_was_rebound_to_this_machine_is_403(host):
    for headers in ({"Host": "evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
        assert exchange(host, "POST", "/orders-mcp/mcp", PING, {**HEADERS, **headers})[0] == 403


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1/health?",
        "127.0.0.1@evil.example",
        "127.0.0.1:80@evil.example",
        "127.0.0.1:x",
        "[",
        "[::1",
        "[1::2::3]",
        "a, b",
    ],
)
def test_a_host_that_is_none_is_400_and_changes_no_path(host, name):
    status, headers, body = exchange(host, "POST", "/orders-mcp/mcp", PING, {**HEADERS, "Host": name})
    assert (status, headers["content-type"], json.loads(body)["statusCode"]) == (400, "application/json", 400)


def test_a_target_without_a_path_is_400(host):
    assert exchange(host, "OPTIONS", "*")[0] == 400


def test_a_field_may_have_blanks_around_it(host):
    padded = {"Content-Type": "application/json", "Accept": " application/json \t", "Origin": f" {host} "}
    assert exchange(host, "POST", "/orders-mcp/mcp", PING, padded)[0] == 200


def test_nobody_on_this_machine_writes_its_own_address_or_scheme(host, data):
    answer = "@(context.Request.IpAddress + ' ' + context.Request.OriginalUrl.Scheme)".replace("'", '"')
    document = data / "who.xml"
    document.write_text(
        f"<policies><inbound><return-response><set-body>{answer}</set-body></return-response></inbound>"
        "<backend /><outbound /><on-error /></policies>"
    )
    command(data, "mcp", "create", "who-mcp", "--api", "orders")
    command(data, "policy", "set", "mcp/who-mcp", str(document))
    forged = {**HEADERS, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    deadline = time.monotonic() + 5
    while (body := exchange(host, "POST", "/who-mcp/mcp", PING, forged)[2])[:1] == b"{" and time.monotonic() < deadline:
        time.sleep(0.05)  # until the policy is served
    assert body == b"127.0.0.1 http"


def test_a_foreign_page_is_403_and_the_hosts_own_is_not(host):
    origin = {"Origin": "https://evil.example"}
    assert exchange(host, "POST", "/orders-mcp/mcp", PING, {**HEADERS, **origin})[0] == 403
    assert exchange(host, "POST", "/orders-mcp/mcp", PING, {**HEADERS, "Origin": host})[0] == 200


def test_a_notification_has_no_content(host):
    body = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode()
    status, headers, content = exchange(host, "POST", "/orders-mcp/mcp", body)
    assert (status, content, headers["content-length"]) == (202, b"", "0")


def test_a_batch_calls_tools_one_by_one(host):
    call = {"jsonrpc": "2.0", "method": "tools/call"}
    batch = [{**call, "id": number, "params": {"name": "getOrder", "arguments": {"id": number}}} for number in (1, 2, 99)]
    status, _, body = exchange(host, "POST", "/orders-mcp/mcp", json.dumps(batch).encode())
    answers = json.loads(body)
    assert status == 200
    assert [answer["id"] for answer in answers] == [1, 2, 99]
    assert [answer["result"]["isError"] for answer in answers] == [False, False, True]
