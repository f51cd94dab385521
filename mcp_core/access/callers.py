"""From the key of a request to the subscription, product and user behind it (article "Subscriptions in Azure API Management").

The rule here: made once a snapshot; identifying a caller asks nobody. A key that fails says only that it failed.
"""

from __future__ import annotations

from hashlib import sha256

from mcp_core.access import keys
from mcp_core.catalog.model import Api, Catalogue, McpServer, Product, Subscription, SubscriptionKey
from policies.context import ProductInfo, SubscriptionInfo, UserInfo
from policies.errors import PolicyFailure
from policies.messages import Request
from policies.pipeline import predefined_response
from policies.records import Record

__all__ = ["Caller", "Callers", "covers"]

MISSING = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
INVALID = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."

_MOST_RECENT = 1_024


class Caller(Record):
    """Who calls. All are None for somebody without a key; `product` is then an open product of the server, if it has one."""

    subscription: SubscriptionInfo | None = None
    product: ProductInfo | None = None
    user: UserInfo | None = None


ANONYMOUS = Caller()


class Callers:
    """Every subscription of a catalogue, found by key."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._products = catalogue.products
        self._infos = {product.id: _product_info(product) for product in catalogue.products.values()}
        self._found: dict[str, tuple[Subscription, SubscriptionKey]] = {}
        self._recent: dict[tuple[bytes, str], tuple[Subscription, Caller]] = {}
        for subscription in catalogue.subscriptions.values():
            for record in (subscription.primary, subscription.secondary):
                if record is not None:
                    self._found[record.lookup] = (subscription, record)

    def identify(self, server: McpServer, api: Api, request: Request, now: float) -> Caller | PolicyFailure:
        """The caller of an MCP server, or the refusal (401) that it gets. `now` is Unix seconds.

        The key is looked for in the header first, then in the query. Whoever sends one must send a good one, also to a server
        that requires none; whoever sends none comes with an open product of the server, or needs none (article, "How API
        Management handles requests with or without subscription keys").
        """
        key = _key(server, request)
        if key:
            return self._by_key(key, server, api, now) or _refused(server, INVALID, "SubscriptionKeyInvalid")
        caller = self._anonymous(server, api)
        if caller is ANONYMOUS and (server.subscription_required or api.subscription_required):
            return _refused(server, MISSING, "SubscriptionKeyNotFound")
        return caller

    def _by_key(self, key: str, server: McpServer, api: Api, now: float) -> Caller | None:
        """The caller of a good key. Who was found before is remembered by the key's hash: what a subscription opens does not
        change within a snapshot, only its time goes by."""
        digest = sha256(key.encode("utf-8", "surrogatepass")).digest(), server.name
        known = self._recent.get(digest)
        if known is not None and _is_active(known[0], now):
            return known[1]
        found = self._found.get(keys.lookup(key))
        if found is None or not keys.matches(key, found[1]):
            return None
        subscription = found[0]
        if not _is_active(subscription, now) or not self._opens(subscription, server, api):
            return None
        kind, _, identity = subscription.scope.partition("/")
        product = self._infos[identity] if kind == "product" else None
        caller = Caller(_subscription_info(subscription, key), product, _user_info(subscription))
        if len(self._recent) >= _MOST_RECENT:
            self._recent.pop(next(iter(self._recent)))
        self._recent[digest] = subscription, caller
        return caller

    def _opens(self, subscription: Subscription, server: McpServer, api: Api) -> bool:
        kind, _, identity = subscription.scope.partition("/")
        if kind == "product":
            product = self._products.get(identity)
            return product is not None and product.state == "published" and covers(product, server, api)
        return {"": True, "mcp": identity == server.name, "api": identity == api.id}.get(kind, False)

    def _anonymous(self, server: McpServer, api: Api) -> Caller:
        for product in self._products.values():
            if product.state == "published" and not product.subscription_required and covers(product, server, api):
                return Caller(product=self._infos[product.id])
        return ANONYMOUS


def _key(server: McpServer, request: Request) -> str:
    key = request.headers.get(server.subscription_key_header)
    if key:
        return key
    return next(iter(request.url.query.get(server.subscription_key_query, ())), "") if request.url.query_string else ""


def covers(product: Product, server: McpServer, api: Api) -> bool:
    """Whether the server is in the product, by itself or with all servers of its API."""
    return server.name in product.servers or product.id in server.products or api.id in product.apis


def _is_active(subscription: Subscription, now: float) -> bool:
    begun = subscription.starts <= now
    return subscription.state == "active" and begun and not 0 < subscription.expires <= now


def _refused(server: McpServer, message: str, reason: str) -> PolicyFailure:
    """The refusal, with the challenge that every 401 must have (RFC 9110 §15.5.2), in API Management's words."""
    failure = PolicyFailure(message, reason=reason, source="authorization", status=401)
    response = predefined_response(failure)
    where = f'realm="{server.name}",name="{server.subscription_key_header}",type="header"'
    response.headers.set("WWW-Authenticate", f"AzureApiManagementKey {where}")
    failure.response = response
    return failure


def _subscription_info(subscription: Subscription, key: str) -> SubscriptionInfo:
    """Only the key that the caller sent is known; the other one is nowhere."""
    is_primary = subscription.primary is not None and keys.matches(key, subscription.primary)
    return SubscriptionInfo(
        id=subscription.id,
        name=subscription.name or subscription.id,
        key=key,
        primary_key=key if is_primary else "",
        secondary_key="" if is_primary else key,
        created_date=subscription.created,
        start_date=subscription.starts or None,
        end_date=subscription.expires or None,
    )


def _product_info(product: Product) -> ProductInfo:
    return ProductInfo(
        id=product.id,
        name=product.name,
        state="Published" if product.state == "published" else "NotPublished",
        subscription_required=product.subscription_required,
    )


def _user_info(subscription: Subscription) -> UserInfo | None:
    owner = subscription.owner
    if not owner:
        return None
    return UserInfo(
        id=owner.get("id", ""),
        email=owner.get("email", ""),
        first_name=owner.get("firstName", ""),
        last_name=owner.get("lastName", ""),
    )
