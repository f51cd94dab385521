"""OpenTelemetry: spans for messages and backend calls, the policies' traces and metrics.

The rule here: the API of OpenTelemetry only; providers and exporters are made by whoever starts the process. A span of kind
SERVER becomes a row of `requests` in Application Insights, one of kind CLIENT a row of `dependencies`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from mcp_core.catalog.model import McpServer
from mcp_core.protocol import Message
from mcp_core.telemetry.dimensions import of_answer, of_request
from policies.messages import Request, Response
from policies.ports import Backend, BackendUnavailable, ForwardOptions

__all__ = ["ObservedBackend", "OpenTelemetry"]

_NAME = "mcp_gateway"
_CONTEXT_KEYS = ("traceparent", "tracestate", "baggage")
_SEVERITIES = {"verbose": logging.DEBUG, "information": logging.INFO, "error": logging.ERROR}
_policy_log = logging.getLogger("mcp_gateway.policy")
_policy_log.setLevel(logging.DEBUG)


class OpenTelemetry:
    """The endpoint's observer, and the policies' telemetry port. `payloads`: also arguments and results of tool calls."""

    def __init__(self, *, payloads: bool = False) -> None:
        self._payloads = payloads
        self._tracer = trace.get_tracer(_NAME)
        self._histograms: dict[tuple[str, str], metrics.Histogram] = {}

    async def observe(
        self, server: McpServer, message: Message, request: Request, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """See Observer. The span continues the trace of `_meta`, else that of the request's headers."""
        name = f"{message.method or message.kind} {message.tool_name}".rstrip()
        attributes = of_request(server, message, request, payloads=self._payloads)
        with self._tracer.start_as_current_span(
            name,
            context=propagate.extract(_carrier(message, request)),
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,
        ) as span:
            response = await answer()
            more, problem = of_answer(message, response, payloads=self._payloads)
            span.set_attributes(more)
            span.set_status(Status(StatusCode.ERROR, problem) if "error.type" in more else Status(StatusCode.OK))
            return response

    def watch(self, backend: Backend) -> Backend:
        """The backend, its calls told of."""
        return ObservedBackend(backend)

    def trace(self, source: str, severity: str, message: str, metadata: Mapping[str, str]) -> None:
        """See Telemetry: a row of `traces` with the metadata as custom dimensions."""
        _policy_log.log(_SEVERITIES[severity], "%s", message, extra={"source": source, **_safe(metadata)})

    def metric(self, name: str, value: float, namespace: str, dimensions: Mapping[str, str]) -> None:
        """See Telemetry: one value of a histogram, whose sum and count stand in `customMetrics`."""
        key = (namespace, name)
        histogram = self._histograms.get(key)
        if histogram is None:
            histogram = self._histograms[key] = metrics.get_meter(namespace or _NAME).create_histogram(name)
        histogram.record(value, dict(dimensions))


class ObservedBackend:
    """A backend whose calls are told of, and continue the trace."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._tracer = trace.get_tracer(_NAME)

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        """See Backend."""
        url = request.url
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "url.full": f"{url.origin}{url.path}",  # without the query, which may hold keys
            "server.address": url.host,
            "server.port": url.port,
        }
        with self._tracer.start_as_current_span(
            request.method, kind=SpanKind.CLIENT, attributes=attributes, record_exception=False
        ) as span:
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            for name, value in carrier.items():
                request.headers.set(name, value)
            try:
                response = await self._backend.send(request, options)
            except BackendUnavailable as error:
                span.set_attribute("error.type", error.reason)
                span.set_status(Status(StatusCode.ERROR, str(error)))
                raise
            span.set_attribute("http.response.status_code", response.status)
            if response.status >= 400:
                span.set_attribute("error.type", str(response.status))
                span.set_status(Status(StatusCode.ERROR))
            return response


def _carrier(message: Message, request: Request) -> dict[str, str]:
    """W3C trace context: of the message's `_meta` (it is the caller's own), else of the HTTP request."""
    named = {key: message.meta[key] for key in _CONTEXT_KEYS if isinstance(message.meta.get(key), str)}
    if "traceparent" in named:
        return named
    return {key: value for key in _CONTEXT_KEYS if (value := request.headers.get(key)) is not None}


def _safe(metadata: Mapping[str, str]) -> dict[str, str]:
    """Names that logging keeps for itself get a prefix."""
    return {f"metadata_{name}" if name in _RESERVED else name: value for name, value in metadata.items()}


_RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "source"}
