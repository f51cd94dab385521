"""Match, Group, Capture and their collections, and replacement patterns.

The rule here: they are views of one match of the engine; a group that did not take part has Success false and Value "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from policies.dotnet.exceptions import ArgumentNullException, ArgumentOutOfRangeException
from policies.dotnet.meter import check_size
from policies.dotnet.regex.engine import Compiled

__all__ = ["EMPTY_MATCH", "Capture", "Captures", "Group", "Groups", "Match", "Matches", "replacement"]


class Capture:
    """A piece of the text."""

    __slots__ = ("index", "value")

    def __init__(self, value: str = "", index: int = 0) -> None:
        self.value = value
        self.index = index

    def __str__(self) -> str:
        return self.value


class Group(Capture):
    """What a group captured last."""

    __slots__ = ("_match", "_place", "name", "success")

    def __init__(self, match: Any, place: int, name: str) -> None:
        start = -1 if match is None else match.start(place)
        self.success = start >= 0
        super().__init__(match.group(place) if self.success else "", max(start, 0))
        self._match = match
        self._place = place
        self.name = name

    def captures(self) -> Captures:
        """All that the group captured, in order."""
        if not self.success:
            return Captures([])
        spans = zip(self._match.captures(self._place), self._match.starts(self._place), strict=True)
        return Captures([Capture(value, start) for value, start in spans])


class _Items:
    """A read-only list."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def item(self, index: int) -> Any:
        """`items[index]`."""
        if not 0 <= index < len(self.items):
            raise ArgumentOutOfRangeException("i")
        return self.items[index]

    def __getitem__(self, index: int) -> Any:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


class Captures(_Items):
    """CaptureCollection."""

    __slots__ = ()


class Matches(_Items):
    """MatchCollection."""

    __slots__ = ()


class Match(Group):
    """A match, or the failure to find one."""

    __slots__ = ("compiled", "limit", "text")

    def __init__(self, compiled: Compiled | None, text: str, match: Any, limit: float | None = None) -> None:
        super().__init__(match, 0, "0")
        self.compiled = compiled
        self.text = text
        self.limit = limit

    def groups(self) -> Groups:
        """Groups."""
        return Groups(self)

    def group(self, number: int) -> Group:
        """The group with a .NET number; one that does not exist has failed."""
        if number == 0:
            return self
        place = self.compiled.numbers.get(number) if self.compiled is not None and self.success else None
        name = str(number) if self.compiled is None else self.compiled.name_of(number)
        return Group(None, 0, str(number)) if place is None else Group(self._match, place, name)

    def next(self) -> Match:
        """NextMatch."""
        if not self.success or self.compiled is None:
            return self
        start = self._match.end()
        if start == self._match.start():
            start += 1
        found = self.compiled.search(self.text, start, self.limit) if start <= len(self.text) else None
        return Match(self.compiled, self.text, found, self.limit)

    def result(self, pattern: str | None) -> str:
        """Result: a replacement pattern filled in."""
        if pattern is None:
            raise ArgumentNullException("replacement")
        assert self.compiled is not None
        return replacement(self.compiled, pattern)(self)


EMPTY_MATCH = Match(None, "", None)


class Groups:
    """GroupCollection."""

    __slots__ = ("_match",)

    def __init__(self, match: Match) -> None:
        self._match = match

    def by_number(self, number: int) -> Group:
        """`groups[number]`."""
        return self._match.group(number) if number >= 0 else Group(None, 0, str(number))

    def by_name(self, name: str | None) -> Group:
        """`groups[name]`."""
        if name is None:
            raise ArgumentNullException("groupname")
        compiled = self._match.compiled
        number = None if compiled is None else compiled.number_of(name)
        return Group(None, 0, name) if number is None else self._match.group(number)

    def has(self, name: str) -> bool:
        """ContainsKey."""
        compiled = self._match.compiled
        return compiled is not None and compiled.number_of(name) is not None

    def __len__(self) -> int:
        compiled = self._match.compiled
        return 1 if compiled is None or not self._match.success else len(compiled.numbers) + 1

    def __iter__(self) -> Iterator[Group]:
        yield self._match
        if self._match.compiled is not None and self._match.success:
            for number in self._match.compiled.numbers:
                yield self._match.group(number)


# ---- replacement patterns --------------------------------------------------------------------------------------------

Part = Callable[[Match], str]


@lru_cache(maxsize=256)
def replacement(compiled: Compiled, pattern: str) -> Part:
    """What a replacement pattern makes of a match ("Substitutions in regular expressions")."""
    parts: list[str | Part] = []
    at = 0
    while at < len(pattern):
        sign = pattern.find("$", at)
        if sign < 0 or sign + 1 == len(pattern):
            break
        parts.append(pattern[at:sign])
        part, at = _substitution(compiled, pattern, sign)
        parts.append(part)
    parts.append(pattern[at:])
    kept = [part for part in parts if part]

    def fill(match: Match) -> str:
        return "".join(part if isinstance(part, str) else part(match) for part in kept)

    return fill


def _substitution(compiled: Compiled, pattern: str, sign: int) -> tuple[str | Part, int]:
    char = pattern[sign + 1]
    whole = _WHOLE.get(char)
    if whole is not None:
        return whole, sign + 2
    if char == "+":
        last = max(compiled.numbers, default=0)
        return (lambda match: match.group(last).value), sign + 2
    if char == "{":
        close = pattern.find("}", sign)
        number = compiled.number_of(pattern[sign + 2 : close]) if close > 0 else None
        end = close + 1
    else:
        end = sign + 1
        while end < len(pattern) and pattern[end] in "0123456789":
            end += 1
        number = compiled.number_of(pattern[sign + 1 : end]) if end > sign + 1 else None
    if number is None:
        return "$", sign + 1
    return (lambda match: match.group(number).value), end


_WHOLE: dict[str, str | Part] = {
    "$": "$",
    "&": lambda match: match.value,
    "`": lambda match: match.text[: match.index],
    "'": lambda match: match.text[match.index + len(match.value) :],
    "_": lambda match: match.text,
}


def replaced(compiled: Compiled, text: str, make: Part, count: int, start: int, limit: float | None) -> str:
    """The text with up to `count` matches (-1: all) replaced."""
    pieces: list[str] = []
    at = size = 0
    backwards = bool(compiled.options & 64)
    found = []
    for match in compiled.all(text, start, limit) if count else ():
        found.append(match)
        if len(found) == count:
            break
    for match in reversed(found) if backwards else found:
        piece = make(Match(compiled, text, match, limit))
        pieces += (text[at : match.start()], piece)
        at = match.end()
        size += len(piece)
        check_size(size)
    pieces.append(text[at:])
    return "".join(pieces)
