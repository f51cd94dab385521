"""`backend`: backends that set-backend-service names by id."""

from __future__ import annotations

import argparse

from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.model import NamedBackend
from mcp_core.catalog.names import BACKEND
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table
from mcp_core.errors import InvalidInput
from policies.secret import Secret

__all__ = ["register"]


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `backend`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    setting = commands.add_parser("set", help="create or change a backend")
    setting.add_argument("id")
    setting.add_argument("url", help="its base URL")
    setting.add_argument(
        "--header", action="append", default=[], metavar="NAME:VALUE", help="sent with every request; may be secret"
    )
    setting.add_argument(
        "--query", action="append", default=[], metavar="NAME=VALUE", help="added to every request; may be secret"
    )
    setting.set_defaults(command=set_backend)
    listing = commands.add_parser("list", help="list the backends; their headers and parameters are not shown")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_backends)
    deleting = commands.add_parser("delete", help="delete a backend that no policy names")
    deleting.add_argument("id")
    deleting.set_defaults(command=delete)


async def set_backend(options: argparse.Namespace) -> int:
    """Create or replace."""
    identity = BACKEND.check(options.id)
    backend = NamedBackend(
        identity,
        options.url,
        headers=dict(_pair(text, ":", "--header NAME:VALUE") for text in options.header),
        query=dict(_pair(text, "=", "--query NAME=VALUE") for text in options.query),
    )
    async with catalogue() as repository:
        before = await repository.backends.find(identity)
        await repository.backends.save(backend, etag=before.etag if before else "", check=policies_compile)
    print(f"Backend {identity!r} stored.")
    return 0


def _pair(text: str, separator: str, form: str) -> tuple[str, Secret]:
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise InvalidInput(f"What was given is not of the form {form}.")  # not repeated: it may be secret
    return name.strip(), Secret(value.strip())


async def list_backends(options: argparse.Namespace) -> int:
    """Id and URL."""
    async with catalogue() as repository:
        backends = [stored.value for stored in await repository.backends.list()]
    if options.json:
        print_json([{"id": backend.id, "url": backend.url} for backend in backends])
        return 0
    print_table(("ID", "URL"), [(backend.id, backend.url) for backend in backends], empty="No backend yet.")
    return 0


async def delete(options: argparse.Namespace) -> int:
    """Delete; refused while a policy needs it."""
    async with catalogue() as repository:
        await repository.backends.delete(options.id, check=policies_compile)
    print(f"Backend {options.id!r} deleted.")
    return 0
