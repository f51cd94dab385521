"""`mock-response`, by the article "Mock response"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_core.catalog.operations import BodyContent, Operation, ResponseSpec
from policies.context import OperationInfo
from tests.policies.pipelines import document, run

ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "state": {"enum": ["open", "closed"]},
        "when": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "parent": {"$ref": "#/$defs/Order"},
    },
}
LINE = {"type": "object", "properties": {"name": {"type": "string"}, "price": {"type": "number", "default": 1.5}}}
OPERATION = Operation(
    id="getOrder",
    method="GET",
    url_template="/orders/{id}",
    responses=(
        ResponseSpec("200", contents=(BodyContent("application/json", ORDER), BodyContent("text/plain", example="an order"))),
        ResponseSpec("4XX", contents=(BodyContent("application/json", {"type": "object"}, example={"error": "no"}),)),
        ResponseSpec("204"),
    ),
    definitions={"Line": LINE, "Order": ORDER},
)


def mock(attributes: str = "", specification: object = OPERATION) -> Any:
    info = OperationInfo("getOrder", "getOrder", "GET", "/orders/{id}", specification)
    done = run(document(inbound=f"<mock-response {attributes}/>"), operation=info)
    assert done.backend.requests == []
    return done.response.status, done.response.headers.get("Content-Type"), done.text


def test_a_sample_is_made_from_the_schema() -> None:
    status, kind, text = mock()
    assert (status, kind) == (200, "application/json")
    made = json.loads(text)
    assert made["id"] == 1
    assert made["state"] == "open"
    assert made["when"] == "2024-01-01T00:00:00Z"
    assert made["lines"] == [{"name": "string", "price": 1.5}]
    assert made["parent"]["id"] == 1, "a recursive schema ends"


CASES = [
    ("content-type='text/plain'", (200, "text/plain", "an order")),
    ("status-code='404'", (404, "application/json", '{"error": "no"}')),
    ("status-code='404' content-type='application/json'", (404, "application/json", '{"error": "no"}')),
    ("status-code='204'", (204, None, "")),
    ("status-code='500'", (500, None, "")),
    ("status-code='200' content-type='image/png'", (200, "image/png", "")),
    ("status-code='@(200 + 204)'", (404, "application/json", '{"error": "no"}')),
]


@pytest.mark.parametrize(("attributes", "expected"), CASES)
def test_status_and_content_type_choose_what_is_shown(attributes: str, expected: object) -> None:
    assert mock(attributes) == expected


def test_without_an_operation_the_answer_is_empty() -> None:
    assert mock("content-type='application/json'", None) == (200, "application/json", "")
