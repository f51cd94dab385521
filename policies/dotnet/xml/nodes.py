"""The nodes of LINQ to XML that have no children: text, CDATA, comments, processing instructions, document types.

The rule here: a node has one parent; a node that already has one is copied when it is put somewhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from policies.dotnet.exceptions import ArgumentNullException, InvalidOperationException
from policies.dotnet.types import Enum, EnumValue
from policies.dotnet.xml.names import verify_name

if TYPE_CHECKING:
    from policies.dotnet.xml.elements import XContainer, XDocument

__all__ = ["NODE_TYPE", "XCData", "XComment", "XDeclaration", "XDocumentType", "XNode", "XProcessingInstruction", "XText"]

NODE_TYPE = Enum(
    "System.Xml.XmlNodeType",
    "None Element Attribute Text CDATA EntityReference Entity ProcessingInstruction Comment Document DocumentType "
    "DocumentFragment Notation Whitespace SignificantWhitespace EndElement EndEntity XmlDeclaration",
)


class XNode:
    """A node of a tree."""

    __slots__ = ("parent",)

    kind: EnumValue

    def __init__(self) -> None:
        self.parent: XContainer | None = None

    def copy(self) -> XNode:
        """An equal node without a parent."""
        raise NotImplementedError

    def same(self, other: object) -> bool:
        """DeepEquals."""
        raise NotImplementedError

    # -- the way up

    def parent_element(self) -> Any:
        """Parent: null for a child of the document."""
        return self.parent if self.parent is not None and self.parent.kind is NODE_TYPE.values["Element"] else None

    def document(self) -> XDocument | None:
        """Document."""
        node: XNode | None = self
        while node is not None and node.parent is not None:
            node = node.parent
        found: Any = node
        return found if found.kind is NODE_TYPE.values["Document"] else None

    def ancestors(self, *, with_self: bool = False) -> Iterator[Any]:
        """Ancestors, nearest first."""
        node = self if with_self else self.parent_element()
        while node is not None:
            yield node
            node = node.parent_element()

    # -- the way along

    def _needed_parent(self) -> XContainer:
        if self.parent is None:
            raise InvalidOperationException("The parent is missing.")
        return self.parent

    def place(self) -> int:
        """Where the node stands among its parent's."""
        return next(at for at, node in enumerate(self._needed_parent().nodes) if node is self)

    def after(self) -> list[XNode]:
        """NodesAfterSelf."""
        return [] if self.parent is None else self.parent.nodes[self.place() + 1 :]

    def before(self) -> list[XNode]:
        """NodesBeforeSelf."""
        return [] if self.parent is None else self.parent.nodes[: self.place()]

    def neighbour(self, step: int) -> XNode | None:
        """NextNode (1) and PreviousNode (-1)."""
        found = self.after() if step > 0 else self.before()[::-1]
        return found[0] if found else None

    # -- changes

    def remove(self) -> None:
        """Remove."""
        self._needed_parent().take_out(self)

    def add_beside(self, content: Any, offset: int) -> None:
        """AddAfterSelf (1) and AddBeforeSelf (0)."""
        self._needed_parent().insert(self.place() + offset, content)

    def replace(self, content: Any) -> None:
        """ReplaceWith."""
        parent, at = self._needed_parent(), self.place()
        parent.take_out(self)
        parent.insert(at, content)

    def __str__(self) -> str:
        from policies.dotnet.xml.writer import write

        return write(self, indented=True)


class XText(XNode):
    """Text."""

    __slots__ = ("value",)

    kind = NODE_TYPE.values["Text"]

    def __init__(self, value: str | None) -> None:
        super().__init__()
        if value is None:
            raise ArgumentNullException("value")
        self.value = value

    def copy(self) -> XNode:
        return type(self)(self.value)

    def same(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, XText) and self.value == other.value


class XCData(XText):
    """Text in a CDATA section."""

    __slots__ = ()

    kind = NODE_TYPE.values["CDATA"]


class XComment(XText):
    """A comment."""

    __slots__ = ()

    kind = NODE_TYPE.values["Comment"]


class XProcessingInstruction(XNode):
    """A processing instruction."""

    __slots__ = ("data", "target")

    kind = NODE_TYPE.values["ProcessingInstruction"]

    def __init__(self, target: str, data: str) -> None:
        super().__init__()
        self.target = verify_name(target)
        self.data = data

    def copy(self) -> XNode:
        return XProcessingInstruction(self.target, self.data)

    def same(self, other: object) -> bool:
        return isinstance(other, XProcessingInstruction) and (self.target, self.data) == (other.target, other.data)


class XDocumentType(XNode):
    """A document type declaration, without a meaning: nothing is ever read from it."""

    __slots__ = ("internal_subset", "name", "public_id", "system_id")

    kind = NODE_TYPE.values["DocumentType"]

    def __init__(self, name: str, public_id: str | None, system_id: str | None, internal_subset: str | None) -> None:
        super().__init__()
        self.name = verify_name(name)
        self.public_id = public_id
        self.system_id = system_id
        self.internal_subset = internal_subset

    def _parts(self) -> tuple[str | None, ...]:
        return (self.name, self.public_id, self.system_id, self.internal_subset)

    def copy(self) -> XNode:
        return XDocumentType(self.name, self.public_id, self.system_id, self.internal_subset)

    def same(self, other: object) -> bool:
        return isinstance(other, XDocumentType) and self._parts() == other._parts()


class XDeclaration:
    """`<?xml version=… encoding=… standalone=…?>`. Not a node."""

    __slots__ = ("encoding", "standalone", "version")

    def __init__(self, version: str | None, encoding: str | None, standalone: str | None) -> None:
        self.version = version
        self.encoding = encoding
        self.standalone = standalone

    def __str__(self) -> str:
        parts = (("version", self.version), ("encoding", self.encoding), ("standalone", self.standalone))
        shown = "".join(f' {name}="{value}"' for name, value in parts if value is not None)
        return f"<?xml{shown}?>"
