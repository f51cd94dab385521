"""Two hosts on one store behind a balancer that sends every request elsewhere: nothing may need a session."""

import asyncio

import pytest
from mcp import Client

from tests.e2e.balancer import balanced
from tests.e2e.older_clients import CannotInstall, seen_by_older_client
from tests.hosts import local_host


@pytest.fixture(scope="module")
def balancer(host, data):
    with local_host(data, "--no-sample") as second, balanced([host, second]) as (url, asked):
        yield f"{url}/orders-mcp/mcp", asked


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_is_served_by_both(balancer, mode):
    url, asked = balancer
    asked.clear()

    async def run():
        async with Client(url, mode=mode) as client:
            tools = (await client.list_tools()).tools
            return [tool.name for tool in tools], [await client.call_tool("getOrder", {"id": 2}) for _ in range(4)]

    names, results = asyncio.run(run())
    assert "getOrder" in names
    assert all(result.structured_content["customer"] == "Grace Hopper" for result in results)
    assert len(asked) >= 6
    assert asked[0::2] != asked[1::2]
    assert len(set(asked)) == 2


def test_an_older_client_is_served_by_both(balancer):
    url, asked = balancer
    asked.clear()
    try:
        seen = seen_by_older_client("1.30.0", url)
    except CannotInstall as error:
        pytest.skip(str(error))
    assert seen["order"]["customer"] == "Grace Hopper"
    assert len(set(asked)) == 2


def test_pages_of_one_list_come_from_both(data, tmp_path):
    with (
        local_host(data, "--no-sample", MCP_PAGE_SIZE="2") as first,
        local_host(data, "--no-sample", MCP_PAGE_SIZE="2") as second,
        balanced([first, second]) as (url, _),
    ):

        async def run():
            names, cursor = [], None
            async with Client(f"{url}/orders-mcp/mcp") as client:
                while True:
                    page = await client.list_tools(cursor=cursor)
                    names.append([tool.name for tool in page.tools])
                    cursor = page.next_cursor
                    if cursor is None:
                        return names

        assert [len(page) for page in asyncio.run(run())] == [2, 2, 1]
