"""Which tools a server shows: the operations that were chosen of an API, under the names that their exporter gave.

The rule here: the same API and server give the same tools in the same order, always. A name that a user gave wins over one
that an import suggests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mcp_core.catalog.model import Api, McpServer, ToolOverride
from mcp_core.catalog.operations import Operation, Tool
from mcp_core.catalog.tool_names import legal_name, unique_name
from mcp_core.errors import InvalidInput, NotFound
from policies.records import replace

__all__ = ["check_tool_name", "find_operations", "served_tools"]

_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def served_tools(api: Api, server: McpServer) -> tuple[tuple[Tool, Operation], ...]:
    """The server's tools with their operations, in the order of the server's choice, else of the document. Names are unique.

    An operation that a later import took away is passed over, so that the others go on being served.
    """
    operations = {operation.id: operation for operation in api.operations}
    suggestions = {tool.operation_id: tool for tool in api.tools}
    overrides = {override.operation_id: override for override in server.overrides}
    chosen = dict.fromkeys(operations if server.operations is None else server.operations)
    present = [name for name in chosen if name in operations and name in suggestions]
    names = _names(present, suggestions, overrides)
    return tuple((_overridden(suggestions[name], names[name], overrides.get(name)), operations[name]) for name in present)


def find_operations(api: Api, wanted: Iterable[str]) -> tuple[str, ...]:
    """The ids of the operations that a user named, in that order, each once. An operation is named by its id, its operationId
    as the document has it, or by method and template (`GET /pets/{id}`). Raises NotFound that names what is near."""
    ids = {operation.id: operation.id for operation in api.operations}
    routes = {f"{operation.method} {operation.url_template}": operation.id for operation in api.operations}
    found: dict[str, None] = {}
    for name in wanted:
        known = ids.get(name) or ids.get(legal_name(name)) or routes.get(_route(name))
        if known is None:
            raise NotFound(f"The API {api.id!r} has no operation {name[:80]!r}.", hint=_near(name, ids))
        found[known] = None
    return tuple(found)


def check_tool_name(api: Api, server: McpServer, operation_id: str, name: str) -> None:
    """Raises InvalidInput when `name` cannot be given to the tool of that operation, and says why."""
    if not _TOOL_NAME.fullmatch(name):
        proposal = legal_name(name)
        raise InvalidInput(
            f"{name[:80]!r} is no tool name.",
            hint="Use 1 to 64 letters, digits, '_', '-' and '.'" + (f", for example {proposal!r}." if proposal else "."),
        )
    for tool, operation in served_tools(api, server):
        if operation.id != operation_id and tool.name.casefold() == name.casefold():
            raise InvalidInput(
                f"The server {server.name!r} has a tool {tool.name!r} already, for the operation {operation.id!r}.",
                hint="Choose another name, or rename that tool first.",
            )


def _names(present: list[str], suggestions: Mapping[str, Tool], overrides: Mapping[str, ToolOverride]) -> dict[str, str]:
    names: dict[str, str] = {}
    taken: set[str] = set()
    given = [name for name in present if name in overrides and overrides[name].name]
    for operation_id in [*given, *present]:
        if operation_id not in names:
            wanted = overrides[operation_id].name if operation_id in given else suggestions[operation_id].name
            names[operation_id] = unique_name(wanted, taken, operation_id)
            taken.add(names[operation_id].casefold())
    return names


def _overridden(tool: Tool, name: str, override: ToolOverride | None) -> Tool:
    description = (override.description if override else "") or tool.description
    if name == tool.name and description == tool.description:
        return tool
    return replace(tool, name=name, description=description)


def _route(name: str) -> str:
    method, _, template = name.partition(" ")
    return f"{method.upper()} {template.strip()}"


def _near(name: str, ids: Mapping[str, str]) -> str:
    import difflib  # late: only a refused export asks

    folded = {known.casefold(): known for known in ids}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return "`python -m mcp_core api show` lists the operations of an API."
