"""A token's text → its parts (RFC 7515 §7.1, RFC 7516 §7.1).

The rule here: nothing is believed yet. Size, alphabet, JSON and `crit` are checked before any cryptography.
"""

from __future__ import annotations

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from policies.tokens.refused import malformed

__all__ = ["LONGEST", "Head", "Parts", "claims_of", "parts_of"]

LONGEST = 32 * 1024
"""Characters of a token. Headers of 16 KiB are what most servers take; a token in a body may be larger, but not boundless."""

_SIGNED = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_ENCRYPTED = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_PADDING = (b"", b"===", b"==", b"=")
"""By the rest of a length divided by four."""


class Head:
    """A header that may be believed to be one: a JSON object with `alg`, and without what is not understood. The same object
    for the same text, as long as it is remembered; nobody changes it."""

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


class Parts:
    """A signed token taken apart, or an encrypted one, of which only the header can be read."""

    __slots__ = ("head", "is_encrypted", "payload", "signature", "signing_input")

    def __init__(
        self,
        head: Head,
        signing_input: bytes = b"",
        payload: bytes = b"",
        signature: bytes = b"",
        *,
        is_encrypted: bool = False,
    ) -> None:
        self.head = head
        self.signing_input = signing_input
        self.payload = payload
        self.signature = signature
        self.is_encrypted = is_encrypted


def parts_of(token: bytes) -> Parts:
    """The parts of a compact serialization. Raises TokenRefused."""
    if len(token) > LONGEST:
        raise malformed(f"The JWT is longer than {LONGEST:,} characters.")
    if _SIGNED.fullmatch(token) is None:
        if _ENCRYPTED.fullmatch(token) is None:
            raise malformed("The JWT is not well formed.")
        return Parts(_head(token.partition(b".")[0]), is_encrypted=True)
    head, payload, signature = token.split(b".")
    known = _head(head)
    try:
        return Parts(
            known,
            token[: -1 - len(signature)],
            a2b_base64(payload.translate(_STANDARD) + _PADDING[len(payload) % 4]),
            a2b_base64(signature.translate(_STANDARD) + _PADDING[len(signature) % 4]),
        )
    except BinasciiError:
        raise malformed("The JWT is not well formed.") from None


def claims_of(payload: bytes) -> dict[str, Any]:
    """The claims. Raises TokenRefused for what is no JSON object."""
    try:
        found = from_json(payload, allow_inf_nan=False)
    except ValueError:
        found = None
    if type(found) is not dict:
        raise malformed("The claims of the JWT are not a JSON object.")
    return found


@lru_cache(64)
def _head(text: bytes) -> Head:
    """A header; the tokens of one key all have the same."""
    try:
        found = from_json(a2b_base64(text.translate(_STANDARD) + _PADDING[len(text) % 4]), allow_inf_nan=False)
    except BinasciiError:
        raise malformed("The JWT is not well formed.") from None
    except ValueError:
        found = None
    if type(found) is not dict:
        raise malformed("The header of the JWT is not a JSON object.")
    return Head(found)
