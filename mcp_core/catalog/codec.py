"""The catalogue's dataclasses as JSON and back.

The rule here: no field has code of its own. A class's encoder and decoder are made once from its annotations; fields that have
their default are left out, and fields that a newer version added are passed over. Schemas that operations and tools of one
API share are written once (`pool`) and stand as numbers where they are used: the largest APIs shrink tenfold, and decoding
them gives shared objects again.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mcp_core.catalog.model import Api

__all__ = ["decode", "encode"]

T = TypeVar("T")
Convert = Callable[[Any], Any]


def encode(value: Any) -> str:
    """Compact JSON of one of the catalogue's dataclasses."""
    kind: Any = type(value)
    data = _encoder(kind)(value)
    if isinstance(value, Api):
        data = _pooled(data)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def decode(kind: type[T], text: str | bytes) -> T:
    """The dataclass. Raises ValueError when the text does not hold one."""
    chosen: Any = kind
    try:
        data = json.loads(text)
        if chosen is Api:
            _unpool(data)
        return typing.cast(T, _decoder(chosen)(data))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"not a stored {kind.__name__}: {error}") from error


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@functools.cache
def _encoder(kind: Any) -> Convert:
    """A function from an instance of the dataclass to plain data, without the fields that have their default."""
    rows = [(field.name, _value_encoder(_hints(kind)[field.name]), _default(field)) for field in dataclasses.fields(kind)]

    def convert(value: Any) -> dict[str, Any]:
        data = {}
        for name, inner, default in rows:
            item = getattr(value, name)
            if item is not default and not (type(item) is type(default) and item == default):
                data[name] = inner(item) if inner else item
        return data

    return convert


@functools.cache
def _decoder(kind: Any) -> Convert:
    """A function from plain data to an instance of the dataclass."""
    converts = {field.name: _value_decoder(_hints(kind)[field.name]) for field in dataclasses.fields(kind)}

    def convert(data: Any) -> Any:
        known = {}
        for name, item in data.items():
            if name in converts:
                inner = converts[name]
                known[name] = inner(item) if inner else item
        return kind(**known)

    return convert


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def _value_encoder(hint: Any) -> Convert | None:
    """None where the value is plain data already."""
    return _converter(hint, _encoder, list)


def _value_decoder(hint: Any) -> Convert | None:
    return _converter(hint, _decoder, tuple)


def _converter(hint: Any, of_class: Callable[[Any], Convert], sequence: Callable[[Any], Any]) -> Convert | None:
    if dataclasses.is_dataclass(hint):
        return of_class(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        item = _converter(arguments[0], of_class, sequence)
        return _each(item, sequence) if item else sequence
    if origin is Mapping:
        item = _converter(arguments[1], of_class, sequence)
        return _each_value(item) if item else None
    if origin in (typing.Union, types.UnionType):
        chosen = (_converter(argument, of_class, sequence) for argument in arguments if argument is not type(None))
        item = next((convert for convert in chosen if convert), None)
        return _unless_none(item) if item else None
    return None


def _each(item: Convert, sequence: Callable[[Any], Any]) -> Convert:
    return lambda values: sequence(map(item, values))


def _each_value(item: Convert) -> Convert:
    return lambda values: {name: item(value) for name, value in values.items()}


def _unless_none(item: Convert) -> Convert:
    return lambda value: None if value is None else item(value)


def _pooled(data: dict[str, Any]) -> dict[str, Any]:
    """The API's data with every shared schema replaced by its number in `pool`."""
    numbers: dict[str, int] = {}
    by_identity: dict[int, int] = {}
    pool: list[Any] = []

    def number(schema: Any) -> int:
        known = by_identity.get(id(schema))
        if known is None:
            text = json.dumps(schema)
            known = numbers.setdefault(text, len(pool))
            if known == len(pool):
                pool.append(schema)
            by_identity[id(schema)] = known  # `data` keeps the schema alive, so that its id stays its own
        return known

    def numbered(schemas: Mapping[str, Any]) -> dict[str, int]:
        return {name: number(schema) for name, schema in schemas.items()}

    shared = dict(data)
    shared["operations"] = [
        {**item, "definitions": numbered(item["definitions"])} if "definitions" in item else item
        for item in data.get("operations", ())
    ]
    shared["tools"] = [_with_definitions(item, numbered) for item in data.get("tools", ())]
    return {"pool": pool, **shared}


def _unpool(data: dict[str, Any]) -> None:
    pool = data.pop("pool", None)
    if pool is None:
        return

    def schemas(numbered: Mapping[str, int]) -> dict[str, Any]:
        return {name: pool[number] for name, number in numbered.items()}

    for item in data.get("operations", ()):
        if "definitions" in item:
            item["definitions"] = schemas(item["definitions"])
    data["tools"] = [_with_definitions(item, schemas) for item in data.get("tools", ())]


def _with_definitions(tool: dict[str, Any], change: Convert) -> dict[str, Any]:
    """The tool's data with `change` applied to the `$defs` of its schemas, which stay in their place."""
    changed = {}
    for name in ("input_schema", "output_schema"):
        schema = tool.get(name)
        if schema and "$defs" in schema:
            changed[name] = {key: change(value) if key == "$defs" else value for key, value in schema.items()}
    return {**tool, **changed} if changed else tool
