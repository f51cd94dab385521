"""Drives `function_app.py` with the library that Azure itself runs it with (azure-functions-runtime), without a host.

Run as a script under Python 3.13 or newer with the app's folder as the only argument. Reads one JSON request a line
({method, url, headers, body in base64}) from stdin and writes one JSON answer a line; the first line it writes is what was
indexed. The host's messages are duck-typed: the library takes their module as a parameter, so no protobuf is needed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable
from typing import Any


class Record:
    """A message: the attributes it was made with."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class TypedData(Record):
    def WhichOneof(self, _group: str) -> str | None:
        return next(iter(self.__dict__), None)


class ParameterBinding(Record):
    def WhichOneof(self, _group: str) -> str:
        return "data"


class StatusResult(Record):
    Success, Failure = "success", "failure"


class BindingInfo(Record):
    undefined, string, binary, stream = "undefined", "string", "binary", "stream"
    out, inout = 1, 2

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"data_type": BindingInfo.undefined, "properties": {}, **fields})


setattr(BindingInfo, "in", 0)  # a keyword here; the library asks for it by name


class Protos:
    """The module of messages that the library is given."""

    TypedData, StatusResult, BindingInfo = TypedData, StatusResult, BindingInfo

    def __getattr__(self, name: str) -> type[Record]:
        return type(name, (Record,), {})


def http_trigger(request: dict[str, Any]) -> TypedData:
    body = base64.b64decode(request["body"])
    http = Record(
        method=request["method"],
        url=request["url"],
        headers={name.lower(): value for name, value in request["headers"].items()},
        body=TypedData(bytes=body) if body else TypedData(),
        params={},
        query={},
    )
    return TypedData(http=http)


def messages(runtime: Any) -> Callable[..., Record]:
    """What makes a message that the library takes."""
    properties = {"protos": Protos(), "host": "127.0.0.1"}
    runtime.start_threadpool_executor()

    def message(**fields: Any) -> Record:
        return Record(request=Record(**fields), properties=properties)

    return message


async def index(runtime: Any, message: Callable[..., Record], folder: str) -> dict[str, Any]:
    """Initialise and index the app in `folder`: its functions by name. Writes what was indexed. Raises RuntimeError."""
    init = Record(capabilities={}, function_app_directory=folder)
    started = await runtime.worker_init_request(message(worker_init_request=init))
    if started.result.status != StatusResult.Success:
        raise RuntimeError(started.result.exception.message)
    metadata = await runtime.functions_metadata_request(message())
    functions = {found.name: found for found in metadata.function_metadata_results}
    for found in functions.values():
        await runtime.function_load_request(message(function_load_request=Record(function_id=found.function_id)))
    indexed = {name: [json.loads(raw) for raw in found.raw_bindings] for name, found in functions.items()}
    emit({"functions": indexed, "uri": started.capabilities.get("HttpUri", "")})
    return functions


async def invoke(runtime: Any, message: Callable[..., Record], functions: dict[str, Any], request: dict[str, Any]) -> Any:
    """One invocation; the library's own response."""
    found = functions[request["function"]]
    trigger = ParameterBinding(
        name=request["argument"], data=http_trigger(request) if request["argument"] == "req" else TypedData(json="{}")
    )
    invocation = Record(
        invocation_id=request.get("id") or request["url"],
        function_id=found.function_id,
        input_data=[trigger],
        trigger_metadata={},
        trace_context=Record(trace_parent="", trace_state="", attributes={}),
        retry_context=Record(retry_count=0, max_retry_count=0, exception=Record(message="", source="", stack_trace="")),
    )
    return await runtime.invocation_request(message(invocation_request=invocation))


async def serve(folder: str) -> None:
    import azure_functions_runtime as runtime

    message = messages(runtime)
    try:
        functions = await index(runtime, message, folder)
    except RuntimeError as error:
        emit({"failed": str(error)})
        return
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        emit(answer(await invoke(runtime, message, functions, json.loads(line))))


def answer(response: Any) -> dict[str, Any]:
    if response.result.status != StatusResult.Success:
        return {"failed": response.result.exception.message}
    if response.return_value is None:
        return {"status": 0}
    http = response.return_value.http
    body = http.body.bytes if http.body else b""
    return {
        "status": int(http.status_code),
        "headers": dict(http.headers),
        "body": base64.b64encode(body).decode(),
    }


def emit(content: dict[str, Any]) -> None:
    sys.stdout.write("\x1e" + json.dumps(content) + "\n")  # the record separator tells our lines from what an app prints
    sys.stdout.flush()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    asyncio.run(serve(sys.argv[1]))
