"""`named-value`: values that policies name as {{name}}."""

from __future__ import annotations

import argparse
import getpass
import sys

from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.model import NamedValue
from mcp_core.catalog.names import NAMED_VALUE
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table
from policies.secret import Secret

__all__ = ["register"]

HIDDEN = "***"


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `named-value`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    setting = commands.add_parser("set", help="create or change a named value")
    setting.add_argument("name")
    setting.add_argument(
        "value", nargs="?", help="the value; left out or -, it is read from stdin, so that no shell history has it"
    )
    setting.add_argument("--secret", action="store_true", help="never show it again; also for a value that is secret already")
    setting.set_defaults(command=set_value)
    listing = commands.add_parser("list", help="list the named values; secret ones are not shown")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_values)
    deleting = commands.add_parser("delete", help="delete a named value that no policy names")
    deleting.add_argument("name")
    deleting.set_defaults(command=delete)


async def set_value(options: argparse.Namespace) -> int:
    """Create or replace; what is secret stays secret."""
    name = NAMED_VALUE.check(options.name)
    value = options.value
    if value is None or value == "-":
        value = getpass.getpass("value: ") if sys.stdin.isatty() else sys.stdin.read().removesuffix("\n")
    async with catalogue() as repository:
        before = await repository.named_values.find(name)
        secret = options.secret or (before is not None and before.value.secret)
        named = NamedValue(name, Secret(value), secret=secret, tags=before.value.tags if before else ())
        await repository.named_values.save(named, etag=before.etag if before else "", check=policies_compile)
    print(f"Named value {name!r} stored{', as a secret' if secret else ''}.")
    return 0


async def list_values(options: argparse.Namespace) -> int:
    """Name and value, secrets hidden."""
    async with catalogue() as repository:
        values = [stored.value for stored in await repository.named_values.list()]
    rows = [(value.name, HIDDEN if value.secret else value.value.reveal(), value.secret) for value in values]
    if options.json:
        print_json([{"name": name, "value": None if secret else value, "secret": secret} for name, value, secret in rows])
        return 0
    print_table(("NAME", "VALUE"), [row[:2] for row in rows], empty="No named value yet.")
    return 0


async def delete(options: argparse.Namespace) -> int:
    """Delete; refused while a policy needs it."""
    async with catalogue() as repository:
        await repository.named_values.delete(options.name, check=policies_compile)
    print(f"Named value {options.name!r} deleted.")
    return 0
