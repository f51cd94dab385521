"""XNamespace and XName.

The rule here: equal names are equal values; a text "{namespace}local" converts to a name.
"""

from __future__ import annotations

import re
from typing import Final

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, XmlException

__all__ = ["NO_NAMESPACE", "XML", "XMLNS", "XName", "XNamespace", "expanded", "verify_name"]

_START = (
    r"_A-Za-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uDFFF"
    r"\uF900-\uFDCF\uFDF0-\uFFFD"
)
_NAME = re.compile(rf"[{_START}][{_START}.\-0-9\xB7\u0300-\u036F\u203F\u2040]*")


def verify_name(text: str) -> str:
    """The text if it is an XML name without a colon; XmlException else."""
    found = _NAME.match(text)
    end = 0 if found is None else found.end()
    if found is None or end < len(text):
        bad = text[end]
        where = "be included in a name" if end else "begin a name"
        if end == 0 and not re.match(r"[.\-0-9]", bad):
            where = "be included in a name"
        raise XmlException(f"The '{bad}' character, hexadecimal value 0x{ord(bad):02X}, cannot {where}.")
    return text


class XNamespace:
    """A namespace by its name (a URI)."""

    __slots__ = ("name",)

    def __init__(self, name: str | None) -> None:
        if name is None:
            raise ArgumentNullException("namespaceName")
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XNamespace) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name


NO_NAMESPACE: Final = XNamespace("")
XML: Final = XNamespace("http://www.w3.org/XML/1998/namespace")
XMLNS: Final = XNamespace("http://www.w3.org/2000/xmlns/")


class XName:
    """A local name in a namespace."""

    __slots__ = ("local", "namespace")

    def __init__(self, local: str, namespace: XNamespace = NO_NAMESPACE) -> None:
        self.local = local
        self.namespace = namespace

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XName) and self.local == other.local and self.namespace.name == other.namespace.name

    def __hash__(self) -> int:
        return hash((self.local, self.namespace.name))

    def __str__(self) -> str:
        return f"{{{self.namespace.name}}}{self.local}" if self.namespace.name else self.local


def expanded(text: str | None) -> XName:
    """XName.Get(expandedName)."""
    if text is None:
        raise ArgumentNullException("expandedName")
    if text.startswith("{"):
        namespace, brace, local = text[1:].partition("}")
        if brace and namespace and local:
            return XName(verify_name(local), XNamespace(namespace))
    if not text or text.startswith("{"):
        raise ArgumentException(f"'{text}' is an invalid expanded name.")
    return XName(verify_name(text))


def in_namespace(local: str | None, namespace: XNamespace | str | None) -> XName:
    """XName.Get(localName, namespaceName) and `namespace + localName`."""
    if local is None:
        raise ArgumentNullException("localName")
    return XName(verify_name(local), namespace if isinstance(namespace, XNamespace) else XNamespace(namespace))
