"""Which revision a message speaks, and what each era answers ("Versioning and Compatibility", "Lifecycle")."""

import pytest
from mcp_types.methods import validate_server_result

from tests.mcp_core.protocol.endpoint import ENVELOPE, EVERY_REVISION, HANDSHAKES, META, Endpoint


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        *((revision, revision) for revision in HANDSHAKES),
        ("2026-07-28", "2025-11-25"),  # has no handshake: the newest that has one
        ("1999-01-01", "2025-11-25"),
        ("2099-12-31", "2025-11-25"),
        ("", "2025-11-25"),
    ],
)
def test_initialize_gives_the_wanted_revision_or_our_newest(endpoint, wanted, given):
    hello = {"protocolVersion": wanted, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    answer = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
    assert answer.status == 200
    assert answer.result["protocolVersion"] == given
    assert answer.result["capabilities"] == {"tools": {"listChanged": False}}
    assert answer.result["serverInfo"]["name"] == "orders-mcp"
    assert answer.result["instructions"] == "Ask for orders."
    validate_server_result("initialize", given, answer.result)


def test_initialize_ignores_a_version_header_left_over_from_a_probe(endpoint):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    for header in ("2026-07-28", "2099-01-01", "2024-11-05"):
        message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        assert endpoint.send(message, {"mcp-protocol-version": header}).result["protocolVersion"] == "2025-06-18"


@pytest.mark.parametrize("params", [{}, {"protocolVersion": 20250618}, {"protocolVersion": None}])
def test_initialize_without_a_version_is_invalid_params(endpoint, params):
    answer = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    assert (answer.status, answer.error["code"]) == (200, -32602)


def test_no_session_is_ever_given(endpoint):
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    answer = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}, {"mcp-session-id": "x"})
    assert "mcp-session-id" not in answer.headers


def test_discover_names_every_revision_the_server_and_how_long_that_holds(endpoint):
    answer = endpoint.ask("2026-07-28", "server/discover")
    assert answer.result["supportedVersions"] == list(EVERY_REVISION)
    assert answer.result["capabilities"] == {"tools": {"listChanged": False}, "resources": {}, "prompts": {}}
    assert answer.result["resultType"] == "complete"
    assert answer.result["cacheScope"] == "public"
    assert answer.result["ttlMs"] > 0
    assert answer.result["_meta"][META + "serverInfo"] == {"name": "orders-mcp", "title": "Orders", "version": "1.2"}
    validate_server_result("server/discover", "2026-07-28", answer.result)


@pytest.mark.parametrize("revision", HANDSHAKES)
def test_ping_is_answered_in_the_handshake_era(endpoint, revision):
    assert endpoint.ask(revision, "ping").json == {"jsonrpc": "2.0", "id": 7, "result": {}}


@pytest.mark.parametrize(
    "method", ["ping", "initialize", "logging/setLevel", "resources/subscribe", "no/such", "subscriptions/listen"]
)
def test_a_method_that_the_stateless_revision_lacks_is_404(endpoint, method):
    answer = endpoint.ask("2026-07-28", method, {"protocolVersion": "2025-11-25"})
    assert (answer.status, answer.error["code"], answer.json["id"]) == (404, -32601, 7)


@pytest.mark.parametrize("revision", HANDSHAKES)
@pytest.mark.parametrize(
    "method", ["server/discover", "resources/list", "prompts/list", "completion/complete", "logging/setLevel", "no/such"]
)
def test_a_method_that_a_handshake_revision_lacks_is_an_error_in_a_200(endpoint, revision, method):
    answer = endpoint.ask(revision, method)
    assert (answer.status, answer.error["code"], answer.json["id"]) == (200, -32601, 7)
    assert method in answer.error["message"]


@pytest.mark.parametrize(
    ("method", "member"),
    [("resources/list", "resources"), ("resources/templates/list", "resourceTemplates"), ("prompts/list", "prompts")],
)
def test_lists_of_what_nobody_has_are_empty_and_may_be_kept(endpoint, method, member):
    result = endpoint.ask("2026-07-28", method).result
    assert result[member] == []
    validate_server_result(method, "2026-07-28", result)
    assert endpoint.ask("2026-07-28", method, {"cursor": "x"}).error["code"] == -32602


@pytest.mark.parametrize(("method", "member"), [("resources/read", "uri"), ("prompts/get", "name")])
def test_what_nobody_has_is_not_found_by_name(endpoint, method, member):
    answer = endpoint.ask("2026-07-28", method, {member: "test://none"})
    assert (answer.status, answer.error["code"], answer.error["data"]) == (400, -32602, {member: "test://none"})
    assert endpoint.ask("2026-07-28", method, {member: 5}, mcp_name="5").error["code"] == -32602


def test_a_request_that_says_nothing_speaks_2025_03_26(endpoint):
    tools = endpoint.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).result["tools"]
    assert "annotations" in tools[0]  # new in 2025-03-26
    assert "title" not in tools[0]  # new in 2025-06-18


@pytest.mark.parametrize("version", ["2099-01-01", "draft", "", "2025-11-25,2025-11-25", "2026-07-28 x"])
def test_an_unknown_version_header_is_400_with_what_is_supported(endpoint, version):
    answer = endpoint.send({"jsonrpc": "2.0", "id": 3, "method": "tools/list"}, {"mcp-protocol-version": version})
    assert (answer.status, answer.json["id"], answer.error["code"]) == (400, 3, -32022)
    assert answer.error["data"] == {"supported": list(EVERY_REVISION), "requested": version}


def test_an_unknown_version_in_both_places_is_unsupported(endpoint):
    meta = {**ENVELOPE, META + "protocolVersion": "2099-01-01"}
    answer = endpoint.ask("2026-07-28", "tools/list", {"_meta": meta}, mcp_protocol_version="2099-01-01")
    assert (answer.status, answer.error["code"], answer.error["data"]["requested"]) == (400, -32022, "2099-01-01")


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {META + "protocolVersion": "2026-07-28"},
        {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": []},
        {META + "protocolVersion": 20260728, META + "clientCapabilities": {}},
        {META + "clientCapabilities": {}},
    ],
)
def test_an_incomplete_envelope_is_invalid_params_and_400(endpoint, meta):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    answer = endpoint.send(message, {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"})
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32602, 1)


def test_client_info_may_be_left_out(endpoint):
    meta = {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": {}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    assert endpoint.send(message, {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}).status == 200


def test_a_handshake_revision_named_in_meta_counts_and_must_agree_with_the_header(endpoint):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {META + "protocolVersion": "2025-11-25"}}}
    assert "title" in endpoint.send(message).result["tools"][0]
    assert endpoint.send(message, {"mcp-protocol-version": "2025-06-18"}).error["code"] == -32020


@pytest.mark.parametrize("revision", HANDSHAKES)
def test_notifications_are_accepted_without_content(endpoint, revision):
    for method in ("notifications/initialized", "notifications/cancelled", "no/such/notification"):
        answer = endpoint.send({"jsonrpc": "2.0", "method": method}, {"mcp-protocol-version": revision})
        assert (answer.status, answer.body, "content-type" in answer.headers) == (202, b"", False)


def test_a_stateless_notification_needs_no_mirroring_headers_but_a_known_version(endpoint):
    message = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"_meta": ENVELOPE}}
    assert endpoint.send(message).status == 202
    message = {"jsonrpc": "2.0", "method": "notifications/cancelled"}
    assert endpoint.send(message, {"mcp-protocol-version": "2026-07-28"}).status == 202
    assert endpoint.send(message, {"mcp-protocol-version": "2099-01-01"}).status == 400


def test_a_clients_response_is_accepted_until_2025_11_25_and_refused_after(endpoint):
    for response in (
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}},
    ):
        assert endpoint.send(response, {"mcp-protocol-version": "2025-11-25"}).status == 202
        answer = endpoint.send(response, {"mcp-protocol-version": "2026-07-28"})
        assert (answer.status, answer.error["code"]) == (400, -32600)


def test_an_application_reads_a_changed_request_again(endpoint: Endpoint):
    first = endpoint.ask("2025-11-25", "tools/list").result
    again = endpoint.ask("2025-11-25", "tools/list").result
    assert first == again
