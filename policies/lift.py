"""Where a C# expression ends that stands in raw text: the lexical rules of C#, and nothing more.

The rule here: only what can hide a bracket is looked at: strings (regular, verbatim, interpolated), characters, comments and
brackets themselves. Nothing is parsed. Whatever the text, time is linear in its length and nesting is bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

__all__ = ["Unbalanced", "covers", "end_of_brackets", "spans_of_strings"]

_DEEPEST = 200  # brackets and interpolations inside one another
_PAIRS = {")": "(", "]": "[", "}": "{"}

# What matters in code, after all that does not. A string that is not closed matches only its opening quote ("bad"), and is
# refused there.
_CODE = re.compile(
    r"""
    (?: [^/$@"'()\[\]{}:]++ | /(?![/*]) | \$(?!@?") | @(?!\$?") )*+ (?:
      (?P<comment> //[^\n]* | /\*(?:[^*]+|\*(?!/))*+\*/ )
    | (?P<interpolated> \$@" | @\$" | \$" )
    | (?P<string> @"(?:[^"]+|"")*+" | "(?:[^"\\\n]+|\\.)*+" | '(?:[^'\\\n]+|\\.)++' )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<colon> ::? )
    | (?P<bad> /\* | @?" | ' )
    )
    """,
    re.VERBOSE,
)
_REGULAR_TEXT = re.compile(r'(?:[^"\\{}\n]+|\\.|\{\{|\}\})*')
_VERBATIM_TEXT = re.compile(r'(?:[^"{}]+|""|\{\{|\}\})*')
_FORMAT = re.compile(r"(?:[^{}]+|\{\{|\}\})*")


class Unbalanced(Exception):
    """The text ends, or a bracket of another kind comes, before what was opened is closed; `offset` is where that shows."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def end_of_brackets(text: str, start: int, *, note: Callable[[int, int], None] | None = None) -> int:
    """The offset just past the bracket that closes the one at `start`, by C#'s lexical rules.

    `note(begin, end)` is told of each string, character and comment on the way. Raises Unbalanced.
    """
    return _code(text, start, 0, note)


def spans_of_strings(text: str, start: int) -> list[tuple[int, int]]:
    """The spans of strings, characters and comments within the brackets at `start`. Raises Unbalanced."""
    spans: list[tuple[int, int]] = []
    end_of_brackets(text, start, note=lambda begin, end: spans.append((begin, end)))
    return spans


def covers(spans: list[tuple[int, int]], offset: int) -> bool:
    """Whether one of the spans (in order, apart) holds the offset, its first character not counted."""
    at = bisect_left(spans, (offset,)) - 1
    return at >= 0 and offset < spans[at][1]


def _code(text: str, start: int, depth: int, note: Callable[[int, int], None] | None, *, is_hole: bool = False) -> int:
    if depth > _DEEPEST:
        raise Unbalanced(f"more than {_DEEPEST} interpolated strings inside one another", start)
    stack = [(text[start], start)]
    position = start + 1
    while (match := _CODE.match(text, position)) is not None:
        kind = match.lastgroup
        assert kind is not None
        begin, position = match.span(kind)
        if kind == "open":
            stack.append((match[kind], begin))
            if len(stack) > _DEEPEST:
                raise Unbalanced(f"more than {_DEEPEST} brackets inside one another", begin)
        elif kind == "close":
            if stack.pop()[0] != _PAIRS[match[kind]]:
                raise Unbalanced(f"'{match[kind]}' closes nothing that is open here", begin)
            if not stack:
                return position
        elif kind == "colon":
            if is_hole and len(stack) == 1 and match[kind] == ":":  # a format specifier: plain text up to the brace
                format_end = _FORMAT.match(text, position)
                assert format_end is not None
                position = format_end.end()
        elif kind == "interpolated":
            position = _interpolated(text, begin, position, depth, note)
        elif kind == "bad":
            what = {"/*": "comment", "'": "character"}.get(match[kind], "string")
            raise Unbalanced(f"this {what} is not closed", begin)
        elif note is not None:
            note(begin, position)
    bracket, opened = stack[-1]
    raise Unbalanced(f"'{bracket}' is not closed", opened)


def _interpolated(text: str, begin: int, position: int, depth: int, note: Callable[[int, int], None] | None) -> int:
    """The end of the interpolated string at `begin`, whose text starts at `position`."""
    run = _VERBATIM_TEXT if "@" in text[begin:position] else _REGULAR_TEXT
    while True:
        piece = run.match(text, position)
        assert piece is not None
        if note is not None:
            note(begin, piece.end())
        begin = position = piece.end()
        if position >= len(text) or text[position] not in '"{':
            raise Unbalanced("this interpolated string is not closed", begin)
        if text[position] == '"':
            return position + 1
        position = _code(text, position, depth + 1, note, is_hole=True)
        begin = position
