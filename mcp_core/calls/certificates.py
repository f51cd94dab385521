"""Client certificates: from a PKCS #12 or PEM file in memory to a TLS context.

The rule here: one context for one certificate, since a connection is kept for the context that opened it; and the private key
is on disk only while OpenSSL reads it, which cannot read it from elsewhere.
"""

from __future__ import annotations

import ssl
import tempfile
from functools import lru_cache
from pathlib import Path

from policies.certificates import ClientCertificate

__all__ = ["CertificateProblem", "tls_context"]


class CertificateProblem(ValueError):
    """A certificate that cannot be used; `str()` completes "the client certificate …" and holds nothing of it."""


def tls_context(certificate: object) -> ssl.SSLContext:
    """The context that presents this certificate; an `ssl.SSLContext` is one already. Raises CertificateProblem."""
    if isinstance(certificate, ssl.SSLContext):
        return certificate
    if isinstance(certificate, ClientCertificate):
        return _context(certificate)
    raise CertificateProblem("is of no kind that can be presented")


@lru_cache(maxsize=64)
def _context(certificate: ClientCertificate) -> ssl.SSLContext:
    context = ssl.create_default_context()
    is_pem = certificate.data.lstrip().startswith(b"-----BEGIN")
    pem = certificate.data if is_pem else _pem(certificate)
    with tempfile.TemporaryDirectory(prefix="mcp-") as folder:  # only this user can enter it
        file = Path(folder) / "certificate.pem"
        file.write_bytes(pem)
        try:
            context.load_cert_chain(file, password=certificate.password.reveal())
        except (ssl.SSLError, OSError):
            raise CertificateProblem("has no certificate with its private key, or another password") from None
    return context


def _pem(certificate: ClientCertificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    try:
        found = pkcs12.load_pkcs12(certificate.data, certificate.password.reveal().encode() or None)
    except ValueError:
        raise CertificateProblem("is no PKCS #12 file, or has another password") from None
    if found.key is None or found.cert is None:
        raise CertificateProblem("has no certificate with its private key")
    chain = [found.cert, *found.additional_certs]
    key = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + b"".join(each.certificate.public_bytes(Encoding.PEM) for each in chain)
