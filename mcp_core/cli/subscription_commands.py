"""`subscription`: who may call. A key is printed once, when it is made; the store has only its hash."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from mcp_core.access import key_record, new_key
from mcp_core.catalog.model import Subscription
from mcp_core.catalog.names import SUBSCRIPTION
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import print_json, print_table
from mcp_core.errors import InvalidInput
from policies.records import replace

__all__ = ["register"]

STATES = {"suspend": "suspended", "activate": "active", "cancel": "cancelled"}
_DONE = {"suspended": "suspended", "active": "active again", "cancelled": "cancelled"}


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `subscription`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    creating = commands.add_parser("create", help="create a subscription and print its two keys, once")
    creating.add_argument("id")
    creating.add_argument("--scope", default="", help="product/<id>, api/<id> or mcp/<name> (default: all servers)")
    creating.add_argument("--name", default="", help="shown to people (default: the id)")
    creating.add_argument(
        "--starts", type=str, default="", metavar="TIME", help="not valid before, e.g. 2026-12-01 or …T08:00:00Z"
    )
    creating.add_argument("--expires", type=str, default="", metavar="TIME", help="not valid from then on")
    creating.add_argument("--user", default="", metavar="ID", help="context.User.Id in policies")
    creating.add_argument("--email", default="", help="context.User.Email in policies")
    creating.add_argument("--json", action="store_true")
    creating.set_defaults(command=create)
    listing = commands.add_parser("list", help="list the subscriptions; keys cannot be shown again")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_subscriptions)
    for word, state in STATES.items():
        changing = commands.add_parser(word, help=f"its keys {'open what they did' if state == 'active' else 'stop working'}")
        changing.add_argument("id")
        changing.set_defaults(command=set_state, state=state)
    regenerating = commands.add_parser("regenerate", help="replace one key, print the new one, once")
    regenerating.add_argument("id")
    regenerating.add_argument("--key", choices=("primary", "secondary"), required=True)
    regenerating.add_argument("--json", action="store_true")
    regenerating.set_defaults(command=regenerate)
    deleting = commands.add_parser("delete", help="delete a subscription")
    deleting.add_argument("id")
    deleting.set_defaults(command=delete)


async def create(options: argparse.Namespace) -> int:
    """Store a subscription; print its keys."""
    primary, secondary = new_key(), new_key()
    owner = {name: value for name, value in (("id", options.user), ("email", options.email)) if value}
    starts, expires, now = _time(options.starts), _time(options.expires), time.time()
    if 0 < expires <= now:
        raise InvalidInput(f"{options.expires!r} is over already: the keys would open nothing.")
    subscription = Subscription(
        SUBSCRIPTION.check(options.id),
        name=options.name,
        scope=options.scope,
        primary=key_record(primary),
        secondary=key_record(secondary),
        owner=owner,
        created=now,
        starts=starts,
        expires=expires,
    )
    async with catalogue() as repository:
        await repository.subscriptions.save(subscription)
    if options.json:
        print_json({"id": subscription.id, "scope": subscription.scope, "primaryKey": primary, "secondaryKey": secondary})
        return 0
    print(f"Subscription {subscription.id!r} created for {subscription.scope or 'all servers'}. Its keys, shown only now:")
    print(f"  primary    {primary}\n  secondary  {secondary}")
    return 0


async def list_subscriptions(options: argparse.Namespace) -> int:
    """One subscription a line, without keys."""
    async with catalogue() as repository:
        found = [stored.value for stored in await repository.subscriptions.list()]
    rows = [(each.id, each.scope or "all", _state(each), _shown(each.expires), each.name) for each in found]
    if options.json:
        columns = ("id", "scope", "state", "expires", "name")
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return 0
    print_table(("ID", "SCOPE", "STATE", "EXPIRES", "NAME"), rows, empty="No subscription yet.")
    return 0


async def set_state(options: argparse.Namespace) -> int:
    """Suspend, activate or cancel."""
    async with catalogue() as repository:
        stored = await repository.subscriptions.get(options.id)
        await repository.subscriptions.save(replace(stored.value, state=options.state), etag=stored.etag)
    print(f"Subscription {options.id!r} is {_DONE[options.state]}.")
    return 0


async def regenerate(options: argparse.Namespace) -> int:
    """Replace one key; the other goes on working."""
    key = new_key()
    async with catalogue() as repository:
        stored = await repository.subscriptions.get(options.id)
        record = key_record(key)
        changed = replace(stored.value, primary=record) if options.key == "primary" else replace(stored.value, secondary=record)
        await repository.subscriptions.save(changed, etag=stored.etag)
    if options.json:
        print_json({"id": options.id, f"{options.key}Key": key})
    else:
        print(f"The new {options.key} key of {options.id!r}, shown only now:\n  {key}")
    return 0


async def delete(options: argparse.Namespace) -> int:
    """Delete a subscription; its keys open nothing from then on."""
    async with catalogue() as repository:
        await repository.subscriptions.delete(options.id)
    print(f"Subscription {options.id!r} deleted.")
    return 0


def _time(text: str) -> float:
    """Unix seconds of an ISO 8601 date or time, UTC where it names no zone; 0, which stands for none, for ""."""
    if not text:
        return 0.0
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # a zone can move a time out of the years that there are
        raise InvalidInput(f"{text!r} is no time.", hint="Write it like 2026-12-31 or 2026-12-31T23:00:00Z.") from error
    if moment.timestamp() <= 0:
        raise InvalidInput(f"{text!r} is too long ago.", hint="Times are from 1970-01-01T00:00:01Z on.")
    return moment.timestamp()


def _state(subscription: Subscription) -> str:
    """Its state as callers find it: time goes by without a write."""
    if subscription.state == "active" and 0 < subscription.expires <= time.time():
        return "expired"
    return subscription.state


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""
