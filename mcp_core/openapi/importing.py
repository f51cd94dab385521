"""Bytes of a document → an Api, ready to be stored.

The rule here: load, recognise, read, make tools: each step knows only the one before. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable

from mcp_core.catalog.model import Api
from mcp_core.errors import InvalidInput
from mcp_core.openapi.document import mapping, open_document
from mcp_core.openapi.load import load
from mcp_core.openapi.reading import read_operations
from mcp_core.openapi.servers import document_server
from mcp_core.openapi.tools import ToolMaker

__all__ = ["import_document"]

_MOST_WARNINGS = 1_000


def import_document(
    data: bytes,
    *,
    api_id: str,
    path: str = "",
    service_url: str = "",
    source_url: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Api:
    """The API that a document describes: its operations, a tool for each, and a sentence for everything that was left out or
    repaired.

    `service_url` replaces the document's servers (not those that a path or operation names for itself); `source_url` is where
    the document came from, and closes relative server URLs. `progress` takes (operations done, of how many). Raises
    InvalidInput with a sentence that says what is wrong with the document and where.
    """
    warnings: dict[str, None] = {}

    def warn(sentence: str) -> None:
        warnings[sentence] = None

    document = open_document(load(data, warn), source_url)
    server = service_url.rstrip("/") or document_server(document, warn)
    operations = read_operations(document, server, warn, progress)
    if not operations:
        raise InvalidInput(_no_operations(list(warnings)), hint="Nothing of it can become a tool.")
    if not server and any(not operation.server_url for operation in operations):
        warn("The document does not say where the API lives; give the address of the API when importing it.")
    definitions = {name: schema for operation in operations for name, schema in operation.definitions.items()}
    maker = ToolMaker(definitions)
    info = mapping(document.data.get("info"))
    return Api(
        id=api_id,
        title=_text(info.get("title")) or api_id,
        path=path or api_id,
        service_url=server,
        version=_text(info.get("version")),
        description=_text(info.get("description")) or _text(info.get("summary")),
        specification=document.specification,
        operations=operations,
        tools=tuple(maker.tool(operation) for operation in operations),
        warnings=_bounded(list(warnings)),
    )


def _no_operations(warnings: list[str]) -> str:
    left_out = [warning for warning in warnings if ": left out" in warning]
    if left_out:
        more = f" And {len(left_out) - 1} more." if len(left_out) > 1 else ""
        return f"The document has no operation that can be imported. {left_out[0]}{more}"
    return "The document has no operations: nothing stands under its 'paths'."


def _bounded(warnings: list[str]) -> tuple[str, ...]:
    if len(warnings) <= _MOST_WARNINGS:
        return tuple(warnings)
    return (*warnings[:_MOST_WARNINGS], f"There are {len(warnings) - _MOST_WARNINGS:,} further warnings.")


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) else ""
