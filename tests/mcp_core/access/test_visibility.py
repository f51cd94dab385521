"""`visible-when`: a list shows what a call would allow, to each caller their own."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_core.access import key_record
from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.model import Product, Subscription, ToolOverride
from mcp_core.catalog.repository import Repository
from mcp_core.errors import InvalidInput
from policies.messages import Response
from policies.records import replace
from tests.applications import RecordingBackend, Running, running, section

TEAM, OTHER = "a" * 64, "b" * 64
ROLE = '<set-variable name="role" value="@(context.Request.Headers.GetValueOrDefault("X-Role", ""))" />'
ALL = {"listOrders", "createOrder", "getOrder", "updateOrder", "cancelOrder"}


def hiding(**conditions: str) -> Callable[[Repository], Awaitable[None]]:
    """A catalogue whose tools have these conditions, and a subscription to the product "gold"."""

    async def prepare(repository: Repository) -> None:
        stored = await repository.servers.get("orders-mcp")
        overrides = tuple(ToolOverride(operation, visible_when=text) for operation, text in conditions.items())
        await repository.servers.save(replace(stored.value, overrides=overrides), etag=stored.etag, check=policies_compile)
        await repository.products.save(Product("gold", "Gold", servers=("orders-mcp",)))
        for name, key, scope in (("team", TEAM, "product/gold"), ("other", OTHER, "")):
            await repository.subscriptions.save(Subscription(name, scope=scope, primary=key_record(key)))

    return prepare


async def listed(gateway: Running, headers: dict[str, str] | None = None) -> set[str]:
    result = json.loads((await gateway.rpc("tools/list", headers=headers)).body.data)["result"]
    return {tool["name"] for tool in result["tools"]}


async def callable_tools(gateway: Running, headers: dict[str, str] | None = None) -> set[str]:
    found = set()
    for name in ALL:
        answer = json.loads((await gateway.call(name, {"id": 2}, headers=headers)).body.data)
        unknown = answer.get("error", {}).get("message") == f"Unknown tool: {name}"
        assert unknown or "result" in answer  # arguments may be wrong: then the result says so
        found |= set() if unknown else {name}
    return found


CONDITIONS = {
    "by a claim or header that a policy looked at": ('@((string)context.Variables["role"] == "admin")', {"X-Role": "admin"}),
    "by product": ('@(context.Product?.Id == "gold")', {"Ocp-Apim-Subscription-Key": TEAM}),
    "by subscription": ("@(context.Subscription != null)", {"Ocp-Apim-Subscription-Key": OTHER}),
    "by the tool's own operation": (
        '@(context.Operation.Method == "GET" || context.Subscription != null)',
        {"Ocp-Apim-Subscription-Key": OTHER},
    ),
    "in a block": ('@{ var role = (string)context.Variables["role"]; return role.StartsWith("ad"); }', {"X-Role": "admin"}),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_list_shows_exactly_what_can_be_called(tmp_path: Path, condition: str) -> None:
    text, rights = CONDITIONS[condition]

    async def scene(gateway: Running) -> list[set[str]]:
        return [await each(gateway, headers) for headers in ({}, rights) for each in (listed, callable_tools)]

    found = running(tmp_path, scene, policies={"mcp/orders-mcp": section(ROLE)}, prepare=hiding(cancelOrder=text))
    assert found == [ALL - {"cancelOrder"}, ALL - {"cancelOrder"}, ALL, ALL]


READS = '@(context.Operation.Method == "GET")'
READING = {"listOrders", "getOrder"}


def product_shows(text: str, **conditions: str) -> Callable[[Repository], Awaitable[None]]:
    async def prepare(repository: Repository) -> None:
        await hiding(**conditions)(repository)
        stored = await repository.products.get("gold")
        await repository.products.save(replace(stored.value, visible_when=text), etag=stored.etag, check=policies_compile)

    return prepare


def test_a_product_shows_its_subscribers_what_it_says(tmp_path: Path) -> None:
    """Those who come with it, and nobody else; beside what the tools ask themselves."""
    callers: list[dict[str, str]] = [{}, {"Ocp-Apim-Subscription-Key": TEAM}, {"Ocp-Apim-Subscription-Key": OTHER}]

    async def scene(gateway: Running) -> list[set[str]]:
        return [await each(gateway, headers) for headers in callers for each in (listed, callable_tools)]

    found = running(tmp_path, scene, prepare=product_shows(READS, getOrder="@(context.Subscription != null)"))
    assert found == [ALL - {"getOrder"}, ALL - {"getOrder"}, READING, READING, ALL, ALL]
    (tmp_path / "two").mkdir()
    both = running(tmp_path / "two", scene, prepare=product_shows(READS, getOrder="false"))
    assert both == [
        ALL - {"getOrder"},
        ALL - {"getOrder"},
        {"listOrders"},
        {"listOrders"},
        ALL - {"getOrder"},
        ALL - {"getOrder"},
    ]


def test_an_open_product_shows_everybody_what_it_says_until_that_is_changed(tmp_path: Path) -> None:
    async def prepare(repository: Repository) -> None:
        await repository.products.save(
            Product("open", "Open", subscription_required=False, apis=("orders",), visible_when=READS), check=policies_compile
        )

    async def scene(gateway: Running) -> list[set[str]]:
        before = await listed(gateway), await callable_tools(gateway)
        stored = await gateway.repository.products.get("open")
        await gateway.repository.products.save(replace(stored.value, visible_when=""), etag=stored.etag)
        await gateway.refresh()
        return [*before, await listed(gateway), await callable_tools(gateway)]

    assert running(tmp_path, scene, prepare=prepare) == [READING, READING, ALL, ALL]


@pytest.mark.parametrize("text", ["@(context.Nothing)", "sometimes", "{{missing}}"])
def test_a_products_condition_that_does_not_compile_is_not_stored(tmp_path: Path, text: str) -> None:
    async def scene(gateway: Running) -> str:
        with pytest.raises(InvalidInput) as refused:
            await product_shows(text)(gateway.repository)
        return str(refused.value)

    assert "product/gold, visible-when" in running(tmp_path, scene)


def test_nothing_of_a_hidden_tool_reaches_the_backend(tmp_path: Path) -> None:
    backend = RecordingBackend()

    async def scene(gateway: Running) -> Response:
        return await gateway.call("cancelOrder", {"id": 2})

    response = running(tmp_path, scene, backend=backend, prepare=hiding(cancelOrder="false"))
    assert json.loads(response.body.data)["error"]["message"] == "Unknown tool: cancelOrder"
    assert backend.seen == []


def test_a_condition_that_fails_hides_its_tool_and_no_other(tmp_path: Path) -> None:
    async def scene(gateway: Running) -> tuple[set[str], set[str]]:
        return await listed(gateway), await callable_tools(gateway)

    failing = hiding(cancelOrder='@((string)context.Variables["missing"] == "x")', getOrder="true")
    assert running(tmp_path, scene, prepare=failing) == (ALL - {"cancelOrder"}, ALL - {"cancelOrder"})


def test_in_a_batch_each_message_is_asked_for_by_itself(tmp_path: Path) -> None:
    async def scene(gateway: Running) -> Any:
        calls = [
            {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": {"id": 2}}}
            for number, name in enumerate(("cancelOrder", "getOrder"))
        ]
        fields = {"Content-Type": "application/json", "Accept": "application/json", "MCP-Protocol-Version": "2025-03-26"}
        return json.loads((await gateway.request("POST", "/orders-mcp/mcp", json.dumps(calls).encode(), fields)).body.data)

    refused, answered = running(tmp_path, scene, prepare=hiding(cancelOrder="false"))
    assert "Unknown tool" in refused["error"]["message"]
    assert "result" in answered


@pytest.mark.parametrize(
    ("prepare", "scope"),
    [(hiding(), "public"), (hiding(cancelOrder="true"), "private"), (product_shows(READS), "private")],
)
def test_a_list_that_may_differ_by_caller_is_private(
    tmp_path: Path, prepare: Callable[[Repository], Awaitable[None]], scope: str
) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }

    async def scene(gateway: Running) -> Any:
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
        subscribed = {**headers, "Ocp-Apim-Subscription-Key": TEAM}
        return [
            json.loads((await gateway.rpc("tools/list", {"_meta": meta}, each)).body.data)["result"]
            for each in (headers, subscribed)
        ]

    anybody, subscriber = running(tmp_path, scene, prepare=prepare)
    assert {anybody["cacheScope"], subscriber["cacheScope"]} == {scope}
    assert {tool["name"] for tool in anybody["tools"]} == ALL
    assert {tool["name"] for tool in subscriber["tools"]} <= ALL


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("@(context.Nothing)", "Nothing"),
        ('@("text".Length)', "true or false"),
        ("sometimes", "true or false"),
        ("@(true", ""),
        ("<a/>", "no condition"),
        ("@(true)</fragment>", ""),
        ("{{missing}}", "named value"),
    ],
)
def test_a_condition_that_does_not_compile_is_not_stored(tmp_path: Path, text: str, problem: str) -> None:
    async def scene(gateway: Running) -> str:
        with pytest.raises(InvalidInput) as refused:
            await hiding(cancelOrder=text)(gateway.repository)
        return str(refused.value)

    message = running(tmp_path, scene)
    assert "visible-when of cancelOrder" in message
    assert problem in message
    assert "<fragment>" not in message
