"""`forward-request`: sends the request to its backend and waits for the response (article "Forward request").

In the pipeline of an MCP server the "backend" is the dispatch of the MCP message (`context.forward`); there only the
timeout counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Request, Response
from policies.outgoing import OPTIONS
from policies.pipeline import send_to_backend
from policies.ports import BackendUnavailable, ForwardOptions, Services
from policies.records import replace
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import BOOLEAN, DURATION, choice, whole_number

TIMEOUT = Attribute("timeout", DURATION, expression=True)
TIMEOUT_MS = Attribute("timeout-ms", whole_number(0), expression=True)
CONTINUE_TIMEOUT = Attribute("continue-timeout", DURATION, expression=True)
HTTP_VERSION = Attribute("http-version", choice("1", "2", "2or1", "1.1", "2.0"), default="1")
FOLLOW_REDIRECTS = Attribute("follow-redirects", BOOLEAN, default=False, expression=True)
BUFFER_REQUEST_BODY = Attribute("buffer-request-body", BOOLEAN, default=False, expression=True)
BUFFER_RESPONSE = Attribute("buffer-response", BOOLEAN, default=True, expression=True)
FAIL_ON_ERROR = Attribute("fail-on-error-status-code", BOOLEAN, default=False, expression=True)


def build(statement: Statement) -> Step:
    """Gives the step that forwards."""
    milliseconds, seconds = statement.get(TIMEOUT_MS), statement.get(TIMEOUT)
    follow, fail = statement[FOLLOW_REDIRECTS], statement[FAIL_ON_ERROR]
    buffer_request, buffer_response = statement[BUFFER_REQUEST_BODY], statement[BUFFER_RESPONSE]
    http_version = statement[HTTP_VERSION].literal

    def limit(context: PolicyContext) -> float | None:
        if milliseconds is not None:
            return milliseconds.get(context) / 1000
        return None if seconds is None else seconds.get(context)

    def chosen(context: PolicyContext) -> ForwardOptions:
        timeout = limit(context)
        return ForwardOptions(
            timeout=timeout,
            follow_redirects=follow.get(context),
            buffer_request_body=buffer_request.get(context),
            buffer_response=buffer_response.get(context),
            fail_on_error_status_code=fail.get(context),
            http_version=http_version,
        )

    values = (milliseconds, seconds, follow, fail, buffer_request, buffer_response)
    constant = _constant(chosen) if all(value is None or value.is_literal for value in values) else None

    def options(context: PolicyContext) -> ForwardOptions:
        options = constant or chosen(context)
        decided: Any = context.marks.get(OPTIONS)
        return replace(options, **decided) if decided else options

    async def forward_request(context: PolicyContext) -> None:
        forward, seconds = context.forward, limit(context)
        if forward is None:
            response = await send_to_backend(context, options(context))
        elif seconds is None:
            response = await forward(context)
        else:
            response = await _within(seconds, forward(context))
        context.response = response
        if response.status >= 400 and fail.get(context):
            raise PolicyFailure(
                f"The backend answered with status {response.status}.",
                reason="BackendErrorStatusCode",
                status=response.status,
                response=response,
            )

    return forward_request


def _constant(chosen: Callable[[PolicyContext], ForwardOptions]) -> ForwardOptions:
    """Options that depend on no request, made once."""
    return chosen(PolicyContext(Request("GET", "http://none.invalid"), Services()))


async def _within(seconds: float, answer: Awaitable[Response]) -> Response:
    """The answer, waited for no longer than that. Raises BackendUnavailable."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise BackendUnavailable(
            f"The request was not answered within {seconds} seconds.", reason="Timeout", status=504
        ) from None


POLICY = Policy(
    name="forward-request",
    sections=frozenset({"backend"}),
    attributes=(
        TIMEOUT,
        TIMEOUT_MS,
        CONTINUE_TIMEOUT,
        HTTP_VERSION,
        FOLLOW_REDIRECTS,
        BUFFER_REQUEST_BODY,
        BUFFER_RESPONSE,
        FAIL_ON_ERROR,
    ),
    build=build,
)
