"""Texts as keys of a table.

The rule here: different texts give different keys, every key is legal in Azure Table Storage, and plain names stay readable.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["MAX_ENCODED", "decode", "digest", "encode"]

MAX_ENCODED = 400  # of the 512 characters a key may have: room for a prefix
_PLAIN = re.compile(r"[A-Za-z0-9._~@!$()*+,;: -]*")
_ESCAPED = re.compile(rb"[^A-Za-z0-9._~@!$()*+,;: -]")
_CODE = re.compile(r"=([0-9A-F]{2})")
_HASHED = "=~"  # no escape begins so


def encode(text: str) -> str:
    """A legal key for any text: other characters than plain ones become `=XX`, byte by byte of UTF-8. A text that would take
    more than 400 characters is replaced by its hash and cannot be decoded. The empty text is "="."""
    if not text:
        return "="
    if len(text) <= MAX_ENCODED and _PLAIN.fullmatch(text):
        return text
    raw = text.encode("utf-8", "surrogatepass")
    key = _ESCAPED.sub(lambda found: b"=%02X" % found[0][0], raw).decode("ascii")
    return key if len(key) <= MAX_ENCODED else _HASHED + hashlib.sha256(raw).hexdigest()


def decode(key: str) -> str:
    """The text that `encode` was given. Raises ValueError for a hashed or foreign key."""
    if key == "=":
        return ""
    if key.startswith(_HASHED):
        raise ValueError(f"{key!r} is a hash; its text cannot be had back.")
    raw = _CODE.sub(lambda found: chr(int(found[1], 16)), key).encode("latin-1")
    text = raw.decode("utf-8", "surrogatepass")
    if encode(text) != key:
        raise ValueError(f"{key[:80]!r} is not a key that `encode` gives.")
    return text


def digest(*parts: str) -> str:
    """128 bits of hash over the parts as 32 hexadecimal digits: one partition for each sequence of texts, spread evenly.
    `("ab", "c")` and `("a", "bc")` differ."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        state.update(b"%d:" % len(raw))
        state.update(raw)
    return state.hexdigest()
