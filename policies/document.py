"""Reads a policy document: raw or strict XML with C# inside, as APIM takes it, into a tree of elements.

The rule here: expressions are lifted out by C#'s lexical rules before anything is taken for markup, so `"`, `<` and `&&` may
stand in them as they are; line ends in attributes stay (a `//` comment would else swallow the rest). Entities and the strict
form are understood too. There is no DTD, no entity of one's own, no file or network access; size and depth are bounded. A
document is read whole or refused with a DocumentError that says where.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from policies.errors import DocumentError
from policies.lift import Unbalanced, end_of_brackets
from policies.records import Record, field
from policies.source import Source, View
from policies.text import EXPRESSION, Chunk, Text, entities_in_code

__all__ = ["MAX_DEPTH", "MAX_SIZE", "Attribute", "Element", "read_document"]

MAX_SIZE = 512 * 1024
"""Characters. APIM's own limit is 256 KB for a policy document and 512 KB for a fragment (article "Reuse policy configurations
in your API Management policy definitions")."""
MAX_DEPTH = 64

_NAME = re.compile(r"(?:[^\W\d]|:)[\w:.\-]*")
_SPACE = re.compile(r"[ \t\n]*")
_TEXT = {
    "<": re.compile(r"(?:[^<@]+|@(?![({]))*+"),
    '"': re.compile(r'(?:[^"<@]+|@(?![({]))*'),
    "'": re.compile(r"(?:[^'<@]+|@(?![({]))*+"),
}
_IN_CDATA = re.compile(r"\]\]>|@[({]")
# What comes next in a tag: its end; an attribute that holds nothing but literal text, as most do; another's opening quote.
_IN_TAG = re.compile(
    r"""[ \t\n]*
    (?: (/?>)
      | (?<=[ \t\n]) ((?:[^\W\d]|:)[\w:.\-]*) [ \t\n]* = [ \t\n]* (?: "([^"<@]*)" | '([^'<@]*)' | (["']) )
    )
    """,
    re.VERBOSE,
)
_END, _DOUBLE, _SINGLE, _OPENING = 1, 3, 4, 5  # its groups, of which the last that matched tells which it is
_SECTIONS = frozenset({"inbound", "backend", "outbound", "on-error"})
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Attribute(Record, frozen=False):
    """An attribute; `offset` is its name's."""

    name: str
    offset: int
    value: Text


class Element(Record, frozen=False):
    """An element; `offset` is its tag's. `text` is its own text without that of its children. Its content lies between
    `begin` and `end`, and it goes on to `stop`."""

    name: str
    offset: int
    source: Source
    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: Text = field(init=False)
    begin: int = 0
    end: int = 0
    stop: int = 0
    spans: list[Chunk] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.text = Text(self.source, self.offset)

    @property
    def content(self) -> Text:
        """All that stands between its tags: the text, or, when there are elements in it, the markup as written."""
        if not self.children:
            return self.text
        text, at = Text(self.source, self.offset), self.begin
        for span in self.spans[bisect_left(self.spans, self.begin, key=_start) : bisect_left(self.spans, self.end, key=_start)]:
            text.chunks.append(Chunk(at, span.start, "verbatim"))
            if span.kind != "comment":
                text.chunks.append(span)
            at = span.end
        text.chunks.append(Chunk(at, self.end, "verbatim"))
        return text

    def written(self, attribute: str) -> str:
        """An attribute's value as its author wrote it; "" where it is not given."""
        given = self.attributes.get(attribute)
        return "" if given is None else given.value.written

    @property
    def markup(self) -> View:
        """The element itself as written, tags included."""
        return View.plain(self.source.text[self.offset : self.stop], self.offset)

    def error(self, message: str, hint: str = "") -> DocumentError:
        """A refusal of this element."""
        return self.source.error(message, self.offset, hint)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in the document's order."""
        pending = [self]
        while pending:
            element = pending.pop()
            yield element
            pending.extend(reversed(element.children))


def read_document(text: str, *, origin: str = "") -> Element:
    """The root of a document: `policies`, `fragment`, or a `policies` made for bare sections. Raises DocumentError."""
    if len(text) > MAX_SIZE:
        source = Source(text[:200], origin)
        raise source.error(f"the document has {len(text):,} characters; {MAX_SIZE:,} are allowed", 0)
    source = Source(text, origin)
    bad = _FORBIDDEN.search(source.text)
    if bad is not None:
        raise source.error(f"the character U+{ord(bad.group()):04X} is not allowed in a policy document", bad.start())
    return _Reader(source).document()


class _Reader:
    """One pass over the text. `spans` are the expressions and comments met on the way, for `Element.content`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.spans: list[Chunk] = []
        self.patience = 4 * MAX_SIZE  # characters to decode in search of the ends of escaped expressions

    def document(self) -> Element:
        """Read everything, then see what the root is."""
        top = Element("", 0, self.source, spans=self.spans)
        self._content(top)
        for chunk in top.text.chunks:
            text = self.text[chunk.start : chunk.end]
            if text.strip():
                at = chunk.start + len(text) - len(text.lstrip())
                raise self.source.error("text outside of any element", at, "a document is <policies>…</policies>")
        roots = top.children
        if not roots:
            raise self.source.error("the document is empty", 0, "a document is <policies>…</policies>")
        if all(root.name in _SECTIONS for root in roots):
            top.name, top.offset = "policies", roots[0].offset
            return top
        if roots[0].name not in {"policies", "fragment"}:
            hint = "put policies into <policies><inbound>…, or into <fragment>…</fragment>"
            raise roots[0].error(f"<{roots[0].name}> cannot be the root of a policy document", hint)
        if len(roots) > 1:
            raise roots[1].error(
                f"<{roots[1].name}> follows the root element", "a document has one root: <policies>…</policies>"
            )
        return roots[0]

    def _content(self, top: Element) -> None:
        """Everything up to the end of the text, open elements on a stack."""
        stack, text = [top], self.text
        while self.at < len(text):
            element = stack[-1]
            if text[self.at] != "<":
                self._run(element.text, "<")
                continue
            match text[self.at + 1 : self.at + 2]:
                case "/":
                    self._end_tag(stack)
                case "!" | "?":
                    self._no_element(element)
                case _ if self._start_tag(element):
                    stack.append(element.children[-1])
                    if len(stack) > MAX_DEPTH:
                        raise stack[-1].error(f"more than {MAX_DEPTH} elements inside one another")
        if len(stack) > 1:
            raise stack[-1].error(f"<{stack[-1].name}> is not closed", f"add </{stack[-1].name}>")

    def _no_element(self, within: Element) -> None:
        """What begins with `<!` or `<?`."""
        if self.text.startswith("<!--", self.at):
            self._skip("-->", "comment")
        elif self.text.startswith("<![CDATA[", self.at):
            self._cdata(within.text)
        elif self.text.startswith("<?", self.at):
            self._skip("?>", "processing instruction")
        else:
            raise self.source.error("document types and entities are not allowed", self.at)

    def _run(self, into: Text, stop: str) -> None:
        """Literal text and expressions up to `stop` (or to a `<` in an attribute, which is refused)."""
        while self.at < len(self.text) and self.text[self.at] != stop:
            run = _TEXT[stop].match(self.text, self.at)
            assert run is not None
            if run.end() > self.at:
                into.chunks.append(Chunk(self.at, run.end(), "text"))
                self.at = run.end()
            elif EXPRESSION.match(self.text, self.at):
                self._lift(into, stop, "code")
            else:
                hint = f"write &lt;, or add the {stop} that is missing before it"
                raise self.source.error("'<' in an attribute's value", self.at, hint)

    def _lift(self, into: Text, stop: str, kind: str) -> None:
        """The expression that begins here. Its raw text decides where it ends, unless entities stand in the code itself: then
        the author escaped it, and the brackets are to be found in the decoded text."""
        start, failure = self.at, None
        strings: list[tuple[int, int]] = []
        try:
            end = end_of_brackets(self.text, start + 1, note=lambda a, b: strings.append((a, b)))
        except Unbalanced as error:
            end, failure = -1, error
        if kind == "code" and (failure or entities_in_code(self.text, start, end, strings)):
            decoded = self._end_of_decoded(start, end, stop)
            end = end if decoded < 0 else decoded
        if end < 0:
            assert failure is not None
            hint = "an expression is @( … ) or @{ … }; brackets, strings and comments in it must be closed"
            what = failure.message
            if stop in {'"', "'"} and self.text.startswith(
                stop, failure.offset
            ):  # more likely the attribute's end than a string
                what = f"a bracket is missing before this {stop}, or {what}"
            raise self.source.error(f"the expression is not closed: {what}", failure.offset, hint)
        self.at = end
        chunk = Chunk(start, end, kind)
        into.chunks.append(chunk)
        self.spans.append(chunk)

    def _end_of_decoded(self, start: int, raw_end: int, stop: str) -> int:
        """Where the expression ends when entities are decoded, or -1. Wider and wider stretches are tried, up to the `stop`
        that strict XML does not hold in it, and then beyond, for what is escaped by half."""
        strict = self.text.find(stop, start)
        last = len(self.text)
        widths = [start + width for width in (256, 4096, 65536) if start + width < strict]
        for end in (raw_end, *widths, strict, *(start + width for width in (4096, 65536)), last):
            if end < start or end > last:
                continue
            self.patience -= end - start
            if self.patience < 0:
                hint = "write the document raw, or escape it wholly"
                raise self.source.error("there are too many expressions that are escaped by half", start, hint)
            view = View.plain(self.text[start:end], start).decoded()
            try:
                close = end_of_brackets(view.text, 1)
            except Unbalanced:
                continue
            return view.source_offset(close) if close < len(view.text) else end
        return -1

    def _cdata(self, into: Text) -> None:
        begin = self.at
        self.at = start = begin + len("<![CDATA[")
        while (mark := _IN_CDATA.search(self.text, self.at)) is not None:
            self.at = mark.start()
            into.chunks.append(Chunk(start, self.at, "verbatim"))
            if mark.group() == "]]>":
                self.at += 3
                return
            self._lift(into, "]]>", "verbatim code")
            start = self.at
        raise self.source.error("this CDATA section is not closed", begin, "add ]]>")

    def _skip(self, closing: str, what: str) -> None:
        end = self.text.find(closing, self.at + 2)
        if end < 0:
            raise self.source.error(f"this {what} is not closed", self.at, f"add {closing}")
        self.spans.append(Chunk(self.at, end + len(closing), "comment"))
        self.at = end + len(closing)

    def _end_tag(self, stack: list[Element]) -> None:
        element = stack[-1]
        if self.text.startswith(f"{element.name}>", self.at + 2) and len(stack) > 1:
            stack.pop()
            element.end = self.at
            element.stop = self.at = self.at + len(element.name) + 3
            return
        name = _NAME.match(self.text, self.at + 2)
        close = _SPACE.match(self.text, name.end()) if name is not None else None
        if name is None or close is None or not self.text.startswith(">", close.end()):
            raise self.source.error("this end tag is not well formed", self.at, f"write </{stack[-1].name}>")
        if len(stack) == 1:
            raise self.source.error(f"</{name.group()}> closes nothing", self.at, self._within_comment(name.group()))
        if name.group() != stack[-1].name:
            opened = self.source.position(stack[-1].offset)
            message = f"</{name.group()}> where </{stack[-1].name}> is due"
            raise self.source.error(message, self.at, f"<{stack[-1].name}> of line {opened.line} is still open")
        element = stack.pop()
        element.end = self.at
        element.stop = self.at = close.end() + 1

    def _within_comment(self, name: str) -> str:
        """A hint for an end tag whose start tag is in a comment, as when comments were nested."""
        start = re.compile(rf"<{re.escape(name)}[\s>]")
        for span in reversed(self.spans):
            if span.kind == "comment" and start.search(self.text, span.start, span.end):
                begin, end = self.source.position(span.start), self.source.position(span.end)
                return f"<{name}> is within the comment of line {begin.line}, which ends at its first -->, in line {end.line}"
        return ""

    def _start_tag(self, parent: Element) -> bool:
        """Add the element that begins here to its parent; gives whether it stays open."""
        name = _NAME.match(self.text, self.at + 1)
        if name is None:
            raise self.source.error("'<' begins no element here", self.at, "write &lt; for the character itself")
        element = Element(name.group(), self.at, self.source, spans=self.spans)
        self.at = name.end()
        while (part := _IN_TAG.match(self.text, self.at)) is not None:
            self.at = part.end()
            if part.lastindex == _END:
                element.begin = element.end = element.stop = self.at
                parent.children.append(element)
                return part[_END] == ">"
            self._attribute(element, part)
        raise self._no_attribute(element)

    def _attribute(self, element: Element, part: re.Match[str]) -> None:
        name, at = part[2], part.start(2)
        if name in element.attributes:
            raise self.source.error(f"the attribute {name} is given twice", at)
        which = part.lastindex
        if which == _OPENING:
            quote = part[_OPENING]
            value = Text(self.source, self.at, quote=quote)
            self._run(value, quote)
            if self.at >= len(self.text):
                raise self.source.error(f"the value of {name} is not closed", part.end() - 1, f"add {quote}")
            self.at += 1
        else:
            start, end = part.span(which or _DOUBLE)
            chunks = [Chunk(start, end, "text")] if end > start else []
            value = Text(self.source, start, chunks, '"' if which == _DOUBLE else "'")
        element.attributes[name] = Attribute(name, at, value)

    def _no_attribute(self, element: Element) -> DocumentError:
        """Why the tag does not go on here."""
        space = _SPACE.match(self.text, self.at)
        assert space is not None
        at, had_space = space.end(), space.end() > self.at
        name = _NAME.match(self.text, at)
        if name is None:
            if at >= len(self.text):
                return element.error(f"the tag of <{element.name}> is not closed", "add >")
            hint = 'attributes are name="value"; a " inside a value is &quot;, unless it stands in an expression'
            return self.source.error(f"unexpected {self.text[at]!r} in the tag of <{element.name}>", at, hint)
        if not had_space:
            return self.source.error("a space is missing before this attribute", at)
        hint = f'write {name.group()}="…"'
        return self.source.error(f"the attribute {name.group()} has no quoted value", at, hint)


def _start(chunk: Chunk) -> int:
    return chunk.start
