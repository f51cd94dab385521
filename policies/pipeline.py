"""Runs one request through inbound, backend, outbound and, when something fails, on-error.

The rule here: whatever goes wrong becomes `context.last_error` and an answer in this file and nowhere else (article "Error
handling in API Management policies"); cleanups run whatever happens.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from policies.addressing import chosen_backend, with_credentials
from policies.context import LastError, PolicyContext, Refusal
from policies.errors import ExpressionFailure, PolicyFailure
from policies.messages import BodyConsumed, Headers, Response
from policies.ports import BackendUnavailable, ForwardOptions, StoreUnavailable
from policies.steps import END, End, Place, Sequence

__all__ = ["Forward", "Pipeline", "send_to_backend"]

Forward = Callable[[PolicyContext], Awaitable[Response]]
_log = logging.getLogger("policies")
_DEFAULT_OPTIONS = ForwardOptions()


class Pipeline:
    """A compiled chain of documents; made by `compiler.compile_pipeline`, shared by all requests.

    `reads_request_body` and `reads_response_body` say whether some step may need that body in memory; where none does it
    may stay a stream. `secrets` are texts that a `Trace` must mask. `forwarding` is the place of the one plain
    `forward-request` that is the whole backend section, as it mostly is; None where there is more to it.
    """

    __slots__ = (
        "_forwarding",
        "backend",
        "inbound",
        "on_error",
        "outbound",
        "reads_request_body",
        "reads_response_body",
        "secrets",
    )

    def __init__(
        self,
        inbound: Sequence,
        backend: Sequence,
        outbound: Sequence,
        on_error: Sequence,
        *,
        reads_request_body: bool = False,
        reads_response_body: bool = False,
        forwarding: Place | None = None,
        secrets: frozenset[str] = frozenset(),
    ) -> None:
        self.inbound = inbound
        self.backend = backend
        self.outbound = outbound
        self.on_error = on_error
        self.reads_request_body = reads_request_body
        self.reads_response_body = reads_response_body
        self.secrets = secrets
        self._forwarding = forwarding

    async def run(
        self, context: PolicyContext, forward: Forward | None = None, *, failure: PolicyFailure | None = None
    ) -> Response:
        """The answer to the context's request; only cancellation is raised.

        `forward` is what `forward-request` does; without it the request goes to `context.services.backend`. `failure` is what a
        built-in step before the policies found wrong (an unknown operation, a missing key): then only on-error runs.
        When the answer is a refusal whose body no policy set, `context.refusal` says what to tell the client.
        """
        context.forward = forward
        try:
            try:
                if failure is not None:
                    response = await self._fail(context, failure)
                else:
                    response = await self._walk(context)
            except Exception as error:  # noqa: BLE001 (whatever a policy raises is answered here, once)
                response = await self._fail(context, error)
            if context.completions:
                await _complete(context)
            return response
        finally:
            if context.cleanups:
                _clean_up(context)

    async def preflight(self, context: PolicyContext) -> Response | None:
        """The answer to a browser's preflight (an OPTIONS request with Access-Control-Request-Method), for which APIM runs
        the `cors` policies of inbound and nothing else; None when there is no such policy."""
        rules = [step for step, place in self.inbound.steps if place.policy == "cors"]
        for rule in rules:
            outcome = rule(context)
            if outcome is not None and (isinstance(outcome, End) or await outcome is END):
                return context.response
        return Response(200) if rules else None

    async def _walk(self, context: PolicyContext) -> Response:
        inbound, backend, outbound = self.inbound, self.backend, self.outbound
        if inbound.steps:
            outcome = inbound(context)
            if outcome is not None and (isinstance(outcome, End) or await outcome is END):
                return await self._stopped(context)
        if self._forwarding is not None and context.trace is None and not context.marks:
            context.failed_at, forward = self._forwarding, context.forward  # it is to blame if this raises
            context.response = await (forward(context) if forward else send_to_backend(context, _DEFAULT_OPTIONS))
            context.failed_at = None
        else:
            outcome = backend(context)
            if outcome is not None and (isinstance(outcome, End) or await outcome is END):
                return await self._stopped(context)
        if context.response is None:
            context.response = Response(200)  # the article "Forward request": without it outbound follows at once
        if outbound.steps:
            outcome = outbound(context)
            if outcome is not None and (isinstance(outcome, End) or await outcome is END):
                return await self._stopped(context)
        return context.response

    async def _stopped(self, context: PolicyContext) -> Response:
        """A policy ended the pipeline: its response is the answer, unless it came from a cache."""
        if context.resume_after is None:
            return _ended(context)
        return await self._resume(context, context.resume_after)

    async def _resume(self, context: PolicyContext, place: Place) -> Response:
        """A cached response takes up the outbound section behind the policy that had stored it."""
        outcome = _behind("cache-store", self.outbound, place.origin)(context)
        context.resume_after = None
        if outcome is not None and (isinstance(outcome, End) or await outcome is END):
            return _ended(context)
        assert context.response is not None
        return context.response

    async def _fail(self, context: PolicyContext, error: Exception) -> Response:
        failure = _as_failure(error)
        body = _remember(context, failure).body  # policies change this very response
        if self.on_error.steps:
            context.failed_at = None
            try:
                outcome = self.on_error(context)
                if outcome is not None and (isinstance(outcome, End) or await outcome is END):
                    return _ended(context)
            except Exception as second:  # noqa: BLE001 (a failing on-error has nobody left to turn to)
                failure = _as_failure(second)
                body = _remember(context, failure).body
        response = context.response
        assert response is not None
        if response.body is body and context.last_error is not None:
            context.refusal = Refusal(failure.public, failure.reason, context.last_error.source)
        return response


async def send_to_backend(context: PolicyContext, options: ForwardOptions) -> Response:
    """The backend's answer to the context's request. Raises PolicyFailure when no backend is configured."""
    backend = context.services.backend
    if backend is None:
        raise PolicyFailure("No backend is configured for this request.", reason="BackendNotConfigured", status=500)
    named = chosen_backend(context)
    return await backend.send(context.request if named is None else with_credentials(context.request, named), options)


def _behind(policy: str, section: Sequence, origin: str) -> Sequence:
    """What follows the policy in a section: that of the document `origin`, else the first; all where there is none."""
    places = [place for _, place in section.steps]
    found = [index for index, place in enumerate(places) if place.policy == policy]
    own = [index for index in found if places[index].origin == origin]
    return Sequence(section.steps[(own or found)[0] + 1 :]) if found else section


async def _complete(context: PolicyContext) -> None:
    """What policies left to do once the response is final; one that fails does not keep the others from it."""
    for completion in context.completions:
        try:
            await completion()
        except Exception as error:  # noqa: BLE001 (the answer is made already)
            _log.error("a completion raised %s", type(error).__name__)


def _clean_up(context: PolicyContext) -> None:
    """Run the cleanups, last first; one that fails does not keep the others from running."""
    while context.cleanups:
        try:
            context.cleanups.pop()()
        except Exception as error:  # noqa: BLE001 (the answer is made already)
            _log.error("a cleanup raised %s", type(error).__name__)


def predefined_response(failure: PolicyFailure) -> Response:
    """What the client gets for a failure when no policy says otherwise."""
    if failure.response is not None:
        return failure.response
    headers = Headers({"Content-Type": "application/json"})
    if failure.retry_after:
        headers.set("Retry-After", str(failure.retry_after))
    text = json.dumps({"statusCode": failure.status, "message": failure.public}, ensure_ascii=False)
    return Response(failure.status, headers, text.encode())


def _ended(context: PolicyContext) -> Response:
    """The answer of a pipeline that a policy ended; a bare error status is a refusal too."""
    response = context.response
    assert response is not None
    if response.status >= 400 and response.body.is_buffered and not response.body.data:
        context.refusal = Refusal(response.reason or _phrase(response.status), source="return-response")
    return response


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _remember(context: PolicyContext, failure: PolicyFailure) -> Response:
    """Fill `context.last_error` and `context.response`; gives the predefined answer."""
    place = context.failed_at
    context.last_error = LastError(
        source=failure.source or (place.policy if place else "gateway"),
        reason=failure.reason,
        message=failure.message,
        scope=place.scope if place else "",
        section=place.section if place else "",
        path=place.path if place else "",
        policy_id=place.policy_id if place else "",
    )
    if context.trace is not None:
        context.trace.failed(context.last_error, failure.detail)
    context.response = predefined_response(failure)
    return context.response


def _as_failure(error: Exception) -> PolicyFailure:
    """Any error as a failure that says to the client no more than it may know."""
    match error:
        case PolicyFailure():
            return error
        case BackendUnavailable():
            _log.warning("%s", error)
            return PolicyFailure(str(error), reason=error.reason, status=error.status, public=error.public)
        case StoreUnavailable():
            _log.error("A policy could not use the store: %s", error)
            message = "The service is temporarily unavailable. Try again in 1 seconds."
            return PolicyFailure(message, reason="StoreUnavailable", status=503, retry_after=1)
        case BodyConsumed():
            return ExpressionFailure(str(error))
        case _:
            _log.error("a policy raised %s", type(error).__name__)  # its text may hold what the request held
            detail = f"{type(error).__name__}: {error}"
            return PolicyFailure("Internal server error", reason="InternalError", detail=detail)
