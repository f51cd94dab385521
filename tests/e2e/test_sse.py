"""The official client over HTTP+SSE, against two hosts behind a balancer that sends every request elsewhere."""

import asyncio

import httpx
import pytest
from mcp import ClientSession
from mcp.client.sse import sse_client

from tests.e2e.balancer import balanced
from tests.hosts import local_host


@pytest.fixture(scope="module")
def balancer(data):
    with (
        local_host(data, MCP_STREAMING="1") as first,
        local_host(data, "--no-sample", MCP_STREAMING="1") as second,
        balanced([first, second]) as (url, asked),
    ):
        yield url, asked


def test_the_official_client_works_whichever_host_holds_the_stream(balancer):
    url, asked = balancer
    asked.clear()

    async def run():
        async with sse_client(f"{url}/orders-mcp/sse") as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            tools = await session.list_tools()
            calls = await asyncio.gather(*(session.call_tool("getOrder", {"id": number}) for number in (1, 2, 3, 1, 2, 3)))
            return [tool.name for tool in tools.tools], calls

    names, calls = asyncio.run(run())
    assert "getOrder" in names
    customers = [("Ada Lovelace", "Grace Hopper", "Alan Turing")[number] for number in (0, 1, 2, 0, 1, 2)]
    assert all(name in call.content[0].text for name, call in zip(customers, calls, strict=True))
    assert len(set(asked)) == 2


def test_a_session_ends_when_its_client_vanishes(balancer):
    url, _ = balancer

    async def run():
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            async with client.stream("GET", "/orders-mcp/sse") as stream:
                lines = stream.aiter_lines()
                assert await anext(lines) == "event: endpoint"
                endpoint = (await anext(lines)).removeprefix("data: ")
                ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
                assert (await client.post(endpoint, json=ping)).status_code == 202
            async with asyncio.timeout(15):
                while (await client.post(endpoint, json=ping)).status_code != 404:
                    await asyncio.sleep(0.1)

    asyncio.run(run())
