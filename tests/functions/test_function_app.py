"""`function_app.py` under the library that Azure itself runs it with."""

from __future__ import annotations

from tests.functions.conftest import Worker


def test_one_http_function_takes_every_path_and_method_anonymously(worker: Worker) -> None:
    trigger = worker.functions["gateway"][0]
    assert trigger["type"] == "httpTrigger"
    assert trigger["route"] == "{*path}"
    assert trigger["authLevel"] == "ANONYMOUS"
    assert {"GET", "POST", "DELETE", "OPTIONS"} <= set(trigger["methods"])


def test_a_tool_is_called_through_it(worker: Worker) -> None:
    answer = worker.rpc("tools/call", {"name": "getOrder", "arguments": {"id": 2}})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    result = answer.json()["result"]
    assert result["isError"] is False
    assert "Grace Hopper" in result["content"][0]["text"]


def test_tools_are_listed_through_it(worker: Worker) -> None:
    tools = worker.rpc("tools/list").json()["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["listOrders", "createOrder", "getOrder", "updateOrder", "cancelOrder"]


def test_what_is_malformed_gets_the_protocols_answer(worker: Worker) -> None:
    answer = worker.request("POST", "/orders-mcp/mcp", b"{", **{"Content-Type": "application/json", "Accept": "*/*"})
    assert answer.status == 400
    assert answer.json()["error"]["code"] == -32700


def test_get_is_not_allowed_and_other_paths_are_not_found(worker: Worker) -> None:
    assert worker.request("GET", "/orders-mcp/mcp", Accept="text/event-stream").status == 405
    assert worker.request("GET", "/nothing").status == 404
    assert worker.request("GET", "/health").json() == {"status": "ok"}


def test_a_timer_cleans_the_store_and_a_new_instance_is_warmed_up(worker: Worker) -> None:
    timer = worker.functions["clean"][0]
    assert (timer["type"], timer["schedule"]) == ("timerTrigger", "0 */10 * * * *")
    assert worker.functions["warm_up"][0]["type"] == "warmupTrigger"
    assert worker.invoke("clean", "timer", "", "1", {}, b"").status == 0
    assert worker.invoke("warm_up", "warmup", "", "2", {}, b"").status == 0
