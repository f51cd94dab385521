"""XML as JSON, as Newtonsoft's converter has it: attributes "@name", text "#text", equal names in an array.

The rule here: an element of nothing is null, one of text alone is that text.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.dotnet.json.containers import JArray, JObject
from policies.dotnet.json.model import JToken
from policies.dotnet.json.scalars import JValue
from policies.dotnet.xml.elements import XElement
from policies.dotnet.xml.names import XML, XMLNS, XName
from policies.dotnet.xml.nodes import XCData, XComment, XDeclaration, XNode, XProcessingInstruction, XText

__all__ = ["object_of"]


def object_of(nodes: Iterable[XNode], declaration: XDeclaration | None = None) -> JObject:
    """The nodes of a document or an element as an object."""
    found = JObject()
    if declaration is not None:
        own = JObject()
        for name in ("version", "encoding", "standalone"):
            value = getattr(declaration, name)
            if value is not None:
                own.put(f"@{name}", JValue(value))
        found.put("?xml", own)
    _members(found, nodes)
    return found


def _members(found: JObject, nodes: Iterable[XNode]) -> None:
    groups: dict[str, list[JToken]] = {}
    for node in nodes:
        if isinstance(node, XElement):
            groups.setdefault(_name(node, node.name), []).append(_content(node))
        elif isinstance(node, XCData):
            groups.setdefault("#cdata-section", []).append(JValue(node.value))
        elif isinstance(node, XText) and not isinstance(node, XComment):
            groups.setdefault("#text", []).append(JValue(node.value))
        elif isinstance(node, XProcessingInstruction):
            groups.setdefault(f"?{node.target}", []).append(JValue(node.data))
    for name, tokens in groups.items():
        if len(tokens) == 1:
            found.put(name, tokens[0])
        else:
            array = JArray()
            for token in tokens:
                array.add(token)
            found.put(name, array)


def _content(element: XElement) -> JToken:
    nodes = [node for node in element.nodes if not isinstance(node, XComment)]
    if not element.attributes:
        if not nodes:
            return JValue("") if element.is_open else JValue()
        if len(nodes) == 1 and type(nodes[0]) is XText:
            return JValue(nodes[0].value)
    found = JObject()
    for attribute in element.attributes:
        found.put(f"@{_name(element, attribute.name, attribute=True)}", JValue(attribute.value))
    _members(found, nodes)
    return found


def _name(element: XElement, name: XName, *, attribute: bool = False) -> str:
    if name.namespace == XMLNS:
        return f"xmlns:{name.local}"
    if not name.namespace.name or (not attribute and element.namespace_of("") == name.namespace):
        return name.local
    prefix = "xml" if name.namespace == XML else element.prefix_of(name.namespace)
    return f"{prefix}:{name.local}" if prefix else name.local
