"""The gateway's own way with RSASSA-PKCS1-v1_5 and the library's whole one say the same of every signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.tokens.signatures import signature_check
from tests.policies.tokens.issuer import rsa

MESSAGE = b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ"
HASHES: dict[str, hashes.HashAlgorithm] = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
INFO = bytes.fromhex("3031300d060960864801650304020105000420")
BARE_INFO = bytes.fromhex("302f300b0609608648016503040201" + "0420")  # the parameters left out
DIGEST = hashlib.sha256(MESSAGE).digest()
SIZE = 256


def private() -> Any:
    return rsa().get_op_key("sign")


def opened_as(encoded: bytes) -> bytes:
    """The signature from which exactly this comes out."""
    numbers = private().private_numbers()
    modulus: int = numbers.public_numbers.n
    return pow(int.from_bytes(encoded, "big") % modulus, int(numbers.d), modulus).to_bytes(SIZE, "big")


def padded(content: bytes, *, start: bytes = b"\x00\x01", fill: bytes = b"\xff", tail: bytes = b"") -> bytes:
    return start + fill * (SIZE - len(start) - 1 - len(content) - len(tail)) + b"\x00" + content + tail


def library(algorithm: str, message: bytes, signature: bytes) -> bool:
    try:
        rsa().get_op_key("verify").verify(signature, message, padding.PKCS1v15(), HASHES[algorithm])
    except InvalidSignature:
        return False
    return True


GOOD = padded(INFO + DIGEST)
ENCODINGS: dict[str, Callable[[], bytes]] = {
    "rubbish after the digest": lambda: padded(INFO + DIGEST, tail=b"x" * 64),
    "rubbish after the digest, shortest padding": lambda: b"\x00\x01" + b"\xff" * 8 + b"\x00" + INFO + DIGEST + b"x" * 194,
    "no padding": lambda: padded(INFO + DIGEST, fill=b"\x00"),
    "padding of another type": lambda: padded(INFO + DIGEST, start=b"\x00\x02", fill=b"\x55"),
    "padding with one other byte": lambda: GOOD[:9] + b"\xfe" + GOOD[10:],
    "another first byte": lambda: padded(INFO + DIGEST, start=b"\x01\x01"),
    "parameters left out": lambda: padded(BARE_INFO + DIGEST),
    "the digest alone": lambda: padded(DIGEST),
    "the digest of something else": lambda: padded(INFO + hashlib.sha256(b"x").digest()),
    "another hash": lambda: padded(bytes.fromhex("3051300d060960864801650304020305000440") + hashlib.sha512(MESSAGE).digest()),
    "the digest short by one": lambda: padded(INFO + DIGEST[:-1]),
    "nothing": lambda: padded(b""),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_only_one_encoding_passes(name: str) -> None:
    signature = opened_as(ENCODINGS[name]())
    assert not signature_check("RS256", rsa())(MESSAGE, signature)
    assert not library("RS256", MESSAGE, signature)


@pytest.mark.parametrize("algorithm", HASHES)
def test_what_the_issuer_signed_passes_and_no_other_length_of_it(algorithm: str) -> None:
    check = signature_check(algorithm, rsa())
    good = private().sign(MESSAGE, padding.PKCS1v15(), HASHES[algorithm])
    assert check(MESSAGE, good)
    modulus = private().private_numbers().public_numbers.n
    longer = (int.from_bytes(good, "big") + modulus).to_bytes(SIZE + 1, "big")
    for signature in (b"", good[:-1], good + b"\x00", b"\x00" + good, good[1:], longer, bytes(SIZE), b"\xff" * SIZE):
        assert check(MESSAGE, signature) == library(algorithm, MESSAGE, signature) == False  # noqa: E712  # all three


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(sorted(HASHES)),
    st.binary(max_size=40),
    st.one_of(
        st.just(None),
        st.tuples(st.integers(0, SIZE - 1), st.integers(0, 255)),
        st.binary(min_size=SIZE, max_size=SIZE),
        st.binary(max_size=SIZE + 2),
    ),
    st.sampled_from(sorted(HASHES)),
)
def test_both_ways_agree(signed_with: str, message: bytes, change: Any, checked_with: str) -> None:
    signature = private().sign(message, padding.PKCS1v15(), HASHES[signed_with])
    if isinstance(change, tuple):
        place, value = change
        signature = signature[:place] + bytes([value]) + signature[place + 1 :]
    elif isinstance(change, bytes):
        signature = change
    assert signature_check(checked_with, rsa())(message, signature) == library(checked_with, message, signature)


@settings(deadline=None, max_examples=200)
@given(
    st.integers(0, 20),
    st.sampled_from([b"\x00", b"\xff", b"\x01", b"x"]),
    st.sampled_from([INFO, BARE_INFO, b""]),
    st.just(b"") | st.binary(max_size=120),
)
def test_both_ways_agree_on_what_only_the_issuer_could_make(start: int, fill: bytes, info: bytes, tail: bytes) -> None:
    """Encodings of every shape, signed with the private key itself."""
    content = info + DIGEST + tail
    encoded = (b"\x00" + start.to_bytes(1, "big") + fill * SIZE)[: SIZE - 1 - len(content)] + b"\x00" + content
    signature = opened_as(encoded)
    assert signature_check("RS256", rsa())(MESSAGE, signature) == library("RS256", MESSAGE, signature)
