"""The official `mcp` 2.x client, in both eras, against a real host."""

import asyncio
import json

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

TOOLS = {"listOrders", "createOrder", "getOrder", "updateOrder", "cancelOrder"}
MODES = [("auto", "2026-07-28"), ("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")]
eras = pytest.mark.parametrize(("mode", "revision"), MODES, ids=[mode for mode, _ in MODES])


def with_client(endpoint, mode, use):
    async def run():
        async with Client(endpoint, mode=mode) as client:
            return await use(client)

    return asyncio.run(run())


@eras
def test_it_connects_and_lists(endpoint, mode, revision):
    async def use(client):
        assert client.protocol_version == revision
        if mode != "2026-07-28":  # a pinned version asks nothing before the first call
            assert client.server_info.name == "orders-mcp"
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = with_client(endpoint, mode, use)
    assert set(tools) == TOOLS
    assert tools["getOrder"].annotations.read_only_hint is True
    assert tools["getOrder"].input_schema["required"] == ["id"]
    assert tools["getOrder"].description


@eras
def test_order_2_is_order_2(endpoint, mode, revision):
    result = with_client(endpoint, mode, lambda client: client.call_tool("getOrder", {"id": 2}))
    assert result.is_error is False
    assert json.loads(result.content[0].text)["customer"] == "Grace Hopper"
    assert result.structured_content["id"] == 2
    assert result.structured_content["customer"] == "Grace Hopper"


@eras
def test_a_list_has_structure_too(endpoint, mode, revision):
    result = with_client(endpoint, mode, lambda client: client.call_tool("listOrders", {"status": "shipped"}))
    assert [order["id"] for order in json.loads(result.content[0].text)] == [2]
    assert [order["id"] for order in result.structured_content["result"]] == [2]


@eras
def test_a_body_arrives(endpoint, mode, revision):
    async def use(client):
        items = [{"sku": "BUG-1", "quantity": 2, "price": 0.25}]
        return await client.call_tool("createOrder", {"customer": "Käthe ☃", "items": items})

    placed = with_client(endpoint, mode, use).structured_content
    assert (placed["customer"], placed["total"]) == ("Käthe ☃", 0.5)


@eras
def test_what_the_api_refuses_is_told_to_the_model(endpoint, mode, revision):
    result = with_client(endpoint, mode, lambda client: client.call_tool("getOrder", {"id": 99}))
    assert result.is_error is True
    text = "\n".join(block.text for block in result.content)
    assert "404" in text
    assert "there is no order 99" in text


@eras
@pytest.mark.parametrize("arguments", [{}, {"id": "two"}, {"id": 2, "colour": "red"}])
def test_wrong_arguments_are_told_to_the_model_and_not_sent(endpoint, mode, revision, arguments):
    result = with_client(endpoint, mode, lambda client: client.call_tool("getOrder", arguments))
    assert result.is_error is True
    assert ("colour" if "colour" in arguments else "id") in result.content[0].text


@eras
def test_an_unknown_tool_is_an_error_that_names_it(endpoint, mode, revision):
    async def use(client):
        with pytest.raises(MCPError, match="dropTables"):
            await client.call_tool("dropTables", {})

    with_client(endpoint, mode, use)


@pytest.mark.filterwarnings("ignore:ping is removed:mcp.shared.exceptions.MCPDeprecationWarning")
def test_the_handshake_era_has_ping(endpoint):
    with_client(endpoint, "legacy", lambda client: client.send_ping())


def test_many_calls_share_a_connection(endpoint):
    async def use(client):
        return await asyncio.gather(*(client.call_tool("getOrder", {"id": 1 + number % 3}) for number in range(30)))

    results = with_client(endpoint, "auto", use)
    assert [result.structured_content["id"] for result in results] == [1 + number % 3 for number in range(30)]
