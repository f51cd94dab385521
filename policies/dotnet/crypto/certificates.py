"""X.509 certificates.

The rule here: a certificate is read, shown and used, never stored; names are written as .NET writes them, the most specific
part first. Source: learn.microsoft.com/dotnet/api/system.security.cryptography.x509certificates.x509certificate2.
"""

from __future__ import annotations

import hashlib
import warnings
from functools import cache
from typing import Any, Final

from policies.certificates import ClientCertificate
from policies.dotnet.crypto.rsa import RSA
from policies.dotnet.dates.moments import LOCAL, DateTime, from_unix
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    CryptographicException,
    InvalidOperationException,
)
from policies.dotnet.types import Class, Enum, EnumValue, Inline, Static

__all__ = ["TYPES", "X509Certificate2", "certificate", "verify_no_revocation"]

_CRYPTO = "System.Security.Cryptography"
_SPACE = f"{_CRYPTO}.X509Certificates"
CONTENT = Enum(
    f"{_SPACE}.X509ContentType",
    {"Unknown": 0, "Cert": 1, "SerializedCert": 2, "Pfx": 3, "Pkcs12": 3, "SerializedStore": 4, "Pkcs7": 5, "Authenticode": 6},
)
NAME = Enum(f"{_SPACE}.X509NameType", "SimpleName EmailName UpnName DnsName DnsFromAlternativeName UrlName")

_SHORT: Final = {
    "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "S", "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU",
    "2.5.4.4": "SN", "2.5.4.5": "SERIALNUMBER", "2.5.4.12": "T", "2.5.4.42": "G", "2.5.4.43": "I",
    "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "1.2.840.113549.1.9.1": "E",
}  # fmt: skip
_FRIENDLY: Final = {
    "1.2.840.113549.1.1.1": "RSA", "1.2.840.10045.2.1": "ECC", "1.2.840.113549.1.1.5": "sha1RSA",
    "1.2.840.113549.1.1.11": "sha256RSA", "1.2.840.113549.1.1.12": "sha384RSA", "1.2.840.113549.1.1.13": "sha512RSA",
    "1.2.840.10045.4.3.2": "sha256ECDSA", "1.2.840.10045.4.3.3": "sha384ECDSA", "2.5.29.15": "X509v3 Key Usage",
    "2.5.29.17": "X509v3 Subject Alternative Name",
}  # fmt: skip


class Oid:
    """An object identifier with its friendly name."""

    __slots__ = ("name", "value")

    def __init__(self, value: str | None, name: str | None = None) -> None:
        self.value = value
        self.name = _FRIENDLY.get(value or "") if name is None else name


class PublicKey:
    """The key of a certificate."""

    __slots__ = ("_owner",)

    def __init__(self, owner: X509Certificate2) -> None:
        self._owner = owner

    def oid(self) -> Oid:
        """Oid: of the algorithm."""
        return Oid(self._owner.own.public_key_algorithm_oid.dotted_string)

    def key(self) -> RSA:
        """Key: CryptographicException when it is not RSA."""
        found = rsa_public(self._owner)
        if found is None:
            raise CryptographicException("The certificate key algorithm is not supported.")
        return found


class X500Name:
    """X500DistinguishedName."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class X509Certificate2:
    """A certificate; `own` is cryptography's, `private` its private key if it came with one."""

    __slots__ = ("own", "private")

    def __init__(self, own: Any, private: Any = None) -> None:
        self.own = own
        self.private = private

    def der(self) -> bytes:
        """RawData."""
        from cryptography.hazmat.primitives.serialization import Encoding

        raw: bytes = self.own.public_bytes(Encoding.DER)
        return raw

    def thumbprint(self) -> str:
        """Thumbprint: SHA-1 of the certificate, in upper case."""
        return hashlib.sha1(self.der(), usedforsecurity=False).hexdigest().upper()

    def serial(self) -> str:
        """SerialNumber, big-endian."""
        text = f"{self.own.serial_number:X}"
        return text if len(text) % 2 == 0 else f"0{text}"

    def moment(self, *, end: bool) -> DateTime:
        """NotBefore and NotAfter, in local time."""
        found = self.own.not_valid_after_utc if end else self.own.not_valid_before_utc
        return from_unix(found.timestamp(), LOCAL)

    def subject(self, *, issuer: bool = False) -> str:
        """Subject and Issuer."""
        return name_text(self.own.issuer if issuer else self.own.subject)

    def simple_name(self, kind: EnumValue, for_issuer: bool) -> str:
        """GetNameInfo."""
        from cryptography import x509

        name = self.own.issuer if for_issuer else self.own.subject
        parts = {_SHORT.get(part.oid.dotted_string): str(part.value) for part in name}
        wanted = str(kind)
        if wanted in ("DnsName", "DnsFromAlternativeName", "EmailName", "UrlName") and not for_issuer:
            try:
                found = self.own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            except x509.ExtensionNotFound:
                found = None
            if found is not None:
                of_kind = {"EmailName": x509.RFC822Name, "UrlName": x509.UniformResourceIdentifier}.get(wanted, x509.DNSName)
                values = found.get_values_for_type(of_kind)
                if values:
                    return str(values[0])
        if wanted == "EmailName":
            return parts.get("E", "")
        if wanted in ("SimpleName", "DnsName", "DnsFromAlternativeName"):
            return next((parts[key] for key in ("CN", "OU", "O", "E") if key in parts), "")
        return ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, X509Certificate2) and self.own == other.own

    def __hash__(self) -> int:
        return hash(self.own)

    def __str__(self) -> str:
        return (
            f"[Subject]\n  {self.subject()}\n\n[Issuer]\n  {self.subject(issuer=True)}\n\n"
            f"[Serial Number]\n  {self.serial()}\n\n"
            f"[Not Before]\n  {self.moment(end=False)}\n\n[Not After]\n  {self.moment(end=True)}\n\n"
            f"[Thumbprint]\n  {self.thumbprint()}\n"
        )


def name_text(name: Any) -> str:
    """A distinguished name, the last part of the encoding first."""
    parts = []
    for relative in reversed(list(name.rdns)):
        shown = []
        for part in relative:
            key = _SHORT.get(part.oid.dotted_string, f"OID.{part.oid.dotted_string}")
            shown.append(f"{key}={_quoted(str(part.value))}")
        parts.append(" + ".join(shown))
    return ", ".join(parts)


def _quoted(value: str) -> str:
    special = any(char in value for char in ',+="\r\n<>#;') or value != value.strip() or not value
    return '"' + value.replace('"', '""') + '"' if special else value


def certificate(found: object) -> X509Certificate2:
    """What a host or a store has (bytes in DER, PEM or PKCS #12, the same with a password, or a certificate of `cryptography`)
    as a certificate."""
    if isinstance(found, X509Certificate2):
        return found
    if isinstance(found, ClientCertificate):
        return from_bytes(bytearray(found.data), found.password.reveal())
    if isinstance(found, str):
        found = found.encode()
    return from_bytes(bytearray(found)) if isinstance(found, bytes | bytearray) else X509Certificate2(found)


def from_bytes(data: bytearray | None, password: str | None = None) -> X509Certificate2:
    """`new X509Certificate2(rawData[, password])`."""
    if data is None:
        raise ArgumentNullException("rawData")
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

    raw = bytes(data)
    try:
        if raw.lstrip().startswith(b"-----BEGIN"):
            private = load_pem_private_key(raw, None) if b"PRIVATE KEY-----" in raw else None
            return X509Certificate2(x509.load_pem_x509_certificate(raw), private)
        return X509Certificate2(x509.load_der_x509_certificate(raw))
    except (ValueError, TypeError):
        pass
    try:
        private, own, _ = pkcs12.load_key_and_certificates(raw, password.encode() if password else None)
    except (ValueError, TypeError):
        raise CryptographicException("Cannot find the requested object.") from None
    if own is None:
        raise CryptographicException("Cannot find the requested object.")
    return X509Certificate2(own, private)


def rsa_public(found: X509Certificate2 | None) -> RSA | None:
    """GetRSAPublicKey: null when the key is of another kind."""
    if found is None:
        raise ArgumentNullException("certificate")
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = found.own.public_key()
    return RSA(public=key) if isinstance(key, RSAPublicKey) else None


def rsa_private(found: X509Certificate2 | None) -> RSA | None:
    """GetRSAPrivateKey: null when there is none."""
    if found is None:
        raise ArgumentNullException("certificate")
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    return RSA(private=found.private) if isinstance(found.private, RSAPrivateKey) else None


def with_private_key(found: X509Certificate2 | None, key: RSA | None) -> X509Certificate2:
    """CopyWithPrivateKey: the certificate with the private half of its key."""
    if found is None or key is None:
        raise ArgumentNullException("certificate" if found is None else "privateKey")
    if found.private is not None:
        raise InvalidOperationException("The certificate already has an associated private key.")
    own = rsa_public(found)
    if own is None or own.public().public_numbers() != key.public().public_numbers():
        raise ArgumentException("The provided key does not match the public key for this certificate.", "privateKey")
    return X509Certificate2(found.own, key.private())


def _algorithm_parameters(found: X509Certificate2) -> bytearray:
    """GetKeyAlgorithmParameters: what stands behind the algorithm's identifier in the subject's public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    whole = found.own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    algorithm, _ = _element(_element(whole)[0])
    return bytearray(_element(algorithm)[1])


def _element(data: bytes) -> tuple[bytes, bytes]:
    """The content of the first DER element, and what follows it."""
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]


def _public_bytes(found: X509Certificate2) -> bytearray:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = found.own.public_key()
    if isinstance(key, RSAPublicKey):
        return bytearray(key.public_bytes(Encoding.DER, PublicFormat.PKCS1))
    return bytearray(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _export(found: X509Certificate2, kind: EnumValue) -> bytearray:
    if str(kind) != "Cert":
        raise CryptographicException("Only the certificate itself can be exported here (X509ContentType.Cert).")
    return bytearray(found.der())


def _content_type(data: bytearray | None) -> EnumValue:
    return CONTENT.values["Pfx" if from_bytes(data).private is not None else "Cert"]


def _hash(found: X509Certificate2) -> bytearray:
    return bytearray.fromhex(found.thumbprint())


@cache
def _roots() -> Any:
    """The certificates that the platform trusts, as a store; None when it has none."""
    import ssl

    from cryptography import x509
    from cryptography.x509 import verification

    trusted = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some roots that platforms trust are older than today's rules for certificates
        for der in ssl.create_default_context().get_ca_certs(binary_form=True):
            try:
                trusted.append(x509.load_der_x509_certificate(der))
            except ValueError:
                continue
    return verification.Store(trusted) if trusted else None


def verify_no_revocation(found: X509Certificate2 | None) -> bool:
    """VerifyNoRevocation and Verify: whether the platform's roots vouch for the certificate now."""
    if found is None:
        raise ArgumentNullException("input")
    from cryptography.x509 import verification

    store = _roots()
    if store is None:
        return False
    try:
        verification.PolicyBuilder().store(store).build_client_verifier().verify(found.own, [])
    except (verification.VerificationError, ValueError):
        return False
    return True


TYPES = (
    CONTENT,
    NAME,
    Class(
        f"{_CRYPTO}.Oid",
        runtime=Oid,
        members={
            "new(string oid)": Oid,
            "new(string value, string friendlyName)": Oid,
            "string Value": Inline("self.value"),
            "string FriendlyName": Inline("self.name"),
        },
    ),
    Class(f"{_SPACE}.X500DistinguishedName", runtime=X500Name, members={"string Name": Inline("self.name")}),
    Class(
        f"{_SPACE}.PublicKey",
        runtime=PublicKey,
        members={"Oid Oid": Inline("self.oid()"), "AsymmetricAlgorithm Key": Inline("self.key()")},
    ),
    Class(
        f"{_SPACE}.X509Certificate",
        bases=("IDisposable",),
        members={
            "new(byte[] data)": from_bytes,
            "new(byte[] rawData, string password)": from_bytes,
            "string Subject": Inline("self.subject()"),
            "string Issuer": Inline("self.subject(issuer=True)"),
            "byte[] GetCertHash()": _hash,
            "string GetCertHashString()": Inline("self.thumbprint()"),
            "string GetSerialNumberString()": Inline("self.serial()"),
            "byte[] GetSerialNumber()": lambda own: bytearray(bytes.fromhex(own.serial())[::-1]),
            "string GetEffectiveDateString()": lambda own: str(own.moment(end=False)),
            "string GetExpirationDateString()": lambda own: str(own.moment(end=True)),
            "byte[] GetRawCertData()": lambda own: bytearray(own.der()),
            "string GetRawCertDataString()": lambda own: own.der().hex().upper(),
            "byte[] GetPublicKey()": _public_bytes,
            "string GetPublicKeyString()": lambda own: _public_bytes(own).hex().upper(),
            "string GetKeyAlgorithm()": lambda own: own.own.public_key_algorithm_oid.dotted_string,
            "byte[] GetKeyAlgorithmParameters()": _algorithm_parameters,
            "string GetKeyAlgorithmParametersString()": lambda own: _algorithm_parameters(own).hex().upper(),
            "string GetFormat()": Inline("'X509'"),
            "byte[] Export(X509ContentType contentType)": _export,
            "string ToString()": Inline("str(self)", str=str),
        },
    ),
    Class(
        f"{_SPACE}.X509Certificate2",
        runtime=X509Certificate2,
        bases=("X509Certificate",),
        members={
            "new(byte[] rawData)": from_bytes,
            "new(byte[] rawData, string password)": from_bytes,
            "string Thumbprint": Inline("self.thumbprint()"),
            "string SerialNumber": Inline("self.serial()"),
            "string FriendlyName": Inline("''"),
            "DateTime NotBefore": lambda own: own.moment(end=False),
            "DateTime NotAfter": lambda own: own.moment(end=True),
            "bool HasPrivateKey": Inline("self.private is not None"),
            "bool Archived": Inline("False"),
            "int Version": lambda own: own.own.version.value + 1,
            "X500DistinguishedName SubjectName": lambda own: X500Name(own.subject()),
            "X500DistinguishedName IssuerName": lambda own: X500Name(own.subject(issuer=True)),
            "Oid SignatureAlgorithm": lambda own: Oid(own.own.signature_algorithm_oid.dotted_string),
            "PublicKey PublicKey": PublicKey,
            "byte[] RawData": lambda own: bytearray(own.der()),
            "string GetNameInfo(X509NameType nameType, bool forIssuer)": Inline("self.simple_name(nameType, forIssuer)"),
            "AsymmetricAlgorithm PrivateKey": rsa_private,
            "static X509ContentType GetCertContentType(byte[] rawData)": _content_type,
            "bool Verify()": verify_no_revocation,
        },
    ),
    Static(
        f"{_SPACE}.RSACertificateExtensions",
        members={
            "static RSA GetRSAPublicKey(this X509Certificate2 certificate)": rsa_public,
            "static RSA GetRSAPrivateKey(this X509Certificate2 certificate)": rsa_private,
            "static X509Certificate2 CopyWithPrivateKey(this X509Certificate2 certificate, RSA privateKey)": with_private_key,
        },
    ),
)
