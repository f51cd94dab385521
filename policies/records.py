"""Records: the cheap classes of slots that the whole project is made of.

The rule here: a record is declared like a dataclass, by annotations, and costs no more than a class until it is used.
`dataclass(slots=True)` makes every class twice and compiles up to nine methods for it at import; with the hundreds of classes
of this project that was two fifths of its cold start. Here comparing, hashing and showing are written once. `__init__` is too,
for the first few of a kind, and is compiled for the kinds of which many are made. That nobody changes a frozen record is held
by the type checker, not at run time: it makes the records of a request cheaper as well.

    class Point(Record)                    frozen, compared and hashed by value
    class Cursor(Record, frozen=False)     may be changed; compared by value, not hashable
    class Step(Record, eq=False)           compared and hashed by identity, and so are the classes made from it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, dataclass_transform, overload

__all__ = ["MISSING", "Field", "Record", "RecordType", "field", "initializer", "replace"]

T = TypeVar("T")
R = TypeVar("R", bound="Record")

MISSING: Any = type("_Missing", (), {"__repr__": lambda _: "MISSING"})()
"""The default of a field that has none."""

_MANY = 12  # compiling costs as much as filling so many by hand


class Field(NamedTuple):
    """One field of a record; also what `field()` says about one whose name is still to come."""

    name: str = ""
    default: Any = MISSING
    default_factory: Callable[[], Any] | None = None
    init: bool = True
    repr: bool = True
    kw_only: bool = False


_PLAIN = Field()


@overload
def field(*, default: T, repr: bool = True) -> T: ...
@overload
def field(*, default_factory: Callable[[], T], repr: bool = True) -> T: ...
@overload
def field(*, init: bool = True, repr: bool = True) -> Any: ...
def field(
    *, default: Any = MISSING, default_factory: Callable[[], Any] | None = None, init: bool = True, repr: bool = True
) -> Any:
    """A field with more to say than its default: a factory, or that it stays out of `__init__` or `repr`."""
    return Field("", default, default_factory, init, repr)


def _counting(kind: Any) -> Callable[..., None]:
    """An `__init__` that gives way to a compiled one when many are made."""
    made = 0

    def init(self: Any, /, *values: Any, **named: Any) -> None:
        nonlocal made
        made += 1
        if made == _MANY:
            kind.__init__ = initializer(kind.record_fields, has_post_init=hasattr(kind, "__post_init__"))
        _fill(kind, self, values, named)

    return init


def _fill(kind: Any, record: object, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Set the fields. Raises TypeError as a function with these parameters does."""
    given = dict(zip(kind.__match_args__, values, strict=False))
    if len(values) > len(given) or not given.keys().isdisjoint(named):
        raise TypeError(f"{kind.__qualname__}() is given more values than it has fields, or one field twice")
    given |= named
    for name, default, factory, is_given, _, _ in kind.record_fields:
        if is_given and name in given:
            value = given.pop(name)
        elif factory is not None:
            value = factory()
        elif default is not MISSING:
            value = default
        elif is_given:
            raise TypeError(f"{kind.__qualname__}() is not given its field {name!r}")
        else:
            continue
        setattr(record, name, value)
    if given:
        raise TypeError(f"{kind.__qualname__}() has no field {', '.join(map(repr, given))}")
    if hasattr(kind, "__post_init__"):
        kind.__post_init__(record)


def initializer(fields: Iterable[Field], *, has_post_init: bool = False) -> Callable[..., None]:
    """An `__init__` for these fields, compiled: a fifth of the time, and worth it for records of which many are made."""
    positional: list[str] = []
    keyword: list[str] = []
    lines = []
    known: dict[str, Any] = {"MISSING": MISSING}
    for name, default, factory, is_given, _, kw_only in fields:
        parameter, value = name, name
        if factory is not None:
            known[f"make_{name}"] = factory
            parameter, value = f"{name}=MISSING", f"make_{name}() if {name} is MISSING else {name}"
        elif default is not MISSING:
            known[f"default_{name}"] = default
            parameter = f"{name}=default_{name}"
        if is_given:
            (keyword if kw_only else positional).append(parameter)
        elif factory is not None or default is not MISSING:
            value = f"make_{name}()" if factory is not None else f"default_{name}"
        else:
            continue
        lines.append(f"self.{name} = {value}")
    if has_post_init:
        lines.append("self.__post_init__()")
    parameters = ", ".join(("self", *positional, *(("*", *keyword) if keyword else ())))
    body = "\n ".join(lines or ["pass"])
    # The text is made of names of fields, which are those of a class in our own source.
    exec(f"def __init__({parameters}):\n {body}\n", known)  # noqa: S102
    made: Callable[..., None] = known["__init__"]
    return made


class RecordType(type):
    """Makes slots of annotations, and defaults of what is given to them."""

    record_fields: tuple[Field, ...]  # those of the bases first
    record_key: Callable[[Any], Any]

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        body: dict[str, Any],
        *,
        eq: bool = True,
        frozen: bool = True,
        kw_only: bool = False,
    ) -> RecordType:
        fields = {known.name: known for base in bases if isinstance(base, RecordType) for known in base.record_fields}
        slots = []
        for own, annotation in body.get("__annotations__", {}).items():
            if isinstance(annotation, str) and annotation.startswith("ClassVar"):
                continue
            if own not in fields:
                slots.append(own)
            given = body.pop(own, MISSING)
            told = given if type(given) is Field else _PLAIN if given is MISSING else Field(default=given)
            fields[own] = told._replace(name=own, kw_only=kw_only)
        body["__slots__"] = slots
        body["__match_args__"] = tuple(known.name for known in fields.values() if known.init and not known.kw_only)
        if not eq:
            body |= {"__eq__": object.__eq__, "__hash__": object.__hash__}
        elif not frozen:
            body["__hash__"] = None
        made = super().__new__(mcs, name, bases, body)
        made.record_fields = tuple(fields.values())
        made.record_key = attrgetter(*fields) if fields else type
        if "__init__" not in body:
            made.__init__ = _counting(made)  # type: ignore[misc]  # what a class is made for is done by its metaclass
        return made


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(metaclass=RecordType):
    """A record; see the module. `__post_init__` is called when all fields are set."""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        key = type(self).record_key
        return bool(key(self) == key(other))

    def __hash__(self) -> int:
        return hash(type(self).record_key(self))

    def __repr__(self) -> str:
        shown = (f"{known.name}={getattr(self, known.name)!r}" for known in type(self).record_fields if known.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __replace__(self: R, /, **changes: Any) -> R:
        kept = {known.name: getattr(self, known.name) for known in type(self).record_fields if known.init}
        return type(self)(**{**kept, **changes})


def replace(record: R, /, **changes: Any) -> R:
    """A record like this one but for the changes. Raises TypeError for one that is no field."""
    return record.__replace__(**changes)
