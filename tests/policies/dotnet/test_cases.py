"""The library: what .NET's types give, family by family."""

from pathlib import Path
from typing import Any

import pytest

from tests.policies.expression_cases import check, load


@pytest.mark.parametrize("case", load(Path(__file__).parent / "cases"))
def test_it_is_as_dotnet_says(case: dict[str, Any]) -> None:
    check(case)
