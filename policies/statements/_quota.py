"""What `quota` and `quota-by-key` have in common: the attributes, the refusal, and counting the bytes.

The rule here: a refusal is 403 with `Retry-After` and APIM's message (articles "Set usage quota by subscription", "Error
handling in API Management policies"); a quota that never renews has neither a time nor a `Retry-After`. The bandwidth is the
bytes of both bodies, in kilobytes of 1,024; it is known only after the answer, so the call that crosses it is the last one
through.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Body, Headers, Response
from policies.ports import QuotaState
from policies.registry import Attribute
from policies.values import whole_number

__all__ = ["BANDWIDTH", "CALLS", "KILOBYTE", "count_bytes", "refuse"]

KILOBYTE = 1024
_MOST = 2**31 - 1

CALLS = Attribute("calls", whole_number(1, _MOST))
BANDWIDTH = Attribute("bandwidth", whole_number(1, _MOST))


def refuse(state: QuotaState) -> PolicyFailure:
    """The failure for a call over the quota."""
    what = "call volume" if state.exhausted == "calls" else "bandwidth"
    message = f"Out of {what} quota."
    headers = Headers({"Content-Type": "application/json"})
    if state.replenished_in is not None:
        seconds = max(1, math.ceil(state.replenished_in))
        message += f" Quota will be replenished in {_time_span(seconds)}."
        headers.set("Retry-After", str(seconds))
    body = json.dumps({"statusCode": 403, "message": message}).encode()
    response = Response(403, headers, body, reason="Forbidden")
    return PolicyFailure(message, reason="QuotaExceeded", status=403, response=response)


def _time_span(seconds: int) -> str:
    """A .NET TimeSpan's text: [d.]hh:mm:ss."""
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}.{clock}" if days else clock


async def count_bytes(context: PolicyContext, settle: Callable[[int], Awaitable[None]]) -> None:
    """Settle with the bytes of both bodies: now, or when a streamed response has passed."""
    request, response = context.request.body, context.response
    size = len(request.data) if request.is_buffered else 0
    if response is None or response.body.is_buffered:
        await settle(size if response is None else size + len(response.body.data))
    else:
        response.body = Body(stream=_measured(response.body.stream(), size, settle))


async def _measured(stream: AsyncIterator[bytes], size: int, settle: Callable[[int], Awaitable[None]]) -> AsyncIterator[bytes]:
    try:
        async for chunk in stream:
            size += len(chunk)
            yield chunk
    finally:  # also when the client went away
        await settle(size)
