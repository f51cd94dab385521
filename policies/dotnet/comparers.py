"""System.StringComparer.

The rule here: a comparer gives `key` (what two equal texts share), `equals`, `hash` and `compare`, which collections and LINQ
call.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.dotnet import collation
from policies.dotnet.strings import COMPARISON, compare
from policies.dotnet.types import Class, Const, EnumValue, Inline

__all__ = ["TYPES", "StringComparer"]


class StringComparer:
    """Compares texts by one StringComparison."""

    __slots__ = ("_comparison", "_fold")

    def __init__(self, comparison: EnumValue) -> None:
        self._comparison = comparison
        self._fold: Callable[[str], str] = collation.fold if int(comparison) % 2 else str

    def key(self, text: str | None) -> str | None:
        """What equal texts share."""
        return None if text is None else self._fold(text)

    def equals(self, left: str | None, right: str | None) -> bool:
        """Whether two texts are equal."""
        return self.key(left) == self.key(right)

    def hash(self, text: str) -> int:
        """A number that equal texts share."""
        return hash(self.key(text)) & 0x7FFFFFFF

    def compare(self, left: str | None, right: str | None) -> int:
        """Less than, equal to or greater than zero."""
        return compare(left, right, self._comparison)


_COMPARERS = {name: StringComparer(value) for name, value in COMPARISON.values.items()}


def _of_culture(_culture: object, ignore_case: bool) -> StringComparer:
    return _COMPARERS["InvariantCultureIgnoreCase" if ignore_case else "InvariantCulture"]


TYPES = (
    Class(
        "System.StringComparer",
        runtime=StringComparer,
        bases=("IEqualityComparer<string>", "IComparer<string>"),
        members={
            **{f"static StringComparer {name}": Const(comparer) for name, comparer in _COMPARERS.items()},
            "static StringComparer FromComparison(StringComparison comparisonType)": lambda value: _COMPARERS[str(value)],
            "static StringComparer Create(CultureInfo culture, bool ignoreCase)": _of_culture,
            "int Compare(string x, string y)": Inline("self.compare(x, y)"),
            "bool Equals(string x, string y)": Inline("self.equals(x, y)"),
            "int GetHashCode(string obj)": Inline("self.hash(obj)"),
        },
    ),
)
