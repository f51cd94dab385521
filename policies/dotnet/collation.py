"""How texts are ordered and change case: the invariant culture, and the ordinal comparison that ignores case.

The rule here: case mapping is one unit to one unit, as .NET's is; order by the invariant culture goes letter by letter
without case and accents first, then accents, then case with lower before upper (Unicode collation, root locale), and
punctuation before digits before letters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["compare", "fold", "lower", "upper"]


def upper(text: str) -> str:
    """ToUpperInvariant."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """ToLowerInvariant."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def fold(text: str) -> str:
    """What OrdinalIgnoreCase compares."""
    return upper(text)


def _upper(char: str) -> str:
    changed = char.upper()
    return changed if len(changed) == 1 and char != "ı" else char


def _lower(char: str) -> str:
    changed = char.lower()
    return changed if len(changed) == 1 else char


def compare(left: str, right: str, *, ignore_case: bool = False) -> int:
    """-1, 0 or 1 by the invariant culture."""
    if left == right:
        return 0
    first, second = _key(left), _key(right)
    depth = 2 if ignore_case else 3
    return (first[:depth] > second[:depth]) - (first[:depth] < second[:depth])


@lru_cache(maxsize=4096)
def _key(text: str) -> tuple[tuple[tuple[int, str], ...], str, tuple[bool, ...]]:
    letters: list[tuple[int, str]] = []
    accents: list[str] = []
    cases: list[bool] = []
    for char in unicodedata.normalize("NFD", text):
        category = unicodedata.category(char)
        if category == "Mn":
            accents.append(char)
        elif category not in ("Cf", "Cc") or char.isspace():
            letters.append((_rank(category), _weight(char)))
            accents.append("")
            cases.append(char != char.lower())
    return tuple(letters), " ".join(accents), tuple(cases)


def _rank(category: str) -> int:
    return {"Z": 0, "C": 0, "P": 1, "S": 2, "N": 3}.get(category[0], 4)


_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"


def _weight(char: str) -> str:
    at = _PUNCTUATION.find(char)
    return char.lower() if at < 0 else chr(at)
