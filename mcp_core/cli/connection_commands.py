"""`connection`: credentials that get-authorization-context fetches tokens with."""

from __future__ import annotations

import argparse

from mcp_core.access.connections import GRANTS
from mcp_core.access.grants import Grants
from mcp_core.access.secrets import check_reference
from mcp_core.catalog.model import Connection
from mcp_core.catalog.names import CONNECTION, PROVIDER
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table
from mcp_core.errors import InvalidInput

__all__ = ["register"]

_OWN = frozenset({"grant_type", "client_id", "client_secret", "refresh_token", "scope"})


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `connection`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    setting = commands.add_parser("set", help="create or change a connection")
    _name(setting)
    setting.add_argument("--token-endpoint", required=True, metavar="URL", help="where tokens are asked for")
    setting.add_argument("--client-id", required=True)
    setting.add_argument("--grant-type", choices=GRANTS, default=GRANTS[0])
    reference = "an app setting's name or a Key Vault secret's URL"
    setting.add_argument("--client-secret", default="", metavar="REFERENCE", help=reference)
    setting.add_argument("--refresh-token", default="", metavar="REFERENCE", help=reference)
    setting.add_argument("--scope", action="append", default=[], help="may be repeated")
    setting.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="sent to the token endpoint too; not secret"
    )
    setting.set_defaults(command=set_connection)
    listing = commands.add_parser("list", help="list the connections")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_connections)
    deleting = commands.add_parser("delete", help="delete a connection")
    _name(deleting)
    deleting.set_defaults(command=delete)


def _name(command: argparse.ArgumentParser) -> None:
    command.add_argument("provider", help="the policy's provider-id")
    command.add_argument("id", help="the policy's authorization-id")


async def set_connection(options: argparse.Namespace) -> int:
    """Create or replace."""
    connection = Connection(
        PROVIDER.check(options.provider),
        CONNECTION.check(options.id),
        grant_type=options.grant_type,
        token_endpoint=options.token_endpoint,
        client_id=options.client_id,
        client_secret=check_reference(options.client_secret) if options.client_secret else "",
        refresh_token=check_reference(options.refresh_token) if options.refresh_token else "",
        scopes=tuple(options.scope),
        parameters=dict(_parameter(text) for text in options.parameter),
    )
    missing = {"client_credentials": "client_secret", "refresh_token": "refresh_token"}[connection.grant_type]
    if not getattr(connection, missing):
        raise InvalidInput(f"The grant type {connection.grant_type} needs --{missing.replace('_', '-')}.")
    async with catalogue() as repository:
        before = await repository.connections.find(f"{connection.provider}/{connection.id}")
        await repository.connections.save(connection, etag=before.etag if before else "")
    print(f"Connection '{connection.provider}/{connection.id}' stored.")
    return 0


def _parameter(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name or name in _OWN:
        raise InvalidInput(f"--parameter {text!r} is not of the form NAME=VALUE, or has an option of its own.")
    return name, value


async def list_connections(options: argparse.Namespace) -> int:
    """What a connection is, and where its secrets are."""
    async with catalogue() as repository:
        connections = [stored.value for stored in await repository.connections.list()]
    if options.json:
        print_json(
            [
                {
                    "provider": each.provider,
                    "id": each.id,
                    "grantType": each.grant_type,
                    "tokenEndpoint": each.token_endpoint,
                    "clientId": each.client_id,
                    "scopes": list(each.scopes),
                    "secret": each.refresh_token or each.client_secret,
                }
                for each in connections
            ]
        )
        return 0
    rows = [(f"{each.provider}/{each.id}", each.grant_type, each.token_endpoint, each.client_id) for each in connections]
    print_table(("CONNECTION", "GRANT", "TOKEN ENDPOINT", "CLIENT"), rows, empty="No connection yet.")
    return 0


async def delete(options: argparse.Namespace) -> int:
    """Delete; calls that need it fail from then on."""
    async with catalogue() as repository:
        await repository.connections.delete(f"{options.provider}/{options.id}")
        await Grants(repository.store, ()).forget(f"{options.provider}/{options.id}")
    print(f"Connection '{options.provider}/{options.id}' deleted.")
    return 0
