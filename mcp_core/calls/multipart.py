"""Multipart replies: the parts of a body (RFC 2046 §5.1).

The rule here: lenient about line ends and a missing last boundary, strict about sizes; what is not multipart gives no parts.
"""

from __future__ import annotations

import binascii
import quopri
from collections.abc import Callable, Iterator

from policies.messages import Headers

__all__ = ["parts_of"]

_MOST_HEADER_BYTES = 16 * 1024


def parts_of(data: bytes, boundary: str) -> Iterator[tuple[Headers, bytes]]:
    """Header fields and decoded content of each part, in order."""
    if not boundary or len(boundary) > 200:
        return
    delimiter = b"--" + boundary.encode("utf-8", "replace")
    pieces = (b"\n" + data).split(b"\n" + delimiter)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        _, newline, part = piece.partition(b"\n")  # the delimiter's line may end in white space
        if newline:
            yield _part(part)


def _part(part: bytes) -> tuple[Headers, bytes]:
    if part.startswith((b"\r\n", b"\n")):
        head, content = b"", part[part.index(b"\n") + 1 :]
    else:
        separator = b"\r\n\r\n" if b"\r\n\r\n" in part else b"\n\n"
        head, _, content = part.partition(separator)
    headers = Headers()
    for line in head[:_MOST_HEADER_BYTES].decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon and not line[:1].isspace():
            headers.add(name.strip(), value.strip())
    content = content.removesuffix(b"\r")
    decode = _DECODERS.get((headers.get("Content-Transfer-Encoding") or "").strip().lower())
    return headers, decode(content) if decode is not None else content


def _base64(content: bytes) -> bytes:
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        return content


_DECODERS: dict[str, Callable[[bytes], bytes]] = {"base64": _base64, "quoted-printable": quopri.decodestring}
