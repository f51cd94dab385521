"""What bytes are, where their Content-Type is missing, vague or wrong.

The rule here: a definite Content-Type is believed unless the bytes or the operation's own document contradict it beyond doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcp_core.calls.files import sniff
from mcp_core.calls.media import is_textual

__all__ = ["is_text", "media_type_of"]

_VAGUE = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download", "*/*"}
)
_TEXT = "text/plain"


def media_type_of(data: bytes, essence: str, declared: Sequence[str]) -> str:
    """The media type to treat `data` as; `declared` are those that the operation documents for success."""
    if essence in _VAGUE:
        return sniff(data) or _only_binary(declared) or (_TEXT if is_text(data, "") else "application/octet-stream")
    if is_textual(essence):
        # A picture that calls itself text, from an operation that documents pictures.
        return (sniff(data) or essence) if any(_is_media(name) for name in declared) else essence
    if _is_media(essence) and data.lstrip()[:1] in {b"{", b"<"} and not sniff(data):
        return _TEXT  # an error page or message under the header of the picture that was meant
    return essence


def _is_media(essence: str) -> bool:
    return essence.startswith(("image/", "audio/")) and not is_textual(essence)


def _only_binary(declared: Sequence[str]) -> str:
    """The type that the operation documents, where it is one, definite and binary."""
    names = {name for name in declared if name not in _VAGUE}
    name = next(iter(names)) if len(names) == 1 else ""
    return name if name and "*" not in name and not is_textual(name) else ""


def is_text(data: bytes, essence: str) -> bool:
    """Whether bytes of no definite type are text: UTF-8 without NUL."""
    if essence not in _VAGUE or b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
