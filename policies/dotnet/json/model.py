"""Newtonsoft.Json.Linq: JToken and JContainer, the roots of the token classes.

The rule here: a token has one parent; a token that already has one is cloned when it is put somewhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policies.dotnet.exceptions import InvalidOperationException
from policies.dotnet.types import EnumValue

__all__ = ["CHANGED", "JContainer", "JToken", "adopted", "contents", "is_multiple"]


CHANGED = "Collection was modified; enumeration operation may not execute."


class JToken:
    """A node of a JSON document."""

    __slots__ = ("parent",)

    kind: EnumValue

    def __init__(self) -> None:
        self.parent: JContainer | None = None

    def children(self) -> list[JToken]:
        """The child tokens, in order."""
        return []

    def clone(self) -> JToken:
        """DeepClone."""
        raise NotImplementedError

    def deep_equals(self, other: JToken) -> bool:
        """DeepEquals."""
        raise NotImplementedError

    def root(self) -> JToken:
        """Root."""
        token = self
        while token.parent is not None:
            token = token.parent
        return token

    def ancestors(self, *, with_self: bool = False) -> Iterator[JToken]:
        """Ancestors, nearest first."""
        token = self if with_self else self.parent
        while token is not None:
            yield token
            token = token.parent

    def siblings(self) -> tuple[list[JToken], int]:
        """The parent's children, and where this token stands among them."""
        if self.parent is None:
            return [self], 0
        found = self.parent.children()
        return found, next(at for at, token in enumerate(found) if token is self)

    def neighbour(self, step: int) -> JToken | None:
        """Next (1) and Previous (-1)."""
        found, at = self.siblings()
        return found[at + step] if 0 <= at + step < len(found) else None

    def remove(self) -> None:
        """Remove: from the parent, which must be there."""
        if self.parent is None:
            raise InvalidOperationException("The parent is missing.")
        self.parent.remove_child(self)

    def replace(self, value: JToken | None) -> None:
        """Replace: another token in this one's place."""
        if self.parent is None:
            raise InvalidOperationException("The parent is missing.")
        self.parent.replace_child(self, _token_of(value))

    def item(self, key: Any) -> JToken | None:
        """`token[key]` by a name or an index."""
        raise InvalidOperationException(f"Cannot access child value on {self.type_name}.")

    def set_item(self, key: Any, value: JToken | None) -> None:
        """`token[key] = value`."""
        raise InvalidOperationException(f"Cannot set child value on {self.type_name}.")

    @property
    def type_name(self) -> str:
        """The full .NET name of the class."""
        return f"Newtonsoft.Json.Linq.{type(self).__name__}"

    def __iter__(self) -> Iterator[JToken]:
        return iter(self.children())

    def __len__(self) -> int:
        return len(self.children())

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        from policies.dotnet.json.writer import write

        return write(self, indented=True)


def adopted(token: JToken, parent: JContainer) -> JToken:
    """The token as a child of `parent`: a clone when it has a parent, or is the parent's own root."""
    if token.parent is not None or token is parent or (parent.parent is not None and parent.root() is token):
        token = token.clone()
    token.parent = parent
    return token


class JContainer(JToken):
    """A token with children."""

    __slots__ = ()

    def __iter__(self) -> Iterator[JToken]:
        """The children; as a list of .NET has it, none may come or go meanwhile."""
        children = self.children()
        for child in children:
            yield child
            if child.parent is not self or len(self) != len(children):
                raise InvalidOperationException(CHANGED)

    def add(self, content: Any) -> None:
        """Add: a token, a value, or a sequence of them."""
        raise NotImplementedError

    def clear(self) -> None:
        """RemoveAll."""
        for child in self.children():
            self.remove_child(child)

    def remove_child(self, child: JToken) -> None:
        """Take a child out."""
        raise NotImplementedError

    def replace_child(self, child: JToken, value: JToken) -> None:
        """Put a token in a child's place."""
        raise NotImplementedError

    def descendants(self, *, with_self: bool = False) -> Iterator[JToken]:
        """Descendants, in document order."""
        if with_self:
            yield self
        waiting = [iter(self.children())]
        while waiting:
            token = next(waiting[-1], None)
            if token is None:
                waiting.pop()
                continue
            yield token
            if isinstance(token, JContainer):
                waiting.append(iter(token.children()))

    def discard(self, _item: Any) -> bool:
        """Remove of a collection; what may be removed depends on the class."""
        raise NotImplementedError


def is_multiple(content: Any) -> bool:
    """Whether content is a sequence of contents: anything enumerable but text, bytes and tokens."""
    return isinstance(content, Iterable) and not isinstance(content, str | bytearray | JToken)


def contents(content: Any) -> list[Any]:
    """A sequence's items as objects."""
    from policies.dotnet.collections.sequences import boxed_items

    return list(boxed_items(content))


def _token_of(content: Any) -> JToken:
    from policies.dotnet.json.scalars import token_of

    return token_of(content)
