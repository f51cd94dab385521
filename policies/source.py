"""A document's text and the places in it.

The rule here: every offset that anybody keeps points into the text as the user wrote it (line ends made `\\n`), so that each
message can show the user's own line. A `View` is text made from it, entities decoded and named values put in, which still
knows where each character came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping

from policies.errors import DocumentError, Position
from policies.lift import covers

__all__ = ["MissingNamedValue", "Source", "View"]

ENTITY = re.compile(r"&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NAMED_VALUE = re.compile(r"\{\{([A-Za-z0-9_.-]{1,256})\}\}")


class Source:
    """One document's text. `origin` names its file or scope in messages."""

    __slots__ = ("_lines", "origin", "text")

    def __init__(self, text: str, origin: str) -> None:
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.origin = origin
        self._lines: list[int] | None = None

    @property
    def lines(self) -> list[int]:
        """The offset at which each line begins."""
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return self._lines

    def position(self, offset: int) -> Position:
        """Line and column of an offset."""
        lines = self.lines
        line = bisect_right(lines, offset)
        return Position(line, offset - lines[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; "" when there is none."""
        if not 1 <= number <= len(self.lines):
            return ""
        end = self.text.find("\n", self.lines[number - 1])
        return self.text[self.lines[number - 1] : len(self.text) if end < 0 else end]

    def error(self, message: str, offset: int, hint: str = "") -> DocumentError:
        """A refusal that shows the place."""
        return self.error_at(message, self.position(min(offset, len(self.text))), hint)

    def error_at(self, message: str, position: Position, hint: str = "") -> DocumentError:
        """A refusal that shows the place, when its line and column are known already."""
        return DocumentError(message, position, origin=self.origin, excerpt=self.line(position.line), hint=hint)


class MissingNamedValue(Exception):
    """`{{name}}` names nothing; `offset` is where it stands in the source."""

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(name)
        self.name = name
        self.offset = offset


class View:
    """Text made from pieces of a source. `secrets` are the secret named values that went into it."""

    __slots__ = ("_origins", "secrets", "text")

    def __init__(self, text: str, origins: list[tuple[int, int, bool]], secrets: Mapping[str, str]) -> None:
        self.text = text
        self._origins = origins  # (offset here, offset in the source, whether it runs on from there)
        self.secrets = secrets

    @classmethod
    def plain(cls, text: str, offset: int) -> View:
        """A piece of the source as it stands."""
        return cls(text, [(0, offset, True)], {})

    def source_offset(self, offset: int) -> int:
        """Where the character at `offset` came from."""
        start, source, runs_on = self._origins[self._piece(offset)]
        return source + max(0, offset - start) if runs_on else source

    def decoded(self, quoted: list[tuple[int, int]] | None = None) -> View:
        """With XML's entities decoded; an unknown one stays as it is. A `&quot;` within one of the spans `quoted` becomes an
        escaped quote."""

        def replacement(match: re.Match[str]) -> str:
            if match[3]:
                within = match[3] == "quot" and covers(quoted or [], match.start())
                return '\\"' if within else _NAMED[match[3]]
            number = int(match[1], 16) if match[1] else int(match[2])
            return chr(number) if _is_character(number) else match[0]

        return self._replaced(ENTITY, replacement)

    def substituted(self, values: Mapping[str, tuple[str, bool]], *, keep_unknown: bool = False) -> View:
        """With named values put in for `{{name}}`. Raises MissingNamedValue unless `keep_unknown`."""
        if "{{" not in self.text:
            return self
        secrets: dict[str, str] = {}

        def replacement(match: re.Match[str]) -> str:
            found = values.get(match[1])
            if found is None:
                if keep_unknown:
                    return match[0]
                raise MissingNamedValue(match[1], self.source_offset(match.start()))
            if found[1]:
                secrets[match[1]] = found[0]
            return found[0]

        view = self._replaced(_NAMED_VALUE, replacement)
        view.secrets = {**self.secrets, **secrets}
        return view

    def part(self, start: int, end: int) -> View:
        """A stretch of this view."""
        first = self._piece(start)
        origins = [(0, self.source_offset(start), self._origins[first][2])]
        for at, source, runs_on in self._origins[first + 1 :]:
            if at >= end:
                break
            origins.append((at - start, source, runs_on))
        return View(self.text[start:end], origins, self.secrets)

    def _piece(self, offset: int) -> int:
        """Which of the origins the character at `offset` came from."""
        return max(0, bisect_right(self._origins, offset, key=_begin) - 1) if len(self._origins) > 1 else 0

    def _replaced(self, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]) -> View:
        matches = list(pattern.finditer(self.text))
        if not matches:
            return self
        pieces: list[str] = []
        origins: list[tuple[int, int, bool]] = []
        length = last = 0

        def copy(start: int, end: int) -> None:
            nonlocal length
            if start < end:
                part = self.part(start, end)
                origins.extend((length + at, source, on) for at, source, on in part._origins)
                pieces.append(part.text)
                length += len(part.text)

        for match in matches:
            copy(last, match.start())
            text = replacement(match)
            origins.append((length, self.source_offset(match.start()), False))
            pieces.append(text)
            length += len(text)
            last = match.end()
        copy(last, len(self.text))
        return View("".join(pieces), origins or [(0, self.source_offset(0), False)], self.secrets)


def _begin(origin: tuple[int, int, bool]) -> int:
    return origin[0]


def _is_character(number: int) -> bool:
    """XML 1.0's Char production."""
    return number in {9, 10, 13} or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD or 0x10000 <= number <= 0x10FFFF
