"""Whether a key made a signature (RFC 7518 §3).

The rule here: what can be made once is made once, for a key and an algorithm; a check gives a truth and raises nothing,
whatever the signature is. RSASSA-PKCS1-v1_5, which nearly every issuer signs with, is asked of OpenSSL directly; all else of
joserfc.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

__all__ = ["SignatureCheck", "signature_check"]

SignatureCheck = Callable[[bytes, bytes], bool]
"""(signing input, signature) → whether it is good."""

_PKCS1 = {"RS256": "sha256", "RS384": "sha384", "RS512": "sha512"}


def signature_check(algorithm: str, material: Any) -> SignatureCheck:
    """The check for an algorithm that is the key's; `material` is joserfc's key. The first imports the cryptography."""
    if algorithm in _PKCS1:
        return _pkcs1(_PKCS1[algorithm], material.get_op_key("verify"))
    from joserfc.jws import JWSRegistry

    verify = JWSRegistry.algorithms[algorithm].verify

    def check(signing_input: bytes, signature: bytes) -> bool:
        try:
            return bool(verify(signing_input, signature, material))
        except ValueError:  # an elliptic signature whose numbers are out of range
            return False

    return check


def _pkcs1(name: str, public: Any) -> SignatureCheck:
    """The digest is made here and handed over, which spares OpenSSL the looking up of the hash a second time."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, utils

    digest: Callable[[bytes], Any] = getattr(hashlib, name)
    kinds: dict[str, hashes.HashAlgorithm] = {
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    kind = utils.Prehashed(kinds[name])
    scheme, verify = padding.PKCS1v15(), public.verify

    def check(signing_input: bytes, signature: bytes) -> bool:
        try:
            verify(signature, digest(signing_input).digest(), scheme, kind)
        except InvalidSignature:
            return False
        return True

    return check
