"""Which tools a server shows."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_core.catalog.export import check_tool_name, find_operations, served_tools
from mcp_core.catalog.model import Api, McpServer, ToolOverride
from mcp_core.errors import InvalidInput, NotFound
from tests.mcp_core.openapi.documents import document, imported

API = imported(
    document(
        {
            "/orders": {"get": {"operationId": "listOrders", "summary": "List"}, "post": {"operationId": "orders/create"}},
            "/orders/{id}": {"get": {"operationId": "getOrder"}, "delete": {}},
        }
    )
)
ALL = ["listOrders", "orders_create", "getOrder", "delete_orders_id"]


def shown(api: Api = API, **server: Any) -> list[str]:
    return [tool.name for tool, _ in served_tools(api, McpServer("s", "test", **server))]


def test_a_server_shows_all_operations_in_the_document_s_order() -> None:
    assert shown() == ALL
    assert all(tool.operation_id == operation.id for tool, operation in served_tools(API, McpServer("s", "test")))


def test_a_server_shows_the_chosen_operations_in_the_chosen_order() -> None:
    assert shown(operations=("getOrder", "listOrders", "getOrder")) == ["getOrder", "listOrders"]
    assert shown(operations=()) == []


def test_an_operation_that_is_gone_does_not_stop_the_others() -> None:
    assert shown(operations=("gone", "getOrder")) == ["getOrder"]


def test_names_and_descriptions_that_a_user_gave_are_shown() -> None:
    override = ToolOverride("getOrder", name="order", description="One order.")
    tools = {tool.name: tool for tool, _ in served_tools(API, McpServer("s", "test", overrides=(override,)))}
    assert tools["order"].description == "One order."
    assert tools["order"].operation_id == "getOrder"
    assert "getOrder" not in tools
    assert tools["listOrders"].description == "List"


def test_a_name_that_a_user_gave_wins_over_an_import_s() -> None:
    names = shown(overrides=(ToolOverride("getOrder", name="listOrders"),))
    assert names[2] == "listOrders"
    assert names[0].startswith("listOrders_")
    assert len(set(names)) == 4


WANTED = [
    ("getOrder", "getOrder"),
    ("orders/create", "orders_create"),
    ("GET /orders/{id}", "getOrder"),
    ("delete /orders/{id}", "delete_orders_id"),
]


@pytest.mark.parametrize(("wanted", "found"), WANTED)
def test_an_operation_is_found_by_its_id_or_its_method_and_path(wanted: str, found: str) -> None:
    assert find_operations(API, [wanted]) == (found,)


def test_operations_are_found_in_the_order_they_were_named_each_once() -> None:
    assert find_operations(API, ["getOrder", "listOrders", "getOrder"]) == ("getOrder", "listOrders")


@pytest.mark.parametrize(("wanted", "near"), [("getorder", "'getOrder'"), ("listOrder", "'listOrders'"), ("zzz", "api show")])
def test_an_unknown_operation_is_refused_with_those_that_are_near(wanted: str, near: str) -> None:
    with pytest.raises(NotFound) as refusal:
        find_operations(API, [wanted])
    assert wanted in refusal.value.message
    assert near in refusal.value.hint


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "größe", "🙂"])
def test_a_name_that_clients_would_refuse_cannot_be_given(name: str) -> None:
    with pytest.raises(InvalidInput, match="is no tool name"):
        check_tool_name(API, McpServer("s", "test"), "getOrder", name)


def test_a_name_that_another_tool_has_cannot_be_given() -> None:
    server = McpServer("s", "test", overrides=(ToolOverride("getOrder", name="mine"),))
    with pytest.raises(InvalidInput, match="for the operation 'getOrder'"):
        check_tool_name(API, server, "listOrders", "MINE")
    check_tool_name(API, server, "getOrder", "mine")
    check_tool_name(API, server, "listOrders", "getOrder")


def test_a_thousand_tools_are_listed_alike_every_time() -> None:
    api = imported(document({f"/p{n}": {"get": {"operationId": f"op{n}"}} for n in range(1000)}))
    assert shown(api) == shown(api) == [f"op{n}" for n in range(1000)]
