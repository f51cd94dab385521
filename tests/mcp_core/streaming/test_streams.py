"""The older transport, HTTP+SSE, on one application and on two that share a store."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mcp_core.access import key_record
from mcp_core.app import Application
from mcp_core.catalog.model import PolicyText, Subscription
from mcp_core.local.orders import orders_api
from mcp_core.local.sample import ensure_sample
from mcp_core.settings import Settings
from mcp_core.storage.open import open_store
from mcp_core.storage.sqlite import SqliteStore
from mcp_core.streaming import STREAMS_TABLE, Mailbox, SseTransport
from mcp_core.streaming.purge import purge_streams
from mcp_core.streaming.stream import Pace
from policies.messages import Headers, Request, Response
from tests.azurite import Azurite, azurite
from tests.servers import serving

__all__ = ["azurite"]  # the fixture

QUICK = Pace(accepts=5, lasts=6, heartbeat=0.05, busy=0.01, idle=0.01)
SETTINGS = Settings(streaming=True, allow_private_backends=True, trusted_proxies=0)


@contextlib.asynccontextmanager
async def instances(path: Path, count: int = 1, pace: Pace = QUICK, policy: str = "") -> AsyncIterator[list[Application]]:
    """Applications over one store with the sample exported."""
    with serving(orders_api()) as url:
        started = [Application(SETTINGS, SqliteStore(path / "gateway.db")) for _ in range(count)]
        await ensure_sample(started[0].repository, url)
        await started[0].repository.subscriptions.save(Subscription("team", primary=key_record("abc")))
        if policy:
            await started[0].repository.policies.save(PolicyText("mcp/orders-mcp", policy))
        for each in started:
            await each.start()
            each._sse = SseTransport(each._endpoint, each.store, pace=pace)
        try:
            yield started
        finally:
            for each in started:
                await each.close()


class Reader:
    """The events of an open stream, as they come."""

    def __init__(self, response: Response) -> None:
        assert response.status == 200, response.body
        assert response.headers.get("content-type") == "text/event-stream"
        self._chunks = response.body.stream()

    async def event(self, skip_heartbeats: bool = True) -> tuple[str, str]:
        while True:
            chunk = (await asyncio.wait_for(anext(self._chunks), 10)).decode()
            if chunk.startswith(":"):
                if skip_heartbeats:
                    continue
                return "heartbeat", ""
            lines = dict(line.split(": ", 1) for line in chunk.strip().split("\n"))
            return lines["event"], lines["data"]

    async def close(self) -> None:
        await self._chunks.aclose()


def get(path: str, headers: Mapping[str, str] | None = None) -> Request:
    return Request("GET", f"http://gateway.example{path}", Headers({"Host": "gateway.example", **(headers or {})}))


def post(path: str, method: str, params: Any = None, identifier: int | None = 1) -> Request:
    message = {"jsonrpc": "2.0", "method": method, "params": params or {}}
    if identifier is not None:
        message["id"] = identifier
    headers = Headers({"Host": "gateway.example", "Content-Type": "application/json"})
    return Request("POST", f"http://gateway.example{path}", headers, json.dumps(message).encode())


CALL = {"name": "getOrder", "arguments": {"id": 2}}


@pytest.mark.parametrize("posted_to", [0, 1])
def test_a_message_posted_to_any_instance_is_answered_in_the_stream(tmp_path: Path, posted_to: int) -> None:
    async def run() -> None:
        async with instances(tmp_path, 2) as started:
            reader = Reader(await started[0].handle(get("/orders-mcp/sse")))
            kind, endpoint = await reader.event()
            assert kind == "endpoint"
            assert endpoint.startswith("/orders-mcp/messages?sessionId=")
            accepted = await started[posted_to].handle(post(endpoint, "tools/call", CALL))
            assert (accepted.status, accepted.body.data) == (202, b"Accepted")
            kind, data = await reader.event()
            assert kind == "message"
            assert "Grace Hopper" in json.loads(data)["result"]["content"][0]["text"]
            await reader.close()

    asyncio.run(run())


def test_a_result_larger_than_a_row_goes_through_the_store_whole(tmp_path: Path) -> None:
    async def run() -> None:
        import random

        store = SqliteStore(tmp_path / "gateway.db")
        mailbox = Mailbox(store)
        session = await mailbox.open("orders-mcp", 10)
        sent = [random.Random(number).randbytes(size) for number, size in enumerate((10, 3_000_000, 100_000))]
        for data in sent:
            await mailbox.put(session, data)
        assert [each.data for each in await mailbox.take(session)] == sent
        await mailbox.close(session)
        assert await mailbox.take(session) == []
        assert await purge_streams(store, 1e11, 1000) > 0
        assert [row async for row in store.query(STREAMS_TABLE)] == []
        await store.close()

    asyncio.run(run())


def test_a_client_that_leaves_leaves_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with instances(tmp_path, 2) as started:
            reader = Reader(await started[0].handle(get("/orders-mcp/sse")))
            _, endpoint = await reader.event()
            await started[1].handle(post(endpoint, "ping"))
            await reader.close()
            assert [row async for row in started[0].store.query(STREAMS_TABLE)] == []
            assert started[0]._sse is not None
            assert started[0]._sse._here == {}
            late = await started[1].handle(post(endpoint, "ping"))
            assert late.status == 404
            assert b"open the stream again" in late.body.data

    asyncio.run(run())


def test_a_stream_beats_and_ends_by_itself(tmp_path: Path) -> None:
    async def run() -> None:
        pace = Pace(accepts=0.0, lasts=0.1, heartbeat=0.02, busy=0.01, idle=0.01)
        async with instances(tmp_path, 1, pace) as [application]:
            reader = Reader(await application.handle(get("/orders-mcp/sse")))
            _, endpoint = await reader.event()
            assert (await application.handle(post(endpoint, "ping"))).status == 404  # it takes no more messages
            assert await reader.event(skip_heartbeats=False) == ("heartbeat", "")
            with pytest.raises(StopAsyncIteration):
                while True:
                    await reader.event(skip_heartbeats=False)

    asyncio.run(run())


def test_it_ends_before_the_platform_would_cut_it() -> None:
    assert Pace().accepts < Pace().lasts < 230
    assert Pace().heartbeat < 60


LIMITED = """<policies><inbound><base /><rate-limit-by-key calls="1" renewal-period="60" counter-key="x" /></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""
CLOSED = """<policies><inbound><base />
<return-response><set-status code="401" reason="Unauthorized" />
<set-header name="WWW-Authenticate" exists-action="override"><value>Bearer</value></set-header></return-response>
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


def test_a_refusal_by_rate_comes_out_of_the_stream(tmp_path: Path) -> None:
    async def run() -> None:
        async with instances(tmp_path, 2, policy=LIMITED) as started:
            reader = Reader(await started[0].handle(get("/orders-mcp/sse")))
            _, endpoint = await reader.event()
            for number in (1, 2):
                assert (await started[number - 1].handle(post(endpoint, "tools/call", CALL, number))).status == 202
            answers = [json.loads((await reader.event())[1]) for _ in range(2)]
            refused = next(answer for answer in answers if answer["id"] == 2)
            assert refused["error"]["data"]["statusCode"] == 429
            await reader.close()

    asyncio.run(run())


def test_a_stream_that_the_policies_refuse_is_not_opened(tmp_path: Path) -> None:
    async def run() -> None:
        async with instances(tmp_path, 1, policy=CLOSED) as [application]:
            answer = await application.handle(get("/orders-mcp/sse"))
            assert answer.status == 401
            assert answer.headers.get("www-authenticate") == "Bearer"
            assert [row async for row in application.store.query(STREAMS_TABLE)] == []

    asyncio.run(run())


def test_a_foreign_page_cannot_open_a_stream(tmp_path: Path) -> None:
    async def run() -> None:
        async with instances(tmp_path) as [application]:
            assert (await application.handle(get("/orders-mcp/sse", {"Origin": "https://evil.example"}))).status == 403

    asyncio.run(run())


def test_notifications_and_wrong_messages_are_answered_by_the_post_itself(tmp_path: Path) -> None:
    async def run() -> None:
        async with instances(tmp_path) as [application]:
            reader = Reader(await application.handle(get("/orders-mcp/sse?subscription-key=abc")))
            _, endpoint = await reader.event()
            assert endpoint.endswith("&subscription-key=abc")
            assert (await application.handle(post(endpoint, "notifications/initialized", None, None))).status == 202
            broken = post(endpoint, "ping")
            broken.body = Request("POST", "http://x", body=b"{").body
            answer = await application.handle(broken)
            assert (answer.status, json.loads(answer.body.data)["error"]["code"]) == (400, -32700)
            await reader.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post("/orders-mcp/messages", "ping"), 404),
        (post("/orders-mcp/messages?sessionId=open", "ping"), 404),
        (post(f"/orders-mcp/messages?sessionId={'0' * 32}", "ping"), 404),
        (get("/orders-mcp/messages"), 405),
        (post("/orders-mcp/sse", "ping"), 405),
        (get("/nothing/sse"), 404),
    ],
)
def test_what_is_no_session_or_no_method_is_refused(tmp_path: Path, request_: Request, status: int) -> None:
    async def run() -> None:
        async with instances(tmp_path) as [application]:
            assert (await application.handle(request_)).status == status

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/orders-mcp/sse", "/orders-mcp/messages?sessionId=1"])
def test_without_the_setting_the_answer_names_it(tmp_path: Path, path: str) -> None:
    async def run() -> None:
        async with instances(tmp_path) as [application]:
            application.settings = Settings()
            answer = await application.handle(get(path))
            assert answer.status == 405
            assert "MCP_STREAMING" in json.loads(answer.body.data)["message"]

    asyncio.run(run())


def test_a_mailbox_works_on_the_table_service(azurite: Azurite) -> None:
    async def run() -> None:
        store = open_store(f"tables:{azurite.new_account().connection_string}")
        mailbox = Mailbox(store)
        session = await mailbox.open("orders-mcp", 10)
        assert await mailbox.is_open(session, "orders-mcp")
        assert not await mailbox.is_open(session, "petstore-mcp")
        sent = [b"small", bytes(range(256)) * 8192]
        for data in sent:
            await mailbox.put(session, data)
        waiting = await mailbox.take(session)
        assert [each.data for each in waiting] == sent
        await mailbox.remove(session, [each.row for each in waiting])
        assert await mailbox.take(session) == []
        await mailbox.close(session)
        assert not await mailbox.is_open(session, "orders-mcp")
        await store.close()

    asyncio.run(run())
