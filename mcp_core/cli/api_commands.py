"""`api`: import REST APIs from OpenAPI documents, list, show, change and delete them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mcp_core.calls import EgressGuard, EgressRefused
from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.model import Api
from mcp_core.catalog.names import API
from mcp_core.catalog.repository import Document, Repository, Stored
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import note, print_json, print_table
from mcp_core.errors import InvalidInput
from mcp_core.openapi import Changes, import_document, merge_import
from mcp_core.settings import load_settings
from policies.records import replace

__all__ = ["register"]

MOST_BYTES = 64 * 1024 * 1024
SHOWN_WARNINGS = 20
MANY_OPERATIONS = 200  # from here on an import takes long enough to say how far it is


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `api`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    importing = commands.add_parser("import", help="import an OpenAPI document, or import it again in place")
    importing.add_argument("source", help="a file, an http(s) URL, or - for stdin; JSON or YAML; OpenAPI 3.x or Swagger 2.0")
    importing.add_argument("--api-id", required=True, help="the API's name in commands and scopes")
    importing.add_argument("--path", default="", help="the API's path, context.Api.Path in policies (default: its id)")
    importing.add_argument("--service-url", default="", metavar="URL", help="base URL of the backend (default: the document's)")
    importing.add_argument("--prune", action="store_true", help="drop operations that the document no longer has")
    importing.add_argument("--dry-run", action="store_true", help="store nothing, only say what would be stored")
    importing.add_argument("--json", action="store_true", help="print what is stored, and all warnings, as JSON")
    importing.set_defaults(command=import_api)
    listing = commands.add_parser("list", help="list the APIs")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_apis)
    showing = commands.add_parser("show", help="show an API's operations")
    showing.add_argument("api_id")
    showing.add_argument("--json", action="store_true")
    showing.set_defaults(command=show_api)
    setting = commands.add_parser("set", help="change an API; a later import keeps it")
    setting.add_argument("api_id")
    required = "whether callers of every server of the API need a subscription key"
    setting.add_argument("--subscription-required", choices=("true", "false"), required=True, help=required)
    setting.set_defaults(command=change_api)
    deleting = commands.add_parser("delete", help="delete an API that no server exports")
    deleting.add_argument("api_id")
    deleting.set_defaults(command=delete_api)
    document = commands.add_parser("document", help="print the document that an API was imported from")
    document.add_argument("api_id")
    document.set_defaults(command=print_document)


async def import_api(options: argparse.Namespace) -> int:
    """Import and store; the document is kept beside what was made of it."""
    api_id = API.check(options.api_id)
    if options.service_url:
        _check_service_url(options.service_url)
    document, source_url = await _read(options.source)
    api = import_document(
        document.content,
        api_id=api_id,
        path=options.path or api_id,
        service_url=options.service_url,
        source_url=source_url,
        progress=_show_progress if sys.stderr.isatty() else None,
    )
    async with catalogue() as repository:
        before = await repository.apis.find(api_id)
        changes = Changes(added=tuple(operation.id for operation in api.operations))
        if before is not None:
            api, changes = _merged(before, api, options)
        if not options.dry_run:
            await _store(repository, api, document, before)
    if options.json:
        print_json(_described(api, changes, stored=not options.dry_run))
        return 0
    _report(api, changes, options)
    return 0


def _check_service_url(url: str) -> None:
    try:
        EgressGuard(allow_private=True).check_url(url)
    except EgressRefused as error:
        raise InvalidInput(f"--service-url: {error}", hint="Write it like https://orders.example.com/v1.") from error


def _show_progress(done: int, total: int) -> None:
    if total >= MANY_OPERATIONS:
        print(f"\r{done:,} of {total:,} operations", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _merged(before: Stored[Api], api: Api, options: argparse.Namespace) -> tuple[Api, Changes]:
    merged, changes = merge_import(before.value, api, prune=options.prune)
    return (replace(merged, path=options.path) if options.path else merged), changes


async def _store(repository: Repository, api: Api, document: Document, before: Stored[Api] | None) -> None:
    await repository.import_api(api, document, etag=before.etag if before else "", check=policies_compile)


async def _read(source: str) -> tuple[Document, str]:
    """The document, and the URL that its relative servers start from ("" for a file)."""
    if source == "-":
        return Document(sys.stdin.buffer.read(MOST_BYTES + 1), source="stdin"), ""
    if source.startswith(("http://", "https://")):
        from mcp_core.calls import fetch

        # The address that somebody typed may be private; one that it redirects to may be only where the settings say so.
        allowed = load_settings().allow_private_backends
        fetched = await fetch(source, max_bytes=MOST_BYTES, allow_private=allowed, allow_private_origin=True)
        return Document(fetched.content, fetched.media_type, source), fetched.url
    try:
        return Document(Path(source).read_bytes(), source=source), ""
    except OSError as error:
        raise InvalidInput(
            f"{source} cannot be read: {error.strerror}.", hint="Give a file, an http(s) URL, or - for stdin."
        ) from error


def _report(api: Api, changes: Changes, options: argparse.Namespace) -> None:
    verb = "would be imported" if options.dry_run else "imported"
    print(f"API {api.id!r} ({api.title}) {verb}: {len(api.operations)} operations, backend {api.service_url or 'not known'}.")
    for count, text in (
        (len(changes.added), "added"),
        (len(changes.updated), "updated"),
        (len(changes.removed), "dropped" if changes.pruned else "no longer in the document, kept (drop them with --prune)"),
    ):
        if count and count != len(api.operations):
            print(f"  {count} {text}")
    for warning in api.warnings[:SHOWN_WARNINGS]:
        note(f"warning: {warning}")
    if len(api.warnings) > SHOWN_WARNINGS:
        note(f"… and {len(api.warnings) - SHOWN_WARNINGS} more warnings; --json shows them all.")
    if not api.service_url and not all(operation.server_url for operation in api.operations):
        note("warning: no backend is known: import again with --service-url URL before you export it.")
    if not options.dry_run:
        print(f"Export it with: python -m mcp_core mcp create {api.id}-mcp --api {api.id}")


def _described(api: Api, changes: Changes, *, stored: bool) -> dict[str, Any]:
    return {
        "id": api.id,
        "title": api.title,
        "path": api.path,
        "serviceUrl": api.service_url,
        "subscriptionRequired": api.subscription_required,
        "version": api.version,
        "specification": api.specification,
        "stored": stored,
        "operations": [
            {
                "id": operation.id,
                "method": operation.method,
                "urlTemplate": operation.url_template,
                "summary": operation.summary,
                "tool": tools.get(operation.id),
            }
            for tools in ({tool.operation_id: tool.name for tool in api.tools},)
            for operation in api.operations
        ],
        "changes": {
            "added": changes.added,
            "updated": changes.updated,
            "removed": changes.removed,
            "renamed": changes.renamed,
            "pruned": changes.pruned,
        },
        "warnings": api.warnings,
    }


async def list_apis(options: argparse.Namespace) -> int:
    """One API a line."""
    async with catalogue() as repository:
        apis = [stored.value for stored in await repository.apis.list()]
    if options.json:
        print_json([_summary(api) for api in apis])
        return 0
    rows = [(api.id, api.title, len(api.operations), api.service_url) for api in apis]
    print_table(
        ("ID", "TITLE", "OPERATIONS", "BACKEND"), rows, empty="No API yet: python -m mcp_core api import FILE --api-id ID"
    )
    return 0


def _summary(api: Api) -> dict[str, Any]:
    return {
        "id": api.id,
        "title": api.title,
        "operations": len(api.operations),
        "serviceUrl": api.service_url,
        "path": api.path,
    }


async def show_api(options: argparse.Namespace) -> int:
    """An API's operations: id, method, URL template, summary."""
    async with catalogue() as repository:
        api = (await repository.apis.get(options.api_id)).value
    if options.json:
        described = _described(api, Changes(), stored=True)
        del described["changes"], described["stored"]
        print_json(described)
        return 0
    print(f"{api.id}: {api.title} {api.version}, backend {api.service_url or 'not known'}\n")
    rows = [(operation.id, operation.method, operation.url_template, operation.summary) for operation in api.operations]
    print_table(("ID", "METHOD", "URL TEMPLATE", "SUMMARY"), rows, empty="It has no operations.")
    return 0


async def change_api(options: argparse.Namespace) -> int:
    """Change what was named, leave the rest."""
    async with catalogue() as repository:
        stored = await repository.apis.get(options.api_id)
        required = options.subscription_required == "true"
        await repository.apis.save(replace(stored.value, subscription_required=required), etag=stored.etag)
    print(f"API {options.api_id!r} changed.")
    return 0


async def delete_api(options: argparse.Namespace) -> int:
    """Delete an API and the policies of its scopes."""
    async with catalogue() as repository:
        await repository.apis.delete(options.api_id)
    print(f"API {options.api_id!r} deleted.")
    return 0


async def print_document(options: argparse.Namespace) -> int:
    """The document, byte for byte."""
    async with catalogue() as repository:
        document = await repository.document(options.api_id)
    sys.stdout.buffer.write(document.content)
    return 0
