"""`eval`: evaluate a policy expression offline, against a described request."""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from mcp_core.cli.output import complain
from mcp_core.errors import InvalidInput
from policies.expressions.evaluate import as_json, evaluate

__all__ = ["register"]


def register(group: argparse.ArgumentParser) -> None:
    """`eval` is one command, not a group."""
    group.add_argument("expression", nargs="?", help="@(…) or @{…}; a file that holds one; or - for stdin")
    group.add_argument("--request", metavar="FILE", help="JSON: {method, url, headers, body, ip}; - for stdin")
    group.add_argument("--response", metavar="FILE", help="JSON: {status, reason, headers, body}")
    group.add_argument("--variables", metavar="JSON", help='context.Variables, e.g. \'{"user": "ada"}\'')
    group.add_argument("--json", action="store_true", help='print {"type": …, "value": …} or {"error": …}')
    group.add_argument(
        "--batch", metavar="FILE", help="one JSON object a line with expression, request, response, variables; - for stdin"
    )
    group.set_defaults(command=evaluate_expression)


def evaluate_expression(options: argparse.Namespace) -> int:
    """Print a value and its .NET type; 1 when the expression fails. In a batch each answer tells that for itself; one whose
    `kind` is "input" is for a line that is no description."""
    if options.batch:
        return _batch(options.batch)
    if not options.expression:
        raise InvalidInput(
            "There is no expression.", hint="Give one like '@(context.Request.Method)', a file, -, or --batch FILE."
        )
    case: dict[str, Any] = {"expression": _expression(options.expression)}
    for name in ("request", "response"):
        file = getattr(options, name)
        if file:
            case[name] = _json(_read(file), f"--{name} {file}")
    if options.variables:
        case["variables"] = _json(options.variables, "--variables")
    answer = _answer(case)
    if options.json:
        print(as_json(answer))
        return 1 if "error" in answer else 0
    if "error" in answer:
        error = answer["error"]
        place = f"{error['line']}:{error['column']}: " if error.get("line") else ""
        return complain(f"{place}{error['message']}")
    value = answer["value"]
    print(str(value) if isinstance(value, str | Decimal) else json.dumps(value, ensure_ascii=False, indent=2))
    print(f"({answer['type']})", file=sys.stderr)
    return 0


def _batch(file: str) -> int:
    """An answer for each line, also for one that describes nothing; 1 when there was such a line."""
    described = True
    for number, line in enumerate(_read(file).split("\n"), 1):
        if not line.strip():
            continue
        try:
            case = _json(line, f"line {number} of {file}")
            if not isinstance(case, dict):
                raise InvalidInput(f"Line {number} of {file} is no JSON object.")
            answer = _answer(case)
        except InvalidInput as error:
            described = False
            answer = {"error": {"kind": "input", "message": str(error), "line": None, "column": None}}
        print(as_json(answer), flush=True)
    return 0 if described else 1


def _answer(case: dict[str, Any]) -> dict[str, Any]:
    try:
        return evaluate(case)
    except ValueError as error:
        raise InvalidInput(f"The description of the request cannot be used: {error}.") from error


def _expression(text: str) -> str:
    """The expression itself, or what a file or stdin holds."""
    if text == "-" or (not text.lstrip().startswith("@") and _is_file(text)):
        return _read(text).strip()
    return text


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # an expression can be what no file name can
        return False


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{place} is not JSON: {error}.") from error
