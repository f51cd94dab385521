"""System.Xml.Linq: LINQ to XML.

The rule here: rows only; nodes are in `nodes` and `elements`, text in `reader` and `writer`. Loading from an address does not
exist. Source: learn.microsoft.com/dotnet/api/system.xml.linq.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cmp_to_key
from typing import Any

from policies.dotnet.collections.sequences import Query, needed
from policies.dotnet.exceptions import InvalidOperationException
from policies.dotnet.linq.queries import enumerable_of
from policies.dotnet.types import Class, Const, Enum, Implementation, Inline, Static, net
from policies.dotnet.xml import names, reader, writer
from policies.dotnet.xml.elements import XAttribute, XContainer, XDocument, XElement
from policies.dotnet.xml.names import XName, XNamespace
from policies.dotnet.xml.nodes import (
    NODE_TYPE,
    XCData,
    XComment,
    XDeclaration,
    XDocumentType,
    XNode,
    XProcessingInstruction,
    XText,
)
from policies.dotnet.xml.simple_values import CONVERTED, explicit

__all__ = ["TYPES"]

_SPACE = "System.Xml.Linq"
LOAD = Enum(f"{_SPACE}.LoadOptions", {"None": 0, "PreserveWhitespace": 1, "SetBaseUri": 2, "SetLineInfo": 4})
SAVE = Enum(f"{_SPACE}.SaveOptions", {"None": 0, "DisableFormatting": 1, "OmitDuplicateNamespaces": 2})
_NAMED_ROWS = ("", "XName name")


def _lazily(source: Callable[[], Iterable[Any]], element: str = "XElement") -> Query:
    return Query(enumerable_of(net(element)), lambda: iter(source()))


def _of(method: str, element: str = "XElement", **options: Any) -> Callable[..., Query]:
    """A row that gives a method's result lazily."""

    def row(own: Any, *arguments: Any) -> Query:
        return _lazily(lambda: getattr(own, method)(*arguments, **options), element)

    return row


def _filtered(nodes: Iterable[Any], name: XName | None) -> Iterator[Any]:
    return (node for node in nodes if isinstance(node, XElement) and (name is None or node.name == name))


def _attributes(element: XElement, name: XName | None = None) -> Query:
    return _lazily(lambda: [own for own in element.attributes if name is None or own.name == name], "XAttribute")


def _ancestors(node: Any, name: XName | None = None) -> Query:
    return _lazily(lambda: (above for above in node.ancestors() if name is None or above.name == name))


def _ancestors_and_self(node: Any, name: XName | None = None) -> Query:
    return _lazily(lambda: (above for above in node.ancestors(with_self=True) if name is None or above.name == name))


def _descendants_and_self(node: Any, name: XName | None = None) -> Query:
    return _lazily(lambda: node.descendants(name, with_self=True))


def _text(node: XNode, options: int) -> str:
    return writer.write(node, indented=not int(options) & 1)


def _order(first: XNode, second: XNode) -> int:
    """CompareDocumentOrder."""
    if first is second:
        return 0
    paths = []
    for node in (first, second):
        path: list[XNode] = [node]
        while path[-1].parent is not None:
            path.append(path[-1].parent)
        paths.append(path[::-1])
    if paths[0][0] is not paths[1][0]:
        raise InvalidOperationException("A common ancestor is missing.")
    places = [[0, *(node.place() for node in path[1:])] for path in paths]
    return (places[0] > places[1]) - (places[0] < places[1])


def _same(first: XNode | None, second: XNode | None) -> bool:
    return first is second or (first is not None and second is not None and first.same(second))


def _replace_all(element: XElement, content: Any) -> None:
    from policies.dotnet.xml.elements import contents

    added = [item.copy() if hasattr(item, "copy") and not isinstance(item, str) else item for item in contents(content)]
    element.remove_attributes()
    element.remove_nodes()
    for item in added:
        element.add(item)


def _remove_all(element: XElement) -> None:
    element.remove_attributes()
    element.remove_nodes()


def _replace_attributes(element: XElement, content: Any) -> None:
    element.remove_attributes()
    element.add(content)


def _save(document: Any, target: Any, options: int = 0) -> None:
    own = document.declaration if isinstance(document, XDocument) else None
    shown = XDeclaration("1.0", "utf-16", None if own is None else own.standalone)
    target.write(writer.save(document, str(shown), indented=not int(options) & 1))


def _conversions(source: str, parameter: str) -> dict[str, Implementation]:
    rows: dict[str, Implementation] = {f"explicit string({source} value)": _text_value}
    for name in CONVERTED:
        rows[f"explicit {name}({source} value)"] = explicit(name, parameter, optional=False)
        rows[f"explicit {name}?({source} value)"] = explicit(name, parameter, optional=True)
    return rows


def _text_value(source: Any) -> str | None:
    return None if source is None else source.value


def _document(own: Any) -> XDocument | None:
    if not isinstance(own, XAttribute):
        found: XDocument | None = own.document()
        return found
    return None if own.parent is None else own.parent.document()


class EqualityComparer:
    """XNodeEqualityComparer: by DeepEquals."""

    __slots__ = ()

    def equals(self, left: Any, right: Any) -> bool:
        """Equals."""
        return _same(left, right)

    def hash(self, node: Any) -> int:
        """GetHashCode."""
        return hash(self.key(node)) & 0x7FFFFFFF

    def key(self, node: Any) -> Any:
        """What equal nodes share."""
        return None if node is None else (type(node), writer.write(node, indented=False))


class OrderComparer:
    """XNodeDocumentOrderComparer."""

    __slots__ = ()

    def compare(self, left: XNode, right: XNode) -> int:
        """Compare."""
        return _order(left, right)


_OBJECT: dict[str, Implementation] = {
    "XmlNodeType NodeType": Inline("self.kind"),
    "XElement Parent": lambda own: own.parent if isinstance(own, XAttribute) else own.parent_element(),
    "XDocument Document": lambda own: (
        (own.parent.document() if own.parent else None) if isinstance(own, XAttribute) else own.document()
    ),
    "string ToString()": Inline("str(self)", str=str),
}

_NODE: dict[str, Implementation] = {
    "XNode NextNode": Inline("self.neighbour(1)"),
    "XNode PreviousNode": Inline("self.neighbour(-1)"),
    "void Remove()": Inline("self.remove()"),
    "void AddAfterSelf(object content)": Inline("self.add_beside(content, 1)"),
    "void AddAfterSelf(params object[] content)": Inline("self.add_beside(content, 1)"),
    "void AddBeforeSelf(object content)": Inline("self.add_beside(content, 0)"),
    "void AddBeforeSelf(params object[] content)": Inline("self.add_beside(content, 0)"),
    "void ReplaceWith(object content)": Inline("self.replace(content)"),
    "void ReplaceWith(params object[] content)": Inline("self.replace(content)"),
    "IEnumerable<XNode> NodesAfterSelf()": _of("after", "XNode"),
    "IEnumerable<XNode> NodesBeforeSelf()": _of("before", "XNode"),
    "IEnumerable<XElement> ElementsAfterSelf()": lambda own: _lazily(lambda: _filtered(own.after(), None)),
    "IEnumerable<XElement> ElementsAfterSelf(XName name)": lambda own, name: _lazily(lambda: _filtered(own.after(), name)),
    "IEnumerable<XElement> ElementsBeforeSelf()": lambda own: _lazily(lambda: _filtered(own.before(), None)),
    "IEnumerable<XElement> ElementsBeforeSelf(XName name)": lambda own, name: _lazily(lambda: _filtered(own.before(), name)),
    **{f"IEnumerable<XElement> Ancestors({name})": _ancestors for name in _NAMED_ROWS},
    "bool IsAfter(XNode node)": lambda own, node: _order(own, node) > 0,
    "bool IsBefore(XNode node)": lambda own, node: _order(own, node) < 0,
    "static int CompareDocumentOrder(XNode n1, XNode n2)": _order,
    "static bool DeepEquals(XNode n1, XNode n2)": _same,
    "string ToString(SaveOptions options)": _text,
    "static XNodeEqualityComparer EqualityComparer": Const(EqualityComparer()),
    "static XNodeDocumentOrderComparer DocumentOrderComparer": Const(OrderComparer()),
}

_CONTAINER: dict[str, Implementation] = {
    "XNode FirstNode": lambda own: own.nodes[0] if own.nodes else None,
    "XNode LastNode": lambda own: own.nodes[-1] if own.nodes else None,
    "IEnumerable<XNode> Nodes()": lambda own: _lazily(lambda: list(own.nodes), "XNode"),
    "XElement Element(XName name)": Inline("self.element(name)"),
    **{f"IEnumerable<XElement> Elements({name})": _of("elements") for name in _NAMED_ROWS},
    **{f"IEnumerable<XElement> Descendants({name})": _of("descendants") for name in _NAMED_ROWS},
    "IEnumerable<XNode> DescendantNodes()": _of("descendant_nodes", "XNode"),
    "void Add(object content)": Inline("self.add(content)"),
    "void Add(params object[] content)": Inline("self.add(content)"),
    "void AddFirst(object content)": Inline("self.insert(0, content)"),
    "void AddFirst(params object[] content)": Inline("self.insert(0, content)"),
    "void RemoveNodes()": Inline("self.remove_nodes()"),
    "void ReplaceNodes(object content)": Inline("self.replace_nodes(content)"),
    "void ReplaceNodes(params object[] content)": Inline("self.replace_nodes(content)"),
}

_ELEMENT: dict[str, Implementation] = {
    "new(XName name)": XElement,
    "new(XName name, object content)": XElement,
    "new(XName name, params object[] content)": XElement,
    "new(XElement other)": lambda other: needed(other, "other").copy(),
    "XName Name": (Inline("self.name"), lambda own, value: setattr(own, "name", needed(value, "value"))),
    "string Value": (Inline("self.value"), Inline("self.set_value(value)")),
    "bool IsEmpty": Inline("self.is_empty"),
    "bool HasElements": lambda own: any(isinstance(node, XElement) for node in own.nodes),
    "bool HasAttributes": lambda own: bool(own.attributes),
    "void ReplaceAttributes(object content)": _replace_attributes,
    "void ReplaceAttributes(params object[] content)": _replace_attributes,
    "void Save(StringWriter textWriter)": _save,
    "void Save(StringWriter textWriter, SaveOptions options)": _save,
    "static IEnumerable<XElement> EmptySequence": lambda: _lazily(lambda: ()),
    "XAttribute FirstAttribute": lambda own: own.attributes[0] if own.attributes else None,
    "XAttribute LastAttribute": lambda own: own.attributes[-1] if own.attributes else None,
    "XAttribute Attribute(XName name)": Inline("self.attribute(name)"),
    **{f"IEnumerable<XAttribute> Attributes({name})": _attributes for name in _NAMED_ROWS},
    **{f"IEnumerable<XElement> AncestorsAndSelf({name})": _ancestors_and_self for name in _NAMED_ROWS},
    **{f"IEnumerable<XElement> DescendantsAndSelf({name})": _descendants_and_self for name in _NAMED_ROWS},
    "IEnumerable<XNode> DescendantNodesAndSelf()": _of("descendant_nodes", "XNode", with_self=True),
    "void SetValue(object value)": Inline("self.set_value(value)"),
    "void SetAttributeValue(XName name, object value)": Inline("self.set_attribute(name, value)"),
    "void SetElementValue(XName name, object value)": Inline("self.set_element(name, value)"),
    "void RemoveAttributes()": Inline("self.remove_attributes()"),
    "void RemoveAll()": _remove_all,
    "void ReplaceAll(object content)": _replace_all,
    "void ReplaceAll(params object[] content)": _replace_all,
    "XNamespace GetDefaultNamespace()": Inline("self.namespace_of('')"),
    "XNamespace GetNamespaceOfPrefix(string prefix)": Inline("self.namespace_of(prefix)"),
    "string GetPrefixOfNamespace(XNamespace ns)": Inline("self.prefix_of(ns)"),
    "static XElement Parse(string text)": reader.parse_element,
    "static XElement Parse(string text, LoadOptions options)": reader.parse_element,
    **_conversions("XElement", "element"),
}


# ---- extension methods -----------------------------------------------------------------------------------------------


def _each(method: str, element: str = "XElement", **options: Any) -> Callable[..., Query]:
    def row(source: Any, *arguments: Any) -> Query:
        items = needed(source, "source")
        return _lazily(lambda: (found for own in items for found in getattr(own, method)(*arguments, **options)), element)

    return row


def _each_attribute(source: Any, name: XName | None = None) -> Query:
    items = needed(source, "source")
    return _lazily(lambda: (own for item in items for own in item.attributes if name is None or own.name == name), "XAttribute")


def _each_ancestor(with_self: bool) -> Callable[..., Query]:
    def row(source: Any, name: XName | None = None) -> Query:
        items = needed(source, "source")
        return _lazily(
            lambda: (
                above for own in items for above in own.ancestors(with_self=with_self) if name is None or above.name == name
            )
        )

    return row


def _remove_each(source: Any) -> None:
    for item in list(needed(source, "source")):
        item.remove()


_NODES, _CONTAINERS, _ELEMENTS = (
    "this IEnumerable<XNode> source",
    "this IEnumerable<XContainer> source",
    "this IEnumerable<XElement> source",
)


def _extension(result: str, name: str, source: str, implementation: Implementation) -> dict[str, Implementation]:
    return {
        f"static IEnumerable<{result}> {name}({', '.join(filter(None, (source, more)))})": implementation
        for more in _NAMED_ROWS
    }


_EXTENSIONS: dict[str, Implementation] = {
    **_extension("XElement", "Elements", _CONTAINERS, _each("elements")),
    **_extension("XElement", "Descendants", _CONTAINERS, _each("descendants")),
    **_extension("XElement", "DescendantsAndSelf", _ELEMENTS, _each("descendants", with_self=True)),
    **_extension("XElement", "Ancestors", _NODES, _each_ancestor(with_self=False)),
    **_extension("XElement", "AncestorsAndSelf", _ELEMENTS, _each_ancestor(with_self=True)),
    **_extension("XAttribute", "Attributes", _ELEMENTS, _each_attribute),
    f"static IEnumerable<XNode> Nodes({_CONTAINERS})": (
        lambda source: _lazily(lambda: (node for own in source for node in list(own.nodes)), "XNode")
    ),
    f"static IEnumerable<XNode> DescendantNodes({_CONTAINERS})": _each("descendant_nodes", "XNode"),
    f"static IEnumerable<XNode> DescendantNodesAndSelf({_ELEMENTS})": _each("descendant_nodes", "XNode", with_self=True),
    "static IEnumerable<T> InDocumentOrder<T>(this IEnumerable<T> source)": (
        lambda source: _lazily(lambda: sorted(source, key=cmp_to_key(_order)), "XNode")
    ),
    f"static void Remove({_NODES})": _remove_each,
    "static void Remove(this IEnumerable<XAttribute> source)": _remove_each,
}

_ATTRIBUTE_VALUE = (Inline("self.value"), Inline("self.set_value(value)"))


def _plain_value(static: type[Any]) -> dict[str, Implementation]:
    return {
        "new(string value)": static,
        f"new({static.__name__} other)": lambda other: needed(other, "other").copy(),
        "string Value": (Inline("self.value"), lambda own, value: setattr(own, "value", needed(value, "value"))),
    }


TYPES = (
    NODE_TYPE,
    LOAD,
    SAVE,
    Class(
        f"{_SPACE}.XNamespace",
        runtime=XNamespace,
        members={
            "static XNamespace None": Const(names.NO_NAMESPACE),
            "static XNamespace Xml": Const(names.XML),
            "static XNamespace Xmlns": Const(names.XMLNS),
            "static XNamespace Get(string namespaceName)": XNamespace,
            "string NamespaceName": Inline("self.name"),
            "XName GetName(string localName)": lambda space, local: names.in_namespace(local, space),
            "string ToString()": Inline("self.name"),
            "implicit XNamespace(string namespaceName)": lambda text: None if text is None else XNamespace(text),
            "XName operator +(XNamespace ns, string localName)": lambda space, local: names.in_namespace(
                local, needed(space, "ns")
            ),
            "bool operator ==(XNamespace left, XNamespace right)": Inline("left == right"),
            "bool operator !=(XNamespace left, XNamespace right)": Inline("left != right"),
        },
    ),
    Class(
        f"{_SPACE}.XName",
        runtime=XName,
        members={
            "string LocalName": Inline("self.local"),
            "XNamespace Namespace": Inline("self.namespace"),
            "string NamespaceName": Inline("self.namespace.name"),
            "string ToString()": Inline("str(self)", str=str),
            "static XName Get(string expandedName)": names.expanded,
            "static XName Get(string localName, string namespaceName)": names.in_namespace,
            "implicit XName(string expandedName)": lambda text: None if text is None else names.expanded(text),
            "bool operator ==(XName left, XName right)": Inline("left == right"),
            "bool operator !=(XName left, XName right)": Inline("left != right"),
        },
    ),
    Class(f"{_SPACE}.XObject", members=_OBJECT),
    Class(f"{_SPACE}.XNode", runtime=XNode, bases=("XObject",), members=_NODE),
    Class(f"{_SPACE}.XContainer", runtime=XContainer, bases=("XNode",), members=_CONTAINER),
    Class(f"{_SPACE}.XElement", runtime=XElement, bases=("XContainer",), members=_ELEMENT),
    Class(
        f"{_SPACE}.XDocument",
        runtime=XDocument,
        bases=("XContainer",),
        members={
            "new()": XDocument,
            "new(params object[] content)": XDocument,
            "new(XDeclaration declaration, params object[] content)": lambda own, content: XDocument(content, declaration=own),
            "new(XDocument other)": lambda other: needed(other, "other").copy(),
            "XElement Root": Inline("self.root"),
            "XDeclaration Declaration": (Inline("self.declaration"), lambda own, value: setattr(own, "declaration", value)),
            "XDocumentType DocumentType": Inline("self.document_type()"),
            "static XDocument Parse(string text)": reader.parse_document,
            "static XDocument Parse(string text, LoadOptions options)": reader.parse_document,
            "void Save(StringWriter textWriter)": _save,
            "void Save(StringWriter textWriter, SaveOptions options)": _save,
        },
    ),
    Class(
        f"{_SPACE}.XAttribute",
        runtime=XAttribute,
        bases=("XObject",),
        members={
            "new(XName name, object value)": lambda name, value: XAttribute(needed(name, "name"), value),
            "new(XAttribute other)": lambda other: needed(other, "other").copy(),
            "XName Name": Inline("self.name"),
            "string Value": _ATTRIBUTE_VALUE,
            "bool IsNamespaceDeclaration": Inline("self.is_declaration"),
            "XAttribute NextAttribute": Inline("self.neighbour(1)"),
            "XAttribute PreviousAttribute": Inline("self.neighbour(-1)"),
            "void SetValue(object value)": Inline("self.set_value(value)"),
            "void Remove()": Inline("self.remove()"),
            "static IEnumerable<XAttribute> EmptySequence": lambda: _lazily(lambda: (), "XAttribute"),
            **_conversions("XAttribute", "attribute"),
        },
    ),
    Class(f"{_SPACE}.XText", runtime=XText, bases=("XNode",), members=_plain_value(XText)),
    Class(f"{_SPACE}.XCData", runtime=XCData, bases=("XText",), members=_plain_value(XCData)),
    Class(f"{_SPACE}.XComment", runtime=XComment, bases=("XNode",), members=_plain_value(XComment)),
    Class(
        f"{_SPACE}.XProcessingInstruction",
        runtime=XProcessingInstruction,
        bases=("XNode",),
        members={
            "new(string target, string data)": XProcessingInstruction,
            "string Target": Inline("self.target"),
            "string Data": Inline("self.data"),
        },
    ),
    Class(
        f"{_SPACE}.XDocumentType",
        runtime=XDocumentType,
        bases=("XNode",),
        members={
            "new(string name, string publicId, string systemId, string internalSubset)": XDocumentType,
            "string Name": Inline("self.name"),
            "string PublicId": Inline("self.public_id"),
            "string SystemId": Inline("self.system_id"),
            "string InternalSubset": Inline("self.internal_subset"),
        },
    ),
    Class(
        f"{_SPACE}.XDeclaration",
        runtime=XDeclaration,
        members={
            "new(string version, string encoding, string standalone)": XDeclaration,
            "string Version": Inline("self.version"),
            "string Encoding": Inline("self.encoding"),
            "string Standalone": Inline("self.standalone"),
            "string ToString()": Inline("str(self)", str=str),
        },
    ),
    Class(
        f"{_SPACE}.XNodeEqualityComparer",
        runtime=EqualityComparer,
        bases=("IEqualityComparer<XNode>",),
        members={"new()": EqualityComparer},
    ),
    Class(
        f"{_SPACE}.XNodeDocumentOrderComparer",
        runtime=OrderComparer,
        bases=("IComparer<XNode>",),
        members={"new()": OrderComparer},
    ),
    Static(f"{_SPACE}.Extensions", members=_EXTENSIONS),
)
