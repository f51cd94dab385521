"""The sample Orders API: a small real REST service, so that a first try needs nothing else.

The rule here: it is an ordinary backend. It knows nothing of MCP or the gateway; its contract is `orders.openapi.json`.
Orders live in memory and start afresh with each process.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

__all__ = ["document", "orders_api"]

STATUSES = ("placed", "paid", "shipped", "cancelled")

Order = dict[str, Any]


def document(base_url: str) -> bytes:
    """The API's OpenAPI document, its server set to `base_url`."""
    text = Path(__file__).with_name("orders.openapi.json").read_text(encoding="utf-8")
    content = json.loads(text)
    content["servers"] = [{"url": base_url}]
    return json.dumps(content).encode()


def orders_api() -> Starlette:
    """The service as an ASGI application with three orders to start from."""
    orders: dict[int, Order] = {}
    numbers = itertools.count(1)

    def place(customer: str, items: list[Order], status: str = "placed") -> Order:
        total = round(sum(item["quantity"] * item.get("price", 0) for item in items), 2)
        order = {"id": next(numbers), "customer": customer, "status": status, "items": items, "total": total}
        orders[order["id"]] = order
        return order

    place("Ada Lovelace", [{"sku": "ENG-1", "name": "Analytical engine", "quantity": 1, "price": 1843.0}], "paid")
    place("Grace Hopper", [{"sku": "CMP-1", "name": "Compiler", "quantity": 1, "price": 1952.0}], "shipped")
    place(
        "Alan Turing",
        [
            {"sku": "TAP-1", "name": "Paper tape, endless", "quantity": 3, "price": 19.36},
            {"sku": "PEN-1", "name": "Pencil", "quantity": 12, "price": 0.5},
        ],
    )

    async def list_orders(request: Request) -> Response:
        query = request.query_params
        limit = query.get("limit", "20")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            return problem(400, "limit must be a whole number from 1 to 100")
        found = [
            order
            for order in reversed(orders.values())
            if query.get("status", order["status"]) == order["status"]
            and query.get("customer", order["customer"]) == order["customer"]
        ]
        return JSONResponse(found[: int(limit)])

    async def create_order(request: Request) -> Response:
        try:
            sent = json.loads(await request.body())
        except ValueError:
            return problem(400, "the body is not JSON")
        mistake = mistake_in(sent)
        if mistake:
            return problem(400, mistake)
        order = place(sent["customer"], sent["items"])
        return JSONResponse(order, 201, headers={"Location": f"/orders/{order['id']}"})

    async def one_order(request: Request) -> Response:
        order = orders.get(int(request.path_params["id"]))
        if order is None:
            return problem(404, f"there is no order {request.path_params['id']}")
        return await actions[request.method](request, order)

    async def show(_: Request, order: Order) -> Response:
        return JSONResponse(order)

    async def change(request: Request, order: Order) -> Response:
        try:
            sent = json.loads(await request.body())
        except ValueError:
            return problem(400, "the body is not JSON")
        status = sent.get("status") if isinstance(sent, dict) else None
        if status not in STATUSES:
            return problem(400, f"status must be one of {', '.join(STATUSES)}")
        order["status"] = status
        return JSONResponse(order)

    async def cancel(_: Request, order: Order) -> Response:
        if order["status"] == "shipped":
            return problem(409, f"order {order['id']} has been shipped and can no longer be cancelled")
        order["status"] = "cancelled"
        return Response(status_code=204)

    actions = {"GET": show, "HEAD": show, "PATCH": change, "DELETE": cancel}
    return Starlette(
        routes=[
            Route("/orders", list_orders, methods=["GET"]),
            Route("/orders", create_order, methods=["POST"]),
            Route("/orders/{id:int}", one_order, methods=list(actions)),
        ]
    )


def mistake_in(sent: object) -> str:
    """What is wrong with a new order, or ""."""
    if not isinstance(sent, dict) or not isinstance(sent.get("customer"), str) or not sent["customer"]:
        return "customer must be a name"
    items = sent.get("items")
    if not isinstance(items, list) or not items:
        return "items must be a list with at least one item"
    for item in items:
        quantity = item.get("quantity") if isinstance(item, dict) else None
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1 or not isinstance(item.get("sku"), str):
            return "each item needs a sku and a quantity of at least 1"
        if not isinstance(item.get("price", 0), int | float):
            return "an item's price must be a number"
    return ""


def problem(status: int, detail: str) -> Response:
    """An answer by RFC 9457."""
    title = {400: "Bad request", 404: "Not found", 409: "Conflict"}[status]
    body = {"title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")
