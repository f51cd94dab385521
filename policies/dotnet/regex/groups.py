"""The capturing groups of a .NET pattern, found before it is translated.

The rule here: unnamed groups are numbered from 1, left to right, and the named ones after them ("Grouping constructs"). What
is not well formed is left to the translation to refuse.
"""

from __future__ import annotations

from typing import Final

__all__ = ["EXPLICIT_CAPTURE", "FLAGS", "IGNORE_CASE", "IGNORE_SPACE", "MULTILINE", "SINGLE_LINE", "Groups", "inline_options"]

IGNORE_CASE: Final = 1
MULTILINE: Final = 2
EXPLICIT_CAPTURE: Final = 4
SINGLE_LINE: Final = 16
IGNORE_SPACE: Final = 32
FLAGS: Final = {"i": IGNORE_CASE, "m": MULTILINE, "n": EXPLICIT_CAPTURE, "s": SINGLE_LINE, "x": IGNORE_SPACE}


class Groups:
    """`names` gives the named groups their numbers, `unnamed` the numbers of the others in their order, `all` every number
    there is."""

    def __init__(self, pattern: str, options: int) -> None:
        self._pattern = pattern
        self._at = 0
        self._modes = [options]
        self._named: list[str] = []
        self._explicit: set[int] = set()
        self._count = 0
        self._scan()
        self.unnamed = list(range(1, self._count + 1))
        self.names: dict[str, int] = {}
        number = self._count + 1
        for name in self._named:
            while number in self._explicit:
                number += 1
            self.names[name] = number
            number += 1
        self.all = {0, *self.unnamed, *self._explicit, *self.names.values()}

    def _scan(self) -> None:
        pattern = self._pattern
        while self._at < len(pattern):
            char = pattern[self._at]
            if char == "\\":
                self._at += 2
            elif char == "[":
                self._at = _end_of_class(pattern, self._at)
            elif char == "#" and self._modes[-1] & IGNORE_SPACE:
                self._skip_to("\n")
            elif char == "(":
                self._open()
            else:
                if char == ")" and len(self._modes) > 1:
                    self._modes.pop()
                self._at += 1

    def _skip_to(self, mark: str) -> None:
        end = self._pattern.find(mark, self._at)
        self._at = len(self._pattern) if end < 0 else end + 1

    def _open(self) -> None:
        pattern, at, mode = self._pattern, self._at, self._modes[-1]
        kind = pattern[at + 1 : at + 4]
        if kind.startswith("?#"):
            self._skip_to(")")
            return
        if kind[:1] == "?" and kind[1:2] and kind[1] in "imnsx-+":
            changed, self._at = inline_options(pattern, at + 2, mode)
            if pattern[self._at : self._at + 1] == ":":
                self._modes.append(changed)
            else:
                self._modes[-1] = changed
        elif kind[:1] != "?":
            self._count += not mode & EXPLICIT_CAPTURE
            self._modes.append(mode)
        else:
            if (kind[1:2] == "<" and kind[2:3] not in ("=", "!")) or kind[1:2] == "'":
                self._name(pattern[at + 3 : pattern.find(">" if kind[1] == "<" else "'", at + 3)])
            self._modes.append(mode)
        self._at += 1

    def _name(self, name: str) -> None:
        if name.isdigit():
            self._explicit.add(int(name))
        elif name not in self._named:
            self._named.append(name)


def _end_of_class(pattern: str, at: int) -> int:
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    first = True
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
        elif pattern.startswith("-[", at) and not first:
            at = _end_of_class(pattern, at + 1)
            continue
        elif pattern[at] == "]" and not first:
            return at + 1
        else:
            at += 1
        first = False
    return at


def inline_options(pattern: str, at: int, mode: int) -> tuple[int, int]:
    """The mode after inline options, and where they end: at `:` or `)`."""
    on = True
    while at < len(pattern) and pattern[at] in "imnsx-+":
        if pattern[at] in "-+":
            on = pattern[at] == "+"
        else:
            flag = FLAGS[pattern[at]]
            mode = mode | flag if on else mode & ~flag
        at += 1
    return mode, at
