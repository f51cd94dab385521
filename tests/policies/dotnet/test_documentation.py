"""docs/policies.md tells the truth about the listed types."""

from __future__ import annotations

from policies.dotnet.types import find_type
from tests.policies.dotnet import documentation


def test_every_listed_type_exists_or_is_named_on_the_page() -> None:
    absent = {name for name in documentation.listed() if find_type(*documentation._key(name)) is None}
    assert absent == set(documentation.MISSING_TYPES)


def test_the_page_names_what_is_missing() -> None:
    text = documentation.PAGE.read_text(encoding="utf-8")
    shown = text.partition(documentation.BEGIN)[2].partition(documentation.END)[0].strip()
    assert shown == documentation.table(), "run: python -m tests.policies.dotnet.documentation"
