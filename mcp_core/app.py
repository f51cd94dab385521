"""The application: settings → store → snapshot → routes (D1).

The rule here: composition and routing only. A host hands over a `Request` and gets a `Response`; whatever goes wrong on the
way ends here as an answer that says no more than a client may know.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mcp_core.access.certificates import Certificates
from mcp_core.access.facade import Facade, facade_route
from mcp_core.access.limits import out_of_bounds
from mcp_core.access.metadata import METADATA_PATH, challenge, metadata, own_path, public_base
from mcp_core.access.tokens import AccessTokens
from mcp_core.calls import HttpBackend
from mcp_core.catalog.model import Connection
from mcp_core.catalog.repository import Repository
from mcp_core.catalog.snapshot import ServedServer, Snapshot, compile_snapshot
from mcp_core.client_address import client_address
from mcp_core.endpoint import Endpoint
from mcp_core.errors import CatalogError
from mcp_core.protocol import EndpointRules
from mcp_core.refresh import Refresher
from mcp_core.settings import Settings, load_settings
from mcp_core.storage.cache import InternalCache, RedisCache
from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.open import open_store, store_address
from mcp_core.storage.port import TableStore
from mcp_core.storage.purge import purge
from policies.context import DeploymentInfo
from policies.dotnet.meter import limit as limit_expressions
from policies.messages import Headers, Request, Response
from policies.ports import Backend, Cache, Services, StoreUnavailable

if TYPE_CHECKING:
    from mcp_core.access.callers import Callers
    from mcp_core.streaming import SseTransport
    from mcp_core.telemetry.otel import OpenTelemetry

__all__ = ["Application", "unavailable"]

CLEANED_AT_ONCE, CLEANING_SECONDS = 20_000, 120.0
NOT_FOUND = {"statusCode": 404, "message": "Resource not found"}
NOT_STREAMING = {
    "statusCode": 405,
    "message": "The HTTP+SSE transport is off here: connect to the server's /mcp endpoint (Streamable HTTP), or have the "
    "application setting MCP_STREAMING set to 1.",
}
_log = logging.getLogger(__name__)

Serve: TypeAlias = "Callable[[ServedServer, Callers, Request], Awaitable[Response]]"


class Application:
    """Everything behind one host. Made once a process; `handle` starts it when no host called `start`."""

    def __init__(
        self,
        settings: Settings,
        store: TableStore,
        *,
        backend: Backend | None = None,
        telemetry: OpenTelemetry | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.repository = Repository(store)
        self.max_body_bytes = settings.max_body_bytes
        self.rules = EndpointRules(
            max_body_bytes=settings.max_body_bytes,
            allowed_origins=settings.allowed_origins,
            allowed_hosts=settings.allowed_hosts,
            public_url=settings.public_url,
        )
        self._http = HttpBackend(
            allow_private=settings.allow_private_backends,
            default_timeout=settings.backend_timeout,
            max_response_bytes=settings.max_response_bytes,
            max_concurrency=settings.backend_concurrency,
        )
        limit_expressions(steps=settings.expression_steps, seconds=settings.expression_seconds, size=settings.expression_size)
        self._redis = RedisCache(settings.redis_url.reveal()) if settings.redis_url else None
        observed = self._observed(backend or self._http, telemetry)
        self._tokens = AccessTokens(observed, self._connections, store, settings.connection_keys)
        self._facade = Facade(observed, self._tokens.secrets)
        self.services = Services(
            counters=StoreCounters(store),
            caches=self._caches(),
            backend=observed,
            tokens=self._tokens,
            telemetry=telemetry,
            admit_when_store_fails=settings.admit_when_store_fails,
            deployment=DeploymentInfo(certificates=Certificates(settings.certificates, settings.certificate_folders)),
        )
        self._endpoint = Endpoint(self.services, self.rules, telemetry, trace_key=settings.trace_key)
        self._refresher: Refresher[Snapshot] = Refresher(self.repository.version, self._load, interval=settings.refresh_seconds)
        self._routes = {"/health": self._health, "/ready": self._ready}
        self._sse: SseTransport | None = None
        self._starting = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        start_telemetry: Callable[[], None] | None = None,
        **overrides: Any,
    ) -> Application:
        """The application that the environment's settings describe. `start_telemetry` makes OpenTelemetry's providers, called
        where the settings say where telemetry goes; `overrides` are defaults that a host sets. Raises CatalogError when a
        setting is wrong."""
        settings = load_settings(environ, **overrides)
        telemetry = None
        if settings.telemetry_connection and start_telemetry is not None:
            start_telemetry()
            from mcp_core.telemetry.otel import OpenTelemetry  # late: nothing of it is loaded where it is off

            telemetry = OpenTelemetry(payloads=settings.log_payloads)
        return cls(settings, open_store(store_address(environ)), telemetry=telemetry)

    @staticmethod
    def _observed(backend: Backend, telemetry: OpenTelemetry | None) -> Backend:
        return backend if telemetry is None else telemetry.watch(backend)

    def _caches(self) -> dict[str, Cache]:
        caches: dict[str, Cache] = {"internal": InternalCache(self.store, room=self.settings.cache_bytes)}
        if self._redis is not None:
            caches["external"] = self._redis
        return caches

    async def start(self) -> None:
        """Load the snapshot and go on refreshing it. Raises StoreUnavailable when there is none to load."""
        async with self._starting:
            if self._refresher.snapshot is None:
                await self._refresher.start()
                self._warming = asyncio.create_task(self._http.warm())

    async def close(self) -> None:
        """Release everything."""
        await self._refresher.close()
        if self._warming is not None:
            await asyncio.gather(self._warming, return_exceptions=True)
        await self._tokens.close()
        await self._http.close()
        if self._redis is not None:
            await self._redis.close()
        await self.store.close()

    async def warm_up(self) -> None:
        """`start`, for a host that goes on without it: what goes wrong is logged, and the first request tries again."""
        try:
            await self.start()
        except (StoreUnavailable, CatalogError) as error:
            _log.warning("The instance could not be warmed up: %s", error)

    async def clean(self) -> None:
        """Remove what has expired, bounded in rows and time."""
        try:
            removed = await purge(self.store, limit=CLEANED_AT_ONCE, seconds=CLEANING_SECONDS)
        except StoreUnavailable as error:
            _log.warning("The store could not be cleaned: %s", error)
        else:
            _log.info("Cleaned: %s", removed)

    async def handle(self, request: Request) -> Response:
        """Answer one request. Never raises but for cancellation."""
        try:
            if self._refresher.snapshot is None:
                await self.start()
            elif self._refresher.is_stale:
                await self._refresher.catch_up()
            request.ip_address = client_address(request.headers, request.ip_address, self.settings.trusted_proxies)
            return out_of_bounds(request, self.rules) or await self._route(request)
        except StoreUnavailable as error:
            return unavailable(error)
        except Exception:  # noqa: BLE001 - the last resort: the client learns a reference, the log the rest
            reference = str(uuid.uuid4())
            _log.exception("request failed, reference %s", reference)
            return _json(500, {"statusCode": 500, "message": "Internal server error", "activityId": reference})

    def _connections(self) -> Mapping[str, Connection]:
        snapshot = self._refresher.snapshot
        return {} if snapshot is None else snapshot.catalogue.connections

    async def _load(self, before: Snapshot | None) -> tuple[str, Snapshot]:
        catalogue = await self.repository.load_all()
        snapshot = compile_snapshot(catalogue, self.settings, before)
        self.services.backends = catalogue.backends
        return catalogue.version, snapshot

    def _route(self, request: Request) -> Awaitable[Response]:
        snapshot = self._refresher.snapshot
        assert snapshot is not None
        path = request.url.path
        if path.endswith("/mcp") and not path.startswith(METADATA_PATH):
            return self._mcp(snapshot, path[1:-4], request, self._endpoint.serve)
        if path.endswith(("/sse", "/messages")):
            name, _, transport = path[1:].rpartition("/")
            return self._mcp(snapshot, name, request, self._streamed(transport))
        return self._elsewhere(snapshot, path, request)

    async def _elsewhere(self, snapshot: Snapshot, path: str, request: Request) -> Response:
        """What is no MCP endpoint."""
        if path.startswith(METADATA_PATH):
            return self._metadata(snapshot, path[len(METADATA_PATH) :], request)
        if path in self._routes:
            return await self._routes[path]()
        route = facade_route(path, self.settings.public_url)
        served = snapshot.servers.get(route[0]) if route is not None else None
        if route is not None and served is not None and served.server.oauth.get("client_id"):
            return await self._facade.answer(served.server, route[1], request, self._base(request))
        return _json(404, NOT_FOUND)

    async def _mcp(self, snapshot: Snapshot, name: str, request: Request, serve: Serve) -> Response:
        server = snapshot.servers.get(name)
        if server is None:
            return unavailable(CatalogError(snapshot.problems[name])) if name in snapshot.problems else _json(404, NOT_FOUND)
        response = await serve(server, snapshot.callers, request)
        if response.status in {401, 403}:
            challenge(response, server.server, self._base(request))
        return response

    def _streamed(self, transport: str) -> Serve:
        """What serves `/<name>/sse` and `/<name>/messages`."""
        if not self.settings.streaming:
            return _not_streaming
        if self._sse is None:
            from mcp_core.streaming import SseTransport  # late: nothing of it is loaded where it is off

            self._sse = SseTransport(self._endpoint, self.store, public_url=self.settings.public_url)
        return self._sse.stream if transport == "sse" else self._sse.message

    def _metadata(self, snapshot: Snapshot, rest: str, request: Request) -> Response:
        """Resource metadata: of the server whose path follows, or, without one, of the only server that has any."""
        rest = own_path(rest, self.settings.public_url)
        if rest:
            served = snapshot.servers.get(rest[1:-4]) if rest.startswith("/") and rest.endswith("/mcp") else None
        else:
            protected = [server for server in snapshot.servers.values() if server.server.oauth]
            served = protected[0] if len(protected) == 1 else None
        if served is None or not served.server.oauth:
            return _json(404, NOT_FOUND)
        return metadata(served.server, self._base(request), request.method)

    def _base(self, request: Request) -> str:
        return public_base(request, self.settings.public_url, self.settings.trusted_proxies)

    async def _health(self) -> Response:
        """The process lives."""
        return _json(200, {"status": "ok"})

    async def _ready(self) -> Response:
        """Whether the store answers, and how old the configuration is."""
        try:
            async with asyncio.timeout(2):
                await self.repository.version()
        except (StoreUnavailable, TimeoutError):
            return _json(503, {"status": "store unreachable"})
        age = time.monotonic() - self._refresher.last_look
        return _json(200, {"status": "ready", "configurationAgeSeconds": round(age, 1)})


async def _not_streaming(_server: ServedServer, _callers: Callers, _request: Request) -> Response:
    response = _json(405, NOT_STREAMING)
    response.headers.set("Allow", "")
    return response


def unavailable(error: Exception) -> Response:
    """503 with a reference; what is wrong goes to the log, for it may name what a client should not know."""
    reference = str(uuid.uuid4())
    _log.error("The gateway cannot serve (reference %s): %s", reference, error)
    answer = _json(503, {"statusCode": 503, "message": "The service is unavailable.", "activityId": reference})
    answer.headers.set("Retry-After", "5")
    return answer


def _json(status: int, content: object) -> Response:
    return Response(status, Headers({"Content-Type": "application/json"}), json.dumps(content).encode())
