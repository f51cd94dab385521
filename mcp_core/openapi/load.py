"""Bytes of a document → plain data: dict, list, str, int, float, bool, None.

The rule here: whatever the bytes are, there is data within the bounds below or an InvalidInput whose sentence says what the
bytes are instead and where. Keys are strings, numbers are finite, text can be written as UTF-8.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from mcp_core.errors import InvalidInput

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "load"]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
# Values in the document with every YAML alias written out. GitHub's API, 13 MB of JSON, has 0.5 million.
MAX_NODES = 4_000_000
Warn = Callable[[str], None]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def load(data: bytes, warn: Warn) -> Any:
    """The document's data. `warn` takes a sentence about each thing that was tolerated. Raises InvalidInput."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"The document has {len(data) / 1_048_576:,.0f} MiB; up to {MAX_BYTES // 1_048_576} MiB can be imported.",
            hint="Split it, or remove what is not needed (bundlers that resolve every $ref multiply the size).",
        )
    text = _decoded(data, warn)
    start = text[:4096].lstrip()
    if not start and not text.strip():
        raise InvalidInput("The document is empty.")
    _refuse_markup(start)
    value = _loaded(text, start, warn)
    _check_bounds(value)
    return value


def finite(number: float) -> float:
    """The number, or the largest that JSON's readers take. `1e999` is legal JSON, infinity is not."""
    return min(max(number, -sys.float_info.max), sys.float_info.max)


def _decoded(data: bytes, warn: Warn) -> str:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding not in {"utf-8", "utf-8-sig"}:
            raise InvalidInput(
                f"The document is not JSON or YAML: its text is no {encoding.upper()} ({error.reason})."
            ) from None
        text = data.decode("cp1252", "replace")
        if not _BINARY.search(text[:65536]):
            warn(f"The text is not UTF-8 (byte {error.start}); it was read as Windows-1252.")
    if _BINARY.search(text[:65536]):
        raise InvalidInput(
            f"The document is not JSON or YAML but binary data{_kind_of_binary(data)}.",
            hint="Name the OpenAPI document itself, not compressed.",
        )
    return text


def _kind_of_binary(data: bytes) -> str:
    kinds = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "a zip archive", b"%PDF": "a PDF", b"\x89PNG": "an image"}
    return next((f" ({kind})" for magic, kind in kinds.items() if data.startswith(magic)), "")


def _refuse_markup(start: str) -> None:
    if not start.startswith("<"):
        return
    head = start[:1024].lower()
    if "<html" in head or "<!doctype html" in head or "<head" in head or "<body" in head:
        title = re.search(r"<title[^>]*>([^<]{1,80})", start, re.IGNORECASE)
        named = f" titled {title[1].strip()!r}" if title else ""
        raise InvalidInput(
            f"This is an HTML page{named}, not an OpenAPI document.",
            hint="Look on that page for the address of the document itself; it often ends in openapi.json or swagger.json.",
        )
    kinds = {"wsdl": "a WSDL document (SOAP)", "wadl": "a WADL document", "edmx": "an OData metadata document"}
    kind = next((text for word, text in kinds.items() if word in head), "XML")
    raise InvalidInput(f"This is {kind}, not an OpenAPI document.", hint="OpenAPI documents are JSON or YAML.")


def _loaded(text: str, start: str, warn: Warn) -> Any:
    from mcp_core.openapi.yaml_events import load_yaml  # PyYAML is not needed where documents are JSON

    if start[0] not in '{["':
        return load_yaml(text, warn)
    try:
        return _loaded_json(text, warn)
    except InvalidInput as json_error:
        # Flow style YAML begins with a brace too, and takes trailing commas and single quotes, which people leave in JSON. It
        # would also take a missing comma, and read something else.
        if len(text) > 2_000_000 or not _LENIENT.search(json_error.message):
            raise
        try:
            value = load_yaml(text, lambda _: None)
        except InvalidInput:
            raise json_error from None
        warn(f"Read as YAML, for it is not proper JSON: {json_error.message}")
        return value


_LENIENT = re.compile("expecting property name|expecting value|trailing comma|invalid control character")


def too_deep() -> InvalidInput:
    """What a reader raises when it meets more than MAX_DEPTH levels."""
    return InvalidInput(f"The document is nested more than {MAX_DEPTH} levels deep.", hint="OpenAPI uses $ref instead.")


def _loaded_json(text: str, warn: Warn) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(items)
        if len(mapping) != len(items):
            seen: set[str] = set()
            for name, _ in items:
                if name in seen:
                    warn(f"The key {name[:80]!r} stands twice in one object; the last one counts.")
                seen.add(name)
        return mapping

    def constant(name: str) -> Any:
        raise ValueError(f"the value {name} is not in JSON")

    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=lambda digits: finite(float(digits))
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"The document is not proper JSON: {_lowered(error.msg)} ({where}).") from None
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:  # NaN, or an integer of thousands of digits
        raise InvalidInput(f"The document is not proper JSON: {_lowered(str(error).split(':')[0])}.") from None
    return _without_surrogates(value) if _SURROGATE_ESCAPE.search(text) else value


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _without_surrogates(value: Any) -> Any:
    """The value with halves of surrogate pairs replaced: JSON can escape them, UTF-8 cannot hold them."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", name): _without_surrogates(item) for name, item in value.items()}
    return value


def _check_bounds(value: Any) -> None:
    """Walks level by level, as deep and wide as the document is with its aliases written out."""
    level: list[Any] = [value]
    nodes = depth = 0
    while level:
        nodes += len(level)
        if nodes > MAX_NODES:
            raise InvalidInput(f"The document holds more than {MAX_NODES:,} values.", hint="Split it.")
        if depth > MAX_DEPTH:
            raise too_deep()
        depth += 1
        following: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                following.extend(child for child in item.values() if isinstance(child, (dict, list)))
                nodes += len(item)
            elif isinstance(item, list):
                following.extend(child for child in item if isinstance(child, (dict, list)))
                nodes += len(item)
            if len(following) > MAX_NODES:
                raise InvalidInput(f"The document holds more than {MAX_NODES:,} values.", hint="Split it.")
        level = following
