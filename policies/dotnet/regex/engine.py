"""Compiled patterns and matching within the time that an expression has.

The rule here: every search has a limit: what the evaluation has left, or the pattern's own matchTimeout when that is less.
Python's `re` cannot be interrupted and keeps only the last capture of a group; the `regex` package can and keeps them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, RegexMatchTimeoutException
from policies.dotnet.meter import charge, meter
from policies.dotnet.regex.groups import IGNORE_CASE, IGNORE_SPACE, MULTILINE, SINGLE_LINE
from policies.dotnet.regex.translation import ECMA_SCRIPT, UNSUPPORTED, Translation, translate, unsupported

if TYPE_CHECKING:
    import regex

__all__ = ["Compiled", "check", "compile_pattern", "compiled"]

RIGHT_TO_LEFT: Final = 64
_LONGEST: Final = 20_000


class Compiled:
    """A pattern ready to match. `numbers` maps a .NET group number to the group's place in the engine's pattern."""

    __slots__ = ("_pattern", "names", "numbers", "options", "source")

    def __init__(self, source: str, options: int) -> None:
        import regex

        if len(source) > _LONGEST:
            raise ArgumentException("The pattern is too long.", "pattern")
        charge(4 * len(source))
        found: Translation = translate(source, options)
        flags = regex.VERSION0
        for option, flag in (
            (IGNORE_CASE, regex.IGNORECASE),
            (MULTILINE, regex.MULTILINE),
            (SINGLE_LINE, regex.DOTALL),
            (ECMA_SCRIPT, regex.ASCII),
            (RIGHT_TO_LEFT, regex.REVERSE),
        ):
            if options & option:
                flags |= flag
        try:
            self._pattern: regex.Pattern[str] = regex.compile(found.source, flags, cache_pattern=False)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            raise unsupported(source, error) from None
        self.source = source
        self.options = options
        places: dict[int, list[int]] = {}
        for place, number in enumerate(found.numbers, 1):
            places.setdefault(number, []).append(place)
        self.numbers = {number: self._engine_group(number, where) for number, where in sorted(places.items())}
        self.names = found.names

    def _engine_group(self, number: int, places: list[int]) -> int:
        named: int | None = self._pattern.groupindex.get(f"g{number}")
        return places[0] if named is None else named

    def number_of(self, name: str) -> int | None:
        """The .NET number of a group's name."""
        if name in self.names:
            return self.names[name]
        return int(name) if name.isascii() and name.isdigit() and (name == "0" or int(name) in self.numbers) else None

    def name_of(self, number: int) -> str:
        """A group's name; its number for an unnamed one."""
        return next((name for name, own in self.names.items() if own == number), str(number))

    def search(self, text: str, start: int, limit: float | None) -> Any:
        """The next match from `start` on (backwards when the pattern runs from right to left); None when there is none."""
        charge(1)
        allowed = _allowed(limit)
        try:
            if self.options & RIGHT_TO_LEFT:
                return self._pattern.search(text, 0, start, timeout=allowed)
            return self._pattern.search(text, start, timeout=allowed)
        except TimeoutError:
            raise _timed_out() from None

    def all(self, text: str, start: int, limit: float | None) -> Iterator[Any]:
        """Every match, in the order of the search."""
        allowed = _allowed(limit)
        first, last = (0, start) if self.options & RIGHT_TO_LEFT else (start, len(text))
        try:
            for match in self._pattern.finditer(text, first, last, timeout=allowed):
                charge(1)
                yield match
        except TimeoutError:
            raise _timed_out() from None


def _allowed(limit: float | None) -> float:
    left = meter().remaining_seconds()
    return left if limit is None else min(left, limit)


def _timed_out() -> RegexMatchTimeoutException:
    meter().check_time()
    return RegexMatchTimeoutException()


@lru_cache(maxsize=512)
def compiled(source: str | None, options: int = 0) -> Compiled:
    """The pattern, compiled once."""
    if source is None:
        raise ArgumentNullException("pattern")
    return Compiled(source, options)


def check(constants: Mapping[str, Any]) -> None:
    """Refuse a literal pattern that .NET would take and the engine cannot; one that is no pattern throws when it is used, as
    in .NET."""
    pattern, options = constants.get("pattern"), constants.get("options", 0)
    if isinstance(pattern, str):
        try:
            compiled(pattern, int(options) & ~(8 | 512))
        except ArgumentException as error:
            if error.parameter == UNSUPPORTED:
                raise


class _Searcher:
    """A pattern that is only asked whether it matches (JSONPath's `=~`)."""

    __slots__ = ("_compiled",)

    def __init__(self, found: Compiled) -> None:
        self._compiled = found

    def search(self, text: str) -> object:
        return self._compiled.search(text, 0, None)


def compile_pattern(source: str, letters: str) -> _Searcher:
    """A pattern with options as letters: i, m, s, x."""
    flags = {"i": IGNORE_CASE, "m": MULTILINE, "s": SINGLE_LINE, "x": IGNORE_SPACE}
    options = 0
    for letter in letters:
        options |= flags.get(letter, 0)
    return _Searcher(compiled(source, options))
