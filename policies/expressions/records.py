"""Cheap records: what the two trees are made of.

The rule here: a record is a class of slots, written as annotations like a dataclass. Dataclasses compile a method for every
class when they are imported; with ninety kinds of nodes that is most of this room's cold start, so one `__init__` serves all,
until a kind turns out to be a frequent one.
"""

from __future__ import annotations

from typing import Any, dataclass_transform

from policies.records import MISSING, Field, initializer

__all__ = ["Record"]


_MANY = 50


class _Slots(type):
    """Turns annotations into slots, and values given to them into defaults."""

    record_fields: tuple[str, ...]
    record_defaults: dict[str, Any]
    record_count: int

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _Slots:
        own = tuple(body.get("__annotations__", ()))
        defaults = {field: body.pop(field) for field in own if field in body}
        body["__slots__"] = own
        body["__init__"] = _fill  # its own, for one that is made for a frequent kind must not go on to the kinds below it
        made = super().__new__(mcs, name, bases, body)
        base = next((each for each in bases if isinstance(each, _Slots)), None)
        made.record_fields = (*(base.record_fields if base else ()), *own)
        made.record_defaults = {**(base.record_defaults if base else {}), **defaults}
        made.record_count = 0
        return made


def _fill(self: Any, *values: Any, **named: Any) -> None:
    kind = type(self)
    fields = kind.record_fields
    kind.record_count += 1
    if kind.record_count == _MANY:
        kind.__init__ = initializer(Field(name, kind.record_defaults.get(name, MISSING)) for name in fields)
    for field, value in zip(fields, values, strict=False):
        setattr(self, field, value)
    if len(values) != len(fields):
        defaults = kind.record_defaults
        for field in fields[len(values) :]:
            setattr(self, field, named[field] if field in named else defaults[field])


@dataclass_transform(eq_default=False)
class Record(metaclass=_Slots):
    """A record; its fields are given in their order or by name. Two records are equal only if they are one."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{field}={getattr(self, field)!r}" for field in type(self).record_fields)
        return f"{type(self).__name__}({shown})"
