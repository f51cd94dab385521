"""Symmetric encryption: `byte[].Encrypt` and `Decrypt`, and the SymmetricAlgorithm that they take.

The rule here: AES in the modes and paddings of .NET; CBC with PKCS #7 where nothing is said.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, CryptographicException
from policies.dotnet.meter import charge
from policies.dotnet.types import Class, Enum, EnumValue, Inline, Interface

__all__ = ["TYPES", "SymmetricAlgorithm", "decrypt", "encrypt"]

_SPACE = "System.Security.Cryptography"
MODE = Enum(f"{_SPACE}.CipherMode", {"CBC": 1, "ECB": 2, "OFB": 3, "CFB": 4, "CTS": 5})
PADDING = Enum(f"{_SPACE}.PaddingMode", {"None": 1, "PKCS7": 2, "Zeros": 3, "ANSIX923": 4, "ISO10126": 5})
_NAMES: Final = ("aes", "rijndael", "aesmanaged", "rijndaelmanaged", "aescryptoserviceprovider")
_BLOCK: Final = 16
_BAD_PADDING: Final = "Padding is invalid and cannot be removed."


class SymmetricAlgorithm:
    """AES with a key, an initialization vector, a mode and a padding."""

    __slots__ = ("_iv", "_key", "mode", "padding", "size")

    def __init__(self) -> None:
        self.size = 256
        self._key: bytes | None = None
        self._iv: bytes | None = None
        self.mode: EnumValue = MODE.values["CBC"]
        self.padding: EnumValue = PADDING.values["PKCS7"]

    @property
    def key(self) -> bytearray:
        """Key: a random one when none was set."""
        if self._key is None:
            self._key = secrets.token_bytes(self.size // 8)
        return bytearray(self._key)

    def set_key(self, key: bytearray | None) -> None:
        """`algorithm.Key = key`: of 16, 24 or 32 bytes."""
        if key is None:
            raise ArgumentNullException("value")
        if len(key) not in (16, 24, 32):
            raise CryptographicException("Specified key is not a valid size for this algorithm.")
        self._key = bytes(key)
        self.size = len(key) * 8

    @property
    def iv(self) -> bytearray:
        """IV: a random one when none was set."""
        if self._iv is None:
            self._iv = secrets.token_bytes(_BLOCK)
        return bytearray(self._iv)

    def set_iv(self, iv: bytearray | None) -> None:
        """`algorithm.IV = iv`: of 16 bytes."""
        if iv is None:
            raise ArgumentNullException("value")
        if len(iv) != _BLOCK:
            raise CryptographicException(
                "Specified initialization vector (IV) does not match the block size for this algorithm."
            )
        self._iv = bytes(iv)

    def set_size(self, bits: int) -> None:
        """`algorithm.KeySize = bits`."""
        if bits not in (128, 192, 256):
            raise CryptographicException("Specified key is not a valid size for this algorithm.")
        self.size, self._key = bits, None

    def renew(self, *, key: bool) -> None:
        """GenerateKey and GenerateIV."""
        if key:
            self._key = secrets.token_bytes(self.size // 8)
        else:
            self._iv = secrets.token_bytes(_BLOCK)


def create(name: str | None = "aes") -> SymmetricAlgorithm | None:
    """SymmetricAlgorithm.Create: null for a name that is not known."""
    return SymmetricAlgorithm() if (name or "").rpartition(".")[2].lower() in _NAMES else None


def _prepared(algorithm: Any, key: bytearray | None, iv: bytearray | None) -> SymmetricAlgorithm:
    if isinstance(algorithm, SymmetricAlgorithm):
        if key is None and iv is None:
            return algorithm
        own = SymmetricAlgorithm()
        own.mode, own.padding = algorithm.mode, algorithm.padding
    else:
        if algorithm is None:
            raise ArgumentNullException("alg")
        found = create(algorithm)
        if found is None:
            raise ArgumentException(f"'{algorithm}' is not a known symmetric algorithm; AES is.", "alg")
        own = found
    own.set_key(key)
    if own.mode != MODE.values["ECB"] or iv is not None:
        own.set_iv(iv)
    return own


def _cipher(algorithm: SymmetricAlgorithm) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    name, iv = str(algorithm.mode), bytes(algorithm.iv)
    if name == "CBC":
        mode: Any = modes.CBC(iv)
    elif name == "ECB":
        mode = modes.ECB()  # noqa: S305  # the document's author asked for it by name
    elif name == "CFB":
        from cryptography.hazmat.decrepit.ciphers.modes import CFB8

        mode = CFB8(iv)
    else:
        raise CryptographicException("Specified cipher mode is not valid for this algorithm.")
    return Cipher(algorithms.AES(bytes(algorithm.key)), mode)


def encrypt(data: bytearray | None, algorithm: Any, key: bytearray | None = None, iv: bytearray | None = None) -> bytearray:
    """`data.Encrypt(algorithm[, key, iv])`."""
    if data is None:
        raise ArgumentNullException("input")
    charge(len(data) >> 8)
    own = _prepared(algorithm, key, iv)
    worker = _cipher(own).encryptor()
    return bytearray(worker.update(_padded(bytes(data), own)) + worker.finalize())


def decrypt(data: bytearray | None, algorithm: Any, key: bytearray | None = None, iv: bytearray | None = None) -> bytearray:
    """`data.Decrypt(algorithm[, key, iv])`: CryptographicException when the key or the data is wrong."""
    if data is None:
        raise ArgumentNullException("input")
    charge(len(data) >> 8)
    own = _prepared(algorithm, key, iv)
    if len(data) % _BLOCK and str(own.mode) != "CFB":
        raise CryptographicException("The input data is not a complete block.")
    worker = _cipher(own).decryptor()
    return bytearray(_unpadded(worker.update(bytes(data)) + worker.finalize(), own))


def _padded(data: bytes, algorithm: SymmetricAlgorithm) -> bytes:
    name = str(algorithm.padding)
    block = 1 if str(algorithm.mode) == "CFB" else _BLOCK
    count = block - len(data) % block
    if name == "None" or (name == "Zeros" and count == block):
        if len(data) % block:
            raise CryptographicException("The input data is not a complete block.")
        return data
    if name == "PKCS7":
        return data + bytes([count]) * count
    if name == "Zeros":
        return data + bytes(count)
    filling = secrets.token_bytes(count - 1) if name == "ISO10126" else bytes(count - 1)
    return data + filling + bytes([count])


def _unpadded(data: bytes, algorithm: SymmetricAlgorithm) -> bytes:
    name = str(algorithm.padding)
    if name in ("None", "Zeros"):
        return data
    count = data[-1] if data else 0
    if not 0 < count <= _BLOCK or count > len(data):
        raise CryptographicException(_BAD_PADDING)
    filling = {"PKCS7": bytes([count]) * (count - 1), "ANSIX923": bytes(count - 1)}.get(name)
    if filling is not None and data[-count:-1] != filling:
        raise CryptographicException(_BAD_PADDING)
    return data[:-count]


class Transform:
    """ICryptoTransform: one whole text at a time."""

    __slots__ = ("_algorithm", "_encrypting")

    def __init__(self, algorithm: SymmetricAlgorithm, *, encrypting: bool) -> None:
        self._algorithm = algorithm
        self._encrypting = encrypting

    def final(self, data: bytearray | None, offset: int, count: int) -> bytearray:
        """TransformFinalBlock."""
        if data is None:
            raise ArgumentNullException("inputBuffer")
        if offset < 0 or count < 0 or offset + count > len(data):
            raise ArgumentException("Value was invalid.")
        part = data[offset : offset + count]
        return encrypt(part, self._algorithm) if self._encrypting else decrypt(part, self._algorithm)


TYPES = (
    MODE,
    PADDING,
    Interface(
        f"{_SPACE}.ICryptoTransform",
        nameable=False,
        runtime=Transform,
        bases=("IDisposable",),
        members={
            "byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)": Inline(
                "self.final(inputBuffer, inputOffset, inputCount)"
            )
        },
    ),
    Class(
        f"{_SPACE}.SymmetricAlgorithm",
        runtime=SymmetricAlgorithm,
        bases=("IDisposable",),
        members={
            "static SymmetricAlgorithm Create()": create,
            "static SymmetricAlgorithm Create(string algName)": create,
            "byte[] Key": (Inline("self.key"), Inline("self.set_key(value)")),
            "byte[] IV": (Inline("self.iv"), Inline("self.set_iv(value)")),
            "CipherMode Mode": (Inline("self.mode"), lambda own, value: setattr(own, "mode", value)),
            "PaddingMode Padding": (Inline("self.padding"), lambda own, value: setattr(own, "padding", value)),
            "int KeySize": (Inline("self.size"), Inline("self.set_size(value)")),
            "int BlockSize": Inline("128"),
            "int FeedbackSize": Inline("8"),
            "bool ValidKeySize(int bitLength)": Inline("bitLength in (128, 192, 256)"),
            "void GenerateKey()": lambda own: own.renew(key=True),
            "void GenerateIV()": lambda own: own.renew(key=False),
            "void Clear()": Inline("None"),
            "ICryptoTransform CreateEncryptor()": lambda own: Transform(own, encrypting=True),
            "ICryptoTransform CreateEncryptor(byte[] rgbKey, byte[] rgbIV)": (
                lambda own, key, iv: Transform(_prepared(own, key, iv), encrypting=True)
            ),
            "ICryptoTransform CreateDecryptor()": lambda own: Transform(own, encrypting=False),
            "ICryptoTransform CreateDecryptor(byte[] rgbKey, byte[] rgbIV)": (
                lambda own, key, iv: Transform(_prepared(own, key, iv), encrypting=False)
            ),
        },
    ),
)
