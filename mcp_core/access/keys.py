"""Subscription keys and what is stored of them.

A key has 256 random bits, so that a plain hash cannot be searched: a slow one would only cost every request. `lookup` is a
short hash without salt, by which the right record is found without trying all; it tells nothing that helps to guess a key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from mcp_core.catalog.model import SubscriptionKey

__all__ = ["key_record", "lookup", "matches", "new_key"]

_LOOKUP_DOMAIN = b"subscription-key-lookup:"


def new_key() -> str:
    """A fresh key: 64 hexadecimal digits."""
    return secrets.token_hex(32)


def key_record(key: str) -> SubscriptionKey:
    """What is stored of a key."""
    salt = secrets.token_hex(16)
    return SubscriptionKey(lookup(key), salt, _digest(key, salt))


def lookup(key: str) -> str:
    """The index entry of a key: 64 bits of a hash with its own prefix."""
    return hashlib.sha256(_LOOKUP_DOMAIN + key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def matches(key: str, record: SubscriptionKey) -> bool:
    """Whether this is the record's key, in a time that does not depend on where they differ."""
    return hmac.compare_digest(_digest(key, record.salt), record.digest)


def _digest(key: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}:{key}".encode("utf-8", "surrogatepass")).hexdigest()
