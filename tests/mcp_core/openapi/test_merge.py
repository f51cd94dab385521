"""A second import of the same API."""

from __future__ import annotations

from typing import Any

from mcp_core.catalog.model import Api
from mcp_core.openapi import merge_import
from policies.records import replace
from tests.mcp_core.openapi.documents import document, imported


def api_of(**operations: tuple[str, str, dict[str, Any]]) -> Api:
    """An API of operations given by id: method, path, what else is said."""
    paths: dict[str, Any] = {}
    for name, (method, path, node) in operations.items():
        paths.setdefault(path, {})[method] = {"operationId": name, "responses": {}, **node}
    return imported(document(paths))


OLD = api_of(a=("get", "/a", {}), b=("get", "/b/{id}", {"summary": "B"}), c=("delete", "/c", {}))


def test_the_same_document_changes_nothing() -> None:
    merged, changes = merge_import(OLD, OLD, prune=False)
    assert merged == OLD
    assert changes.unchanged == ("a", "b", "c")
    assert not (changes.added or changes.updated or changes.removed or changes.renamed)


def test_what_is_new_is_added_and_what_is_different_updated() -> None:
    new = api_of(b=("get", "/b/{id}", {"summary": "B2"}), d=("get", "/d", {}), a=("get", "/a", {}), c=("delete", "/c", {}))
    merged, changes = merge_import(OLD, new, prune=False)
    assert (changes.added, changes.updated, changes.unchanged) == (("d",), ("b",), ("a", "c"))
    assert [operation.id for operation in merged.operations] == ["b", "d", "a", "c"]
    assert next(tool for tool in merged.tools if tool.operation_id == "b").description == "B2"


def test_a_removed_operation_is_reported_and_dropped_only_when_asked() -> None:
    new = api_of(a=("get", "/a", {}))
    kept, changes = merge_import(OLD, new, prune=False)
    assert (changes.removed, changes.pruned) == (("b", "c"), False)
    assert [operation.id for operation in kept.operations] == ["a", "b", "c"]
    assert [tool.operation_id for tool in kept.tools] == ["a", "b", "c"]
    dropped, changes = merge_import(OLD, new, prune=True)
    assert (changes.removed, changes.pruned) == (("b", "c"), True)
    assert [operation.id for operation in dropped.operations] == ["a"]
    assert [tool.operation_id for tool in dropped.tools] == ["a"]


def test_an_operation_with_a_new_id_is_found_by_method_and_template() -> None:
    new = api_of(a=("get", "/a", {}), fetchB=("get", "/b/{number}", {"summary": "B"}), c=("delete", "/c", {}))
    merged, changes = merge_import(OLD, new, prune=True)
    assert changes.renamed == (("fetchB", "b"),)
    assert not changes.added and not changes.removed
    assert changes.updated == ("b",)  # its path parameter has another name
    tool = next(tool for tool in merged.tools if tool.operation_id == "b")
    assert tool.name == "b"
    assert "number" in tool.input_schema["properties"]


def test_an_operation_that_gets_an_operation_id_at_last_keeps_its_name() -> None:
    old = imported(document({"/a": {"get": {}}}))
    new = imported(document({"/a": {"get": {"operationId": "listA"}}}))
    merged, changes = merge_import(old, new, prune=True)
    assert [operation.id for operation in merged.operations] == ["get_a"]
    assert changes.renamed == (("listA", "get_a"),)


def test_an_operation_that_moved_keeps_its_id() -> None:
    new = api_of(a=("get", "/v2/a", {}), b=("get", "/b/{id}", {"summary": "B"}), c=("delete", "/c", {}))
    merged, changes = merge_import(OLD, new, prune=True)
    assert changes.updated == ("a",)
    assert merged.operations[0].url_template == "/v2/a"


def test_names_of_an_earlier_import_stay_and_new_ones_give_way() -> None:
    old = replace(OLD, tools=tuple(replace(tool, name="d") if tool.operation_id == "c" else tool for tool in OLD.tools))
    new = api_of(d=("get", "/d", {}), a=("get", "/a", {}), b=("get", "/b/{id}", {"summary": "B"}), c=("delete", "/c", {}))
    merged, _ = merge_import(old, new, prune=False)
    names = {tool.operation_id: tool.name for tool in merged.tools}
    assert names["c"] == "d"
    assert names["d"].startswith("d_")
    assert len(set(names.values())) == 4


def test_two_operations_that_swap_their_ids_are_followed_by_id() -> None:
    new = api_of(b=("get", "/a", {}), a=("get", "/b/{id}", {}), c=("delete", "/c", {}))
    merged, changes = merge_import(OLD, new, prune=True)
    assert {operation.id: operation.url_template for operation in merged.operations} == {"a": "/b/{id}", "b": "/a", "c": "/c"}
    assert not changes.renamed


def test_what_the_operator_set_on_the_api_stays() -> None:
    old = replace(OLD, id="mine", path="shop", subscription_required=True, service_url="https://old.example.com")
    new = replace(api_of(a=("get", "/a", {})), title="New", service_url="")
    merged, _ = merge_import(old, new, prune=False)
    assert (merged.id, merged.path, merged.subscription_required, merged.title) == ("mine", "shop", True, "New")
    assert merged.service_url == "https://old.example.com"
