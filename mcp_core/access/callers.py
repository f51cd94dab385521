"""From the key of a request to the subscription, product and user behind it (article "Subscriptions in Azure API Management").

The rule here: made once a snapshot; identifying a caller asks nobody. A key that fails says only that it failed.
"""

from __future__ import annotations

from hashlib import blake2b

from mcp_core.access import keys
from mcp_core.catalog.model import Api, Catalogue, McpServer, Product, Subscription, SubscriptionKey
from policies.context import ProductInfo, SubscriptionInfo, UserInfo
from policies.errors import PolicyFailure
from policies.messages import Request
from policies.pipeline import predefined_response
from policies.records import Record
from policies.secret import NO_SECRET, Secret

__all__ = ["Caller", "Callers", "covers"]

MISSING = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
INVALID = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."

_MOST_RECENT = 1_024
_FOREVER = float("inf")


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
        self._without_key: dict[str, Caller] = {}
        self._recent: dict[tuple[bytes, str], tuple[float, float, Caller]] = {}
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
        key = request.headers.get(server.subscription_key_header) or _key_in_query(server, request)
        if key:
            return self._by_key(key, server, api, now) or _refused(server, INVALID, "SubscriptionKeyInvalid")
        caller = self._anonymous(server, api)
        if caller is ANONYMOUS and (server.subscription_required or api.subscription_required):
            return _refused(server, MISSING, "SubscriptionKeyNotFound")
        return caller

    def _by_key(self, key: str, server: McpServer, api: Api, now: float) -> Caller | None:
        """The caller of a good key. Who was found before is remembered by the key's hash: what a subscription opens does not
        change within a snapshot, only its time goes by."""
        digest = blake2b(key.encode("utf-8", "surrogatepass")).digest(), server.name
        known = self._recent.get(digest)
        if known is None:
            known = self._looked_up(key, server, api)
            if known is None:
                return None
            if len(self._recent) >= _MOST_RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[digest] = known
        starts, ends, caller = known
        return caller if starts <= now < ends else None

    def _looked_up(self, key: str, server: McpServer, api: Api) -> tuple[float, float, Caller] | None:
        """Who a key names to a server, and from when and until when."""
        subscription, record = self._found.get(keys.lookup(key), (None, None))
        if subscription is None or record is None or not keys.matches(key, record):
            return None
        if subscription.state != "active" or not self._opens(subscription, server, api):
            return None
        kind, _, identity = subscription.scope.partition("/")
        product = self._infos[identity] if kind == "product" else None
        caller = Caller(_subscription_info(subscription, key), product, _user_info(subscription))
        return subscription.starts, subscription.expires if subscription.expires > 0 else _FOREVER, caller

    def _opens(self, subscription: Subscription, server: McpServer, api: Api) -> bool:
        kind, _, identity = subscription.scope.partition("/")
        if kind == "product":
            product = self._products.get(identity)
            return product is not None and product.state == "published" and covers(product, server, api)
        return {"": True, "mcp": identity == server.name, "api": identity == api.id}.get(kind, False)

    def _anonymous(self, server: McpServer, api: Api) -> Caller:
        """Who comes without a key."""
        known = self._without_key.get(server.name)
        if known is None:
            published = (product for product in self._products.values() if product.state == "published")
            opens = (each for each in published if not each.subscription_required and covers(each, server, api))
            known = next((Caller(product=self._infos[each.id]) for each in opens), ANONYMOUS)
            self._without_key[server.name] = known
        return known


def _key_in_query(server: McpServer, request: Request) -> str:
    if not request.url.query_string:
        return ""
    return next(iter(request.url.query.get(server.subscription_key_query, ())), "")


def covers(product: Product, server: McpServer, api: Api) -> bool:
    """Whether the server is in the product, by itself or with all servers of its API."""
    return server.name in product.servers or product.id in server.products or api.id in product.apis


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
    sent = Secret(key)
    return SubscriptionInfo(
        id=subscription.id,
        name=subscription.name or subscription.id,
        key=sent,
        primary_key=sent if is_primary else NO_SECRET,
        secondary_key=NO_SECRET if is_primary else sent,
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
