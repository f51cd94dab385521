"""Real requests of every kind under the library that Azure runs the app with: none ends in the host's bare 500."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from mcp_core.catalog.model import PolicyText
from mcp_core.catalog.repository import Repository
from mcp_core.storage.open import open_store
from tests.functions.conftest import ROOT, Worker, running

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
POLICY = """<policies><inbound><base />
<choose>
<when condition="@(context.Request.Headers.GetValueOrDefault(&quot;X-Mode&quot;) == &quot;closed&quot;)">
<return-response><set-status code="401" reason="Unauthorized" />
<set-header name="WWW-Authenticate" exists-action="override"><value>Bearer error="invalid_token"</value></set-header>
</return-response>
</when>
<when condition="@(context.Request.Headers.GetValueOrDefault(&quot;X-Mode&quot;) == &quot;limited&quot;)">
<rate-limit-by-key calls="1" renewal-period="60" counter-key="x" />
</when>
</choose></inbound><backend><base /></backend>
<outbound><base /><set-header name="X-Said" exists-action="override">
<value>@(context.Request.Headers.GetValueOrDefault("X-Say", "-"))</value></set-header></outbound>
<on-error><base /></on-error></policies>"""


@pytest.fixture(scope="module")
def governed(orders_store: str) -> Iterator[Worker]:
    async def govern() -> None:
        store = open_store(orders_store)
        await Repository(store).policies.save(PolicyText("mcp/orders-mcp", POLICY))
        await store.close()

    asyncio.run(govern())
    with running(ROOT, {"MCP_STORE": orders_store, "MCP_ALLOW_PRIVATE_BACKENDS": "1"}) as worker:
        yield worker


def call(arguments: object, **more: object) -> bytes:
    params = {"name": "getOrder", "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params, **more}).encode()


def test_a_refusal_by_rate_keeps_its_status_and_its_headers(governed: Worker) -> None:
    answers = [governed.request("POST", "/orders-mcp/mcp", call({"id": 2}), **JSON, **{"X-Mode": "limited"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert 0 < int(answers[1].headers["Retry-After"]) <= 60
    error = answers[1].json()
    assert (error["id"], error["error"]["data"]["statusCode"]) == (7, 429)


def test_a_demand_for_a_token_keeps_its_challenge(governed: Worker) -> None:
    answer = governed.request("POST", "/orders-mcp/mcp", call({"id": 2}), **JSON, **{"X-Mode": "closed"})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"null", 400),
        (b'{"jsonrpc":"1.0"}', 400),
        (b"[" * 100_000, 400),
    ],
)
def test_what_is_malformed_is_told_so(governed: Worker, body: bytes, status: int) -> None:
    answer = governed.request("POST", "/orders-mcp/mcp", body, **JSON)
    assert answer.status == status
    assert answer.json()["error"]["code"] in {-32700, -32600}


@pytest.mark.parametrize(("size", "status"), [(4 * MIB, 200), (4 * MIB + 1, 413), (6 * MIB, 413)])
def test_four_mebibytes_are_taken_and_no_more(governed: Worker, size: int, status: int) -> None:
    short = call({"id": 2}, padding="")
    body = call({"id": 2}, padding="x" * (size - len(short)))
    assert len(body) == size
    answer = governed.request("POST", "/orders-mcp/mcp", body, **JSON)
    assert answer.status == status
    assert "Grace Hopper" in answer.body.decode() if status == 200 else answer.json()["error"]


@pytest.mark.parametrize("said", ["plain", "Grüße", "\u2713 \U0001f600", "\x80\xff", "a" * 10_000])
def test_odd_header_values_pass_or_are_made_safe(governed: Worker, said: str) -> None:
    answer = governed.request("POST", "/orders-mcp/mcp", call({"id": 2}), **JSON, **{"X-Say": said})
    assert answer.status == 200
    shown = answer.headers["X-Said"]
    assert shown.isascii()
    assert shown.isprintable()
    assert shown == said or not (said.isascii() and said.isprintable())


@pytest.mark.parametrize(
    "path", ["/", "//", "/%00", "/%ff%fe/mcp", "/orders-mcp/mcp?%", "/..%2f..%2fmcp", "/a:b/mcp", "/nothing/sse"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "HEAD"])
def test_any_path_and_method_gets_an_answer_of_ours(governed: Worker, path: str, method: str) -> None:
    assert governed.request(method, path).status in {400, 403, 404, 405, 415}


def test_the_older_transport_names_the_setting_that_it_needs(governed: Worker) -> None:
    answer = governed.request("GET", "/orders-mcp/sse")
    assert answer.status == 405
    assert "MCP_STREAMING" in answer.json()["message"]


def test_health_and_readiness_tell_no_secret(governed: Worker, orders_store: str) -> None:
    ready = governed.request("GET", "/ready")
    assert ready.status == 200
    assert ready.json().keys() == {"status", "configurationAgeSeconds"}
    assert orders_store.encode() not in ready.body + governed.request("GET", "/health").body
