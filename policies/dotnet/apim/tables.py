"""The `context` variable and every type of its table: what an expression sees of a request's way through a pipeline.

The rule here: members are rows over the plain runtime classes of `policies.context` and `policies.messages`; what has no row
cannot be reached. Everything is read-only. Source: the article "API Management policy expressions", "Context variable".
"""

from __future__ import annotations

from typing import Any

from policies import context as runtime
from policies import messages
from policies.dotnet.apim import bodies, views
from policies.dotnet.types import Enum, Inline, Interface, TypeDefinition
from policies.dotnet.values import NetArray, units

__all__ = ["TYPES"]

SPACE = "Microsoft.ApiManagement"
STATES = Enum(f"{SPACE}.ProductState", "NotPublished Published")
CARBON = Enum(f"{SPACE}.CarbonIntensityCategory", "NotAvailable VeryLow Low Medium High VeryHigh")


def _strings(items: Any) -> NetArray:
    return NetArray("string", items)


def _request_id(context: runtime.PolicyContext) -> object:
    from policies.dotnet.guids import parse

    return parse(context.request_id)


def _trace(context: runtime.PolicyContext, message: str | None) -> None:
    if context.trace is not None:
        context.trace.append(message or "")


def _url(text: str) -> messages.Url | None:
    return messages.Url(text) if text else None


def _certificate(found: object) -> object:
    if found is None:
        return None
    from policies.dotnet.crypto.certificates import certificate

    return certificate(found)


def _certificates(deployment: runtime.DeploymentInfo) -> object:
    return views.mapping("X509Certificate2", {name: _certificate(found) for name, found in deployment.certificates.items()})


def _moment(seconds: float | None) -> object:
    if seconds is None:
        return None
    from policies.dotnet.dates.moments import from_unix  # late: only expressions that ask for a time need the dates

    return from_unix(seconds)


def _backend(context: runtime.PolicyContext) -> object:
    from policies.addressing import chosen_backend

    return chosen_backend(context)


def _elapsed(context: runtime.PolicyContext) -> object:
    from policies.dotnet.dates.spans import SECOND, TimeSpan  # late: as above

    return TimeSpan(int(context.elapsed * SECOND))


def _items(element: str, items: Any) -> NetArray:
    return NetArray(f"{SPACE}.{element}", items)


def _texts(*names: str) -> dict[str, Inline]:
    """String properties whose Python attribute is the name in snake case."""
    return {f"string {name}": Inline(f"self.{_snake(name)}") for name in names}


def _secrets(*names: str) -> dict[str, Inline]:
    """The same for what is a `Secret`: an expression that names it asks for it."""
    return {f"string {name}": Inline(f"self.{_snake(name)}.reveal()") for name in names}


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


_CONTEXT = Interface(
    f"{SPACE}.IProxyRequestContext",
    runtime=runtime.PolicyContext,
    members={
        "IContextApi Api": Inline("self.api"),
        "IBackend Backend": _backend,
        "IDeployment Deployment": Inline("self.deployment", never_null=True),
        "TimeSpan Elapsed": _elapsed,
        "ILastError LastError": Inline("self.last_error"),
        "IOperation Operation": Inline("self.operation"),
        "IProduct Product": Inline("self.product"),
        "IRequest Request": Inline("self.request", never_null=True),
        "Guid RequestId": _request_id,
        "IResponse Response": Inline("self.response"),
        "ISubscription Subscription": Inline("self.subscription"),
        "DateTime Timestamp": lambda context: _moment(context.timestamp),
        "bool Tracing": Inline("self.trace is not None"),
        "IUser User": Inline("self.user"),
        "Variables Variables": Inline("self.variables", never_null=True),
        "IWorkspace Workspace": Inline("None"),
        "void Trace(string message)": _trace,
    },
)

_MESSAGES = (
    Interface(
        f"{SPACE}.IRequest",
        runtime=messages.Request,
        members={
            "IMessageBody Body": bodies.of_request,
            "X509Certificate2 Certificate": lambda request: _certificate(request.certificate),
            "HeaderCollection Headers": Inline("self.headers", never_null=True),
            "string IpAddress": Inline("self.ip_address"),
            "IReadOnlyDictionary<string, string> MatchedParameters": lambda r: views.mapping("string", r.matched_parameters),
            "string Method": Inline("self.method", never_null=True),
            "IUrl OriginalUrl": Inline("self.original_url", never_null=True),
            "IUrl Url": Inline("self.url", never_null=True),
            "IPrivateEndpointConnection PrivateEndpointConnection": Inline("None"),
        },
    ),
    Interface(
        f"{SPACE}.IResponse",
        runtime=messages.Response,
        members={
            "IMessageBody Body": bodies.of_response,
            "HeaderCollection Headers": Inline("self.headers", never_null=True),
            "int StatusCode": Inline("self.status"),
            "string StatusReason": views.status_reason,
        },
    ),
    Interface(
        f"{SPACE}.IMessageBody",
        runtime=bodies.MessageBody,
        members={
            "T As<T>(bool preserveContent = false)": bodies.AS,
            "IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)": bodies.as_form,
        },
    ),
    Interface(
        f"{SPACE}.IUrl",
        runtime=messages.Url,
        members={
            "string Host": Inline("self.host"),
            "string Path": Inline("units(self.path)", units=units),
            "int Port": Inline("self.port"),
            "QueryParameters Query": views.query_of,
            "string QueryString": views.query_string,
            "string Scheme": Inline("self.scheme"),
            "string ToString()": Inline("str(self)", str=str),
        },
    ),
)


def _path(api: runtime.ApiInfo) -> str:
    """The API's path with a slash before it: documents write it right behind a host."""
    path = api.path.strip("/")
    return f"/{path}" if path else ""


_API = {
    **_texts("Id", "Name"),
    "string Path": _path,
    "IEnumerable<string> Protocols": lambda api: _strings(api.protocols),
    "IUrl ServiceUrl": lambda api: _url(api.service_url),
    "ISubscriptionKeyParameterNames SubscriptionKeyParameterNames": Inline("self"),
    **_texts("Version", "Revision"),
    "bool IsCurrentRevision": Inline("self.is_current_revision"),
}

_ENTITIES = (
    Interface(f"{SPACE}.IApi", members=_API),
    Interface(
        f"{SPACE}.IContextApi",
        bases=("IApi",),
        runtime=runtime.ApiInfo,
    ),
    Interface(
        f"{SPACE}.ISubscriptionKeyParameterNames",
        members={"string Header": Inline("'Ocp-Apim-Subscription-Key'"), "string Query": Inline("'subscription-key'")},
    ),
    Interface(
        f"{SPACE}.IOperation",
        runtime=runtime.OperationInfo,
        members=_texts("Id", "Method", "Name", "UrlTemplate"),
    ),
    Interface(
        f"{SPACE}.IProduct",
        runtime=runtime.ProductInfo,
        members={
            **_texts("Id", "Name"),
            "IEnumerable<IApi> Apis": lambda product: _items("IContextApi", product.apis),
            "bool ApprovalRequired": Inline("self.approval_required"),
            "IEnumerable<IGroup> Groups": lambda product: _items("IGroup", product.groups),
            "ProductState State": lambda product: STATES.values.get(product.state, STATES.zero),
            "int? SubscriptionLimit": Inline("self.subscription_limit"),
            "bool SubscriptionRequired": Inline("self.subscription_required"),
        },
    ),
    Interface(f"{SPACE}.IGroup", runtime=runtime.GroupInfo, members=_texts("Id", "Name")),
    Interface(f"{SPACE}.IUserIdentity", runtime=runtime.IdentityInfo, members=_texts("Id", "Provider")),
    Interface(
        f"{SPACE}.IUser",
        runtime=runtime.UserInfo,
        members={
            **_texts("Id", "Email", "FirstName", "LastName", "Note"),
            "IEnumerable<IGroup> Groups": lambda user: _items("IGroup", user.groups),
            "IEnumerable<IUserIdentity> Identities": lambda user: _items("IUserIdentity", user.identities),
            "DateTime RegistrationDate": lambda user: _moment(user.registration_date),
        },
    ),
    Interface(
        f"{SPACE}.ISubscription",
        runtime=runtime.SubscriptionInfo,
        members={
            **_texts("Id", "Name"),
            **_secrets("Key", "PrimaryKey", "SecondaryKey"),
            "DateTime CreatedDate": lambda subscription: _moment(subscription.created_date),
            "DateTime CreatedTime": lambda subscription: _moment(subscription.created_date),
            "DateTime? StartDate": lambda subscription: _moment(subscription.start_date),
            "DateTime? EndDate": lambda subscription: _moment(subscription.end_date),
        },
    ),
    Interface(
        f"{SPACE}.IDeployment",
        runtime=runtime.DeploymentInfo,
        members={
            **_texts("GatewayId", "Region", "ServiceId", "ServiceName"),
            "IGateway Gateway": Inline("self"),
            "ISustainabilityInfo SustainabilityInfo": Inline("self"),
            "IReadOnlyDictionary<string, X509Certificate2> Certificates": _certificates,
        },
    ),
    Interface(
        f"{SPACE}.IGateway",
        members={
            "string Id": Inline("self.gateway_id"),
            "string InstanceId": Inline("self.service_id"),
            "bool IsManaged": Inline("self.gateway_id == 'managed'"),
        },
    ),
    Interface(
        f"{SPACE}.ISustainabilityInfo",
        members={
            "CarbonIntensityCategory CurrentCarbonIntensity": (
                lambda deployment: CARBON.values.get(deployment.sustainability_carbon_intensity, CARBON.zero)
            )
        },
    ),
    Interface(
        f"{SPACE}.ILastError",
        runtime=runtime.LastError,
        members=_texts("Source", "Reason", "Message", "Scope", "Section", "Path", "PolicyId"),
    ),
    Interface(f"{SPACE}.IPrivateEndpointConnection", members=_texts("Name", "GroupId", "MemberName")),
    Interface(
        f"{SPACE}.IBackend",
        members={"string Id": Inline("self.id"), "string Type": Inline("'Single'"), "string AzureRegion": Inline("None")},
    ),
    Interface(f"{SPACE}.IWorkspace", members=_texts("Id", "Name")),
)

TYPES: tuple[TypeDefinition, ...] = (STATES, CARBON, _CONTEXT, *_MESSAGES, *_ENTITIES)
