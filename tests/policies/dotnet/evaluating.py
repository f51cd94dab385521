"""Evaluating C# in tests: the value as it is at run time, or the exception."""

from __future__ import annotations

from typing import Any

from policies.context import DeploymentInfo, PolicyContext
from policies.expressions import compile_expression
from policies.messages import Request
from policies.ports import Services


def context(certificates: dict[str, object] | None = None, **variables: object) -> PolicyContext:
    """A context of a GET request with these variables and certificates."""
    return PolicyContext(
        Request("GET", "http://localhost/"),
        Services(),
        variables=dict(variables),
        deployment=DeploymentInfo(certificates=certificates or {}),
    )


def value(code: str, within: PolicyContext | None = None) -> Any:
    """The value of an expression, or of a block in braces."""
    kind = "block" if code.startswith("{") else "expression"
    source = code[1:-1] if kind == "block" else code
    return compile_expression(source, kind=kind).evaluate(within or context())  # type: ignore[arg-type]
