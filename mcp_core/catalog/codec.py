"""The catalogue's records as JSON and back.

The rule here: no field has code of its own. A class's encoder and decoder are made once from its annotations; fields that have
their default are left out, and fields that a newer version added are passed over. What operations and tools of one API repeat
(parameters, responses, schemas) is written once, into `pool`, and stands as a number where it is used: large APIs shrink
tenfold, and decoding gives objects that are shared again.
"""

from __future__ import annotations

import functools
import gc
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mcp_core.catalog.operations import ArgumentBinding, Parameter, RequestBody, ResponseSpec, Schema, ToolAnnotations
from policies.records import Field, Record, RecordType
from policies.secret import Secret

__all__ = ["decode", "encode"]

T = TypeVar("T")

_SHARED = frozenset({ArgumentBinding, Parameter, RequestBody, ResponseSpec, ToolAnnotations})
_SCHEMAS_IN = ("properties", "$defs")  # of a schema: where a body and its tool, and tools of one API, repeat each other
_PAUSE_COLLECTOR_FROM = 100_000


class _Writing:
    """What one document shares, while it is written."""

    def __init__(self) -> None:
        self.pool: list[Any] = []
        self._by_text: dict[tuple[object, str], int] = {}
        self._by_identity: dict[int, int] = {}

    def number(self, kind: object, value: Any, convert: Convert | None) -> int:
        known = self._by_identity.get(id(value))
        if known is None:
            data = convert(value, self) if convert else value
            known = self._by_text.setdefault((kind, json.dumps(data)), len(self.pool))
            if known == len(self.pool):
                self.pool.append(data)
            self._by_identity[id(value)] = known  # the document keeps the value alive, so that its id stays its own
        return known


class _Reading:
    """What one document shares, while it is read; each part is decoded once."""

    def __init__(self, pool: list[Any]) -> None:
        self.pool = pool
        self._decoded: dict[int, Any] = {}

    def part(self, number: int, convert: Convert) -> Any:
        known = self._decoded.get(number)
        if known is None:
            known = self._decoded[number] = convert(self.pool[number], self)
        return known


Convert = Callable[[Any, Any], Any]
"""Given the value and the document's `_Writing` or `_Reading`."""


def encode(value: Any) -> str:
    """Compact JSON of one of the catalogue's records."""
    kind: Any = type(value)
    writing = _Writing()
    data = _encoder(kind)(value, writing)
    if writing.pool:
        data = {"pool": writing.pool, **data}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def decode(kind: type[T], text: str | bytes) -> T:
    """The record. Raises ValueError when the text does not hold one."""
    # The garbage collector looks for cycles again and again while thousands of objects are made, and finds none: half the time.
    chosen: Any = kind
    pause = len(text) >= _PAUSE_COLLECTOR_FROM and gc.isenabled()
    if pause:
        gc.disable()
    try:
        data = json.loads(text)
        return typing.cast(T, _decoder(chosen)(data, _Reading(data.pop("pool", []))))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"not a stored {kind.__name__}: {error}") from error
    finally:
        if pause:
            gc.enable()


@functools.cache
def _encoder(kind: Any) -> Convert:
    """From a record of this kind to plain data, without the fields that have their default."""
    rows = [
        (field.name, _ENCODING.converter(kind.__annotations__[field.name], field.name), _default(field))
        for field in kind.record_fields
    ]

    def convert(value: Any, writing: _Writing) -> dict[str, Any]:
        data = {}
        for name, inner, default in rows:
            item = getattr(value, name)
            if item is not default and not (type(item) is type(default) and item == default):
                data[name] = inner(item, writing) if inner else item
        return data

    return convert


@functools.cache
def _decoder(kind: Any) -> Convert:
    """From plain data to a record of this kind."""
    converts = {field.name: _DECODING.converter(kind.__annotations__[field.name], field.name) for field in kind.record_fields}

    def convert(data: Any, reading: _Reading) -> Any:
        known = {}
        for name, item in data.items():
            if name in converts:
                inner = converts[name]
                known[name] = inner(item, reading) if inner else item
        return kind(**known)

    return convert


def _default(field: Field) -> Any:
    return field.default if field.default_factory is None else field.default_factory()


class _Direction(Record):
    """Encoding or decoding: what a record, a secret, a tuple, a shared part and a mapping of shared schemas become."""

    of_class: Callable[[Any], Convert]
    secret: Convert
    sequence: Callable[[Any], Any]
    shared: Callable[[object, Convert], Convert]
    schemas: Convert

    def converter(self, hint: Any, name: str = "") -> Convert | None:
        """None where the value is plain data already."""
        if hint is Secret or isinstance(hint, RecordType):
            convert = self.secret if hint is Secret else self.of_class(hint)
            return self.shared(hint, convert) if hint in _SHARED else convert
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if name in {"schema", "input_schema", "output_schema"}:
            return _parts_of_schema(self.schemas)
        if origin is tuple:
            item = self.converter(arguments[0])
            return _each(item, self.sequence) if item else lambda values, _: self.sequence(values)
        if origin is Mapping:
            return self.schemas if arguments[1] == Schema else _optional(_each_value, self.converter(arguments[1]))
        if origin in (typing.Union, types.UnionType):
            chosen = (self.converter(argument) for argument in arguments if argument is not type(None))
            return _optional(_unless_none, next((convert for convert in chosen if convert), None))
        return None


_ENCODING = _Direction(
    _encoder,
    lambda secret, _: secret.reveal(),
    list,
    lambda kind, convert: lambda value, writing: writing.number(kind, value, convert),
    lambda schemas, writing: {name: writing.number(Schema, schema, None) for name, schema in schemas.items()},
)
_DECODING = _Direction(
    _decoder,
    lambda text, _: Secret(text),
    tuple,
    lambda kind, convert: lambda number, reading: reading.part(number, convert),
    lambda numbers, reading: dict(zip(numbers, map(reading.pool.__getitem__, numbers.values()), strict=True)),
)


def _optional(wrap: Callable[[Convert], Convert], item: Convert | None) -> Convert | None:
    return wrap(item) if item else None


def _each(item: Convert, sequence: Callable[[Any], Any]) -> Convert:
    return lambda values, document: sequence([item(value, document) for value in values])


def _each_value(item: Convert) -> Convert:
    return lambda values, document: {name: item(value, document) for name, value in values.items()}


def _unless_none(item: Convert) -> Convert:
    return lambda value, document: None if value is None else item(value, document)


def _parts_of_schema(parts: Convert) -> Convert:
    """Converts the values of `properties` and `$defs`, in their places, and leaves the rest of the schema as it is."""

    def convert(schema: Any, document: Any) -> Any:
        if not isinstance(schema, dict):
            return schema  # true, false, or none at all
        changed = dict(schema)
        for key in _SCHEMAS_IN:
            if isinstance(changed.get(key), dict):
                changed[key] = parts(changed[key], document)
        return changed

    return convert
