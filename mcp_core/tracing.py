"""Traced requests: who may ask for a trace, and how it comes back (article "Debug your APIs using request tracing").

The rule here: a trace shows what policies did, so only somebody with the debug credential gets one. It comes back in the
JSON-RPC answer itself: in a result's `_meta`, in an error's `data`.
"""

from __future__ import annotations

import json
from typing import Any

from policies.messages import Request, Response
from policies.secret import Secret
from policies.trace import Trace

__all__ = ["META_KEY", "attach", "is_wanted"]

META_KEY = "mcp-gateway/trace"
ASKING = "ocp-apim-trace"
CREDENTIAL = "apim-debug-authorization"


def is_wanted(request: Request, trace_key: Secret) -> bool:
    """Whether the request asks for a trace and may have one. With an empty `trace_key` nobody may."""
    headers = request.headers
    asked = headers.get(ASKING)
    if asked is None or not trace_key or asked.strip().lower() != "true":
        return False
    return Secret(headers.get(CREDENTIAL) or "") == trace_key


def attach(response: Response, trace: Trace) -> None:
    """Put the trace into a JSON-RPC answer; an answer in a policy's own words stays as it is."""
    try:
        answer: Any = json.loads(response.body.data)
    except (ValueError, RuntimeError):
        return
    if not isinstance(answer, dict):
        return
    result, error = answer.get("result"), answer.get("error")
    if isinstance(result, dict):
        result.setdefault("_meta", {})[META_KEY] = trace.as_json()
    elif isinstance(error, dict):
        data = error.get("data")
        error["data"] = {
            **(data if isinstance(data, dict) else {} if data is None else {"data": data}),
            "trace": trace.as_json(),
        }
    else:
        return
    response.body = type(response.body)(json.dumps(answer, ensure_ascii=False).encode())
    response.headers.remove("Content-Length")
