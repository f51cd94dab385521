"""A token's text → its parts (RFC 7515 §7.1, RFC 7516 §7.1).

The rule here: nothing is believed yet. Size, alphabet, JSON and `crit` are checked before any cryptography.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from policies.tokens.refused import malformed

__all__ = ["LONGEST", "Parts", "claims_of", "parts_of"]

LONGEST = 32 * 1024
"""Characters of a token. Headers of 16 KiB are what most servers take; a token in a body may be larger, but not boundless."""

_SIGNED = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
_ENCRYPTED = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parts:
    """A signed token taken apart, or an encrypted one, of which only the header can be read."""

    header: dict[str, Any]
    algorithm: str
    kid: str
    is_encrypted: bool
    signing_input: bytes = b""
    payload: bytes = b""
    signature: bytes = b""


def parts_of(text: str) -> Parts:
    """The parts of a compact serialization. Raises TokenRefused."""
    if len(text) > LONGEST:
        raise malformed(f"The JWT is longer than {LONGEST:,} characters.")
    if _SIGNED.fullmatch(text) is None:
        if _ENCRYPTED.fullmatch(text) is None:
            raise malformed("The JWT is not well formed.")
        return _parts(_header(text.partition(".")[0]), is_encrypted=True)
    head, payload, signature = text.split(".")
    return _parts(
        _header(head),
        signing_input=text[: len(head) + len(payload) + 1].encode(),
        payload=_decoded(payload),
        signature=_decoded(signature),
    )


def claims_of(payload: bytes) -> dict[str, Any]:
    """The claims. Raises TokenRefused for what is no JSON object."""
    return _object(payload, "The claims of the JWT are not a JSON object.")


def _parts(
    header: dict[str, Any],
    *,
    is_encrypted: bool = False,
    signing_input: bytes = b"",
    payload: bytes = b"",
    signature: bytes = b"",
) -> Parts:
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or not isinstance(kid, str):
        raise malformed("The header of the JWT is not valid.")
    # RFC 7515 §4.1.11: what is not understood must be refused, and no extension is understood here. `b64` (RFC 7797) is one.
    if "crit" in header or "b64" in header:
        raise malformed("The JWT uses an extension that is not supported.")
    return Parts(header, algorithm, kid, is_encrypted, signing_input, payload, signature)


@lru_cache(64)
def _header(text: str) -> dict[str, Any]:
    """A header; the tokens of one key all have the same. Nobody changes it."""
    return _object(_decoded(text), "The header of the JWT is not a JSON object.")


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise malformed("The JWT is not well formed.") from None


def _object(data: bytes, problem: str) -> dict[str, Any]:
    try:
        found = _JSON.decode(data.decode())
    except (ValueError, RecursionError):
        raise malformed(problem) from None
    if type(found) is not dict:
        raise malformed(problem)
    return found


def _refuse_constant(text: str) -> NoReturn:
    """NaN and Infinity are no JSON; as an expiration time they would never be over."""
    raise ValueError(text)


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
