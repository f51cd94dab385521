"""The `context` that policies work on and expressions see (article "API Management policy expressions").

The rule here: plain data. Which members an expression may name, and their .NET types, stands in `dotnet/apim.py`;
an attribute that is not in that table cannot be reached from an expression, so the runtime's own fields are safe here.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from policies.messages import Request, Response
from policies.ports import Services
from policies.records import Record, field
from policies.secret import NO_SECRET, Secret

if TYPE_CHECKING:
    from policies.steps import Place
    from policies.trace import Trace

__all__ = [
    "ORIGIN_ADMITTED",
    "ApiInfo",
    "DeploymentInfo",
    "GroupInfo",
    "IdentityInfo",
    "LastError",
    "OperationInfo",
    "PolicyContext",
    "ProductInfo",
    "Refusal",
    "SubscriptionInfo",
    "UserInfo",
]


class ApiInfo(Record):
    """`context.Api`."""

    id: str
    name: str
    path: str = ""
    service_url: str = ""
    version: str = ""
    revision: str = "1"
    is_current_revision: bool = True
    protocols: Sequence[str] = ("https",)
    subscription_required: bool = False
    workspace: str = ""


class OperationInfo(Record):
    """`context.Operation`. `specification` is the catalogue's own record of the operation (its parameters, schemas and
    examples), for the policies that check or mock by it; expressions cannot see it."""

    id: str
    name: str
    method: str
    url_template: str
    specification: object = None


class ProductInfo(Record):
    """`context.Product`."""

    id: str
    name: str
    approval_required: bool = False
    state: str = "Published"
    subscription_limit: int | None = None
    subscription_required: bool = True
    apis: Sequence[ApiInfo] = ()
    groups: Sequence[GroupInfo] = ()


class GroupInfo(Record):
    """`IGroup`."""

    id: str
    name: str


class IdentityInfo(Record):
    """`IUserIdentity`."""

    id: str
    provider: str


class UserInfo(Record):
    """`context.User`. `registration_date` is Unix seconds (UTC)."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    note: str = ""
    registration_date: float = 0.0
    groups: Sequence[GroupInfo] = ()
    identities: Sequence[IdentityInfo] = ()


class SubscriptionInfo(Record):
    """`context.Subscription`. Dates are Unix seconds (UTC). The keys are those that the caller sent, never stored ones."""

    id: str
    name: str
    key: Secret = NO_SECRET
    primary_key: Secret = NO_SECRET
    secondary_key: Secret = NO_SECRET
    created_date: float = 0.0
    start_date: float | None = None
    end_date: float | None = None


class DeploymentInfo(Record):
    """`context.Deployment`. `certificates` maps a thumbprint or id to a certificate."""

    service_name: str = "mcp-gateway"
    service_id: str = "mcp-gateway"
    region: str = "local"
    gateway_id: str = "managed"
    certificates: Mapping[str, object] = field(default_factory=dict)
    sustainability_carbon_intensity: str = "NotAvailable"


class LastError(Record):
    """`context.LastError`, by the article "Error handling in API Management policies"."""

    source: str
    reason: str
    message: str
    scope: str
    section: str
    path: str = ""
    policy_id: str = ""


class Refusal(Record):
    """What is left to say to the client when a pipeline refused and no policy set a body: `Pipeline.run` leaves it in
    `context.refusal`, so that the caller can word the body in its own protocol (D7). Status and headers are the response's."""

    message: str
    reason: str = ""
    source: str = ""


ORIGIN_ADMITTED = "origin admitted"
"""Left in `PolicyContext.marks` by a cors policy that admitted the request's Origin."""


class PolicyContext:
    """One request's way through one pipeline.

    `counts` says whether rate limits and quotas count this request (D6: in the MCP pipeline only tool calls do).
    `services` are the ports to the world. `cleanups` run, last first, when the pipeline is done, whatever its outcome
    (a concurrency slot is given back there). `completions` are awaited in order when `response` is final, after outbound or
    on-error and before it is released: counters settle there, and policies of the inbound section set headers of the
    response. `marks` is what policies remember about this request, out of the reach of expressions. `trace` collects steps
    when tracing is on, else it is None. `forward` is what `forward-request` does, `failed_at` the policy that failed,
    `refusal` set when the answer's body is the pipeline's own; the pipeline keeps all three. `resume_after` is the
    place of a cache-lookup that found the response: outbound goes on behind its cache-store.
    """

    __slots__ = (
        "_request_id",
        "api",
        "cleanups",
        "completions",
        "counts",
        "deployment",
        "failed_at",
        "forward",
        "last_error",
        "marks",
        "operation",
        "product",
        "refusal",
        "request",
        "response",
        "resume_after",
        "services",
        "started",
        "subscription",
        "timestamp",
        "trace",
        "user",
        "variables",
    )

    def __init__(
        self,
        request: Request,
        services: Services,
        *,
        response: Response | None = None,
        api: ApiInfo | None = None,
        operation: OperationInfo | None = None,
        product: ProductInfo | None = None,
        subscription: SubscriptionInfo | None = None,
        user: UserInfo | None = None,
        deployment: DeploymentInfo | None = None,
        variables: dict[str, object] | None = None,
        request_id: str = "",
        counts: bool = True,
    ) -> None:
        self.request = request
        self.response = response
        self.services = services
        self.api = api
        self.operation = operation
        self.product = product
        self.subscription = subscription
        self.user = user
        self.deployment = deployment or services.deployment or _DEFAULT_DEPLOYMENT
        self.variables: dict[str, object] = {} if variables is None else variables
        self.last_error: LastError | None = None
        self.counts = counts
        self.cleanups: list[Callable[[], None]] = []
        self.completions: list[Callable[[], Awaitable[None]]] = []
        self.marks: dict[str, object] = {}
        self.trace: Trace | None = None
        self.forward: Callable[[PolicyContext], Awaitable[Response]] | None = None
        self.failed_at: Place | None = None
        self.refusal: Refusal | None = None
        self.resume_after: Place | None = None
        self.timestamp = time.time()
        self.started = time.perf_counter()
        self._request_id = request_id

    @property
    def request_id(self) -> str:
        """A GUID, made when first asked for."""
        if not self._request_id:
            self._request_id = str(uuid.uuid4())
        return self._request_id

    @property
    def elapsed(self) -> float:
        """Seconds since the request entered this pipeline."""
        return time.perf_counter() - self.started


_DEFAULT_DEPLOYMENT = DeploymentInfo()
