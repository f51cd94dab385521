"""`set-backend-service`: sends the request to another base URL or to a named backend (article "Set backend service").

Service Fabric and Dapr backends are not served: neither exists beside an Azure Functions app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from policies.addressing import NamedBackend, choose_backend, set_base_url
from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import NAME_TEXT, STRING

BASE_URL = Attribute("base-url", STRING, expression=True)
BACKEND_ID = Attribute("backend-id", NAME_TEXT, expression=True)
ELSEWHERE = tuple(
    Attribute(name, STRING, expression=True)
    for name in (
        *("sf-resolve-condition", "sf-service-instance-name", "sf-partition-key", "sf-listener-name", "sf-replica-type"),
        *("dapr-app-id", "dapr-method", "dapr-namespace"),
    )
)


def build(statement: Statement) -> Step:
    """Gives the step that changes the request's base URL."""
    for attribute in ELSEWHERE:
        if statement.has(attribute):
            what = "Dapr" if attribute.name.startswith("dapr") else "Service Fabric"
            raise statement.error(f"{what} backends are not supported", at=attribute, hint="name an HTTP backend")
    base_url, backend_id = statement.get(BASE_URL), statement.get(BACKEND_ID)
    if (base_url is None) == (backend_id is None):
        raise statement.error("set-backend-service needs either base-url or backend-id")
    if backend_id is not None:
        known = statement.environment.backends
        if known is not None and backend_id.is_literal and backend_id.literal not in known:
            raise statement.error(f"there is no backend {backend_id.literal!r}", at=BACKEND_ID)
        return _by_id(backend_id.get)
    assert base_url is not None
    get = base_url.get

    def set_backend_service(context: PolicyContext) -> None:
        _set(context, get(context))

    return set_backend_service


def _by_id(get: Callable[[PolicyContext], str]) -> Step:
    def set_backend_service(context: PolicyContext) -> None:
        name = get(context)
        backend = context.services.backends.get(name)
        if backend is None:
            raise _failure(f"There is no backend {name!r}.")
        try:
            choose_backend(context, cast(NamedBackend, backend))
        except ValueError as error:
            raise _failure(f"The URL of the backend {name!r} cannot be used: {error}.") from None

    return set_backend_service


def _set(context: PolicyContext, base_url: str) -> None:
    try:
        set_base_url(context, base_url)
    except ValueError as error:
        raise _failure(f"The base URL cannot be used: {error}.") from None


def _failure(detail: str) -> PolicyFailure:
    return PolicyFailure("Internal server error", reason="BackendNotResolved", detail=detail)


POLICY = Policy(
    name="set-backend-service",
    sections=frozenset({"inbound", "backend"}),
    attributes=(BASE_URL, BACKEND_ID, *ELSEWHERE),
    build=build,
)
