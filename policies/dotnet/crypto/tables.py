"""System.Security.Cryptography and its X509Certificates.

The rule here: rows are beside the work: `hashing`, `symmetric`, `rsa`, `certificates`. `cryptography` is imported only when
something other than a hash is used.
"""

from __future__ import annotations

import secrets

from policies.dotnet.crypto import certificates, hashing, rsa, symmetric
from policies.dotnet.exceptions import ArgumentException, ArgumentNullException, ArgumentOutOfRangeException
from policies.dotnet.types import Class

__all__ = ["TYPES"]


class Generator:
    """RNGCryptoServiceProvider: bytes from the operating system."""

    __slots__ = ()


def _fill(_own: Generator, data: bytearray | None) -> None:
    if data is None:
        raise ArgumentNullException("data")
    data[:] = secrets.token_bytes(len(data))


def _fill_part(_own: Generator, data: bytearray | None, offset: int, count: int) -> None:
    if data is None:
        raise ArgumentNullException("data")
    if offset < 0 or count < 0:
        raise ArgumentOutOfRangeException("offset" if offset < 0 else "count", "Non-negative number required.")
    if offset + count > len(data):
        raise ArgumentException("Offset and length were out of bounds for the array.")
    data[offset : offset + count] = secrets.token_bytes(count)


def _fill_non_zero(_own: Generator, data: bytearray | None) -> None:
    if data is None:
        raise ArgumentNullException("data")
    data[:] = bytes(1 + secrets.randbelow(255) for _ in range(len(data)))


TYPES = (
    *hashing.TYPES,
    *symmetric.TYPES,
    *rsa.TYPES,
    *certificates.TYPES,
    Class(
        "System.Security.Cryptography.RNGCryptoServiceProvider",
        runtime=Generator,
        bases=("IDisposable",),
        members={
            "new()": Generator,
            "void GetBytes(byte[] data)": _fill,
            "void GetBytes(byte[] data, int offset, int count)": _fill_part,
            "void GetNonZeroBytes(byte[] data)": _fill_non_zero,
        },
    ),
)
