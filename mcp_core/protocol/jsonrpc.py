"""JSON-RPC 2.0 on the wire: bytes to values, values to bytes, error codes, envelopes.

The rule here: what is read is strict (UTF-8, no NaN, no lone surrogates, at most 200 levels; of two equal keys the last
counts, as in APIM's JObject), what is written can always be read back: compact, one line, UTF-8.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

__all__ = [
    "HEADER_MISMATCH",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "METHOD_NOT_FOUND",
    "PARSE_ERROR",
    "UNSUPPORTED_PROTOCOL_VERSION",
    "MalformedJson",
    "TooDeep",
    "decode",
    "encode",
    "error_envelope",
    "is_request_id",
    "result_envelope",
]

_NATIVE = "pydantic_core._pydantic_core"


def _native() -> ModuleType:
    """The compiled part of pydantic-core, which reads and writes JSON. The package around it defines the types of schemas that
    nothing here has: they take longer to import than the rest of this project does together."""
    package = find_spec("pydantic_core")
    spec = PathFinder.find_spec(_NATIVE, package.submodule_search_locations if package else None)
    if _NATIVE in sys.modules or spec is None or spec.loader is None:
        import pydantic_core._pydantic_core

        return pydantic_core._pydantic_core
    module = sys.modules[_NATIVE] = module_from_spec(spec)  # where the package looks for it, should somebody want all of it
    spec.loader.exec_module(module)
    return module


_json = _native()
_Unwritable: type[Exception] = _json.PydanticSerializationError
from_json: Callable[..., Any] = _json.from_json
to_json: Callable[..., bytes] = _json.to_json

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
# MCP's own, from revision 2026-07-28 on ("Error Codes"). MissingRequiredClientCapability (-32021) is not among them: no
# tool made of a REST operation needs a capability of the client.
HEADER_MISMATCH = -32020
UNSUPPORTED_PROTOCOL_VERSION = -32022

_LONGEST_ID = 256
_LARGEST_ID: int = 10**_LONGEST_ID


class MalformedJson(ValueError):
    """The bytes are not JSON; `str()` says what and where."""


class TooDeep(ValueError):
    """A value has more levels than JSON is written with here (254)."""


def decode(data: bytes) -> Any:
    """Bytes → value. Raises MalformedJson."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedJson(str(error)) from None


def encode(value: object) -> bytes:
    """Value → compact bytes. NaN and infinities become null; a lone surrogate, which has no UTF-8 form, becomes U+FFFD.

    Raises TooDeep.
    """
    try:
        return to_json(value, inf_nan_mode="null")
    except (_Unwritable, RecursionError):
        pass
    try:
        return to_json(_without_surrogates(value), inf_nan_mode="null")
    except (_Unwritable, RecursionError):
        raise TooDeep("the value has too many levels for JSON") from None


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {str(_without_surrogates(key)): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value


def is_request_id(value: object) -> bool:
    """Whether a request may have this id: text or a whole number (a writer's `1.0` passes), of a length one can echo."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_ID
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < _LARGEST_ID
    return isinstance(value, float) and bool(value.is_integer())


def result_envelope(identifier: bytes, *result: bytes) -> bytes:
    """The response that carries this result, given in pieces; all are JSON already."""
    return b"".join((b'{"jsonrpc":"2.0","id":', identifier, b',"result":', *result, b"}"))


def error_envelope(identifier: bytes, code: int, message: str, data: object | None = None) -> bytes:
    """The response that carries this error."""
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (identifier, encode(error))
