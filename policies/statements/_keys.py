"""Keys of counters and caches as documents give them.

The rule here: a key must be a text that says something. Null and the empty text are refused, for they would throw all callers
that have none (no subscription, no header) into one counter or one cache entry; so are objects and collections, whose
ToString() is the same for all of them. Either is a mistake of the document's author: 500, told in the trace.
"""

from __future__ import annotations

from decimal import Decimal

from policies.values import STRING, Kind

__all__ = ["KEY"]

_WANTED = "a text that is not empty"
_OBJECTS = ("policies.messages", "policies.context")


def _parse(text: str) -> str:
    if not text.strip():
        raise ValueError(f"must be {_WANTED}")
    return text


def _convert(value: object) -> str:
    if isinstance(value, str):
        return _parse(STRING.convert(value))
    if value is None:
        raise ValueError(f"must be {_WANTED}, not null")
    if not isinstance(value, int | float | Decimal) and _is_object(value):
        raise ValueError(f"must be {_WANTED}, not an object ({type(value).__name__})")
    return _parse(STRING.convert(value))


def _is_object(value: object) -> bool:
    if hasattr(value, "__iter__"):
        from policies.dotnet.json.scalars import JValue  # late: only odd keys get here

        return not isinstance(value, JValue)
    return type(value).__module__.startswith(_OBJECTS)


KEY: Kind[str] = Kind(_WANTED, _parse, _convert)
"""Any text but an empty one."""
