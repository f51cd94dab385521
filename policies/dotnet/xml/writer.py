"""Nodes to XML text, as .NET's XmlWriter writes them: indented by two spaces, except around and after text.

The rule here: a prefix comes from a declaration in scope, also one of an ancestor that is not written; a declaration that is
missing in what is written is added after the element's own attributes.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.dotnet.meter import charge, check_size
from policies.dotnet.newline import NEW_LINE
from policies.dotnet.xml.elements import XAttribute, XDocument, XElement
from policies.dotnet.xml.names import XML, XMLNS
from policies.dotnet.xml.nodes import (
    XCData,
    XComment,
    XDocumentType,
    XNode,
    XProcessingInstruction,
    XText,
)
from policies.records import Record

__all__ = ["attribute_text", "save", "write"]

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_VALUE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"})


class _Scope(Record, frozen=False):
    """Prefixes in scope: what the tree says, nearest last, and what has been written."""

    known: list[tuple[str, str]]
    written: dict[str, str]


def write(node: XNode, *, indented: bool) -> str:
    """The node's text, without an XML declaration."""
    parts: list[str] = []
    if isinstance(node, XDocument):
        for child in node.nodes:
            if parts and indented:
                parts.append(NEW_LINE)
            _Writer(parts, indented).node(child, _scope(None), 0)
    else:
        _Writer(parts, indented).node(node, _scope(node), 0)
    text = "".join(parts)
    check_size(len(text))
    return text


def save(node: XNode, declaration: str, *, indented: bool) -> str:
    """What Save writes: the declaration first."""
    return f"{declaration}{NEW_LINE if indented else ''}{write(node, indented=indented)}"


def attribute_text(attribute: XAttribute) -> str:
    """XAttribute.ToString()."""
    prefix = ""
    if attribute.name.namespace == XMLNS:
        prefix = "xmlns"
    elif attribute.name.namespace.name and attribute.parent is not None:
        prefix = attribute.parent.prefix_of(attribute.name.namespace) or ""
    elif attribute.name.namespace == XML:
        prefix = "xml"
    name = f"{prefix}:{attribute.name.local}" if prefix else attribute.name.local
    return f'{name}="{attribute.value.translate(_VALUE)}"'


def _scope(node: XNode | None) -> _Scope:
    known: list[tuple[str, str]] = []
    for ancestor in reversed(list(node.ancestors())) if node is not None else ():
        known += _declarations(ancestor)
    return _Scope(known, {"": "", "xml": XML.name})


def _declarations(element: XElement) -> list[tuple[str, str]]:
    return [
        ("" if not attribute.name.namespace.name else attribute.name.local, attribute.value)
        for attribute in element.attributes
        if attribute.is_declaration
    ]


class _Writer:
    """Writes into a list of pieces."""

    __slots__ = ("indented", "parts")

    def __init__(self, parts: list[str], indented: bool) -> None:
        self.parts = parts
        self.indented = indented

    def node(self, node: XNode, scope: _Scope, depth: int) -> None:
        """One node of any kind."""
        charge(1)
        match node:
            case XElement():
                self.element(node, scope, depth)
            case XCData():
                self.parts.append(f"<![CDATA[{node.value.replace(']]>', ']]]]><![CDATA[>')}]]>")
            case XComment():
                self.parts.append(f"<!--{node.value}-->")
            case XText():
                self.parts.append(_text(node.value))
            case XProcessingInstruction():
                self.parts.append(f"<?{node.target}{f' {node.data}' if node.data else ''}?>")
            case XDocumentType():
                self.parts.append(_document_type(node))

    def element(self, element: XElement, outer: _Scope, depth: int) -> None:
        """An element with its content."""
        own = _declarations(element)
        scope = _Scope([*outer.known, *own], {**outer.written, **dict(own)}) if own else outer
        tag, attributes, scope = _start(element, scope, outer, depth)
        self.parts.append(f"<{tag}{''.join(attributes)}")
        if element.is_empty:
            self.parts.append(" />")
            return
        self.parts.append(">")
        self.children(element.nodes, scope, depth)
        self.parts.append(f"</{tag}>")

    def children(self, nodes: Iterable[XNode], scope: _Scope, depth: int) -> None:
        """An element's content; from the first text on, nothing is indented any more."""
        mixed, written = not self.indented, False
        for child in nodes:
            mixed = mixed or (isinstance(child, XText) and not isinstance(child, XComment))
            if not mixed:
                self.parts.append(f"{NEW_LINE}{'  ' * (depth + 1)}")
            written = True
            self.writer(mixed).node(child, scope, depth + 1)
        if written and not mixed:
            self.parts.append(f"{NEW_LINE}{'  ' * depth}")

    def writer(self, mixed: bool) -> _Writer:
        """The writer for a child: below mixed content nothing is indented."""
        return _Writer(self.parts, False) if mixed and self.indented else self


def _start(element: XElement, scope: _Scope, outer: _Scope, depth: int) -> tuple[str, list[str], _Scope]:
    """The tag, the attributes' text, and the scope within."""
    missing: list[tuple[str, str]] = []
    namespace = element.name.namespace.name
    prefix = _prefix(scope, namespace, default=True) or ""
    if scope.written.get(prefix) != namespace:
        missing.append((prefix, namespace))
    texts: list[str] = []
    for attribute in element.attributes:
        name = attribute.name
        if name.namespace == XMLNS:
            own = "xmlns"
        elif not name.namespace.name:
            own = ""
        else:
            found = _prefix(scope, name.namespace.name, default=False)
            own = (
                found
                or next((p for p, uri in missing if uri == name.namespace.name and p), "")
                or f"p{depth + 1 + len(missing)}"
            )
            if scope.written.get(own) != name.namespace.name and (own, name.namespace.name) not in missing:
                missing.append((own, name.namespace.name))
        shown = f"{own}:{name.local}" if own else name.local
        texts.append(f' {shown}="{attribute.value.translate(_VALUE)}"')
    texts += [f' xmlns{f":{p}" if p else ""}="{uri.translate(_VALUE)}"' for p, uri in missing]
    if missing:
        scope = _Scope([*scope.known, *missing], {**scope.written, **dict(missing)})
    tag = f"{prefix}:{element.name.local}" if prefix else element.name.local
    return tag, texts, scope


def _prefix(scope: _Scope, namespace: str, *, default: bool) -> str | None:
    """The prefix declared last for the namespace, if no later declaration hides it."""
    if not namespace:
        return ""
    if namespace == XML.name:
        return "xml"
    hidden: set[str] = set()
    for prefix, uri in reversed(scope.known):
        if prefix not in hidden and uri == namespace and (prefix or default):
            return prefix
        hidden.add(prefix)
    return None


def _text(value: str) -> str:
    return value.translate(_TEXT).replace("\r\n", "\n").replace("\r", "\n").replace("\n", NEW_LINE)


def _document_type(node: XDocumentType) -> str:
    where = ""
    if node.public_id is not None:
        where = f' PUBLIC "{node.public_id}" "{node.system_id or ""}"'
    elif node.system_id is not None:
        where = f' SYSTEM "{node.system_id}"'
    subset = f" [{node.internal_subset}]" if node.internal_subset is not None else ""
    return f"<!DOCTYPE {node.name}{where}{subset}>"
