"""Hashes and keyed hashes.

The rule here: hashlib and hmac do the work; an algorithm is an object that remembers its key and its last hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    CryptographicException,
    PlatformNotSupportedException,
)
from policies.dotnet.meter import charge
from policies.dotnet.types import Class, Const, Implementation, Inline, Struct, TypeDefinition

__all__ = ["TYPES", "HashAlgorithm", "HashName", "hash_name"]

_SPACE = "System.Security.Cryptography"


class HashAlgorithm:
    """A hash: `name` is hashlib's. `key` is None for one without."""

    __slots__ = ("_running", "hash", "key", "name", "net_type")

    def __init__(self, definition: TypeDefinition, name: str, key: bytes | None = None) -> None:
        self.net_type = definition.of()
        self.name = name
        self.key = key
        self.hash: bytearray | None = None
        self._running: Any = None

    @property
    def size(self) -> int:
        """HashSize in bits."""
        return hashlib.new(self.name, usedforsecurity=False).digest_size * 8

    def compute(self, data: bytearray | None, offset: int = 0, count: int | None = None) -> bytearray:
        """ComputeHash, of what TransformBlock was given before too."""
        if data is None:
            raise ArgumentNullException("buffer")
        count = len(data) - offset if count is None else count
        if offset < 0 or count < 0 or offset + count > len(data):
            raise ArgumentException("Value was invalid.")
        charge(count >> 8)
        self._update(bytes(data[offset : offset + count]))
        self.hash, self._running = bytearray(self._running.digest()), None
        return bytearray(self.hash)

    def add(self, data: bytearray | None, offset: int, count: int, target: bytearray | None, at: int) -> int:
        """TransformBlock: count the bytes in, and copy them to the target when there is one."""
        part = self._part(data, offset, count)
        self._update(part)
        if target is not None:
            if at < 0 or at + count > len(target):
                raise ArgumentException("Value was invalid.")
            target[at : at + count] = part
        return count

    def finish(self, data: bytearray | None, offset: int, count: int) -> bytearray:
        """TransformFinalBlock: the last bytes; the hash is then known, and the next one begins."""
        part = self._part(data, offset, count)
        self._update(part)
        self.hash, self._running = bytearray(self._running.digest()), None
        return bytearray(part)

    def reset(self) -> None:
        """Initialize."""
        self._running = None

    def _part(self, data: bytearray | None, offset: int, count: int) -> bytes:
        if data is None:
            raise ArgumentNullException("inputBuffer")
        if offset < 0:
            raise ArgumentOutOfRangeException("inputOffset", "Non-negative number required.")
        if count < 0 or offset + count > len(data):
            raise ArgumentException("Value was invalid.")
        return bytes(data[offset : offset + count])

    def _update(self, part: bytes) -> None:
        charge(len(part) >> 8)
        if self._running is None:
            plain = hashlib.new(self.name, usedforsecurity=False)
            self._running = plain if self.key is None else hmac.new(self.key, digestmod=self.name)
        self._running.update(part)

    def set_key(self, key: bytearray | None) -> None:
        """`algorithm.Key = key`."""
        if key is None:
            raise ArgumentNullException("value")
        self.key = bytes(key)


class HashName:
    """HashAlgorithmName."""

    __slots__ = ("name",)

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HashName) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name or ""


def hash_name(name: HashName) -> str:
    """hashlib's name of it; CryptographicException for one that does not exist."""
    found = (name.name or "").lower()
    if found not in _NAMES:
        raise CryptographicException(f"'{name}' is not a known hash algorithm.")
    return found


_NAMES = ("md5", "sha1", "sha256", "sha384", "sha512")


def _plain(name: str) -> list[TypeDefinition]:
    """The abstract class with Create, and the managed one with a constructor."""
    upper = name.upper()

    def create() -> HashAlgorithm:
        return HashAlgorithm(abstract, name)

    def hash_data(data: bytearray | None) -> bytearray:
        return create().compute(data)

    abstract = Class(
        f"{_SPACE}.{upper}",
        bases=("HashAlgorithm",),
        members={f"static {upper} Create()": create, "static byte[] HashData(byte[] source)": hash_data},
    )
    if name == "md5":
        return [abstract]
    managed: TypeDefinition = Class(f"{_SPACE}.{upper}Managed", bases=(upper,))
    managed.members["new()"] = lambda: HashAlgorithm(managed, name)
    return [abstract, managed]


def _keyed(name: str) -> TypeDefinition:
    block = 128 if name in ("sha384", "sha512") else 64

    def make(key: bytearray | None) -> HashAlgorithm:
        if key is None:
            raise ArgumentNullException("key")
        return HashAlgorithm(definition, name, bytes(key))

    def make_random() -> HashAlgorithm:
        return HashAlgorithm(definition, name, secrets.token_bytes(block))

    def hash_data(key: bytearray | None, data: bytearray | None) -> bytearray:
        return make(key).compute(data)

    definition = Class(
        f"{_SPACE}.HMAC{name.upper()}",
        bases=("HMAC",),
        members={
            "new()": make_random,
            "new(byte[] key)": make,
            "static byte[] HashData(byte[] key, byte[] source)": hash_data,
        },
    )
    if block == 128:
        definition.members["bool ProduceLegacyHmacValues"] = (Inline("False"), _no_legacy)
    return definition


def _no_legacy(_own: HashAlgorithm, value: bool) -> None:
    """.NET never had the wrong block size that .NET Framework 2.0 had."""
    if value:
        raise PlatformNotSupportedException


def _by_name(name: str | None) -> Any:
    """HashAlgorithm.Create(name)."""
    found = (
        (name or "").lower().rpartition(".")[2].replace("-", "").removesuffix("managed").removesuffix("cryptoserviceprovider")
    )
    keyed = found.startswith("hmac")
    digest = found.removeprefix("hmac")
    if digest not in _NAMES:
        return None
    definition = next(own for own in TYPES if own.short_name == ("HMAC" if keyed else "") + digest.upper())
    return HashAlgorithm(definition, digest, secrets.token_bytes(64) if keyed else None)


_BASE: dict[str, Implementation] = {
    "static HashAlgorithm Create(string hashName)": _by_name,
    "byte[] ComputeHash(byte[] buffer)": Inline("self.compute(buffer)"),
    "byte[] ComputeHash(byte[] buffer, int offset, int count)": Inline("self.compute(buffer, offset, count)"),
    "byte[] Hash": Inline("self.hash"),
    "int HashSize": Inline("self.size"),
    "void Initialize()": Inline("self.reset()"),
    "int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)": Inline(
        "self.add(inputBuffer, inputOffset, inputCount, outputBuffer, outputOffset)"
    ),
    "byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)": Inline(
        "self.finish(inputBuffer, inputOffset, inputCount)"
    ),
    "bool CanTransformMultipleBlocks": Inline("True"),
    "int InputBlockSize": Inline("1"),
    "int OutputBlockSize": Inline("1"),
    "void Clear()": Inline("None"),
    "bool CanReuseTransform": Inline("True"),
}

TYPES: tuple[TypeDefinition, ...] = (
    Class(f"{_SPACE}.HashAlgorithm", bases=("IDisposable",), members=_BASE),
    Class(
        f"{_SPACE}.KeyedHashAlgorithm",
        bases=("HashAlgorithm",),
        members={"byte[] Key": (Inline("bytearray(self.key)", bytearray=bytearray), Inline("self.set_key(value)"))},
    ),
    Class(
        f"{_SPACE}.HMAC",
        bases=("KeyedHashAlgorithm",),
        members={"string HashName": Inline("self.name.upper()"), "static HMAC Create(string algorithmName)": _by_name},
    ),
    *(definition for name in _NAMES for definition in _plain(name)),
    *(_keyed(name) for name in _NAMES),
    Struct(
        f"{_SPACE}.HashAlgorithmName",
        runtime=HashName,
        zero=HashName(),
        members={
            "new(string name)": HashName,
            **{f"static HashAlgorithmName {name.upper()}": Const(HashName(name.upper())) for name in _NAMES},
            "string Name": Inline("self.name"),
            "string ToString()": Inline("str(self)", str=str),
            "bool operator ==(HashAlgorithmName left, HashAlgorithmName right)": Inline("left == right"),
            "bool operator !=(HashAlgorithmName left, HashAlgorithmName right)": Inline("left != right"),
        },
    ),
)
