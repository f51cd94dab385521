"""What a message's headers say about its content (RFC 9110 §8.3, §12.5.1; RFC 6839 suffixes)."""

from __future__ import annotations

import re

from policies.messages import Headers, Request, Response

__all__ = ["accepts", "is_json", "is_xml", "media_type", "say_utf8", "utf8_of"]

_CHARSET = re.compile(r'(;\s*charset\s*=\s*)("[^"]*"|[^;\s]*)', re.IGNORECASE)
_AS_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii", ""})


def media_type(headers: Headers) -> str:
    """The content's media type in lower case, without parameters; "" when it is not said."""
    return (headers.get("Content-Type") or "").partition(";")[0].strip().lower()


def utf8_of(message: Request | Response) -> bytes:
    """A body's bytes, in UTF-8 where its header says that they are text in another charset."""
    data, charset = message.body.data, _other_charset(message.headers)
    if charset is None:
        return data
    from policies.dotnet.apim.bodies import decode  # late: bodies in other charsets are rare

    return decode(data, charset.string).encode("utf-8", "replace")


def say_utf8(headers: Headers) -> None:
    """Have the header say that the content is UTF-8, if it says another charset."""
    charset = _other_charset(headers)
    if charset is not None:
        before, after = charset.string[: charset.start(2)], charset.string[charset.end(2) :]
        headers.set("Content-Type", f"{before}utf-8{after}")


def _other_charset(headers: Headers) -> re.Match[str] | None:
    """Where Content-Type names a charset other than UTF-8."""
    charset = _CHARSET.search(headers.get("Content-Type") or "")
    return None if charset is None or charset[2].strip('"').lower() in _AS_UTF8 else charset


def is_json(headers: Headers) -> bool:
    """Whether the content is said to be JSON."""
    return media_type(headers).endswith(("/json", "+json"))


def is_xml(headers: Headers) -> bool:
    """Whether the content is said to be XML."""
    return media_type(headers).endswith(("/xml", "+xml"))


def accepts(headers: Headers, subtype: str) -> bool:
    """Whether the Accept header asks by name for a media type of that subtype ("json", "xml") or suffix."""
    for item in (headers.get("Accept") or "").lower().split(","):
        kind, _, parameters = item.partition(";")
        refused = parameters.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        if kind.strip().endswith((f"/{subtype}", f"+{subtype}")) and not refused:
            return True
    return False
