"""`mcp`: export operations of an API as an MCP server; list, show, change and delete servers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from mcp_core.access.redirects import is_redirect
from mcp_core.access.secrets import check_reference
from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.export import check_tool_name, find_operations, served_tools
from mcp_core.catalog.model import Api, McpServer, ToolOverride
from mcp_core.catalog.names import SERVER
from mcp_core.catalog.operations import Tool
from mcp_core.catalog.repository import Repository, Stored
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table
from mcp_core.errors import InvalidInput, NotFound
from mcp_core.protocol import ServerFace
from mcp_core.protocol.revisions import REVISIONS
from policies.records import replace

__all__ = ["register"]

LOCAL = "http://127.0.0.1:7071"


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `mcp`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    creating = commands.add_parser("create", help="export operations of an API as an MCP server")
    creating.add_argument("name", help="the server's name, the first part of its URL; usually <api-id>-mcp")
    creating.add_argument("--api", required=True, metavar="API_ID")
    creating.add_argument(
        "--operation", action="append", metavar="ID", help="an operation to export; may be repeated (default: all of them)"
    )
    creating.add_argument("--title", default="", help="shown to people (default: the API's title)")
    creating.add_argument("--description", default="", help="instructions for models (default: the API's description)")
    creating.add_argument("--require-subscription", action="store_true", help="callers need a subscription key")
    creating.set_defaults(command=create)
    changing = commands.add_parser("set", help="change a server")
    changing.add_argument("name")
    changing.add_argument("--title")
    changing.add_argument("--description")
    changing.add_argument("--subscription-required", choices=("true", "false"))
    changing.add_argument("--key-header", metavar="NAME", help="header of the subscription key")
    changing.add_argument("--key-query", metavar="NAME", help="query parameter of the subscription key")
    changing.add_argument("--operation", action="append", metavar="ID", help="export these operations instead; may be repeated")
    changing.add_argument("--all-operations", action="store_true", help="export all operations, also those imported later")
    changing.add_argument(
        "--oauth-server", action="append", metavar="URL", help="authorization server that issues tokens; '' for none"
    )
    changing.add_argument("--oauth-scope", action="append", metavar="SCOPE", help="scope that a token needs; may be repeated")
    changing.add_argument(
        "--oauth-resource", metavar="URI", help="the resource that tokens are for (default: the server's own URL)"
    )
    changing.add_argument(
        "--oauth-client-id",
        metavar="ID",
        help="a public client registered at the authorization server once; the gateway then stands in front of it, for servers "
        "without dynamic registration such as Microsoft Entra ID; '' for none",
    )
    changing.add_argument(
        "--oauth-redirect-uri",
        action="append",
        metavar="URI",
        help="where clients may have codes sent (default: VS Code, Claude, loopback; '' for those again); may be repeated",
    )
    changing.add_argument(
        "--oauth-client-secret", metavar="REFERENCE", help="its secret, if it has one: an app setting's name or a Key Vault URL"
    )
    changing.set_defaults(command=change)
    listing = commands.add_parser("list", help="list the MCP servers")
    listing.add_argument("--url", default=LOCAL, help=f"the host that the URLs are shown for (default {LOCAL})")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_servers)
    showing = commands.add_parser("show", help="show a server's tools with their schemas")
    showing.add_argument("name")
    showing.add_argument("--json", action="store_true", help="print exactly what tools/list gives")
    showing.set_defaults(command=show)
    deleting = commands.add_parser("delete", help="delete an MCP server and its policy")
    deleting.add_argument("name")
    deleting.set_defaults(command=delete)
    tool = commands.add_parser("tool", help="change one tool of a server").add_subparsers(metavar="COMMAND", required=True)
    setting = tool.add_parser("set", help="give a tool another name or description")
    setting.add_argument("name", metavar="SERVER")
    setting.add_argument("tool", metavar="TOOL", help="the tool's name now, or its operation's id")
    setting.add_argument("--name", dest="new_name", help="the new name; '' goes back to the import's")
    setting.add_argument("--description", help="the new description; '' goes back to the import's")
    setting.add_argument(
        "--visible-when", metavar="EXPRESSION", help="who may see and call it, a policy expression; '' for all"
    )
    setting.set_defaults(command=set_tool)


async def create(options: argparse.Namespace) -> int:
    """Store a server; refuse what could not be called."""
    name = SERVER.check(options.name)
    async with catalogue() as repository:
        api = (await repository.apis.get(options.api)).value
        operations = find_operations(api, options.operation) if options.operation else None
        server = McpServer(name, api.id, title=options.title, description=options.description, operations=operations)
        server = replace(server, subscription_required=options.require_subscription)
        pairs = served_tools(api, server)
        homeless = [operation.id for _, operation in pairs if not (operation.server_url or api.service_url)]
        if homeless:
            raise InvalidInput(
                f"No backend is known for {_some(homeless)}: the document names no server.",
                hint=f"Import it again with: python -m mcp_core api import … --api-id {api.id} --service-url URL",
            )
        await repository.servers.save(server)
    print(f"MCP server {name!r} created with {len(pairs)} tools: {LOCAL}/{name}/mcp")
    return 0


def _redirects(given: list[str]) -> list[str]:
    """The addresses that were named; "" gives none, so that the known ones are allowed again."""
    named = [uri for uri in given if uri]
    wrong = next((uri for uri in named if not is_redirect(uri)), None)
    if wrong is not None:
        raise InvalidInput(
            f"{wrong!r} is no redirect URI.",
            hint="Write https://…, or http://127.0.0.1 or http://localhost for any port there.",
        )
    return named


async def change(options: argparse.Namespace) -> int:
    """Change what was named, leave the rest."""
    async with catalogue() as repository:
        stored, api = await _server_and_api(repository, options.name)
        named = {
            "title": options.title,
            "description": options.description,
            "subscription_required": options.subscription_required and options.subscription_required == "true",
            "subscription_key_header": options.key_header,
            "subscription_key_query": options.key_query,
            "operations": find_operations(api, options.operation) if options.operation else None,
            "oauth": _oauth(stored.value, options),
        }
        server = replace(stored.value, **{name: value for name, value in named.items() if value is not None})
        if options.all_operations:
            server = replace(server, operations=None)
        await repository.servers.save(server, etag=stored.etag, check=policies_compile)
    print(f"MCP server {server.name!r} changed.")
    return 0


def _oauth(server: McpServer, options: argparse.Namespace) -> dict[str, object] | None:
    """The server's OAuth configuration as changed; None when nothing of it was named, {} when it was taken away."""
    named = {
        "authorization_servers": options.oauth_server,
        "scopes": options.oauth_scope,
        "resource": options.oauth_resource,
        "client_id": options.oauth_client_id,
        "redirect_uris": options.oauth_redirect_uri and _redirects(options.oauth_redirect_uri),
        "client_secret": options.oauth_client_secret and check_reference(options.oauth_client_secret),
    }
    if options.oauth_server == [""]:
        if any(value and value != [""] for value in named.values()):
            raise InvalidInput("--oauth-server '' takes the OAuth configuration away; nothing else of it can be set with it.")
        return {}
    changes = {name: value for name, value in named.items() if value is not None}
    if not changes:
        return None
    oauth = {**server.oauth, **changes}
    if not oauth.get("authorization_servers"):
        raise InvalidInput("OAuth needs an authorization server.", hint="Name it with --oauth-server URL.")
    return oauth


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


async def list_servers(options: argparse.Namespace) -> int:
    """Name, number of tools, URL."""
    async with catalogue() as repository:
        servers = [stored.value for stored in await repository.servers.list()]
        apis = {stored.value.id: stored.value for stored in await repository.apis.list()}
    base = options.url.rstrip("/")
    rows = [
        (
            server.name,
            len(served_tools(apis[server.api_id], server)) if server.api_id in apis else 0,
            f"{base}/{server.name}/mcp",
        )
        for server in servers
    ]
    if options.json:
        print_json([{"name": name, "tools": tools, "url": url} for name, tools, url in rows])
        return 0
    print_table(("NAME", "TOOLS", "URL"), rows, empty="No MCP server yet: python -m mcp_core mcp create NAME --api API_ID")
    return 0


async def show(options: argparse.Namespace) -> int:
    """The tools as clients get them."""
    async with catalogue() as repository:
        stored, api = await _server_and_api(repository, options.name)
    server = stored.value
    tools = [tool for tool, _ in served_tools(api, server)]
    if options.json:
        print_json({"tools": _listed(server, api, tools)})
        return 0
    print(f"{server.name}: {server.title or api.title}, {len(tools)} tools of the API {api.id!r}\n")
    for tool in tools:
        print(f"{tool.name}")
        for line in (tool.description or tool.title).splitlines():
            print(f"    {line}")
        print("    input " + json.dumps(tool.input_schema, ensure_ascii=False))
        if tool.output_schema is not None:
            print("    output " + json.dumps(tool.output_schema, ensure_ascii=False))
        print()
    return 0


def _listed(server: McpServer, api: Api, tools: Sequence[Tool]) -> list[Any]:
    face = ServerFace(server.name, server.title or api.title, "", "", tools, page_size=max(1, len(tools)))
    page = face.list_result(REVISIONS[0], None)
    assert page is not None
    listed: list[Any] = json.loads(b"".join(page))["tools"]
    return listed


async def delete(options: argparse.Namespace) -> int:
    """Delete a server and its policy; the API stays."""
    async with catalogue() as repository:
        await repository.servers.delete(options.name)
    print(f"MCP server {options.name!r} deleted.")
    return 0


async def set_tool(options: argparse.Namespace) -> int:
    """Override a tool's name, description or visibility."""
    async with catalogue() as repository:
        stored, api = await _server_and_api(repository, options.name)
        server = stored.value
        operation_id = _operation_of(api, server, options.tool)
        overrides = {override.operation_id: override for override in server.overrides}
        override = overrides.get(operation_id, ToolOverride(operation_id))
        if options.new_name is not None:
            if options.new_name:
                check_tool_name(api, server, operation_id, options.new_name)
            override = replace(override, name=options.new_name)
        if options.description is not None:
            override = replace(override, description=options.description)
        if options.visible_when is not None:
            override = replace(override, visible_when=options.visible_when)
        overrides[operation_id] = override
        changed = replace(server, overrides=tuple(overrides.values()))
        await repository.servers.save(changed, etag=stored.etag, check=policies_compile)
        names = {operation.id: tool.name for tool, operation in served_tools(api, changed)}
    print(f"Tool {names[operation_id]!r} of {server.name!r} changed.")
    return 0


def _operation_of(api: Api, server: McpServer, tool: str) -> str:
    pairs = served_tools(api, server)
    for served, operation in pairs:
        if tool in {served.name, operation.id}:
            return operation.id
    known = _some([served.name for served, _ in pairs], 8)
    raise NotFound(f"The MCP server {server.name!r} has no tool {tool!r}.", hint=f"It has {known}.")


async def _server_and_api(repository: Repository, name: str) -> tuple[Stored[McpServer], Api]:
    stored = await repository.servers.get(name)
    return stored, (await repository.apis.get(stored.value.api_id)).value
