"""`policy`: set, show, delete policy documents by scope; check files without a store."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mcp_core.catalog.checks import policies_compile
from mcp_core.catalog.model import PolicyText
from mcp_core.catalog.scopes import parse_scope
from mcp_core.cli.catalogue import catalogue
from mcp_core.cli.output import note, print_json, print_table
from mcp_core.errors import InvalidInput
from policies.advice import advise
from policies.compiler import CheckResult, check_document
from policies.document import read_document
from policies.errors import DocumentError

__all__ = ["register"]


def register(group: argparse.ArgumentParser) -> None:
    """Add the commands of `policy`."""
    commands = group.add_subparsers(dest="command_name", metavar="COMMAND", required=True)
    scope_help = "global, product/<id>, mcp/<name>, api/<id>, api/<id>/<operation>"
    setting = commands.add_parser("set", help="store a scope's policy document")
    setting.add_argument("scope", help=scope_help)
    setting.add_argument("file", help="the policy XML; - for stdin")
    setting.set_defaults(command=set_policy)
    showing = commands.add_parser("show", help="print a scope's policy document as it was written")
    showing.add_argument("scope", help=scope_help)
    showing.set_defaults(command=show)
    deleting = commands.add_parser("delete", help="delete a scope's policy document")
    deleting.add_argument("scope", help=scope_help)
    deleting.set_defaults(command=delete)
    listing = commands.add_parser("list", help="list the scopes that have a policy document")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=list_policies)
    checking = commands.add_parser("check", help="check policy files; needs no store")
    checking.add_argument("files", nargs="+", metavar="FILE", help="a file, - for stdin, or a directory: its .xml files")
    checking.add_argument("--scope", default=None, help="the scope that the files are meant for (default: not checked)")
    checking.add_argument("--named-value", action="append", default=[], metavar="NAME=VALUE", help="what {{NAME}} stands for")
    checking.add_argument(
        "--fragment", action="append", default=[], metavar="ID=FILE", help="what include-fragment ID includes"
    )
    checking.add_argument("--json", action="store_true")
    checking.set_defaults(command=check)


async def set_policy(options: argparse.Namespace) -> int:
    """Store a document, whole or not at all; what it replaces must not have changed meanwhile."""
    scope = str(parse_scope(options.scope))
    text = PolicyText(scope, _read(options.file))
    async with catalogue() as repository:
        before = await repository.policies.find(scope)
        await repository.policies.save(text, etag=before.etag if before else "", check=policies_compile)
    for warning in advise(read_document(text.xml, origin=options.file), scope):
        note(f"warning: {warning}")
    print(f"Policy of {scope} stored.")
    return 0


async def show(options: argparse.Namespace) -> int:
    """The document as its author wrote it."""
    async with catalogue() as repository:
        text = (await repository.policies.get(str(parse_scope(options.scope)))).value.xml
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    return 0


async def delete(options: argparse.Namespace) -> int:
    """Delete a document; refused while something includes it."""
    scope = str(parse_scope(options.scope))
    async with catalogue() as repository:
        await repository.policies.delete(scope, check=policies_compile)
    print(f"Policy of {scope} deleted.")
    return 0


async def list_policies(options: argparse.Namespace) -> int:
    """One scope a line."""
    async with catalogue() as repository:
        texts = [stored.value for stored in await repository.policies.list()]
    if options.json:
        print_json([{"scope": text.scope, "characters": len(text.xml)} for text in texts])
        return 0
    rows = [(text.scope, len(text.xml)) for text in texts]
    print_table(("SCOPE", "CHARACTERS"), rows, empty="No policy yet: python -m mcp_core policy set SCOPE FILE")
    return 0


def check(options: argparse.Namespace) -> int:
    """Check files; one line a file, then its errors. 1 when any fails."""
    named_values = dict(_pair(text, "--named-value NAME=VALUE") for text in options.named_value)
    fragments = {name: _read(file) for name, file in (_pair(text, "--fragment ID=FILE") for text in options.fragment)}
    scope = None if options.scope is None else str(parse_scope(options.scope))
    files = [file for given in options.files for file in _files(given)]
    results = [(file, _checked(file, scope, named_values, fragments)) for file in files]
    if options.json:
        print_json([_described(file, result) for file, result in results])
    else:
        for file, result in results:
            _report(file, result)
    return 0 if all(isinstance(result, CheckResult) and not result.errors for _, result in results) else 1


def _files(given: str) -> list[str]:
    """A file itself; of a directory every .xml file below it, by name."""
    if given == "-" or not Path(given).is_dir():
        return [given]
    files = sorted(str(file) for file in Path(given).rglob("*.xml") if file.is_file())
    if not files:
        raise InvalidInput(f"{given}: there is no .xml file in this directory.")
    return files


def _checked(
    file: str, scope: str | None, named_values: dict[str, str], fragments: dict[str, str]
) -> CheckResult | InvalidInput:
    try:
        text = _read(file)
    except InvalidInput as error:
        return error
    values = {name: (value, False) for name, value in named_values.items()}
    return check_document(text, origin=file, scope=scope, named_values=values, fragments=fragments)


def _report(file: str, result: CheckResult | InvalidInput) -> None:
    if isinstance(result, InvalidInput):
        print(f"{file}: {result.message}")
        return
    if not result.errors:
        print(f"{file}: ok")
    else:
        print(f"{file}: {len(result.errors)} {'error' if len(result.errors) == 1 else 'errors'}")
    for error in result.errors:
        note(str(error))
    for warning in result.warnings:
        note(f"warning: {warning}")


def _described(file: str, result: CheckResult | InvalidInput) -> dict[str, Any]:
    if isinstance(result, InvalidInput):
        return {"file": file, "ok": False, "errors": [{"line": 0, "column": 0, "message": result.message}], "warnings": []}
    return {
        "file": file,
        "ok": not result.errors,
        "errors": [_problem(error, file) for error in result.errors],
        "warnings": [_problem(warning, file) for warning in result.warnings],
    }


def _problem(problem: DocumentError, file: str) -> dict[str, Any]:
    """Its place is in `file`, unless the message begins with the fragment that it is in."""
    where = "" if problem.origin == file else f"{problem.origin}: "
    hint = f"; {problem.hint}" if problem.hint else ""
    return {
        "line": problem.position.line if problem.position else 0,
        "column": problem.position.column if problem.position else 0,
        "message": f"{where}{problem.message}{hint}",
    }


def _pair(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInput(f"{text!r} is not of the form {form}.")
    return name, value


def _read(file: str) -> str:
    """A file's text, with or without byte order mark, in UTF-8 or UTF-16."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    try:
        encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not text in UTF-8: byte {error.start + 1} is {data[error.start]:#04x}.") from error
