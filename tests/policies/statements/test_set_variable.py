"""`set-variable`, by the article "Set variable"."""

from __future__ import annotations

from typing import Any

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import document, run

CASES: list[tuple[str, Any]] = [
    ("text", "text"),
    (" spaced ", " spaced "),
    ("", ""),
    ("@(1 + 2)", 3),
    ("@(1 == 1)", True),
    ("@(null)", None),
    ("@{ var x = 2; return x * 2; }", 4),
    ("a@(1)b", "a1b"),
]


@pytest.mark.parametrize(("value", "expected"), CASES)
def test_the_variable_has_the_value(value: str, expected: Any) -> None:
    done = run(document(inbound=f"<set-variable name='v' value='{value}'/>"))
    assert done.context.variables["v"] == expected
    assert type(done.context.variables["v"]) is type(expected)


def test_later_policies_see_it() -> None:
    second = "<set-variable name='b' value='@((string)context.Variables[\"a\"] + \"2\")'/>"
    done = run(document(inbound=f"<set-variable name='a' value='1'/>{second}"))
    assert done.context.variables["b"] == "12"


def test_its_name_is_no_expression() -> None:
    (error,) = check_document(document(inbound="<set-variable name='@(1)' value=''/>")).errors
    assert error.message == "an expression is not allowed in the attribute name of <set-variable>"
