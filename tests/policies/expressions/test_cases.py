"""The language: what C# says of operators, statements, conversions, lambdas, patterns, and of what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.policies.expression_cases import check, load


@pytest.mark.parametrize("case", load(Path(__file__).parent / "cases"))
def test_it_is_as_csharp_says(case: dict[str, Any]) -> None:
    check(case)
