"""What the tests of expressions share: a context, and running a text in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policies.context import PolicyContext
from policies.expressions import Expression, compile_expression
from policies.messages import Headers, Request
from policies.ports import Services


@pytest.fixture
def context() -> PolicyContext:
    request = Request("GET", "https://host/path?q=1", Headers({"X-A": "a"}), b'{"a": 1}', ip_address="10.0.0.1")
    return PolicyContext(request, Services(), variables={"n": 3, "s": "text"})


@pytest.fixture
def compiled() -> Callable[[str], Expression]:
    """`@( … )` or `@{ … }`, compiled."""

    def compile_text(text: str) -> Expression:
        return compile_expression(text[2:-1], kind="block" if text.startswith("@{") else "expression")

    return compile_text


@pytest.fixture
def run(context: PolicyContext, compiled: Callable[[str], Expression]) -> Callable[[str], Any]:
    """The value of `@( … )` or `@{ … }`."""
    return lambda text: compiled(text).evaluate(context)
