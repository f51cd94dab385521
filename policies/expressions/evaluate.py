"""Evaluating one expression offline: against a described request, without a gateway.

The rule here: a pure function from JSON to JSON; what is described wrong raises ValueError, what the expression does wrong is
part of the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from policies.errors import ExpressionError, Position
from policies.messages import Headers, Request, Response
from policies.ports import Services

if TYPE_CHECKING:
    from policies.context import PolicyContext

__all__ = ["as_json", "evaluate"]

_REQUEST = {"method", "url", "headers", "body", "ip"}
_RESPONSE = {"status", "reason", "headers", "body"}


def evaluate(case: Mapping[str, Any]) -> dict[str, Any]:
    """`{"expression": …, "request": …, "response": …, "variables": …}` → `{"type": …, "value": …}`, or `{"error":
    {"kind": "compile" | "runtime", "message", "line", "column"}}` (line and column are None when a failure does not come
    again in the second run that finds its place).

    The expression is `@( … )`, `@{ … }` or the bare text of the former. `request` has method, url, headers, body, ip;
    `response` has status, reason, headers, body; a body that is not text stands for its JSON. `variables` become
    context.Variables: whole numbers are int or long, objects and arrays JObject and JArray. `type` is the .NET name of the
    value's type; values without a JSON form of their own are given as their text. A decimal is a Decimal, which keeps its
    digits (`as_json` writes them). Raises ValueError for a bad description.
    """
    from policies.dotnet.meter import BudgetExceeded, running
    from policies.expressions.expression import compile_expression, failure_of

    context = _context(case)
    text = case.get("expression")
    if not isinstance(text, str):
        raise ValueError("'expression' must be text")
    code, kind, position, closed = _code(text)
    if not closed:
        return _error("compile", "the expression is not closed", position.line, position.column)
    try:
        compiled = compile_expression(code, kind=kind, position=position)
    except ExpressionError as error:
        place = error.position
        message = f"{error.message}; {error.hint}" if error.hint else error.message
        return _error("compile", message, place.line if place else None, place.column if place else None)
    try:
        value = compiled.evaluate(context)
        with running():  # a sequence is read only now
            return _answer(value)
    except (Exception, BudgetExceeded) as error:  # noqa: BLE001  # a lazy value may fail as late as here
        place = _place(case, code, kind, position)
        return _error("runtime", failure_of(error).detail, *((place.line, place.column) if place else (None, None)))


def _place(case: Mapping[str, Any], code: str, kind: str, position: Position) -> Position | None:
    """Where it fails in a second run; a failure that comes by chance may not come again."""
    from policies.dotnet.meter import running
    from policies.expressions.lexer import Source
    from policies.expressions.places import place_of_failure

    def look(value: object) -> None:
        with running():
            _answer(value)

    return place_of_failure(Source(code, "", position), kind, _context(case), look)


def _error(kind: str, message: str, line: int | None, column: int | None) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message, "line": line, "column": column}}


def _code(text: str) -> tuple[str, Literal["expression", "block"], Position, bool]:
    """The C# within `@( … )` or `@{ … }`, where it begins, and whether its bracket is closed."""
    stripped = text.strip()
    start = len(text) - len(text.lstrip())
    kind: Literal["expression", "block"] = "expression"
    inner, closed = stripped, True
    if stripped.startswith(("@(", "@{")):
        start += 2
        kind = "block" if stripped[1] == "{" else "expression"
        closed = stripped.endswith(")" if kind == "expression" else "}")
        inner = stripped[2:-1]
    before = text[:start]
    return inner, kind, Position(before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1), closed


# ---- the described world ---------------------------------------------------------------------------------------------


def _context(case: Mapping[str, Any]) -> PolicyContext:
    from policies.context import PolicyContext

    request = _described(case, "request", _REQUEST)
    message = Request(
        str(request.get("method", "GET")),
        str(request.get("url", "http://localhost/")),
        _headers(request),
        _body(request),
        ip_address=str(request.get("ip", "127.0.0.1")),
    )
    response = None
    if case.get("response") is not None:
        described = _described(case, "response", _RESPONSE)
        status = described.get("status", 200)
        if not isinstance(status, int):
            raise ValueError("the response's 'status' must be a whole number")
        response = Response(status, _headers(described), _body(described), reason=str(described.get("reason", "")))
    variables = {} if case.get("variables") is None else case["variables"]
    if not isinstance(variables, Mapping):
        raise ValueError("'variables' must be an object")
    return PolicyContext(
        message, Services(), response=response, variables={name: _variable(value) for name, value in variables.items()}
    )


def _described(case: Mapping[str, Any], name: str, known: set[str]) -> Mapping[str, Any]:
    described = {} if case.get(name) is None else case[name]
    if not isinstance(described, Mapping):
        raise ValueError(f"'{name}' must be an object")
    unknown = sorted(set(described) - known)
    if unknown:
        raise ValueError(f"'{name}' has no '{unknown[0]}': it may have {', '.join(sorted(known))}")
    return described


def _headers(described: Mapping[str, Any]) -> Headers:
    headers = {} if described.get("headers") is None else described["headers"]
    if not isinstance(headers, Mapping):
        raise ValueError("'headers' must be an object")
    found = Headers()
    for name, value in headers.items():
        for item in value if isinstance(value, list) else [value]:
            found.add(name, str(item))
    return found


def _body(described: Mapping[str, Any]) -> bytes:
    body = described.get("body")
    if body is None:
        return b""
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _variable(value: Any) -> object:
    from policies.dotnet.values import Int64, units

    if isinstance(value, str):
        return units(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return _token(value) if isinstance(value, dict | list) else value
    if -(2**31) <= value < 2**31:
        return value
    return Int64(value) if -(2**63) <= value < 2**63 else float(value)


def _token(value: Any) -> object:
    from policies.dotnet.json.reader import parse

    return parse(json.dumps(value))


# ---- the answer ------------------------------------------------------------------------------------------------------


def _answer(value: object) -> dict[str, Any]:
    from policies.dotnet.values import type_name

    return {"type": type_name(value), "value": _json(value)}


def as_json(answer: Mapping[str, Any]) -> str:
    """An answer as one line of JSON; a decimal is a number with all its digits, which Python's own writer cannot give."""
    value = answer.get("value")
    if isinstance(value, Decimal):
        return f'{{"type": {json.dumps(answer["type"])}, "value": {value:f}}}'
    return json.dumps(answer, ensure_ascii=False).translate(_LINE_ENDS)


_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""What JSON may hold as it is, and some readers of lines take for the end of one."""


def _json(value: Any) -> Any:
    from policies.dotnet.values import scalars, to_text

    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return scalars(str(value))
    if type(value).__module__ == "policies.dotnet.values" or type(value) is int:
        if isinstance(value, int):
            return int(value)
        if not isinstance(value, float):
            return _composite(value)
        value = float(to_text(value))  # a float's own digits, not those of the double that holds it
    if isinstance(value, float):
        return value if value - value == 0 else to_text(value)
    if isinstance(value, Decimal):
        return Decimal(to_text(value))
    return _composite(value)


def _composite(value: Any) -> Any:
    """Collections, tokens, anonymous objects, dates and other structures as JSON.NET would write them; all else as text."""
    from policies.dotnet.anonymous import Anonymous
    from policies.dotnet.types import net
    from policies.dotnet.values import assignable, scalars, to_text, type_of

    kind = type_of(value)
    has_form = isinstance(value, Anonymous) or kind.kind == "struct" or assignable(kind, net("System.Collections.IEnumerable"))
    if has_form and kind.name != "Newtonsoft.Json.Linq.JProperty":  # a member alone is no JSON text
        from policies.dotnet.json.objects import serialize

        if assignable(kind, net("IEnumerable<Newtonsoft.Json.Linq.JProperty>")):
            return [_json(member) for member in value]
        return json.loads(scalars(serialize(value)))
    return scalars(to_text(value))
