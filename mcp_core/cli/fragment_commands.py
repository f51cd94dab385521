"""`fragment`: policy fragments, which include-fragment names. A fragment is a policy document of the scope fragment/<id>."""

from __future__ import annotations

import argparse

from mcp_core.catalog.names import FRAGMENT
from mcp_core.cli import policy_commands
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table

__all__ = ["register"]

PREFIX = "fragment/"


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `fragment`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    setting = commands.add_parser("set", help="store a fragment")
    setting.add_argument("id", metavar="ID")
    setting.add_argument("file", help="the XML, its root <fragment>; - for stdin")
    setting.set_defaults(command=lambda options: policy_commands.set_policy(_scoped(options)))
    for name, text, command in (
        ("show", "print a fragment as it was written", policy_commands.show),
        ("delete", "delete a fragment that nothing includes", policy_commands.delete),
    ):
        parser = commands.add_parser(name, help=text)
        parser.add_argument("id", metavar="ID")
        parser.set_defaults(command=lambda options, command=command: command(_scoped(options)))
    listing = commands.add_parser("list", help="list the fragments")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_fragments)


def _scoped(options: argparse.Namespace) -> argparse.Namespace:
    options.scope = PREFIX + FRAGMENT.check(options.id)
    return options


async def list_fragments(options: argparse.Namespace) -> int:
    """One fragment a line."""
    async with catalogue() as repository:
        texts = [stored.value for stored in await repository.policies.list() if stored.value.scope.startswith(PREFIX)]
    rows = [(text.scope.removeprefix(PREFIX), len(text.xml)) for text in texts]
    if options.json:
        print_json([{"id": identity, "characters": size} for identity, size in rows])
        return 0
    print_table(("ID", "CHARACTERS"), rows, empty="No fragment yet.")
    return 0
