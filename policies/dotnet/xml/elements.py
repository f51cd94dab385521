"""XElement, XDocument and XAttribute.

The rule here: `nodes` are a container's children; texts that are added one after the other are one node. `is_open` says that
an element without nodes is written with an end tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, InvalidOperationException
from policies.dotnet.meter import charge
from policies.dotnet.xml.names import NO_NAMESPACE, XML, XMLNS, XName, XNamespace
from policies.dotnet.xml.nodes import NODE_TYPE, XCData, XComment, XDeclaration, XDocumentType, XNode, XText
from policies.dotnet.xml.simple_values import text_of

__all__ = ["XAttribute", "XContainer", "XDocument", "XElement", "contents"]


class XAttribute:
    """An attribute; namespace declarations are attributes too."""

    __slots__ = ("name", "parent", "value")

    kind = NODE_TYPE.values["Attribute"]

    def __init__(self, name: XName, value: Any) -> None:
        if value is None:
            raise ArgumentNullException("value")
        self.name = name
        self.value = text_of(value)
        self.parent: XElement | None = None

    @property
    def is_declaration(self) -> bool:
        """IsNamespaceDeclaration."""
        return self.name.namespace == XMLNS or (self.name.local == "xmlns" and not self.name.namespace.name)

    def set_value(self, value: Any) -> None:
        """SetValue."""
        if value is None:
            raise ArgumentNullException("value")
        self.value = text_of(value)

    def copy(self) -> XAttribute:
        """An equal attribute without a parent."""
        return XAttribute(self.name, self.value)

    def neighbour(self, step: int) -> XAttribute | None:
        """NextAttribute (1) and PreviousAttribute (-1)."""
        if self.parent is None:
            return None
        found = self.parent.attributes
        at = next(at for at, own in enumerate(found) if own is self) + step
        return found[at] if 0 <= at < len(found) else None

    def remove(self) -> None:
        """Remove."""
        if self.parent is None:
            raise InvalidOperationException("The parent is missing.")
        self.parent.attributes = [own for own in self.parent.attributes if own is not self]
        self.parent = None

    def __str__(self) -> str:
        from policies.dotnet.xml.writer import attribute_text

        return attribute_text(self)


class XContainer(XNode):
    """A node with children."""

    __slots__ = ("is_open", "nodes")

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[XNode] = []
        self.is_open = False

    # -- children

    def elements(self, name: XName | None = None) -> Iterator[XElement]:
        """Elements."""
        return (node for node in list(self.nodes) if isinstance(node, XElement) and (name is None or node.name == name))

    def element(self, name: XName | None) -> XElement | None:
        """Element(name): the first, or null."""
        return None if name is None else next(self.elements(name), None)

    def descendant_nodes(self, *, with_self: bool = False) -> Iterator[XNode]:
        """DescendantNodes, in document order."""
        if with_self:
            yield self
        waiting = [iter(list(self.nodes))]
        while waiting:
            node = next(waiting[-1], None)
            if node is None:
                waiting.pop()
                continue
            charge(1)
            yield node
            if isinstance(node, XContainer):
                waiting.append(iter(list(node.nodes)))

    def descendants(self, name: XName | None = None, *, with_self: bool = False) -> Iterator[XElement]:
        """Descendants."""
        found = self.descendant_nodes(with_self=with_self)
        return (node for node in found if isinstance(node, XElement) and (name is None or node.name == name))

    # -- changes

    def add(self, content: Any) -> None:
        """Add."""
        self.insert(len(self.nodes), content)

    def insert(self, at: int, content: Any) -> None:
        """Content at a place: nodes, texts, attributes, sequences of them."""
        for item in contents(content):
            before = len(self.nodes)
            self._put(at, item)
            at += len(self.nodes) - before

    def _put(self, at: int, item: Any) -> None:
        if isinstance(item, XAttribute):
            self.add_attribute(item)
        elif isinstance(item, XNode):
            root: XNode = self
            while root.parent is not None:
                root = root.parent
            node = item.copy() if item.parent is not None or item is root else item
            self.check(node)
            node.parent = self
            self.nodes.insert(at, node)
        else:
            self._put_text(at, text_of(item))

    def _put_text(self, at: int, text: str) -> None:
        last = self.nodes[at - 1] if at else None
        if type(last) is XText:
            last.value += text
        elif text or self.nodes:
            if text:
                self._put(at, XText(text))
        else:
            self.is_open = True

    def add_attribute(self, attribute: XAttribute) -> None:
        """An attribute as content: for elements only."""
        raise ArgumentException("An attribute cannot be added to content.")

    def check(self, node: XNode) -> None:
        """Refuse a node that cannot be a child here."""
        if isinstance(node, XDocument):
            raise ArgumentException("A node of type Document cannot be added to content.")

    def take_out(self, node: XNode) -> None:
        """Remove a child."""
        self.nodes = [own for own in self.nodes if own is not node]
        node.parent = None
        self.is_open = False

    def remove_nodes(self) -> None:
        """RemoveNodes."""
        for node in self.nodes:
            node.parent = None
        self.nodes = []
        self.is_open = False

    def replace_nodes(self, content: Any) -> None:
        """ReplaceNodes."""
        added = [item.copy() if isinstance(item, XNode) else item for item in contents(content)]
        self.remove_nodes()
        self.insert(0, added)

    def same_nodes(self, other: XContainer) -> bool:
        """Whether the children are equal."""
        charge(len(self.nodes))
        return len(self.nodes) == len(other.nodes) and all(
            mine.same(theirs) for mine, theirs in zip(self.nodes, other.nodes, strict=True)
        )


class XElement(XContainer):
    """An element."""

    __slots__ = ("attributes", "name")

    kind = NODE_TYPE.values["Element"]

    def __init__(self, name: XName | None, *content: Any) -> None:
        super().__init__()
        if name is None:
            raise ArgumentNullException("name")
        self.name = name
        self.attributes: list[XAttribute] = []
        for item in content:
            self.add(item)

    @property
    def is_empty(self) -> bool:
        """IsEmpty: written without an end tag."""
        return not self.nodes and not self.is_open

    @property
    def value(self) -> str:
        """Value: all texts below."""
        found = self.descendant_nodes()
        return "".join(node.value for node in found if isinstance(node, XText) and not isinstance(node, XComment))

    def set_value(self, value: Any) -> None:
        """SetValue, and `element.Value = value`."""
        if value is None:
            raise ArgumentNullException("value")
        text = text_of(value)
        self.remove_nodes()
        self.add(text)

    def attribute(self, name: XName | None) -> XAttribute | None:
        """Attribute(name)."""
        return next((own for own in self.attributes if own.name == name), None)

    def add_attribute(self, attribute: XAttribute) -> None:
        if self.attribute(attribute.name) is not None:
            raise InvalidOperationException("Duplicate attribute.")
        own = attribute.copy() if attribute.parent is not None else attribute
        own.parent = self
        self.attributes.append(own)

    def set_attribute(self, name: XName, value: Any) -> None:
        """SetAttributeValue: null removes it."""
        found = self.attribute(name)
        if value is None:
            if found is not None:
                found.remove()
        elif found is None:
            self.add_attribute(XAttribute(name, value))
        else:
            found.set_value(value)

    def set_element(self, name: XName, value: Any) -> None:
        """SetElementValue: null removes it."""
        found = self.element(name)
        if value is None:
            if found is not None:
                found.remove()
        elif found is None:
            self.add(XElement(name, text_of(value)))
        else:
            found.set_value(value)

    def remove_attributes(self) -> None:
        """RemoveAttributes."""
        for attribute in self.attributes:
            attribute.parent = None
        self.attributes = []

    def check(self, node: XNode) -> None:
        super().check(node)
        if isinstance(node, XDocumentType):
            raise ArgumentException("A node of type DocumentType cannot be added to content.")

    def copy(self) -> XElement:
        charge(len(self.nodes) + 1)
        twin = XElement(self.name, *(attribute.copy() for attribute in self.attributes))
        for node in self.nodes:
            own = node.copy()
            own.parent = twin
            twin.nodes.append(own)
        twin.is_open = self.is_open
        return twin

    def same(self, other: object) -> bool:
        if not isinstance(other, XElement) or self.name != other.name or self.is_empty != other.is_empty:
            return False
        mine, theirs = ([(own.name, own.value) for own in one.attributes] for one in (self, other))
        return mine == theirs and self.same_nodes(other)

    # -- namespaces

    def namespace_of(self, prefix: str) -> XNamespace | None:
        """GetNamespaceOfPrefix; of the prefix "" GetDefaultNamespace."""
        wanted = XName("xmlns") if not prefix else XName(prefix, XMLNS)
        for element in self.ancestors(with_self=True):
            found = element.attribute(wanted)
            if found is not None:
                return XNamespace(found.value)
        return NO_NAMESPACE if not prefix else {"xml": XML, "xmlns": XMLNS}.get(prefix)

    def prefix_of(self, namespace: XNamespace | None) -> str | None:
        """GetPrefixOfNamespace."""
        if namespace is None:
            raise ArgumentNullException("ns")
        for element in self.ancestors(with_self=True):
            for attribute in element.attributes:
                if attribute.name.namespace == XMLNS and attribute.value == namespace.name:
                    prefix = attribute.name.local
                    if self.namespace_of(prefix) == namespace:
                        return str(prefix)
        return {XML.name: "xml", XMLNS.name: "xmlns"}.get(namespace.name)

    def json_form(self) -> Any:
        """The token that JsonConvert makes of it."""
        from policies.dotnet.xml.json_form import object_of

        return object_of([self])


class XDocument(XContainer):
    """A document: one root element, and what stands beside it."""

    __slots__ = ("declaration",)

    kind = NODE_TYPE.values["Document"]

    def __init__(self, *content: Any, declaration: XDeclaration | None = None) -> None:
        super().__init__()
        self.declaration = declaration
        for item in content:
            self.add(item)

    @property
    def root(self) -> XElement | None:
        """Root."""
        return next(self.elements(), None)

    def document_type(self) -> XDocumentType | None:
        """DocumentType."""
        return next((node for node in self.nodes if isinstance(node, XDocumentType)), None)

    def check(self, node: XNode) -> None:
        super().check(node)
        second = isinstance(node, XElement) and self.root is not None
        if second or (isinstance(node, XDocumentType) and self.document_type() is not None):
            raise InvalidOperationException("This operation would create an incorrectly structured document.")
        if isinstance(node, XCData) or (type(node) is XText and node.value.strip(" \t\r\n")):
            raise ArgumentException("Non-whitespace characters cannot be added to content.")

    def copy(self) -> XDocument:
        return XDocument(*(node.copy() for node in self.nodes), declaration=self.declaration)

    def same(self, other: object) -> bool:
        return isinstance(other, XDocument) and self.same_nodes(other)

    def json_form(self) -> Any:
        """The token that JsonConvert makes of it."""
        from policies.dotnet.xml.json_form import object_of

        return object_of(self.nodes, self.declaration)


def contents(content: Any) -> Iterator[Any]:
    """Content as single items: sequences opened, nulls left out."""
    if content is None:
        return
    if isinstance(content, Iterable) and not isinstance(content, str | bytearray):
        from policies.dotnet.collections.sequences import boxed_items

        for item in list(boxed_items(content)):
            yield from contents(item)
    else:
        yield content
