"""XML as JSON and JSON as XML, in the shapes that APIM's `xml-to-json` and `json-to-xml` give.

The rule here: text in, text out; what cannot be converted raises ConversionError.
"""

from __future__ import annotations

import json
import re
from typing import Any

from policies.records import Record
from policies.safe_xml import XmlError, parse_xml

__all__ = ["ConversionError", "JsonToXml", "xml_to_json"]

_DEEPEST = 200


class ConversionError(ValueError):
    """The content is not what it should be; the text says why."""


def xml_to_json(data: bytes, *, is_direct: bool, always_array: bool) -> str:
    """An XML document as JSON.

    Direct: attributes are `@name`, text beside them `#text`, a prefix is kept as `prefix$name`, and the declaration's version
    is a member of its own, as APIM has it. JavaScript-friendly: local names only, text beside attributes is `text`.
    """
    try:
        root = parse_xml(data)
    except XmlError as error:
        raise ConversionError(str(error)) from None
    writer = _ToJson(is_direct, always_array)
    document: dict[str, Any] = {}
    if is_direct and data.lstrip()[:5] == b"<?xml":
        document["version"] = root.getroottree().docinfo.xml_version
    document[writer.name(root, root.tag)] = writer.value(root, 0)
    return json.dumps(document, ensure_ascii=False)


class _ToJson(Record):
    is_direct: bool
    always_array: bool

    def name(self, element: Any, tag: str) -> str:
        """An element's or attribute's name in JSON."""
        namespace, _, local = tag.rpartition("}")
        if not self.is_direct or not namespace:
            return local
        prefix = next((p for p, uri in element.nsmap.items() if p and uri == namespace[1:]), None)
        if prefix is None or (element.tag == tag and element.prefix is None):
            return local
        return f"{element.prefix if element.tag == tag else prefix}${local}"

    def value(self, element: Any, depth: int) -> Any:
        """What an element holds."""
        if depth > _DEEPEST:
            raise ConversionError(f"more than {_DEEPEST} elements inside one another")
        members: dict[str, Any] = self._attributes(element)
        has_attributes = bool(members)
        children = [child for child in element if isinstance(child.tag, str)]
        text = "".join([element.text or "", *(child.tail or "" for child in element)])
        for child in children:
            name, value = self.name(child, child.tag), self.value(child, depth + 1)
            if name not in members:
                members[name] = [value] if self.always_array else value
            elif isinstance(members[name], list):
                members[name].append(value)
            else:
                members[name] = [members[name], value]
        if not children and not has_attributes:
            return text or None
        if text.strip():
            members["#text" if self.is_direct else "text"] = text if not children else text.strip()
        return members

    def _attributes(self, element: Any) -> dict[str, Any]:
        sign = "@" if self.is_direct else ""
        members = {}
        if self.is_direct:
            parent = element.getparent()
            outer = {} if parent is None else parent.nsmap
            for prefix, uri in element.nsmap.items():
                if outer.get(prefix) != uri:
                    members[f"@xmlns${prefix}" if prefix else "@xmlns"] = uri
        return members | {f"{sign}{self.name(element, name)}": value for name, value in element.attrib.items()}


class JsonToXml(Record):
    """JSON as XML. A member is an element, an array repeats it; `separator`, `prefix` and `attributes` are the policy's
    namespace-separator, namespace-prefix and attribute-block-name ("" is not set). A document with several members, or
    none, gets the root `Document`."""

    separator: str = "_"
    prefix: str = ""
    attributes: str = ""
    parse_dates: bool = True

    def convert(self, data: bytes) -> bytes:
        """The document, UTF-8, without a declaration. Raises ConversionError."""
        from lxml import etree

        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise ConversionError("the content is not JSON") from None
        name, content = "Document", value
        if isinstance(value, dict) and len(value) == 1:
            only, inner = next(iter(value.items()))
            if not isinstance(inner, list):
                name, content = only, inner
        elif isinstance(value, list):
            content = {"Item": value}
        try:
            root = self._element(None, name, content, {}, 0)
        except ValueError as error:
            raise ConversionError(str(error)) from None
        return etree.tostring(root, encoding="utf-8")

    def _element(self, parent: Any, name: str, value: Any, scope: dict[str | None, str], depth: int) -> Any:
        from lxml import etree

        if depth > _DEEPEST:
            raise ConversionError(f"more than {_DEEPEST} objects inside one another")
        declared = self._declared(value)
        inside = {**scope, **declared}
        tag = self._qualified(name, inside, is_attribute=False)
        nsmap: Any = declared or None
        element: Any = etree.Element(tag, nsmap=nsmap) if parent is None else etree.SubElement(parent, tag, nsmap=nsmap)
        if isinstance(value, dict):
            for member, content in value.items():
                self._member(element, member, content, inside, depth)
        elif isinstance(value, list):
            for item in value:
                self._element(element, "Item", item, inside, depth + 1)
        elif value is not None:
            element.text = self._text(value)
        return element

    def _member(self, element: Any, name: str, value: Any, scope: dict[str | None, str], depth: int) -> None:
        if self._declares(name) is not None and isinstance(value, str):
            return
        if self.attributes and name == self.attributes and isinstance(value, dict):
            for attribute, content in value.items():
                element.set(self._qualified(attribute, scope, is_attribute=True), self._text(content))
        elif name == "#text" and not isinstance(value, (dict, list)):
            element.text = self._text(value)
        elif isinstance(value, list):
            for item in value:
                self._element(element, name, item, scope, depth + 1)
        else:
            self._element(element, name, value, scope, depth + 1)

    def _declared(self, value: Any) -> dict[str | None, str]:
        if not isinstance(value, dict) or not self.prefix:
            return {}
        found = {}
        for name, uri in value.items():
            prefix = self._declares(name)
            if prefix is not None and isinstance(uri, str):
                found[prefix or None] = uri
        return found

    def _declares(self, name: str) -> str | None:
        """The prefix that a member declares ("" is the default namespace), or None when it declares none."""
        if not self.prefix:
            return None
        if name == self.prefix:
            return ""
        start = self.prefix + self.separator
        return name[len(start) :] if self.separator and name.startswith(start) else None

    def _qualified(self, name: str, scope: dict[str | None, str], *, is_attribute: bool) -> str:
        prefix, sign, local = name.partition(self.separator) if self.separator else (name, "", "")
        if sign and local and prefix in scope:
            return f"{{{scope[prefix]}}}{_xml_name(local)}"
        default = None if is_attribute else scope.get(None)
        return f"{{{default}}}{_xml_name(name)}" if default else _xml_name(name)

    def _text(self, value: Any) -> str:
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case str():
                return self._date(value) if self.parse_dates else value
            case float() | int():
                return json.dumps(value)
            case _:
                return json.dumps(value, ensure_ascii=False)

    @staticmethod
    def _date(text: str) -> str:
        """A date as XML Schema writes it, other text as it is."""
        from policies.dotnet.dates.formats import format_moment
        from policies.dotnet.json.reader import date_in

        moment = date_in(text)
        return text if moment is None else format_moment(moment, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK")


_FIRST = re.compile(r"[A-Za-z_\u00c0-\u02ff\u0370-\u1fff\u3001-\ud7ff]")
_REST = re.compile(r"[\w.\-\u00b7]")


def _xml_name(name: str) -> str:
    """A member's name as an XML name: what XML does not allow becomes `_xHHHH_`, as .NET's XmlConvert.EncodeName has it."""
    if not name:
        raise ConversionError("a member without a name cannot be an element")
    return "".join(
        char if (_FIRST if index == 0 else _REST).match(char) else f"_x{ord(char):04X}_" for index, char in enumerate(name)
    )
