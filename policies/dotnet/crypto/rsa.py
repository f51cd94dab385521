"""RSA: signing, verifying, encrypting, decrypting.

The rule here: `cryptography` does the work, imported when it is first needed; a key without its private half refuses what
needs it.
"""

from __future__ import annotations

import base64
from typing import Any

from policies.dotnet.crypto.hashing import HashName, hash_name
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    CryptographicException,
    NotSupportedException,
)
from policies.dotnet.meter import charge
from policies.dotnet.types import Class, Const, Enum, Inline

__all__ = ["RSA", "TYPES"]

_SPACE = "System.Security.Cryptography"
_COST_OF_A_KEY = 50_000  # steps: making a key takes a tenth of a second
_COST_OF_USE = 1_000
_NO_PRIVATE = "Key does not have a private half, which this needs."


class Padding:
    """RSAEncryptionPadding and RSASignaturePadding: `name` as .NET shows it, `digest` of an OAEP padding."""

    __slots__ = ("digest", "name")

    def __init__(self, name: str, digest: str = "") -> None:
        self.name = name
        self.digest = digest

    def __str__(self) -> str:
        return self.name + self.digest.upper()


class EncryptionPadding(Padding):
    """RSAEncryptionPadding."""

    __slots__ = ()


class SignaturePadding(Padding):
    """RSASignaturePadding."""

    __slots__ = ()


class RSA:
    """A key pair, or a public key alone. It is made when it is first needed."""

    __slots__ = ("_bits", "_private", "_public")

    def __init__(self, public: Any = None, private: Any = None, *, bits: int = 2048) -> None:
        self._public = public
        self._private = private
        self._bits = bits

    def public(self) -> Any:
        """The public key."""
        if self._public is None:
            self._public = self.private().public_key()
        return self._public

    def private(self) -> Any:
        """The private key."""
        if self._private is None:
            if self._public is not None:
                raise CryptographicException(_NO_PRIVATE)
            from cryptography.hazmat.primitives.asymmetric import rsa

            charge(_COST_OF_A_KEY * max(self._bits // 1024 - 1, 1) ** 3)
            self._private = rsa.generate_private_key(public_exponent=65537, key_size=self._bits)
        return self._private

    def load(self, key: Any, *, private: bool) -> None:
        """Take over a key that was imported."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

        if not isinstance(key, RSAPrivateKey if private else RSAPublicKey):
            raise CryptographicException("The key is not an RSA key.")
        self._private, self._public = (key, None) if private else (None, key)

    # -- work

    def sign(self, data: bytearray | None, name: HashName, padding: Padding, *, hashed: bool = False) -> bytearray:
        """SignData and SignHash."""
        charge(_COST_OF_USE)
        digest = _digest(hash_name(name))
        return bytearray(self.private().sign(_bytes(data), _signature(padding, digest), _prehashed(digest, hashed)))

    def verify(
        self, data: bytearray | None, signature: bytearray | None, name: HashName, padding: Padding, *, hashed: bool = False
    ) -> bool:
        """VerifyData and VerifyHash."""
        from cryptography.exceptions import InvalidSignature

        digest = _digest(hash_name(name))
        try:
            self.public().verify(_bytes(signature), _bytes(data), _signature(padding, digest), _prehashed(digest, hashed))
        except InvalidSignature:
            return False
        return True

    def encrypt(self, data: bytearray | None, padding: Padding) -> bytearray:
        """Encrypt."""
        try:
            return bytearray(self.public().encrypt(_bytes(data), _encryption(padding)))
        except ValueError:
            raise CryptographicException("The data is too long for this key and padding.") from None

    def decrypt(self, data: bytearray | None, padding: Padding) -> bytearray:
        """Decrypt."""
        charge(_COST_OF_USE)
        try:
            return bytearray(self.private().decrypt(_bytes(data), _encryption(padding)))
        except ValueError:
            raise CryptographicException("The data could not be decrypted.") from None

    # -- import and export

    def import_pem(self, text: str | None) -> None:
        """ImportFromPem."""
        if text is None:
            raise ArgumentNullException("input")
        from cryptography.hazmat.primitives import serialization

        private = "PRIVATE KEY-----" in text
        try:
            data = text.encode()
            self.load(
                serialization.load_pem_private_key(data, None) if private else serialization.load_pem_public_key(data),
                private=private,
            )
        except (ValueError, TypeError):
            raise ArgumentException("No supported key formats were found.", "input") from None

    def import_der(self, data: bytearray | None, *, private: bool) -> tuple[None, int]:
        """ImportPkcs8PrivateKey, ImportRSAPrivateKey, ImportSubjectPublicKeyInfo: the bytes that were read go out."""
        from cryptography.hazmat.primitives import serialization

        raw = _bytes(data)
        try:
            key = serialization.load_der_private_key(raw, None) if private else serialization.load_der_public_key(raw)
        except (ValueError, TypeError):
            raise CryptographicException("ASN1 corrupted data.") from None
        self.load(key, private=private)
        return None, len(raw)

    def export_der(self, *, private: bool) -> bytearray:
        """ExportPkcs8PrivateKey and ExportSubjectPublicKeyInfo."""
        from cryptography.hazmat.primitives import serialization as form

        if private:
            return bytearray(self.private().private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption()))
        return bytearray(self.public().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo))

    def export_pkcs1(self, *, private: bool) -> bytearray:
        """ExportRSAPublicKey and ExportRSAPrivateKey."""
        from cryptography.hazmat.primitives import serialization as form

        if private:
            kind = form.PrivateFormat.TraditionalOpenSSL
            return bytearray(self.private().private_bytes(form.Encoding.DER, kind, form.NoEncryption()))
        return bytearray(self.public().public_bytes(form.Encoding.DER, form.PublicFormat.PKCS1))

    def import_xml(self, text: str | None) -> None:
        """FromXmlString."""
        from cryptography.hazmat.primitives.asymmetric import rsa

        from policies.dotnet.xml.reader import parse_element

        root = parse_element(text)
        parts = {node.name.local: int.from_bytes(base64.b64decode(node.value), "big") for node in root.elements()}
        if "Modulus" not in parts or "Exponent" not in parts:
            raise CryptographicException("Input string does not contain a valid encoding of the 'RSA' parameters.")
        public = rsa.RSAPublicNumbers(parts["Exponent"], parts["Modulus"])
        if "D" not in parts:
            self.load(public.public_key(), private=False)
            return
        p, q, d = parts["P"], parts["Q"], parts["D"]
        numbers = rsa.RSAPrivateNumbers(p, q, d, parts["DP"], parts["DQ"], parts["InverseQ"], public)
        self.load(numbers.private_key(), private=True)

    def export_xml(self, private: bool) -> str:
        """ToXmlString."""
        numbers = self.public().public_numbers()
        parts = {"Modulus": numbers.n, "Exponent": numbers.e}
        if private:
            own = self.private().private_numbers()
            parts |= {"P": own.p, "Q": own.q, "DP": own.dmp1, "DQ": own.dmq1, "InverseQ": own.iqmp, "D": own.d}
        shown = "".join(f"<{name}>{_base64(value)}</{name}>" for name, value in parts.items())
        return f"<RSAKeyValue>{shown}</RSAKeyValue>"


def _base64(number: int) -> str:
    return base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()


def _bytes(data: bytearray | None) -> bytes:
    if data is None:
        raise ArgumentNullException("data")
    return bytes(data)


def _digest(name: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    return getattr(hashes, name.upper())()


def _prehashed(digest: Any, hashed: bool) -> Any:
    if not hashed:
        return digest
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    return Prehashed(digest)


def _signature(padding: Padding, digest: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding as kinds

    if padding.name == "Pss":
        return kinds.PSS(kinds.MGF1(digest), digest.digest_size)
    return kinds.PKCS1v15()


def _encryption(padding: Padding) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding as kinds

    if not padding.digest:
        return kinds.PKCS1v15()
    digest = _digest(padding.digest)
    return kinds.OAEP(kinds.MGF1(digest), digest, None)


_PADDINGS = {"Pkcs1": EncryptionPadding("Pkcs1")} | {
    f"Oaep{name.upper()}": EncryptionPadding("Oaep", name) for name in ("sha1", "sha256", "sha384", "sha512")
}
_HASH = "HashAlgorithmName hashAlgorithm, RSASignaturePadding padding"

_ENCRYPTION_MODE = Enum(f"{_SPACE}.RSAEncryptionPaddingMode", "Pkcs1 Oaep")
_SIGNATURE_MODE = Enum(f"{_SPACE}.RSASignaturePaddingMode", "Pkcs1 Pss")


def _by_name(name: str | None) -> RSA | None:
    """AsymmetricAlgorithm.Create(name): null for what is no name of RSA."""
    if name is None:
        raise ArgumentNullException("algName")
    return RSA() if name.rpartition(".")[2].upper() == "RSA" else None


def _of_size(bits: int) -> RSA:
    if not 384 <= bits <= 16384 or bits % 8:
        raise CryptographicException("Specified key is not a valid size for this algorithm.")
    return RSA(bits=bits)


def _part(data: bytearray | None, offset: int, count: int) -> bytearray:
    if data is None:
        raise ArgumentNullException("data")
    if not 0 <= offset <= len(data):
        raise ArgumentOutOfRangeException("offset")
    if not 0 <= count <= len(data) - offset:
        raise ArgumentOutOfRangeException("count")
    return data[offset : offset + count]


def _unsupported(_own: RSA, _data: bytearray | None) -> bytearray:
    """EncryptValue and DecryptValue, which no version of .NET implements."""
    raise NotSupportedException("Method not supported.")


TYPES = (
    _ENCRYPTION_MODE,
    _SIGNATURE_MODE,
    Class(
        f"{_SPACE}.RSAEncryptionPadding",
        runtime=EncryptionPadding,
        members={
            **{f"static RSAEncryptionPadding {name}": Const(padding) for name, padding in _PADDINGS.items()},
            "static RSAEncryptionPadding CreateOaep(HashAlgorithmName hashAlgorithm)": (
                lambda name: EncryptionPadding("Oaep", hash_name(name))
            ),
            "RSAEncryptionPaddingMode Mode": lambda own: _ENCRYPTION_MODE.values[own.name],
            "HashAlgorithmName OaepHashAlgorithm": lambda own: HashName(own.digest.upper() or None),
        },
    ),
    Class(
        f"{_SPACE}.RSASignaturePadding",
        runtime=SignaturePadding,
        members={
            **{f"static RSASignaturePadding {name}": Const(SignaturePadding(name)) for name in ("Pkcs1", "Pss")},
            "RSASignaturePaddingMode Mode": lambda own: _SIGNATURE_MODE.values[own.name],
        },
    ),
    Class(
        f"{_SPACE}.AsymmetricAlgorithm",
        bases=("IDisposable",),
        members={
            "int KeySize": Inline("self.public().key_size"),
            "string ToXmlString(bool includePrivateParameters)": Inline("self.export_xml(includePrivateParameters)"),
            "void FromXmlString(string xmlString)": Inline("self.import_xml(xmlString)"),
            "byte[] ExportPkcs8PrivateKey()": lambda own: own.export_der(private=True),
            "byte[] ExportSubjectPublicKeyInfo()": lambda own: own.export_der(private=False),
            "void ImportPkcs8PrivateKey(byte[] source, out int bytesRead)": lambda own, data: own.import_der(
                data, private=True
            ),
            "void ImportSubjectPublicKeyInfo(byte[] source, out int bytesRead)": (
                lambda own, data: own.import_der(data, private=False)
            ),
            "void ImportFromPem(string input)": Inline("self.import_pem(input)"),
            "string KeyExchangeAlgorithm": Inline("'RSA'"),
            "string SignatureAlgorithm": Inline("'RSA'"),
            "static AsymmetricAlgorithm Create(string algName)": _by_name,
            "void Clear()": Inline("None"),
        },
    ),
    Class(
        f"{_SPACE}.RSA",
        runtime=RSA,
        bases=("AsymmetricAlgorithm",),
        members={
            "static RSA Create()": RSA,
            "static RSA Create(string algName)": _by_name,
            "static RSA Create(int keySizeInBits)": _of_size,
            "byte[] EncryptValue(byte[] rgb)": _unsupported,
            "byte[] DecryptValue(byte[] rgb)": _unsupported,
            f"byte[] SignData(byte[] data, {_HASH})": lambda own, data, name, padding: own.sign(data, name, padding),
            f"byte[] SignData(byte[] data, int offset, int count, {_HASH})": (
                lambda own, data, offset, count, name, padding: own.sign(_part(data, offset, count), name, padding)
            ),
            f"byte[] SignHash(byte[] hash, {_HASH})": (
                lambda own, data, name, padding: own.sign(data, name, padding, hashed=True)
            ),
            f"bool VerifyData(byte[] data, byte[] signature, {_HASH})": (
                lambda own, data, signature, name, padding: own.verify(data, signature, name, padding)
            ),
            f"bool VerifyData(byte[] data, int offset, int count, byte[] signature, {_HASH})": (
                lambda own, data, offset, count, signature, name, padding: own.verify(
                    _part(data, offset, count), signature, name, padding
                )
            ),
            f"bool VerifyHash(byte[] hash, byte[] signature, {_HASH})": (
                lambda own, data, signature, name, padding: own.verify(data, signature, name, padding, hashed=True)
            ),
            "byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)": Inline("self.encrypt(data, padding)"),
            "byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)": Inline("self.decrypt(data, padding)"),
            "byte[] ExportRSAPublicKey()": lambda own: own.export_pkcs1(private=False),
            "byte[] ExportRSAPrivateKey()": lambda own: own.export_pkcs1(private=True),
            "void ImportRSAPublicKey(byte[] source, out int bytesRead)": lambda own, data: own.import_der(data, private=False),
            "void ImportRSAPrivateKey(byte[] source, out int bytesRead)": lambda own, data: own.import_der(data, private=True),
        },
    ),
)
