"""The kinds of things in the catalogue, one row each: their names, how they are checked, what they refer to.

The rule here: whatever the repository does, it does for every kind alike; what differs between kinds is in this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from mcp_core.catalog import names
from mcp_core.catalog.model import (
    Api,
    Connection,
    McpServer,
    NamedBackend,
    NamedValue,
    PolicyText,
    Product,
    Subscription,
)
from mcp_core.catalog.scopes import Scope, parse_scope
from mcp_core.catalog.servers import check_server
from mcp_core.catalog.wire import FIELD, is_field_value, is_safe_url, is_url
from mcp_core.errors import InvalidInput
from mcp_core.storage import keys
from policies.records import Record

__all__ = [
    "API",
    "BACKEND",
    "CONNECTION",
    "KINDS",
    "NAMED_VALUE",
    "POLICY",
    "PRODUCT",
    "SERVER",
    "SUBSCRIPTION",
    "Kind",
    "Reference",
    "operation_scope",
]

T = TypeVar("T")

Reference = tuple[str, str]
"""The prefix of a kind and an id."""


class Kind(Record, Generic[T]):
    """One kind. `noun` is for messages, `field` its mapping in `Catalogue`; `check` raises InvalidInput; `refers` gives what
    must exist for a value to make sense. `owned` things are deleted with what they refer to, others prevent it."""

    prefix: str
    noun: str
    field: str
    type: type[T]
    id: Callable[[T], str]
    check: Callable[[T], object]
    refers: Callable[[T], Iterator[Reference]] = lambda value: iter(())
    owned: bool = False

    def row(self, id: str) -> str:
        """The row of the thing with this id."""
        return f"{self.prefix}-{keys.encode(id)}"


def _of_scope(scope: Scope) -> Iterator[Reference]:
    if scope.kind in {"api", "operation"}:
        yield "api", scope.id
    elif scope.kind == "product":
        yield "product", scope.id
    elif scope.kind == "mcp":
        yield "server", scope.id


def operation_scope(value: object) -> Scope | None:
    """The scope of a policy at operation scope; None for everything else."""
    scope = parse_scope(value.scope) if isinstance(value, PolicyText) else None
    return scope if scope is not None and scope.kind == "operation" else None


def _of_server(server: McpServer) -> Iterator[Reference]:
    yield "api", server.api_id
    yield from (("product", product) for product in server.products)


def _of_product(product: Product) -> Iterator[Reference]:
    yield from (("api", api) for api in product.apis)
    yield from (("server", server) for server in product.servers)


def _of_subscription(subscription: Subscription) -> Iterator[Reference]:
    if subscription.scope:
        yield from _of_scope(parse_scope(subscription.scope))


def _of_policy(policy: PolicyText) -> Iterator[Reference]:
    yield from _of_scope(parse_scope(policy.scope))


def _check_subscription(subscription: Subscription) -> None:
    names.SUBSCRIPTION.check(subscription.id)
    scope = subscription.scope
    word, _, rest = scope.partition("/")
    if scope and (word not in {"product", "api", "mcp"} or not rest or parse_scope(scope).kind == "operation"):
        raise InvalidInput(
            f"{scope[:80]!r} is no scope of a subscription.",
            hint="Scopes: product/<id>, api/<id>, mcp/<name>, or none for everything.",
        )
    if 0 < subscription.expires <= subscription.starts:
        raise InvalidInput("The subscription would never be valid: it expires before it starts.")


def _check_backend(backend: NamedBackend) -> None:
    names.BACKEND.check(backend.id)
    if not is_url(backend.url, ("http", "https")):
        raise InvalidInput(
            f"The backend {backend.id!r} needs an absolute http or https URL, without user, query and fragment.",
            hint="Write it like https://orders.example.com/v1; --header and --query hold what is secret.",
        )
    for name, value in backend.headers.items():
        if not FIELD.fullmatch(name) or not is_field_value(value.reveal()):
            raise InvalidInput(f"The backend {backend.id!r} cannot be sent the header {name[:80]!r} with this value.")


def _check_connection(connection: Connection) -> None:
    names.PROVIDER.check(connection.provider)
    names.CONNECTION.check(connection.id)
    if connection.token_endpoint and not is_safe_url(connection.token_endpoint, with_query=True):
        hint = "Write it like https://login.example.com/oauth/token; http is for this machine only."
        raise InvalidInput(f"The URL of the connection {connection.id!r} is no token endpoint.", hint=hint)


API = Kind("api", "API", "apis", Api, lambda api: api.id, lambda api: names.API.check(api.id))
SERVER = Kind(
    "server",
    "MCP server",
    "servers",
    McpServer,
    lambda server: server.name,
    check_server,
    _of_server,
)
PRODUCT = Kind(
    "product",
    "product",
    "products",
    Product,
    lambda product: product.id,
    lambda product: names.PRODUCT.check(product.id),
    _of_product,
)
SUBSCRIPTION = Kind(
    "subscription",
    "subscription",
    "subscriptions",
    Subscription,
    lambda subscription: subscription.id,
    _check_subscription,
    _of_subscription,
)
POLICY = Kind(
    "policy",
    "policy at scope",
    "policies",
    PolicyText,
    lambda policy: policy.scope,
    lambda policy: parse_scope(policy.scope),
    _of_policy,
    owned=True,
)
NAMED_VALUE = Kind(
    "namedvalue",
    "named value",
    "named_values",
    NamedValue,
    lambda named: named.name,
    lambda named: names.NAMED_VALUE.check(named.name),
)
BACKEND = Kind("backend", "backend", "backends", NamedBackend, lambda backend: backend.id, _check_backend)
CONNECTION = Kind(
    "connection",
    "connection",
    "connections",
    Connection,
    lambda connection: f"{connection.provider}/{connection.id}",
    _check_connection,
)

KINDS: dict[str, Kind[Any]] = {
    kind.prefix: kind for kind in (API, SERVER, PRODUCT, SUBSCRIPTION, POLICY, NAMED_VALUE, BACKEND, CONNECTION)
}
