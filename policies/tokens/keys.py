"""Keys that signatures are verified with.

The rule here: a key is good for the algorithms of its own kind and no other, so that nobody can pass a public key off as the
secret of an HMAC (RFC 8725 §2.1, §3.1); keys that are too weak are no keys.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from policies.certificates import ClientCertificate
from policies.tokens.signatures import SignatureCheck, signature_check

__all__ = [
    "Key",
    "KeyProblem",
    "certificate_key",
    "check_modulus",
    "jwks_keys",
    "rsa_key",
    "secret_bytes",
    "secret_key",
    "signing_secret",
]

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_HMAC = {"HS256": 16, "HS384": 24, "HS512": 32}
"""Least bytes of a secret: half of the hash. RFC 7518 §3.2 asks for the whole, which secrets in use do not always have."""
_CURVES = {"P-256": frozenset({"ES256"}), "P-384": frozenset({"ES384"}), "P-521": frozenset({"ES512"})}
_LEAST_RSA_BITS = 2048
_MOST_RSA_BITS = 8192
_MOST_KEYS = 64
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}


class KeyProblem(ValueError):
    """What is given is no key that can be used; `str()` says why and repeats nothing of it."""


class Key:
    """A key. `issuer` is who vouches for it ("" for one that a policy names itself). `material` is joserfc's."""

    __slots__ = ("_checks", "algorithms", "issuer", "kid", "material")

    def __init__(self, kid: str, algorithms: frozenset[str], material: Any, issuer: str = "") -> None:
        self.kid = kid
        self.algorithms = algorithms
        self.issuer = issuer
        self.material = material
        self._checks: dict[str, SignatureCheck] = {}

    def __repr__(self) -> str:
        return f"Key(kid={self.kid!r}, algorithms={sorted(self.algorithms)}, issuer={self.issuer!r})"

    def check(self, algorithm: str) -> SignatureCheck:
        """The check of signatures that this key made by one of its algorithms. Raises KeyError for any other algorithm."""
        check = self._checks.get(algorithm)
        if check is None:
            if algorithm not in self.algorithms:
                raise KeyError(algorithm)
            check = self._checks[algorithm] = signature_check(algorithm, self.material)
        return check


def secret_bytes(text: str) -> bytes:
    """The bytes of a base64 text, of either alphabet. Raises KeyProblem."""
    compact = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise KeyProblem("the key is not base64") from None
    if not data:
        raise KeyProblem("the key is empty")
    return data


def signing_secret(text: str) -> bytes:
    """The bytes of a shared secret that signs. Raises KeyProblem."""
    data = secret_bytes(text)
    if len(data) < min(_HMAC.values()):
        raise KeyProblem("the key has fewer than 16 bytes, which can be guessed")
    return data


def secret_key(text: str, kid: str = "") -> Key:
    """The key of a shared secret, given as base64. Raises KeyProblem."""
    from joserfc.jwk import OctKey

    data = signing_secret(text)
    algorithms = frozenset(name for name, least in _HMAC.items() if len(data) >= least)
    # Said to joserfc as a JWK: the bytes alone it would search for a PEM heading, and warn of one.
    material = OctKey.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(data).rstrip(b"=").decode()})
    return Key(kid, algorithms, material)


def rsa_key(modulus: str, exponent: str, kid: str = "") -> Key:
    """An RSA public key by its numbers in base64url. Raises KeyProblem."""
    return _jwk({"kty": "RSA", "n": modulus.strip().rstrip("="), "e": exponent.strip().rstrip("="), "kid": kid}, "")


def certificate_key(certificate: object, kid: str = "") -> Key:
    """The public key of a certificate: PEM, DER, or PKCS #12 with its password (a `ClientCertificate`).
    Raises KeyProblem."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from joserfc.jwk import ECKey, RSAKey

    public: Any = _public_key(certificate)
    if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise KeyProblem("the certificate's key is neither RSA nor of an elliptic curve")
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = RSAKey.import_key(pem) if isinstance(public, rsa.RSAPublicKey) else ECKey.import_key(pem)
    return _jwk({**made.as_dict(private=False), "kid": kid}, "")


def _public_key(certificate: object) -> object:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    if not isinstance(certificate, bytes | ClientCertificate):
        raise KeyProblem("the certificate cannot be read")
    data = certificate if isinstance(certificate, bytes) else certificate.data
    try:
        if b"-----BEGIN CERTIFICATE" in data:
            return x509.load_pem_x509_certificate(data).public_key()
        if isinstance(certificate, bytes):
            return x509.load_der_x509_certificate(data).public_key()
        bundle = load_pkcs12(data, certificate.password.reveal().encode() or None)
    except ValueError:
        raise KeyProblem("the certificate cannot be read") from None
    if bundle.cert is None:
        raise KeyProblem("the file holds no certificate")
    return bundle.cert.certificate.public_key()


def jwks_keys(document: Mapping[str, Any], issuer: str) -> tuple[Key, ...]:
    """The signing keys of a JWK Set (RFC 7517 §5). What cannot be used is passed over, as the RFC asks: other uses, unknown
    kinds, weak keys, and shared secrets, which are none once they are published."""
    listed = document.get("keys")
    keys: list[Key] = []
    for each in listed[:_MOST_KEYS] if isinstance(listed, list) else ():
        if isinstance(each, dict):
            try:
                keys.append(_jwk(each, issuer))
            except KeyProblem:
                continue
    return tuple(keys)


def _jwk(jwk: Mapping[str, Any], issuer: str) -> Key:
    """One public key. The member `issuer` is Microsoft's: in the set of a configuration for many tenants it says that a key is
    one issuer's alone. Where the configuration names one issuer, its word counts."""
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in _PUBLIC or jwk.get("use", "sig") != "sig":
        raise KeyProblem("the key is not one that signs")
    if kind == "RSA":
        check_modulus(jwk.get("n"))
    algorithms = _RSA if kind == "RSA" else _CURVES.get(str(jwk.get("crv")), frozenset())
    if "alg" in jwk:
        algorithms &= {jwk["alg"]} if isinstance(jwk["alg"], str) else frozenset()
    if not algorithms:
        raise KeyProblem("the key's algorithm is not supported")
    kid, own = jwk.get("kid", ""), jwk.get("issuer")
    if "{" in issuer and isinstance(own, str):
        issuer = own
    try:
        material = import_key({name: jwk[name] for name in _PUBLIC[kind]})
    except (JoseError, KeyError, ValueError, TypeError):
        raise KeyProblem("the key cannot be read") from None
    return Key(kid if isinstance(kid, str) else "", algorithms, material, issuer)


def check_modulus(modulus: object) -> None:
    """Raises KeyProblem where an RSA key of this modulus is none that would be used."""
    bits = 8 * len(secret_bytes(modulus)) if isinstance(modulus, str) else 0
    if not _LEAST_RSA_BITS <= bits <= _MOST_RSA_BITS:
        raise KeyProblem(f"an RSA key must have {_LEAST_RSA_BITS} to {_MOST_RSA_BITS} bits")
