"""What a message's headers say about its content (RFC 9110 §8.3, §12.5.1; RFC 6839 suffixes)."""

from __future__ import annotations

from policies.messages import Headers

__all__ = ["accepts", "is_json", "is_xml", "media_type"]


def media_type(headers: Headers) -> str:
    """The content's media type in lower case, without parameters; "" when it is not said."""
    return (headers.get("Content-Type") or "").partition(";")[0].strip().lower()


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
