"""What a policy's builder is given: its own element, checked against its declaration and with every value compiled.

The rule here: nothing of the document's syntax is left. A builder asks by the very `Attribute`, `Text` and `Child` objects that
it declared and gets typed values; what it did not declare was refused before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from policies.errors import DocumentError
from policies.registry import Attribute, Child, Section, Text
from policies.steps import EMPTY, Edit, Place, Sequence
from policies.values import NO_READS, Reads, Value, constant

if TYPE_CHECKING:
    from policies.environment import Environment

__all__ = ["Statement"]

T = TypeVar("T")


class Statement:
    """A policy's element, or one of the elements that it declares as children.

    `place` says where it stands (section, scope, path); `steps` are the compiled policies inside it (`Child.policies`),
    `edits` what changes a message it makes (`Child.edits`), with the element's name; `outer` is what `<base />` stands for
    here; `reads` which bodies the expressions of the statement and of its children and edits look into. `is_nested`: it
    stands in another policy's `edits`. `markup` is the whole element as written, if it is declared open.
    """

    __slots__ = (
        "_elements",
        "_error",
        "_fragment",
        "_offsets",
        "_place_in_text",
        "_text",
        "_values",
        "edits",
        "environment",
        "is_nested",
        "markup",
        "name",
        "outer",
        "place",
        "reads",
        "section",
        "steps",
    )

    def __init__(
        self,
        name: str,
        place: Place,
        *,
        section: Section,
        environment: Environment,
        error: Callable[[str, int | None, str], DocumentError],
        fragment: Callable[[str], Sequence],
        values: Mapping[str, Value[Any]],
        offsets: Mapping[str, int],
        text: Value[Any] | None,
        place_in_text: Callable[[int], int] | None = None,
        elements: tuple[Statement, ...] = (),
        steps: Sequence = EMPTY,
        edits: tuple[tuple[str, Edit], ...] = (),
        outer: Sequence = EMPTY,
        reads: Reads = NO_READS,
        is_nested: bool = False,
        markup: str = "",
    ) -> None:
        self.name = name
        self.place = place
        self.section = section
        self.environment = environment
        self.steps = steps
        self.edits = edits
        self.outer = outer
        for value in values.values():
            reads |= value.reads
        if text is not None:
            reads |= text.reads
        for element in elements:
            reads |= element.reads
        self.reads: Reads = reads
        self.is_nested = is_nested
        self.markup = markup
        self._error = error
        self._fragment = fragment
        self._values = values
        self._offsets = offsets
        self._text = text
        self._place_in_text = place_in_text
        self._elements = elements

    def __getitem__(self, attribute: Attribute[T]) -> Value[T]:
        """The attribute's value or its default. Raises KeyError for an absent one without default."""
        value = self.get(attribute)
        if value is None:
            raise KeyError(attribute.name)
        return value

    def get(self, attribute: Attribute[T]) -> Value[T] | None:
        """The attribute's value, its default, or None."""
        value: Value[T] | None = self._values.get(attribute.name)
        return constant(attribute.default) if value is None and attribute.default is not None else value

    def has(self, attribute: Attribute[T]) -> bool:
        """Whether the document gives the attribute."""
        return attribute.name in self._values

    def text(self, text: Text[T]) -> Value[T]:
        """The element's text by its declaration; the empty one where there is none."""
        value: Value[T] | None = self._text
        return constant(text.kind.parse("")) if value is None else value

    @property
    def has_text(self) -> bool:
        """Whether there is any text."""
        return self._text is not None

    def children(self, child: Child) -> list[Statement]:
        """The child elements of that declaration, in the document's order."""
        return [element for element in self._elements if element.name == child.name]

    def child(self, child: Child) -> Statement | None:
        """The first child element of that declaration, or None."""
        return next((element for element in self._elements if element.name == child.name), None)

    def fragment(self, name: str) -> Sequence:
        """The compiled policies of a fragment. Raises DocumentError when there is none of that name."""
        return self._fragment(name)

    def error(
        self, message: str, *, at: Attribute[T] | None = None, in_text: int | None = None, hint: str = ""
    ) -> DocumentError:
        """A refusal of this element, of one of its attributes, or of what stands at an offset of its literal text, to be
        raised."""
        if in_text is not None and self._place_in_text is not None:
            return self._error(message, self._place_in_text(in_text), hint)
        return self._error(message, None if at is None else self._offsets.get(at.name), hint)
