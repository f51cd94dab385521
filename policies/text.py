"""The text of a value as it stands in a document, and what becomes of it: literals and C#.

The rule here: a value is read only when it is compiled, because named values and the policy that it belongs to decide how.
Entities are XML's in literal text; in code they count as `_decoded_code` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from policies.lift import Unbalanced, covers, end_of_brackets, spans_of_strings
from policies.records import Record, field
from policies.source import ENTITY, Source, View

__all__ = ["EXPRESSION", "Chunk", "Code", "Literal", "Text", "entities_in_code"]

EXPRESSION = re.compile(r"@[({]")


class Literal(Record):
    """Literal text of a value."""

    view: View


class Code(Record):
    """An expression of a value: the C# between the brackets. `is_block` tells `@{ … }` from `@( … )`."""

    view: View
    is_block: bool


class Chunk(Record):
    """A stretch of the source: "text" (entities count), "verbatim", "code" (with its `@(` and `)`),
    "verbatim code" (in CDATA) or "comment"."""

    start: int
    end: int
    kind: str


class Text(Record, frozen=False):
    """An attribute's value or an element's content before named values are known."""

    source: Source
    offset: int
    chunks: list[Chunk] = field(default_factory=list)
    quote: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but white space."""
        return all(map(self.is_blank_chunk, self.chunks))

    def is_blank_chunk(self, chunk: Chunk) -> bool:
        """Whether a stretch of it is white space."""
        return not chunk.kind.endswith("code") and not self.source.text[chunk.start : chunk.end].strip()

    @property
    def start(self) -> int:
        """Where its first character stands that is not white space; where it would stand when there is none."""
        for chunk in self.chunks:
            text = self.source.text[chunk.start : chunk.end]
            if text.strip():
                return chunk.start + len(text) - len(text.lstrip())
        return self.offset

    def place(self, offset: int, named_values: Mapping[str, tuple[str, bool]]) -> int:
        """Where the character at an offset of the literal text that this makes was written."""
        for part in self.parts(named_values, keep_unknown=True):
            if offset < len(part.view.text):
                return part.view.source_offset(offset)
            offset -= len(part.view.text)
        return self.start

    @property
    def written(self) -> str:
        """The text as its author wrote it, white space around it left out."""
        return "".join(self.source.text[chunk.start : chunk.end] for chunk in self.chunks).strip()

    @property
    def literal(self) -> str | None:
        """The text, where nothing in it stands for something else; None where there is an expression, a named value or an
        entity."""
        if not self.chunks:
            return ""
        chunk = self.chunks[0]
        if len(self.chunks) > 1 or chunk.kind != "text":
            return None
        text = self.source.text[chunk.start : chunk.end]
        return None if "&" in text or "{{" in text else text

    def parts(self, named_values: Mapping[str, tuple[str, bool]], *, keep_unknown: bool = False) -> list[Literal | Code]:
        """Literals and expressions in order, entities decoded and named values put in, also where a named value brings an
        expression of its own. Raises MissingNamedValue, and DocumentError for an expression that is not closed then."""
        parts: list[Literal | Code] = []
        for chunk in self.chunks:
            view = self._view(chunk).substituted(named_values, keep_unknown=keep_unknown)
            if chunk.kind.endswith("code"):
                parts.append(Code(view.part(2, len(view.text) - 1), view.text[1] == "{"))
            elif view.text:
                parts += _split(view, self.source)
        return parts

    def _view(self, chunk: Chunk) -> View:
        text = self.source.text[chunk.start : chunk.end]
        view = View.plain(text, chunk.start)
        if chunk.kind.startswith("verbatim") or ENTITY.search(text) is None:
            return view
        if chunk.kind == "text" or _is_strict(text, self.quote):
            return view.decoded()
        return _decoded_code(view)


def _is_strict(code: str, quote: str) -> bool:
    """Whether strict XML could hold this expression as it stands, so that its entities are XML's also inside strings."""
    return "<" not in code and (not quote or quote not in code) and "&" not in ENTITY.sub("", code)


def entities_in_code(text: str, start: int, end: int, strings: list[tuple[int, int]]) -> bool:
    """Whether an entity stands between `start` and `end`, but in none of the strings and comments (in order)."""
    if text.find("&", start, end) < 0:
        return False
    return any(not covers(strings, entity.start()) for entity in ENTITY.finditer(text, start, end))


def _decoded_code(view: View) -> View:
    """Raw C# that holds entities. When some stand outside of strings the author escaped the expression, if not wholly:
    decode it, and let a `&quot;` inside a raw string stand for an escaped quote. When all stand in strings (HTML, say) it
    is raw through and through and stays as it is."""
    try:
        strings = spans_of_strings(view.text, 1)
    except Unbalanced:
        return view.decoded()
    if not entities_in_code(view.text, 0, len(view.text), strings):
        return view
    return view.decoded(quoted=[span for span in strings if view.text[span[0]] == '"'])


def _split(view: View, source: Source) -> list[Literal | Code]:
    """Literal text, and the expressions that a named value brought into it."""
    if "@" not in view.text:
        return [Literal(view)]
    parts: list[Literal | Code] = []
    at = 0
    while (mark := EXPRESSION.search(view.text, at)) is not None:
        try:
            end = end_of_brackets(view.text, mark.start() + 1)
        except Unbalanced:
            message = "a named value brings an expression that is not closed"
            raise source.error(message, view.source_offset(mark.start())) from None
        if mark.start() > at:
            parts.append(Literal(view.part(at, mark.start())))
        parts.append(Code(view.part(mark.start() + 2, end - 1), view.text[mark.start() + 1] == "{"))
        at = end
    if at < len(view.text):
        parts.append(Literal(view.part(at, len(view.text))))
    return parts
