"""Media types and charsets: what a Content-Type says, and what text it makes of bytes.

The rule here: a header may be wrong; whatever it says, bytes become some text without an error.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

__all__ = ["charset_of", "decode_text", "essence_of", "is_json", "is_textual", "is_xml", "parameter_of"]


@lru_cache(maxsize=512)
def essence_of(content_type: str) -> str:
    """`type/subtype` in lower case, without parameters; "" for what is no media type."""
    essence = content_type.partition(";")[0].strip().lower()
    return essence if _ESSENCE.fullmatch(essence) else ""


_ESSENCE = re.compile(r"[\w!#$&^.+\-*]+/[\w!#$&^.+\-*]+")


def parameter_of(content_type: str, name: str) -> str:
    """A parameter's value, unquoted; "" when it is absent."""
    match = re.search(rf';\s*{name}\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)', content_type, re.IGNORECASE)
    if match is None:
        return ""
    value = match[1]
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


@lru_cache(maxsize=512)
def is_json(essence: str) -> bool:
    subtype = essence.rpartition("/")[2]
    return subtype == "json" or subtype.endswith("+json") or subtype.startswith(("json-patch", "x-json", "x-amz-json"))


def is_xml(essence: str) -> bool:
    return essence.endswith(("/xml", "+xml"))


_TEXTUAL = frozenset(
    f"application/{name}"
    for name in (
        *("javascript", "ecmascript", "x-javascript", "yaml", "x-yaml", "toml", "graphql", "sql", "x-sh", "x-httpd-php"),
        *("x-www-form-urlencoded", "x-ndjson", "jsonl", "json-seq", "xml-dtd", "rtf", "jwt", "jose", "x-pem-file", "x-tex"),
    )
)


@lru_cache(maxsize=512)
def is_textual(essence: str) -> bool:
    """Whether content of this type is text, as far as the type says."""
    return (
        essence.startswith("text/") or is_json(essence) or is_xml(essence) or essence in _TEXTUAL or essence.endswith("+yaml")
    )


@lru_cache(maxsize=512)
def charset_of(content_type: str) -> str:
    """The Python codec for the `charset` parameter; "" when it is absent or none that text is written in."""
    return _codec(parameter_of(content_type, "charset").strip("'"))


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    return found if _TEXT_CODEC.match(found) else ""


# Not zlib, idna, punycode, unicode_escape …: they are no charsets, and some take quadratic time.
_TEXT_CODEC = re.compile(r"utf-?(8|16|32)|ascii|iso|cp\d|windows|latin|koi8|big5|gb|euc|shift|mac|tis|hz|johab|ptcp|kz")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_XML_ENCODING = re.compile(rb"""\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")


def decode_text(content: bytes, content_type: str = "") -> str:
    """Bytes as text: a byte order mark wins, then the named charset, then UTF-8; what fits none is read as Windows-1252,
    the charset of most mislabelled text."""
    if content.startswith((b"\xef", b"\xff", b"\xfe")):
        for mark, charset in _MARKS:
            if content.startswith(mark):
                return content.decode(charset, "replace")
    for charset in (charset_of(content_type) or _declared(content, content_type), "utf-8"):
        if charset:
            try:
                return content.decode(charset)
            except UnicodeDecodeError:
                continue
    return content.decode("cp1252", "replace")


def _declared(content: bytes, content_type: str) -> str:
    if not is_xml(essence_of(content_type)):
        return ""
    match = _XML_ENCODING.match(content[:200])
    return _codec(match[1].decode("ascii")) if match else ""
