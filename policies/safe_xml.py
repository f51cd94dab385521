"""Parsing XML that comes from outside.

The rule here: no DTD, no entity of the document's own, no file, no network, no giant trees. lxml is imported when the first
document comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["XmlError", "parse_xml"]


class XmlError(ValueError):
    """Not well formed, or holding what is not accepted; the text says which and where."""


def parse_xml(data: bytes, *, keep_blanks: bool = True) -> _Element:
    """The root element. Raises XmlError."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=not keep_blanks
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlError(str(error)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlError("document types are not accepted")
    return root
