"""XML text to nodes.

The rule here: expat reads, with every entity declaration and every document type with an internal subset refused, so that
nothing can be expanded or fetched; white space between elements is dropped unless it is to be preserved.
"""

from __future__ import annotations

from typing import Any, Final
from xml.parsers import expat

from policies.dotnet.exceptions import ArgumentNullException, XmlException
from policies.dotnet.meter import charge
from policies.dotnet.values import scalars, units
from policies.dotnet.xml.elements import XAttribute, XContainer, XDocument, XElement
from policies.dotnet.xml.names import NO_NAMESPACE, XML, XMLNS, XName, XNamespace
from policies.dotnet.xml.nodes import XCData, XComment, XDeclaration, XDocumentType, XProcessingInstruction, XText

__all__ = ["parse_document", "parse_element", "read_as"]

_DEEPEST: Final = 250
_SPACE: Final = " \t\r\n"
_PRESERVE: Final = 1


def parse_document(text: str | None, options: int = 0) -> XDocument:
    """XDocument.Parse."""
    if text is None:
        raise ArgumentNullException("text")
    return _Builder(bool(int(options) & _PRESERVE)).read(text)


def parse_element(text: str | None, options: int = 0) -> XElement:
    """XElement.Parse."""
    document = parse_document(text, options)
    root = document.root
    assert root is not None
    document.take_out(root)
    return root


def read_as(kind: str, text: str) -> Any:
    """A body as an XDocument, an XElement or an XNode."""
    return parse_document(text) if kind == "XDocument" else parse_element(text)


class _Builder:
    """Builds a document from the parser's events."""

    def __init__(self, preserve: bool) -> None:
        self.document = XDocument()
        self.current: XContainer = self.document
        self.scopes: list[dict[str, XNamespace]] = [{"": NO_NAMESPACE, "xml": XML, "xmlns": XMLNS}]
        self.preserve = [preserve]
        self.names: list[str] = []
        self.cdata: list[str] | None = None
        self.text: list[str] = []
        self.data = b""
        self.parser = expat.ParserCreate("utf-8")

    def read(self, text: str) -> XDocument:
        """The document of a text."""
        parser = self.parser
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.CommentHandler = self.comment
        parser.ProcessingInstructionHandler = self.instruction
        parser.StartCdataSectionHandler = self.start_cdata
        parser.EndCdataSectionHandler = self.end_cdata
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.document_type
        parser.EntityDeclHandler = self.entity
        charge(len(text) >> 4)
        self.data = scalars(text).encode("utf-8")
        try:
            parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise self.error(_explained(error, self, text)) from None
        return self.document

    def error(self, what: str) -> XmlException:
        """An exception that names the place."""
        if what.endswith("missing."):
            return XmlException(what)
        return XmlException(f"{what} Line {self.parser.ErrorLineNumber}, position {self.parser.ErrorColumnNumber + 1}.")

    # ---- events

    def start(self, name: str, pairs: list[str]) -> None:
        self.flush()
        scope = self.scopes[-1]
        found = dict(zip(pairs[::2], pairs[1::2], strict=True))
        declared = {
            attribute.partition(":")[2]: XNamespace(units(value))
            for attribute, value in found.items()
            if attribute == "xmlns" or attribute.startswith("xmlns:")
        }
        if declared:
            scope = {**scope, **declared}
        element = XElement(self.name(name, scope, default=True))
        for attribute, value in found.items():
            own = XAttribute(self.name(attribute, scope, default=False), units(value))
            own.parent = element
            element.attributes.append(own)
        element.parent = self.current
        self.current.nodes.append(element)
        self.current = element
        self.scopes.append(scope)
        space = found.get("xml:space")
        self.preserve.append(space == "preserve" if space in ("preserve", "default") else self.preserve[-1])
        self.names.append(name)
        if len(self.names) > _DEEPEST:
            raise XmlException(f"The document is nested more than {_DEEPEST} deep.")
        # an element of no content is written <a /> when it stood so: its source ends with "/>", its events do not tell
        element.is_open = not self._is_closed_at_once()

    def _is_closed_at_once(self) -> bool:
        """Whether the start tag that the parser stands at closes itself."""
        quote = 0
        for at in range(self.parser.CurrentByteIndex, len(self.data)):
            byte = self.data[at]
            if quote:
                quote = 0 if byte == quote else quote
            elif byte in b"\"'":
                quote = byte
            elif byte == 0x3E:
                return self.data[at - 1] == 0x2F
        return False

    def name(self, text: str, scope: dict[str, XNamespace], *, default: bool) -> XName:
        prefix, colon, local = text.partition(":")
        if not colon:
            return XName(units(text), scope[""] if default else NO_NAMESPACE)
        namespace = scope.get(prefix)
        if namespace is None:
            raise XmlException(
                f"'{prefix}' is an undeclared prefix. Line {self.parser.CurrentLineNumber}, position "
                f"{self.parser.CurrentColumnNumber + 2}."
            )
        return XName(units(local), namespace)

    def end(self, _name: str) -> None:
        self.flush()
        assert self.current.parent is not None
        self.current = self.current.parent
        self.scopes.pop()
        self.preserve.pop()
        self.names.pop()

    def characters(self, text: str) -> None:
        (self.text if self.cdata is None else self.cdata).append(text)

    def flush(self) -> None:
        """The text so far as a node, unless it is white space that does not count."""
        text = "".join(self.text)
        self.text.clear()
        if text and self.current is not self.document and (self.preserve[-1] or text.strip(_SPACE)):
            self.put(XText(units(text)))

    def put(self, node: Any) -> None:
        node.parent = self.current
        self.current.nodes.append(node)

    def comment(self, text: str) -> None:
        self.flush()
        self.put(XComment(units(text)))

    def instruction(self, target: str, data: str) -> None:
        self.flush()
        self.put(XProcessingInstruction(units(target), units(data)))

    def start_cdata(self) -> None:
        self.flush()
        self.cdata = []

    def end_cdata(self) -> None:
        assert self.cdata is not None
        self.put(XCData(units("".join(self.cdata))))
        self.cdata = None

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        shown = {1: "yes", 0: "no"}.get(standalone)
        self.document.declaration = XDeclaration(version, encoding, shown)

    def document_type(self, name: str, system_id: str | None, public_id: str | None, has_subset: int) -> None:
        if has_subset:
            raise XmlException("A document type with an internal subset is not allowed here.")
        self.put(XDocumentType(units(name), public_id, system_id, ""))

    def entity(self, *_parts: object) -> None:
        raise XmlException("Entity declarations are not allowed here.")


def _explained(error: expat.ExpatError, builder: _Builder, text: str) -> str:
    """The error in .NET's words where they are known."""
    message, names = expat.ErrorString(error.code), builder.names
    if not text.strip(_SPACE) or (message == "no element found" and builder.document.root is None):
        return "Root element is missing."
    if message in ("no element found", "unclosed token") and names:
        return f"Unexpected end of file has occurred. The following elements are not closed: {', '.join(names[::-1])}."
    if message == "mismatched tag" and names:
        return f"The '{names[-1]}' start tag does not match the end tag."
    if builder.document.root is None and not names and message in ("syntax error", "not well-formed (invalid token)"):
        return "Data at the root level is invalid."
    return _WORDS.get(message, f"The text is not well-formed XML: {message}.")


_WORDS: Final = {
    "undefined entity": "Reference to undeclared entity.",
    "duplicate attribute": "A duplicate attribute name was found.",
    "junk after document element": "There are multiple root elements, or data after the root element.",
}
