"""A token's text → its parts (RFC 7515 §7.1, RFC 7516 §7.1).

The rule here: nothing is believed yet. Size, alphabet, JSON and `crit` are checked before any cryptography.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from binascii import Error as BinasciiError
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from policies.tokens.refused import malformed

__all__ = ["LONGEST", "Head", "encrypted_head", "is_encrypted", "object_of", "parts_of", "unsigned_token"]

LONGEST = 32 * 1024
"""Characters of a token. Headers of 16 KiB are what most servers take; a token in a body may be larger, but not boundless."""

_ENCRYPTED = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+){3}")
_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
"""base64url → base64; what stands in base64 alone → what stands in neither."""
_PADDING = (b"", b"===", b"==", b"=")
"""By the rest of a length divided by four."""


class Head:
    """A header that may be believed to be one: a JSON object with `alg`, and without what is not understood."""

    __slots__ = ("algorithm", "kid", "members")

    def __init__(self, members: dict[str, Any]) -> None:
        """Raises TokenRefused."""
        algorithm, kid = members.get("alg"), members.get("kid", "")
        if not isinstance(algorithm, str) or not isinstance(kid, str):
            raise malformed("The header of the JWT is not valid.")
        # RFC 7515 §4.1.11: what is not understood must be refused. No extension is understood here; `b64` (RFC 7797) is one.
        if "crit" in members or "b64" in members:
            raise malformed("The JWT uses an extension that is not supported.")
        self.members = members
        self.algorithm = algorithm
        self.kid = kid


def parts_of(token: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Header and payload as they are encoded (`object_of`), the signing input, and the signature. Raises TokenRefused."""
    segments = token.translate(_STANDARD).split(b".")
    if len(segments) != 3:
        raise malformed("The JWT is not well formed.")
    header, payload, signature = segments
    try:
        made = a2b_base64(signature + _PADDING[len(signature) % 4], strict_mode=True)
    except BinasciiError:
        raise malformed("The JWT is not well formed.") from None
    return header, payload, token[: -1 - len(signature)], made


def object_of(segment: bytes, what: str) -> dict[str, Any]:
    """A header or claims. Raises TokenRefused."""
    try:
        found = from_json(a2b_base64(segment + _PADDING[len(segment) % 4], strict_mode=True), allow_inf_nan=False)
    except ValueError:
        found = None
    if type(found) is not dict:
        raise malformed(f"The {what} of the JWT is no JSON object.")
    return found


def is_encrypted(token: bytes) -> bool:
    """By the number of its segments."""
    return token.count(b".") == 4


def encrypted_head(token: bytes) -> Head:
    """The header of an encrypted token, the only part that can be read. Raises TokenRefused."""
    if _ENCRYPTED.fullmatch(token) is None:
        raise malformed("The JWT is not well formed.")
    return Head(object_of(token.translate(_STANDARD).partition(b".")[0], "header"))


def unsigned_token(header: Mapping[str, Any], claims: bytes) -> bytes:
    """Claims that stand for themselves, as the token that nobody signed (RFC 7519 §6)."""
    said = json.dumps({**header, "alg": "none"}).encode()
    return b".".join(urlsafe_b64encode(each).rstrip(b"=") for each in (said, claims)) + b"."
