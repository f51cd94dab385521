"""The catalogue as it is served: every document compiled, every tool ready (D4).

The rule here: a snapshot is immutable and shared by all requests. Whatever costs time is done while it is built, or by the
first request that needs it where a thousand tools would make a start slow; nothing here asks the store. What did not change
since the snapshot before is taken over from it as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from mcp_core.access.callers import Callers, covers
from mcp_core.access.visibility import Condition, Conditions
from mcp_core.calls import PreparedTool
from mcp_core.catalog.export import served_tools
from mcp_core.catalog.model import Api, Catalogue, McpServer, PolicyText
from mcp_core.errors import CatalogError
from mcp_core.protocol import ServerFace
from mcp_core.settings import Settings
from policies.compiler import compile_pipeline
from policies.condition import compile_condition
from policies.context import ApiInfo, OperationInfo
from policies.environment import Environment, ScopedDocument
from policies.errors import DocumentError
from policies.pipeline import Pipeline
from policies.records import Record, field

__all__ = ["ServedServer", "ServedTool", "Snapshot", "compile_snapshot", "environment_of"]

_log = logging.getLogger(__name__)


class ServedTool(Record):
    """One tool: how to call it, and the pipeline of its API and operation that each call goes through."""

    prepared: PreparedTool
    operation: OperationInfo
    api: ApiInfo
    pipeline: Pipeline


class ServedServer(Record):
    """One MCP server. `pipeline` is the server's within the global one; `product_pipelines` has the same with a product's
    policies between, for callers with a subscription to that product. `conditions` say who may see which tools.
    `sources` is what it was made from."""

    server: McpServer
    face: ServerFace
    pipeline: Pipeline
    tools: Mapping[str, ServedTool]
    product_pipelines: Mapping[str, Pipeline]
    conditions: Conditions
    sources: _Sources


class _Sources(Record):
    """What one server is made from. Two that are equal make the same server."""

    server: McpServer
    api: Api
    policies: Mapping[str, PolicyText]
    product_conditions: Mapping[str, str]
    named_values: Mapping[str, tuple[str, bool]] = field(repr=False)
    fragments: Mapping[str, str] = field(repr=False)
    backends: Mapping[str, object]


class Snapshot(Record):
    """Everything that is served. `servers` by name; `problems` says, by name, why a server cannot be served."""

    catalogue: Catalogue
    callers: Callers
    servers: Mapping[str, ServedServer] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def compile_snapshot(catalogue: Catalogue, settings: Settings, before: Snapshot | None) -> Snapshot:
    """The snapshot of a catalogue. A server that cannot be compiled is not served and named in `problems`: its policies
    would not be in force."""
    environment = environment_of(catalogue)
    servers: dict[str, ServedServer] = {}
    problems: dict[str, str] = {}
    for server in catalogue.servers.values():
        api = catalogue.apis.get(server.api_id)
        if api is None:
            problems[server.name] = f"The MCP server {server.name!r} exports the API {server.api_id!r}, which does not exist."
            continue
        sources = _sources(server, api, catalogue, environment)
        same = before.servers.get(server.name) if before is not None else None
        if same is not None and same.sources == sources:
            servers[server.name] = same
            continue
        try:
            servers[server.name] = _served(sources, environment, settings)
        except (CatalogError, DocumentError) as error:
            problems[server.name] = f"The MCP server {server.name!r} cannot be served: {error}"
            _log.error("%s", problems[server.name])
    return Snapshot(catalogue, Callers(catalogue), servers, problems)


def environment_of(catalogue: Catalogue) -> Environment:
    """What policy documents may name: named values, fragments, backends."""
    return Environment(
        named_values={value.name: (value.value.reveal(), value.secret) for value in catalogue.named_values.values()},
        fragments={
            scope.removeprefix("fragment/"): text.xml
            for scope, text in catalogue.policies.items()
            if scope.startswith("fragment/")
        },
        backends=catalogue.backends,
    )


def _sources(server: McpServer, api: Api, catalogue: Catalogue, environment: Environment) -> _Sources:
    api_scope = f"api/{api.id}"
    covering = [product for product in catalogue.products.values() if covers(product, server, api)]
    products = {f"product/{product.id}" for product in covering}
    return _Sources(
        server,
        api,
        {
            scope: text
            for scope, text in catalogue.policies.items()
            if scope in {"global", f"mcp/{server.name}", api_scope, *products} or scope.startswith(f"{api_scope}/")
        },
        {product.id: product.visible_when for product in covering if product.visible_when},
        environment.named_values,
        environment.fragments,
        environment.backends or {},
    )


def _served(sources: _Sources, environment: Environment, settings: Settings) -> ServedServer:
    server, api = sources.server, sources.api

    def pipeline(*scopes: str) -> Pipeline:
        texts = sources.policies
        return compile_pipeline([ScopedDocument(scope, texts[scope].xml) for scope in scopes if scope in texts], environment)

    api_info = ApiInfo(
        id=api.id,
        name=api.title,
        path=api.path,
        service_url=api.service_url,
        version=api.version,
        subscription_required=api.subscription_required,
    )
    api_pipeline = pipeline(f"api/{api.id}")
    tools: dict[str, ServedTool] = {}
    pairs = served_tools(api, server)
    for tool, operation in pairs:
        scope = f"api/{api.id}/{operation.id}"
        tools[tool.name] = ServedTool(
            PreparedTool(tool, operation, api.service_url, max_text_bytes=settings.max_result_bytes),
            OperationInfo(operation.id, operation.summary or operation.id, operation.method, operation.url_template, operation),
            api_info,
            pipeline(f"api/{api.id}", scope) if scope in sources.policies else api_pipeline,
        )
    conditions = _conditions(sources, tools, environment)
    face = ServerFace(
        server.name,
        server.title or api.title,
        api.version or "1.0.0",
        server.description or api.description,
        [tool for tool, _ in pairs],
        page_size=settings.page_size,
        private=bool(server.subscription_required or api.subscription_required or server.oauth or conditions),
    )
    mcp = f"mcp/{server.name}"
    products = [scope for scope in sources.policies if scope.startswith("product/")]
    return ServedServer(
        server,
        face,
        pipeline("global", mcp),
        tools,
        {scope.removeprefix("product/"): pipeline("global", scope, mcp) for scope in products},
        conditions,
        sources,
    )


def _conditions(sources: _Sources, tools: Mapping[str, ServedTool], environment: Environment) -> Conditions:
    """What is asked of the tools, by product."""
    overrides = {override.operation_id: override.visible_when for override in sources.server.overrides}
    own = {
        name: compile_condition(text, environment, origin=f"visible-when of {name}")
        for name, tool in tools.items()
        if (text := overrides.get(tool.operation.id))
    }
    found = {"": {name: Condition((value,), tools[name].api, tools[name].operation) for name, value in own.items()}}
    for product, text in sources.product_conditions.items():
        asked = compile_condition(text, environment, origin=f"visible-when of the product {product}")
        found[product] = {
            name: Condition((*([own[name]] if name in own else ()), asked), tool.api, tool.operation)
            for name, tool in tools.items()
        }
    return {product: asked for product, asked in found.items() if asked}
