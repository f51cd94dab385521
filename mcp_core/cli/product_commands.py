"""`product`: bundles of servers under one policy and one kind of subscription."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.model import Product
from mcp_core.catalog.names import PRODUCT
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table
from mcp_core.errors import NotFound
from policies.records import replace

__all__ = ["register"]

VISIBLE = "which tools those see and may call who come with the product: a policy expression, asked for each tool"


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `product`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    creating = commands.add_parser("create", help="create a product")
    creating.add_argument("id")
    creating.add_argument("--name", default="", help="shown to people (default: the id)")
    creating.add_argument("--server", action="append", default=[], metavar="NAME", help="an MCP server in it; may be repeated")
    creating.add_argument(
        "--api", action="append", default=[], metavar="ID", help="an API whose servers are in it; may be repeated"
    )
    creating.add_argument("--open", action="store_true", help="callers need no subscription")
    creating.add_argument("--visible-when", default="", metavar="EXPRESSION", help=VISIBLE)
    creating.set_defaults(command=create)
    setting = commands.add_parser("set", help="change a product")
    setting.add_argument("id")
    setting.add_argument("--name")
    for noun, name in (("server", "NAME"), ("api", "ID")):
        setting.add_argument(f"--add-{noun}", action="append", default=[], metavar=name, help="may be repeated")
        setting.add_argument(f"--remove-{noun}", action="append", default=[], metavar=name, help="may be repeated")
    setting.add_argument("--state", choices=("published", "notPublished"), help="keys of an unpublished product open nothing")
    setting.add_argument("--subscription-required", choices=("true", "false"))
    setting.add_argument("--visible-when", metavar="EXPRESSION", help=f"{VISIBLE}; '' for all")
    setting.set_defaults(command=change)
    listing = commands.add_parser("list", help="list the products")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_products)
    deleting = commands.add_parser("delete", help="delete a product that has no subscription")
    deleting.add_argument("id")
    deleting.set_defaults(command=delete)


async def create(options: argparse.Namespace) -> int:
    """Store a new product."""
    product = Product(
        PRODUCT.check(options.id),
        options.name or options.id,
        subscription_required=not options.open,
        apis=tuple(dict.fromkeys(options.api)),
        servers=tuple(dict.fromkeys(options.server)),
        visible_when=options.visible_when,
    )
    async with catalogue() as repository:
        await repository.products.save(product, check=policies_compile)
    held = f"{_count(len(product.servers), 'server')} and {_count(len(product.apis), 'API')}"
    print(f"Product {product.id!r} created with {held}.")
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


async def change(options: argparse.Namespace) -> int:
    """Change what was named, leave the rest."""
    async with catalogue() as repository:
        stored = await repository.products.get(options.id)
        product = stored.value
        product = replace(
            product,
            servers=_changed(product.id, product.servers, options.add_server, options.remove_server),
            apis=_changed(product.id, product.apis, options.add_api, options.remove_api),
        )
        if options.name is not None:
            product = replace(product, name=options.name)
        if options.state is not None:
            product = replace(product, state=options.state)
        if options.subscription_required is not None:
            product = replace(product, subscription_required=options.subscription_required == "true")
        if options.visible_when is not None:
            product = replace(product, visible_when=options.visible_when)
        await repository.products.save(product, etag=stored.etag, check=policies_compile)
    print(f"Product {product.id!r} changed.")
    return 0


def _changed(product: str, held: Sequence[str], added: Sequence[str], removed: Sequence[str]) -> tuple[str, ...]:
    """What the product holds then. Raises NotFound for what was to be taken out and is not in it."""
    missing = next((name for name in removed if name not in held), None)
    if missing is not None:
        raise NotFound(f"The product {product!r} does not hold {missing!r}.", hint=f"It holds {', '.join(held) or 'none'}.")
    return tuple(dict.fromkeys([*(name for name in held if name not in removed), *added]))


async def list_products(options: argparse.Namespace) -> int:
    """One product a line."""
    async with catalogue() as repository:
        products = [stored.value for stored in await repository.products.list()]
    if options.json:
        print_json(
            [
                {
                    "id": product.id,
                    "name": product.name,
                    "state": product.state,
                    "subscriptionRequired": product.subscription_required,
                    "servers": product.servers,
                    "apis": product.apis,
                    "visibleWhen": product.visible_when,
                }
                for product in products
            ]
        )
        return 0
    rows = [
        (
            product.id,
            product.state,
            "key" if product.subscription_required else "open",
            ", ".join(product.servers + product.apis),
        )
        for product in products
    ]
    print_table(("ID", "STATE", "ACCESS", "HOLDS"), rows, empty="No product yet.")
    return 0


async def delete(options: argparse.Namespace) -> int:
    """Delete a product and its policy."""
    async with catalogue() as repository:
        await repository.products.delete(options.id)
    print(f"Product {options.id!r} deleted.")
    return 0
