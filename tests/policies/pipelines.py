"""Runs policy documents in tests: a described request through a compiled pipeline, against a scripted backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Headers, Request, Response
from policies.ports import ForwardOptions, Services


@dataclass
class Backend:
    """Answers every request by `answer` and remembers what it was sent, with how."""

    answer: Callable[[Request], Response] = lambda request: Response(200, Headers({"Content-Type": "text/plain"}), b"backend")
    requests: list[Request] = field(default_factory=list)
    options: list[ForwardOptions] = field(default_factory=list)

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        self.requests.append(request)
        self.options.append(options)
        return self.answer(request)


@dataclass
class Telemetry:
    """Remembers what was reported."""

    traces: list[tuple[str, str, str, Mapping[str, str]]] = field(default_factory=list)
    metrics: list[tuple[str, float, str, Mapping[str, str]]] = field(default_factory=list)

    def trace(self, source: str, severity: str, message: str, metadata: Mapping[str, str]) -> None:
        self.traces.append((source, severity, message, metadata))

    def metric(self, name: str, value: float, namespace: str, dimensions: Mapping[str, str]) -> None:
        self.metrics.append((name, value, namespace, dimensions))


@dataclass
class Run:
    """What came of one run."""

    context: PolicyContext
    response: Response
    backend: Backend

    @property
    def sent(self) -> Request:
        """The only request that reached the backend."""
        assert len(self.backend.requests) == 1
        return self.backend.requests[0]

    @property
    def text(self) -> str:
        return asyncio.run(self.response.body.read()).decode()


def document(**sections: str) -> str:
    """A document from the policies of its sections (`on_error` for on-error); each begins with `<base/>`."""
    body = "".join(f"<{name.replace('_', '-')}><base/>{xml}</{name.replace('_', '-')}>" for name, xml in sections.items())
    return f"<policies>{body}</policies>"


def request(
    method: str = "GET", url: str = "http://gateway/orders/2?x=1", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Request:
    return Request(method, url, Headers(headers or {}), body, ip_address="203.0.113.7")


def context_of(req: Request, backend: Backend | None = None, **more: object) -> PolicyContext:
    services = more.pop("services", None) or Services()
    assert isinstance(services, Services)
    services.backend = backend or Backend()
    return PolicyContext(req, services, **more)  # type: ignore[arg-type]


def run(
    *documents: str | ScopedDocument,
    req: Request | None = None,
    backend: Backend | None = None,
    environment: Environment | None = None,
    **more: object,
) -> Run:
    """Run one request through the documents, outermost first (a bare text stands at "api/orders")."""
    scoped = [d if isinstance(d, ScopedDocument) else ScopedDocument("api/orders", d) for d in documents]
    pipeline = compile_pipeline(scoped, environment or Environment())
    backend = backend or Backend()
    context = context_of(req or request(), backend, **more)
    response = asyncio.run(pipeline.run(context))
    return Run(context, response, backend)
