"""Encrypted tokens (RFC 7516): the `decryption-keys` of a policy.

The rule here: only ways of encryption are taken whose cost a sender cannot drive up: no passwords (PBES2), no compression, and
no RSA1_5, whose errors give the plaintext away.
"""

from __future__ import annotations

import base64
from typing import Any

from policies.certificates import ClientCertificate
from policies.records import Record, field
from policies.tokens.keys import KeyProblem, secret_bytes

__all__ = ["DecryptionKey", "certificate_decryption", "decrypting_secret", "secret_decryption"]

_CONTENT = ("A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM")
_SYMMETRIC = frozenset({"dir", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW"})
_RSA = frozenset({"RSA-OAEP", "RSA-OAEP-256"})


class DecryptionKey(Record, eq=False):
    """A key that tokens are decrypted with."""

    kid: str
    algorithms: frozenset[str]
    material: Any = field(repr=False)

    def decrypted(self, text: str, header: dict[str, Any]) -> bytes | None:
        """The plaintext; None when it was not encrypted for this key."""
        if header.get("alg") not in self.algorithms or header.get("enc") not in _CONTENT or "zip" in header:
            return None
        from joserfc import jwe
        from joserfc.errors import JoseError

        registry = jwe.JWERegistry(algorithms=[*self.algorithms, *_CONTENT], strict_check_header=False)
        try:
            return jwe.decrypt_compact(text, self.material, registry=registry).plaintext
        except (JoseError, ValueError):
            return None


def decrypting_secret(text: str) -> bytes:
    """The bytes of a shared secret that decrypts. Raises KeyProblem."""
    data = secret_bytes(text)
    if len(data) not in {16, 24, 32, 48, 64}:
        raise KeyProblem("a key that decrypts has 128, 192, 256, 384 or 512 bits")
    return data


def secret_decryption(text: str, kid: str = "") -> DecryptionKey:
    """A shared secret, given as base64. Raises KeyProblem."""
    from joserfc.jwk import OctKey

    data = decrypting_secret(text)
    encoded = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    return DecryptionKey(kid, _SYMMETRIC, OctKey.import_key({"kty": "oct", "k": encoded}))


def certificate_decryption(certificate: object, kid: str = "") -> DecryptionKey:
    """The private key of a PKCS #12 or PEM file (a `ClientCertificate`). Raises KeyProblem."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
    from joserfc.jwk import RSAKey

    if not isinstance(certificate, ClientCertificate):
        raise KeyProblem("the certificate has no private key")
    data, password = certificate.data, certificate.password.reveal()
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            private: object = load_pem_private_key(data, password.encode() or None)
        else:
            private = load_pkcs12(data, password.encode() or None).key
    except (ValueError, TypeError):
        raise KeyProblem("the certificate cannot be read") from None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise KeyProblem("the certificate has no private RSA key")
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return DecryptionKey(kid, _RSA, RSAKey.import_key(pem))
