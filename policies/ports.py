"""What a policy may ask of the world. The rule here: protocols only; whoever composes the application supplies them.

`Services` carries them together with what a document's environment names (named values are put in when a document is
compiled, so they are not here).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from policies.messages import Request, Response
from policies.records import Record, field
from policies.secret import NO_SECRET, Secret

if TYPE_CHECKING:
    from policies.context import DeploymentInfo

__all__ = [
    "Admission",
    "Backend",
    "BackendReason",
    "BackendUnavailable",
    "Cache",
    "ConnectionToken",
    "Counters",
    "ForwardOptions",
    "Quota",
    "QuotaState",
    "RateLimit",
    "Services",
    "StoreUnavailable",
    "Telemetry",
    "Tokens",
]


class RateLimit(Record):
    """At most `calls` in any interval of `period` seconds."""

    calls: int
    period: float


class Admission(Record):
    """A counter's decision. `remaining` is what the window still admits of `total`; `retry_after` is whole seconds (≥ 1)
    until a refused call may be admitted; `reservation` is opaque, for `Counters.settle`."""

    admitted: bool
    remaining: int
    total: int
    retry_after: int = 0
    reservation: object = None


class Quota(Record):
    """At most `calls` calls and `bandwidth` bytes in each fixed window of `period` seconds that starts from
    `first_period_start` (Unix seconds, may be negative); a period of 0 never renews. None: not limited."""

    calls: int | None
    bandwidth: int | None
    period: float
    first_period_start: float = 0.0


class QuotaState(Record):
    """A quota's decision. `exhausted` is "calls", "bandwidth" or "" when admitted; `replenished_in` is seconds, None
    for never; `reservation` is opaque, for `Counters.settle_quota`."""

    admitted: bool
    exhausted: str = ""
    replenished_in: float | None = None
    remaining_calls: int | None = None
    reservation: object = None


class StoreUnavailable(Exception):
    """The store could not be reached in time, or refused. `str()` is for logs, never for a client."""


class Counters(Protocol):
    """Exact shared counters (D8). A key may be any text. Each raises StoreUnavailable when the store cannot answer in time;
    what it was asked may have been counted all the same."""

    async def admit(self, key: str, limit: RateLimit, increment: int = 1, *, provisional: bool = False) -> Admission:
        """Reserve `increment` (≥ 0) in the sliding window of `key`, if it fits; 0 asks whether anything would. `provisional`
        announces that `settle` may change the reservation, so that other instances look again soon."""

    def peek(self, key: str, limit: RateLimit, increment: int = 1) -> Admission | None:
        """What is known without asking the store, nothing reserved: a refusal is certain, an admission is a guess; None when
        nothing is known."""

    def finish(self, admission: Admission) -> None:
        """The admitted call is answered. Where nobody says so, it counts for a moment longer."""

    async def settle(self, admission: Admission, increment: int) -> None:
        """Make a provisional reservation count `increment` instead: 0 gives it back, more is counted even past the limit."""

    async def use_quota(self, key: str, quota: Quota, calls: int = 1, *, provisional: bool = False) -> QuotaState:
        """Count `calls` (≥ 0) against the current fixed window, if they fit and its bandwidth is not used up. `provisional`
        as above."""

    def peek_quota(self, key: str, quota: Quota, calls: int = 1) -> QuotaState | None:
        """As `peek`."""

    async def settle_quota(self, state: QuotaState, calls: int, size: int = 0) -> None:
        """Make an admitted use count `calls` instead, and `size` bytes, known only after the answer, in its window."""


class Cache(Protocol):
    """A cache of byte values. Keys are any text; a value is gone `duration` seconds after it was put."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None when absent or expired."""

    async def put(self, key: str, value: bytes, duration: float) -> None:
        """Store the value for `duration` seconds."""

    async def remove(self, key: str) -> None:
        """Forget the value; an absent one is no error."""


class ForwardOptions(Record):
    """How `forward-request` and `send-request` send. `timeout` is seconds until the response's header is here, None
    for the backend's own default (`MCP_BACKEND_TIMEOUT`; APIM waits 300, longer than an MCP client does)."""

    timeout: float | None = None
    follow_redirects: bool = False
    buffer_request_body: bool = True
    buffer_response: bool = True
    fail_on_error_status_code: bool = False
    http_version: str = "1"
    certificate: object = None
    proxy: str = ""
    proxy_username: str = ""
    proxy_password: Secret = NO_SECRET


BackendReason = Literal["BackendConnectionFailure", "BackendBusy", "BackendRefused", "ClientConnectionFailure", "Timeout"]


class BackendUnavailable(Exception):
    """A backend could not be called. `reason` is mostly APIM's word; `status` what the client should see (500, 502, 503,
    504). `str()` names the backend and what is wrong, but no secret: it is for logs, traces and on-error. `public` is what a
    client may read, who is not to learn where backends stand."""

    def __init__(self, message: str, *, reason: BackendReason = "BackendConnectionFailure", status: int = 502) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status

    @property
    def public(self) -> str:
        return _FOR_CLIENTS[self.reason]


_FOR_CLIENTS: dict[BackendReason, str] = {
    "BackendConnectionFailure": "The backend could not be reached, or broke off its answer.",
    "BackendBusy": "The backend has as many requests under way as it may have. Try again later.",
    "BackendRefused": "The backend may not be called.",
    "ClientConnectionFailure": "The request cannot be sent to the backend.",
    "Timeout": "The backend did not answer in time.",
}


class Backend(Protocol):
    """Sends HTTP requests, guarded by D9."""

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        """The response, whatever its status. Raises BackendUnavailable."""


class ConnectionToken(Record):
    """What a connection's token endpoint gave: the access token and all members of its answer (RFC 6749 §5.1)."""

    access_token: Secret
    claims: Mapping[str, object] = field(repr=False)


class Tokens(Protocol):
    """Access tokens for `authentication-managed-identity` and `get-authorization-context`. What goes wrong is raised as any
    Exception, whose text names no secret."""

    async def managed_identity(self, resource: str, client_id: str = "") -> str:
        """An access token for the resource."""

    async def connection(self, provider_id: str, authorization_id: str) -> ConnectionToken:
        """The current token of a connection to a credential provider."""


class Telemetry(Protocol):
    """Where `trace` and `emit-metric` arrive."""

    def trace(self, source: str, severity: str, message: str, metadata: Mapping[str, str]) -> None:
        """One trace message; severity is "verbose", "information" or "error"."""

    def metric(self, name: str, value: float, namespace: str, dimensions: Mapping[str, str]) -> None:
        """One value of a custom metric."""


class Services(Record, frozen=False):
    """The ports together. A port that is None is not configured: a policy that needs it fails with a message saying so.

    `caches` maps "internal" and "external" to a cache. `backends` maps a backend's id to its base URL and defaults.
    `admit_when_store_fails` is D8's setting. `clock` gives Unix seconds. `deployment` is what `context.Deployment` shows.
    """

    counters: Counters | None = None
    caches: Mapping[str, Cache] = field(default_factory=dict)
    backend: Backend | None = None
    tokens: Tokens | None = None
    telemetry: Telemetry | None = None
    backends: Mapping[str, object] = field(default_factory=dict)
    admit_when_store_fails: bool = False
    clock: Callable[[], float] = time.time
    deployment: DeploymentInfo | None = None
    extras: dict[str, object] = field(default_factory=dict)
