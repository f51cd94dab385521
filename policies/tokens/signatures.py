"""Whether a key made a signature (RFC 7518 §3).

The rule here: what can be made once is made once, for a key and an algorithm; a check gives a truth and raises nothing,
whatever the signature is. Nearly every issuer signs with RSASSA-PKCS1-v1_5, which has a way of its own; all else is asked of
joserfc.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

__all__ = ["SignatureCheck", "signature_check"]

SignatureCheck = Callable[[bytes, bytes], bool]
"""(signing input, signature) → whether it is good."""

_PKCS1: dict[str, tuple[str, bytes]] = {
    "RS256": ("sha256", bytes.fromhex("3031300d060960864801650304020105000420")),
    "RS384": ("sha384", bytes.fromhex("3041300d060960864801650304020205000430")),
    "RS512": ("sha512", bytes.fromhex("3051300d060960864801650304020305000440")),
}
"""The hash, and what stands before its digest in a signature (RFC 8017 §9.2, note 1)."""


def signature_check(algorithm: str, material: Any) -> SignatureCheck:
    """The check for an algorithm that is the key's; `material` is joserfc's key. The first imports the cryptography."""
    if algorithm in _PKCS1:
        return _pkcs1(*_PKCS1[algorithm], material.get_op_key("verify"))
    from joserfc.jws import JWSRegistry

    verify = JWSRegistry.algorithms[algorithm].verify

    def check(signing_input: bytes, signature: bytes) -> bool:
        try:
            return bool(verify(signing_input, signature, material))
        except ValueError:  # an elliptic signature whose numbers are out of range
            return False

    return check


def _pkcs1(name: str, prefix: bytes, public: Any) -> SignatureCheck:
    """RFC 8017 §8.2.2 as it stands there: the signature is opened, and what was in it compared with what must be in it.

    OpenSSL opens it and holds it to the padding, zeros and ones to the last, and the comparison to one length; so there is
    exactly one message that passes, the same as for its own `verify`. That one asks the library for its parts anew each
    time, which costs as much as the arithmetic.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding

    digest: Callable[[bytes], hashlib._Hash] = getattr(hashlib, name)
    size = (public.key_size + 7) // 8
    scheme, opened = padding.PKCS1v15(), public.recover_data_from_signature

    def check(signing_input: bytes, signature: bytes) -> bool:
        if len(signature) != size:
            return False
        try:
            found: bytes = opened(signature, scheme, None)
        except InvalidSignature:
            return False
        return found == prefix + digest(signing_input).digest()

    return check
