"""A document's operations.

The rule here: an operation is read whole or left out with a sentence that names it and says why; the others never notice.
Nothing is looked into twice: schemas are read as they are met, and what needs all of them is done at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mcp_core.catalog.operations import Operation, RequestBody, Schema
from mcp_core.catalog.tool_names import unique_name
from mcp_core.errors import InvalidInput
from mcp_core.openapi.bodies import read_body, read_responses, with_encodings
from mcp_core.openapi.document import BrokenReference, Document, mapping
from mcp_core.openapi.names import operation_name
from mcp_core.openapi.parameters import merged_parameters, read_parameters, url_template
from mcp_core.openapi.schemas import Schemas
from mcp_core.openapi.servers import own_server
from mcp_core.openapi.shapes import Shapes
from mcp_core.openapi.swagger import body_of, responses_of
from policies.records import replace

__all__ = ["MAX_OPERATIONS", "read_operations"]

MAX_OPERATIONS = 10_000
_MAX_HELD = 5_000_000  # definitions, counted for each operation that reaches them; Microsoft Graph has 0.6 million
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
Progress = Callable[[int, int], None]


def read_operations(
    document: Document, service_url: str, warn: Callable[[str], None], progress: Progress | None = None
) -> tuple[Operation, ...]:
    """The operations in the document's order, with unique ids. `progress` takes how many of how many are done."""
    found = list(_found(document, warn))
    if len(found) > MAX_OPERATIONS:
        raise InvalidInput(
            f"The document has {len(found):,} operations; up to {MAX_OPERATIONS:,} can be imported.", hint="Split it by tags."
        )
    reader = _Reader(document, service_url, warn)
    drafts = []
    for done, (method, path, item, node) in enumerate(found):
        if progress and done % 50 == 0:
            progress(done, len(found))
        try:
            drafts.append(reader.read(method, path, item, node))
        except BrokenReference as error:
            warn(f"{method} {path}: left out, {error}.")
    operations = reader.finish(drafts)
    if progress:
        progress(len(found), len(found))
    return tuple(operations)


def _found(document: Document, warn: Callable[[str], None]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Method, path, path item and operation of each."""
    for path, node in mapping(document.data.get("paths")).items():
        if path.startswith("x-"):
            continue
        try:
            item = {**mapping(document.follow(node)), **{name: part for name, part in mapping(node).items() if name != "$ref"}}
        except BrokenReference as error:
            warn(f"{path}: left out with all its operations, {error}.")
            continue
        methods = {name.upper(): part for name, part in item.items() if name.lower() in _METHODS}
        methods.update((str(method), part) for method, part in mapping(item.get("additionalOperations")).items())
        for method, operation in methods.items():
            if not isinstance(operation, dict) or not _TOKEN.fullmatch(method):
                warn(f"{method} {path}: left out, it is not described by an object.")
            elif path.count("{") != path.count("}") or re.search(r"\{[^}]*\{|\{\}|[\x00-\x1f\x7f]", path):
                warn(f"{method} {path}: left out, its path is no template.")
            else:
                yield method, path, item, operation


class _Draft:
    """An operation before its schemas can be looked into; `encodings` by media type as the document has them."""

    __slots__ = ("encodings", "label", "operation")

    def __init__(self, operation: Operation, label: str, encodings: Mapping[str, Mapping[str, Any]]) -> None:
        self.operation = operation
        self.label = label
        self.encodings = encodings


class _Reader:
    def __init__(self, document: Document, service_url: str, warn: Callable[[str], None]) -> None:
        self.document = document
        self.service_url = service_url
        self.warn = warn
        self.schemas = Schemas(document, warn)
        self.taken: dict[str, str] = {}

    def read(self, method: str, path: str, item: Mapping[str, Any], node: Mapping[str, Any]) -> _Draft:
        """The operation. Raises BrokenReference."""
        label = f"{method} {path}"
        document = self.document

        def warn(sentence: str) -> None:
            self.warn(f"{label}: {sentence}.")

        name = self._id(node, method, path, label)  # first: what is wrong with this operation must not rename others
        nodes = merged_parameters(document, item, node)
        template, parameters = read_parameters(url_template(path), nodes, self.schemas, warn)
        body_node = node.get("requestBody")
        responses = node.get("responses")
        if body_node is None:
            body_node = body_of(document, node, nodes)
        if document.version == (2, 0):
            responses = responses_of(document, node)
        body = read_body(document, body_node, self.schemas)
        contents = mapping(mapping(document.follow(body_node)).get("content"))
        operation = Operation(
            id=name,
            method=method,
            url_template=template,
            summary=_text(node.get("summary")) or _text(item.get("summary")),
            description=_text(node.get("description")) or _text(item.get("description")),
            server_url=self._server(item, node, warn),
            parameters=parameters,
            body=body,
            responses=read_responses(document, responses, self.schemas),
            tags=tuple(tag for tag in node["tags"] if isinstance(tag, str)) if isinstance(node.get("tags"), list) else (),
            deprecated=node.get("deprecated") is True,
        )
        encodings = {name: mapping(mapping(content).get("encoding")) for name, content in contents.items()}
        return _Draft(operation, label, encodings)

    def finish(self, drafts: list[_Draft]) -> list[Operation]:
        """The operations with their definitions; those that reach a broken reference are left out."""
        self.schemas.finish()
        shapes = Shapes(self.schemas.definitions)
        operations = []
        held = 0
        for draft in drafts:
            operation = draft.operation
            try:
                definitions = self.schemas.closure(_schemas_of(operation))
            except BrokenReference as error:
                self.warn(f"{draft.label}: left out, {error}.")
                continue
            held += len(definitions)
            if held > _MAX_HELD:
                raise InvalidInput("The schemas of the document all refer to each other.", hint="Split it by tags.")
            body = operation.body and with_encodings(operation.body, draft.encodings, shapes)
            operations.append(replace(operation, body=body, definitions=definitions))
        return operations

    def _id(self, node: Mapping[str, Any], method: str, path: str, label: str) -> str:
        given = node.get("operationId")
        wanted = operation_name(given if isinstance(given, str) else "", method, path)
        unique = unique_name(wanted, self.taken, label)
        if unique != wanted:
            self.warn(f"{label}: {self.taken[wanted.casefold()]} has the operationId {wanted!r} too; this one is {unique!r}.")
        self.taken[unique.casefold()] = label
        return unique

    def _server(self, item: Mapping[str, Any], node: Mapping[str, Any], warn: Callable[[str], None]) -> str:
        base = self.service_url or self.document.source_url
        own = own_server(node, base, warn) or own_server(item, base, warn)
        return "" if own == self.service_url else own


def _schemas_of(operation: Operation) -> Iterator[Schema]:
    for parameter in operation.parameters:
        yield parameter.schema
    body: RequestBody | None = operation.body
    for content in body.contents if body else ():
        yield content.schema
    for response in operation.responses:
        for content in response.contents:
            yield content.schema
        yield from response.headers.values()


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
