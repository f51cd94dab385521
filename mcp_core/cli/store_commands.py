"""`store`: look after the store."""

from __future__ import annotations

import argparse

from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json
from mcp_core.storage.open import store_address
from mcp_core.storage.purge import purge

__all__ = ["register"]


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `store`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    showing = commands.add_parser("show", help="say which store is used and what it holds")
    showing.add_argument("--json", action="store_true")
    showing.set_defaults(command=show)
    purging = commands.add_parser("purge", help="remove expired counters and cache entries, and leftovers of imports")
    purging.add_argument("--limit", type=int, default=10_000, help="rows of a kind at the most (default 10000)")
    purging.add_argument("--seconds", type=float, default=60.0, help="how long it may take (default 60)")
    purging.add_argument("--json", action="store_true")
    purging.set_defaults(command=purge_store)


async def show(options: argparse.Namespace) -> int:
    """Address (without secrets) and numbers."""
    async with catalogue() as repository:
        everything = await repository.load_all()
    held = {
        "apis": len(everything.apis),
        "servers": len(everything.servers),
        "policies": len(everything.policies),
        "namedValues": len(everything.named_values),
        "products": len(everything.products),
        "subscriptions": len(everything.subscriptions),
    }
    address = store_address()
    if options.json:
        print_json({"store": address.describe(), "setting": address.source, **held})
        return 0
    print(f"{address.describe()} ({address.source})")
    for name, count in held.items():
        print(f"  {name:14}{count}")
    return 0


async def purge_store(options: argparse.Namespace) -> int:
    """Sweep; 1 when the time was not enough for all of it."""
    async with catalogue() as repository:
        removed = await purge(repository.store, limit=options.limit, seconds=options.seconds)
    if options.json:
        print_json({name: count if count >= 0 else None for name, count in removed.items()})
    else:
        for name, count in removed.items():
            print(f"{name}: {f'{count} removed' if count >= 0 else 'stopped by the clock; run it again'}")
    return 0 if all(count >= 0 for count in removed.values()) else 1
