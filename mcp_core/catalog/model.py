"""What is managed: APIs, MCP servers, products, subscriptions, named values, backends, policy documents.

The rule here: frozen data in APIM's terms. `repository.py` stores it, `snapshot.py` compiles it. Annotations are evaluated
where they stand, as in `operations.py`.
"""

from collections.abc import Mapping

from mcp_core.catalog.operations import Operation, Tool
from policies.records import Record, field
from policies.secret import Secret

__all__ = [
    "Api",
    "Catalogue",
    "Connection",
    "McpServer",
    "NamedBackend",
    "NamedValue",
    "PolicyText",
    "Product",
    "Subscription",
    "SubscriptionKey",
    "ToolOverride",
]


class Api(Record):
    """An imported REST API. `id` is its name in URLs and commands; `service_url` the base of every operation that names no
    server of its own ("" where neither the document nor the importer named one). `tools` are the import's suggestions, one an
    operation, in the document's order."""

    id: str
    title: str
    path: str
    service_url: str
    version: str = ""
    description: str = ""
    specification: str = ""  # "swagger-2.0", "openapi-3.0", "openapi-3.1", "openapi-3.2"
    subscription_required: bool = False
    operations: tuple[Operation, ...] = ()
    tools: tuple[Tool, ...] = ()
    warnings: tuple[str, ...] = ()


class ToolOverride(Record):
    """What an exporter changed on one tool; "" keeps the import's. `visible_when` is a policy expression."""

    operation_id: str
    name: str = ""
    description: str = ""
    visible_when: str = ""


class McpServer(Record):
    """Operations of one API exported as an MCP server under `/<name>/mcp`. `operations` names the chosen ones in order; None
    means all, also those that a later import adds."""

    name: str
    api_id: str
    title: str = ""
    description: str = ""
    operations: tuple[str, ...] | None = None
    overrides: tuple[ToolOverride, ...] = ()
    products: tuple[str, ...] = ()
    subscription_required: bool = False
    subscription_key_header: str = "Ocp-Apim-Subscription-Key"
    subscription_key_query: str = "subscription-key"
    oauth: Mapping[str, object] = field(default_factory=dict)


class Product(Record):
    """A product: a bundle of APIs and servers under one policy and one kind of subscription. `visible_when` is a policy
    expression that is asked for each tool: which of them those may see and call who come with the product."""

    id: str
    name: str
    state: str = "published"
    subscription_required: bool = True
    apis: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    visible_when: str = ""


class NamedValue(Record):
    """A value that policies name as `{{name}}`. One that is `secret` is never shown back."""

    name: str
    value: Secret
    secret: bool = False
    tags: tuple[str, ...] = ()


class NamedBackend(Record):
    """A backend that `set-backend-service backend-id` names."""

    id: str
    url: str
    headers: Mapping[str, Secret] = field(default_factory=dict)
    query: Mapping[str, Secret] = field(default_factory=dict)


class PolicyText(Record):
    """A stored policy document. `scope` is "global", "product/<id>", "mcp/<name>", "api/<id>", "api/<id>/<operation>" or
    "fragment/<id>"; `xml` is the text as the user wrote it."""

    scope: str
    xml: str = field(repr=False)  # it may hold secrets that should be named values


class SubscriptionKey(Record):
    """One subscription key as stored: `lookup` finds it, `salt` and `digest` prove it; none of them gives the key back."""

    lookup: str
    salt: str = field(repr=False)
    digest: str = field(repr=False)


class Subscription(Record):
    """A subscription. `scope` is "" for all APIs and servers, or "product/<id>", "api/<id>", "mcp/<name>"; `state` is APIM's
    word (submitted, active, suspended, expired, cancelled, rejected); times are Unix seconds, 0 for none."""

    id: str
    name: str = ""
    scope: str = ""
    state: str = "active"
    primary: SubscriptionKey | None = None
    secondary: SubscriptionKey | None = None
    owner: Mapping[str, str] = field(default_factory=dict)  # id, email, firstName, lastName of `context.User`
    created: float = 0.0
    starts: float = 0.0
    expires: float = 0.0


class Connection(Record):
    """An authorization of `get-authorization-context`: `id` of a credential `provider`. Secrets are references to a Key Vault
    secret or an app setting, never the secret itself."""

    provider: str
    id: str
    grant_type: str = "client_credentials"
    token_endpoint: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)  # in case that it is none
    refresh_token: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)


class Catalogue(Record):
    """Everything that is managed, as it stood at one moment; `version` changes with every write. Keys are the things' ids and
    names, a policy's scope, a connection's "<provider>/<id>"."""

    version: str = ""
    apis: Mapping[str, Api] = field(default_factory=dict)
    servers: Mapping[str, McpServer] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    policies: Mapping[str, PolicyText] = field(default_factory=dict)
    named_values: Mapping[str, NamedValue] = field(default_factory=dict)
    backends: Mapping[str, NamedBackend] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)
