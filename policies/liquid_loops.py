"""The loops of Liquid templates: `for`, and `JSONArrayFor` of Microsoft's templates, which sets the commas of an array itself.

The rule here: what differs from python-liquid is only that the helper's members are found without regard to case
(`forloop.Last`), as in .NET, and the other tag. This file is imported when the first template comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.tags.for_tag import ForLoop, ForNode, ForTag
from liquid.context import RenderContext
from liquid.exceptions import BreakLoop, ContinueLoop
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.token import TOKEN_TAG

__all__ = ["JsonArrayTag", "LoopTag"]


class _Helper(ForLoop):
    """`forloop`."""

    __slots__ = ()

    def __getitem__(self, key: str) -> object:
        return super().__getitem__(str(key).lower())


class _LoopNode(ForNode):
    """`for`."""

    __slots__ = ()

    def items(self, context: RenderContext) -> tuple[Iterator[Any], int]:
        """What is looped over, and how many there are."""
        return self.expression.evaluate(context)

    def render_item(self, context: RenderContext, buffer: TextIO, written: int) -> int:
        """Write one item after so many characters; gives how many it has."""
        return self.block.render(context, buffer)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        items, length = self.items(context)
        if not length:
            return self.default.render(context, buffer) if self.default else 0
        name, written = self.expression.identifier, 0
        helper = _Helper(f"{name}-{self.expression.iterable}", items, length, context.parentloop())
        namespace: dict[str, object] = {"forloop": helper, name: None}
        with context.loop(namespace, helper):
            for item in helper:
                namespace[name] = item
                try:
                    written += self.render_item(context, buffer, written)
                except ContinueLoop:
                    continue
                except BreakLoop:
                    break
        return written


class _ArrayNode(_LoopNode):
    """`JSONArrayFor`: a comma between the items that are written to their end; what is no list, like an XML element that is
    there only once, is one item."""

    __slots__ = ()

    def items(self, context: RenderContext) -> tuple[Iterator[Any], int]:
        value = self.expression.iterable.evaluate(context)
        is_one = isinstance(value, str | Mapping) and bool(value)
        return (iter([value]), 1) if is_one else self.expression.evaluate(context)

    def render_item(self, context: RenderContext, buffer: TextIO, written: int) -> int:
        own = context.get_buffer(buffer)
        self.block.render(context, own)
        text: str = own.getvalue()
        return buffer.write(f",{text}" if written else text) if text.strip() else 0


class LoopTag(ForTag):
    """`for`."""

    node_class = _LoopNode


class JsonArrayTag(ForTag):
    """`JSONArrayFor`."""

    name = "JSONArrayFor"
    end = "endJSONArrayFor"

    def parse(self, stream: TokenStream) -> Node:
        """Parse the tag and what it holds."""
        token = stream.eat(TOKEN_TAG)
        expression = LoopExpression.parse(self.env, stream.into_inner(tag=token))
        block = get_parser(self.env).parse_block(stream, frozenset({self.end}))
        stream.expect(TOKEN_TAG, value=self.end)
        return _ArrayNode(token, expression=expression, block=block)
