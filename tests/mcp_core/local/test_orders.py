import json
from collections.abc import Iterator

import httpx
import pytest

from mcp_core.local.orders import document, orders_api
from tests.servers import serving


@pytest.fixture(scope="module")
def orders() -> Iterator[httpx.Client]:
    with serving(orders_api()) as url, httpx.Client(base_url=url) as client:
        yield client


def test_order_2_is_there(orders: httpx.Client) -> None:
    order = orders.get("/orders/2").json()
    assert order["customer"] == "Grace Hopper"
    assert order["total"] == 1952.0


def test_orders_are_listed_newest_first_and_by_status(orders: httpx.Client) -> None:
    assert [order["id"] for order in orders.get("/orders?limit=3").json()] == sorted(
        (order["id"] for order in orders.get("/orders?limit=3").json()), reverse=True
    )
    assert {order["status"] for order in orders.get("/orders?status=shipped").json()} == {"shipped"}


def test_an_order_is_placed_changed_and_cancelled(orders: httpx.Client) -> None:
    placed = orders.post("/orders", json={"customer": "Edsger Dijkstra", "items": [{"sku": "S", "quantity": 2, "price": 1.25}]})
    assert placed.status_code == 201
    place = placed.headers["location"]
    assert placed.json()["total"] == 2.5
    assert orders.patch(place, json={"status": "paid"}).json()["status"] == "paid"
    assert orders.delete(place).status_code == 204
    assert orders.get(place).json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/orders/99", None, 404, "there is no order 99"),
        ("GET", "/orders?limit=0", None, 400, "limit must be"),
        ("POST", "/orders", {"customer": ""}, 400, "customer must be a name"),
        ("POST", "/orders", {"customer": "A", "items": []}, 400, "at least one item"),
        ("POST", "/orders", {"customer": "A", "items": [{"sku": "S", "quantity": 0}]}, 400, "quantity of at least 1"),
        ("PATCH", "/orders/1", {"status": "lost"}, 400, "status must be one of"),
        ("DELETE", "/orders/2", None, 409, "has been shipped"),
    ],
)
def test_a_mistake_is_a_problem_that_says_what_is_wrong(
    orders: httpx.Client, method: str, path: str, body: object, status: int, detail: str
) -> None:
    answer = orders.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert detail in answer.json()["detail"]


def test_the_document_names_the_given_server_and_every_route() -> None:
    content = json.loads(document("http://127.0.0.1:9"))
    assert content["servers"] == [{"url": "http://127.0.0.1:9"}]
    assert set(content["paths"]) == {"/orders", "/orders/{id}"}
