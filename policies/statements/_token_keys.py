"""The keys that a policy names itself: `<issuer-signing-keys>` and `<decryption-keys>`.

The rule here: what can be checked is checked when the document is compiled; the key itself is made when a token first needs it,
so that a start does not import the cryptography. The same text or certificate gives the same key object.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from policies.certificates import installed
from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.registry import Attribute, Child, Text
from policies.statement import Statement
from policies.tokens.encryption import DecryptionKey, certificate_decryption, decrypting_secret, secret_decryption
from policies.tokens.keys import (
    Key,
    KeyProblem,
    certificate_key,
    check_modulus,
    rsa_key,
    secret_bytes,
    secret_key,
    signing_secret,
)
from policies.values import NAME_TEXT, STRING

__all__ = ["DECRYPTION_KEYS", "SIGNING_KEYS", "decryption_keys", "signing_keys"]

K = TypeVar("K")

KEY_ID = Attribute("id", NAME_TEXT)
CERTIFICATE_ID = Attribute("certificate-id", NAME_TEXT)
MODULUS = Attribute("n", NAME_TEXT)
EXPONENT = Attribute("e", NAME_TEXT)
SECRET = Text(STRING)
SIGNING_KEY = Child(name="key", required=True, many=True, attributes=(KEY_ID, CERTIFICATE_ID, MODULUS, EXPONENT), text=SECRET)
SIGNING_KEYS = Child(name="issuer-signing-keys", children=(SIGNING_KEY,))
DECRYPTION_KEY = Child(name="key", required=True, many=True, attributes=(KEY_ID, CERTIFICATE_ID), text=SECRET)
DECRYPTION_KEYS = Child(name="decryption-keys", children=(DECRYPTION_KEY,))


def signing_keys(statement: Statement) -> list[Callable[[PolicyContext], Key]]:
    """The keys that signatures are verified with."""
    element = statement.child(SIGNING_KEYS)
    return [] if element is None else [_signing_key(each) for each in element.children(SIGNING_KEY)]


def decryption_keys(statement: Statement) -> list[Callable[[PolicyContext], DecryptionKey]]:
    """The keys that tokens are decrypted with."""
    element = statement.child(DECRYPTION_KEYS)
    keys = [] if element is None else element.children(DECRYPTION_KEY)
    return [_source(each, decrypting_secret, secret_decryption, certificate_decryption) for each in keys]


def _signing_key(element: Statement) -> Callable[[PolicyContext], Key]:
    modulus, exponent = element.get(MODULUS), element.get(EXPONENT)
    if modulus is None and exponent is None:
        return _source(element, signing_secret, secret_key, certificate_key)
    if modulus is None or exponent is None or element.has_text or element.has(CERTIFICATE_ID):
        raise element.error("a key by its numbers has n and e, and nothing else", hint='write <key n="…" e="AQAB" />')
    kid, n, e = _kid(element), modulus.literal, exponent.literal
    _check(element, n, check_modulus)
    _check(element, e, secret_bytes)
    made = lru_cache(1)(lambda: _usable(lambda: rsa_key(n, e, kid)))
    return lambda context: made()


def _source(
    element: Statement,
    check_secret: Callable[[str], object],
    of_secret: Callable[[str, str], K],
    of_certificate: Callable[[object, str], K],
) -> Callable[[PolicyContext], K]:
    """A key by its text, which is checked as far as it is known now, or by a certificate."""
    kid = _kid(element)
    named = element.get(CERTIFICATE_ID)
    if (named is not None) == element.has_text:
        raise element.error("a key has either a text, base64, or a certificate-id")
    if named is not None:
        return _by_certificate(named.literal, lambda found: of_certificate(found, kid))
    made = lru_cache(8)(lambda text: _usable(lambda: of_secret(text, kid)))
    secret = element.text(SECRET)
    if secret.is_literal:
        _check(element, secret.literal, check_secret)
    return lambda context: made(secret.get(context))


def _by_certificate(name: str, make: Callable[[object], K]) -> Callable[[PolicyContext], K]:
    made: list[tuple[object, K]] = []

    def key(context: PolicyContext) -> K:
        found = installed(context, name)
        if not made or made[0][0] is not found:
            made[:] = [(found, _usable(lambda: make(found)))]
        return made[0][1]

    return key


def _kid(element: Statement) -> str:
    kid = element.get(KEY_ID)
    return "" if kid is None else kid.literal


def _check(element: Statement, text: str, check: Callable[[str], object]) -> None:
    try:
        check(text)
    except KeyProblem as problem:
        raise element.error(str(problem)) from None


def _usable(make: Callable[[], K]) -> K:
    try:
        return make()
    except KeyProblem as problem:
        raise PolicyFailure("Internal server error", reason="InvalidKey", detail=str(problem)) from None
