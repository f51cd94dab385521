"""The command line: what an owner of APIs does with the catalogue.

The rule here: a command parses, calls the catalogue (or the running host, over HTTP), prints. A group of commands is a file
that `GROUPS` names; it adds its parsers and is imported only to run or to show help. Results go to stdout, messages to
stderr; the exit status is 0 when it worked, 1 when it could not be done, 2 when the command line itself is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mcp_core.cli.output import complain
from mcp_core.errors import CatalogError
from policies.errors import DocumentError
from policies.ports import StoreUnavailable

__all__ = ["Command", "main"]

Command = Callable[[argparse.Namespace], Awaitable[int] | int]

GROUPS = {
    "api": "import REST APIs from OpenAPI documents, list and show them",
    "mcp": "export operations of an API as an MCP server",
    "policy": "set, show, check policy documents",
    "tool": "call a tool of a running host, as a client would",
    "eval": "evaluate one policy expression, offline",
    "named-value": "values that policies name as {{name}}",
    "fragment": "policy fragments that include-fragment names",
    "backend": "backends that set-backend-service names",
    "product": "bundles of servers under one policy and one kind of subscription",
    "subscription": "who may call: keys",
    "connection": "credentials for get-authorization-context",
    "store": "look after the store",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command line; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mcp_core",
        description="REST APIs as governed remote MCP servers.",
        epilog="The store is MCP_STORE (default sqlite:.data/gateway.db, which the local host uses too).",
    )
    groups = parser.add_subparsers(dest="group", metavar="GROUP", required=True)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, text in GROUPS.items():
        group = groups.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if name == named:
            _module(name).register(group)
    options = parser.parse_args(arguments)
    return _run(options.command, options)


def _module(group: str) -> Any:
    return importlib.import_module(f"mcp_core.cli.{group.replace('-', '_')}_commands")


def _run(command: Command, options: argparse.Namespace) -> int:
    try:
        outcome = command(options)
        if isinstance(outcome, int):
            return outcome
        return asyncio.run(_finish(outcome))
    except (CatalogError, DocumentError) as error:
        return complain(str(error))
    except StoreUnavailable as error:
        return complain(f"The store cannot be used: {error}")
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


async def _finish(outcome: Awaitable[int]) -> int:
    return await outcome
