"""A second import of the same API, in place.

The rule here: an operation that is still the same one keeps the id and tool name under which servers, overrides and policies
know it. Nothing is dropped unless the user asked for it, and what would be dropped is named either way.
"""

from __future__ import annotations

import re

from mcp_core.catalog.model import Api
from mcp_core.catalog.operations import Operation, Tool
from mcp_core.catalog.tool_names import unique_name
from policies.records import Record, replace

__all__ = ["Changes", "merge_import"]


class Changes(Record):
    """What a re-import changes, by operation id. `renamed` are pairs (operationId now, id kept) of operations that were found
    again by method and template; `pruned` says that `removed` ones were dropped and not only reported."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    pruned: bool = False


def merge_import(old: Api, new: Api, *, prune: bool) -> tuple[Api, Changes]:
    """The API as it stands after importing `new` over `old`, and what that changed.

    Operations are matched by id, else by method and template (whatever its parameters are called). What an operator set on the
    API (its id, path and whether it demands a subscription) stays; everything that the document says is taken from it.
    """
    matches = _matches(old, new)
    operations = [replace(operation, id=matches.get(operation.id, operation.id)) for operation in new.operations]
    tools = {matches.get(tool.operation_id, tool.operation_id): tool for tool in new.tools}
    before = {operation.id: operation for operation in old.operations}
    old_tools = {tool.operation_id: tool for tool in old.tools}
    present = {operation.id for operation in operations}
    removed = [operation for operation in old.operations if operation.id not in present]
    kept = [] if prune else removed
    ordered = [*operations, *kept]
    tools.update((operation.id, old_tools[operation.id]) for operation in kept if operation.id in old_tools)
    named = _named(ordered, tools, old_tools)
    merged = replace(
        new,
        id=old.id,
        path=old.path or new.path,
        service_url=new.service_url or old.service_url,
        subscription_required=old.subscription_required,
        operations=tuple(ordered),
        tools=named,
    )
    now = {tool.operation_id: tool for tool in named}

    def same(operation: Operation) -> bool:
        return before[operation.id] == operation and old_tools.get(operation.id) == now.get(operation.id)

    return merged, Changes(
        added=tuple(operation.id for operation in operations if operation.id not in before),
        updated=tuple(operation.id for operation in operations if operation.id in before and not same(operation)),
        unchanged=tuple(operation.id for operation in operations if operation.id in before and same(operation)),
        removed=tuple(operation.id for operation in removed),
        renamed=tuple((name, kept_id) for name, kept_id in matches.items() if name != kept_id),
        pruned=prune,
    )


def _matches(old: Api, new: Api) -> dict[str, str]:
    """New id → the old id of the same operation."""
    known = {operation.id for operation in old.operations}
    matches = {operation.id: operation.id for operation in new.operations if operation.id in known}
    left: dict[tuple[str, str], list[str]] = {}
    for operation in old.operations:
        if operation.id not in matches:
            left.setdefault(_shape(operation), []).append(operation.id)
    for operation in new.operations:
        if operation.id not in matches and left.get(_shape(operation)):
            matches[operation.id] = left[_shape(operation)].pop(0)
    return matches


def _shape(operation: Operation) -> tuple[str, str]:
    return operation.method, re.sub(r"\{[^{}]*\}", "{}", operation.url_template)


def _named(ordered: list[Operation], tools: dict[str, Tool], old_tools: dict[str, Tool]) -> tuple[Tool, ...]:
    """The tools in the operations' order; names given by an earlier import stay, new ones give way to them."""
    taken = {old_tools[operation.id].name.casefold() for operation in ordered if operation.id in old_tools}
    named = []
    for operation in ordered:
        if operation.id not in tools:
            continue
        earlier = old_tools.get(operation.id)
        name = earlier.name if earlier else unique_name(tools[operation.id].name, taken, operation.id)
        taken.add(name.casefold())
        named.append(replace(tools[operation.id], name=name, operation_id=operation.id))
    return tuple(named)
