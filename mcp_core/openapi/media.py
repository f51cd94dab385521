"""Media types of bodies: what each means for an argument, and which is best to send.

The rule here: JSON before forms, forms before text, text before bytes, for a model writes them in that order of ease. A type
that says nothing of its shape gives way to one that does.
"""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["Kind", "kind_of", "media_type_of", "rank"]

Kind = Literal["json", "form", "multipart", "text", "xml", "binary"]

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+*-]+/[A-Za-z0-9!#$&^_.+*-]+(\s*;.*)?")
_NICKNAMES = {
    "json": "application/json",
    "xml": "application/xml",
    "form": "application/x-www-form-urlencoded",
    "*": "*/*",
}
_TEXTS = frozenset(
    {
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq", "application/yaml",
        "application/x-yaml", "application/graphql", "application/sql", "application/javascript", "application/csv",
        "application/toml", "application/sparql-query", "application/n-triples", "application/jwt",
    }
)  # fmt: skip
_ORDER: tuple[Kind, ...] = ("json", "form", "multipart", "text", "xml", "binary")


def media_type_of(text: str) -> str:
    """The media type or range that a document names, "" when it names none."""
    named = _NICKNAMES.get(text.strip().lower(), text.strip())
    return named if _MEDIA_TYPE.fullmatch(named) else ""


def kind_of(media_type: str) -> Kind:
    """What a body of that media type is made of."""
    essence = media_type.partition(";")[0].strip().lower()
    main, _, sub = essence.partition("/")
    if (
        essence in ("*/*", "application/*")
        or sub == "json"
        or sub.endswith("+json")
        or sub.startswith(("json-patch", "x-json", "x-amz-json"))
    ):
        return "json"
    if essence == "application/x-www-form-urlencoded":
        return "form"
    if main == "multipart":
        return "multipart"
    if sub == "xml" or sub.endswith("+xml"):
        return "xml"
    return "text" if main == "text" or essence in _TEXTS or sub.endswith("+yaml") else "binary"


def rank(media_type: str, *, shaped: bool) -> tuple[bool, int, bool]:
    """A sort key, best first. `shaped`: the document says what the body looks like."""
    kind = kind_of(media_type)
    return (kind == "json" and not shaped, _ORDER.index(kind), not media_type.lower().startswith("application/json"))
