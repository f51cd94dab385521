"""Policy scopes: where a policy document applies.

The rule here: a scope has one spelling, and it is the key under which its document is stored.
"""

from __future__ import annotations

from typing import Literal

from mcp_core.catalog import names
from mcp_core.errors import InvalidInput
from policies.records import Record

__all__ = ["Scope", "parse_scope"]

ScopeKind = Literal["global", "product", "mcp", "api", "operation", "fragment"]
_KINDS: dict[str, tuple[ScopeKind, names.Named]] = {
    "product": ("product", names.PRODUCT),
    "mcp": ("mcp", names.SERVER),
    "api": ("api", names.API),
    "fragment": ("fragment", names.FRAGMENT),
}
_SPELLINGS = "Scopes: global, product/<id>, mcp/<name>, api/<id>, api/<id>/<operation>, fragment/<id>."


class Scope(Record):
    """A parsed scope. `id` is the product, server, API or fragment; `operation` the operation's id at operation scope."""

    kind: ScopeKind
    id: str = ""
    operation: str = ""

    def __str__(self) -> str:
        if self.kind == "global":
            return "global"
        if self.kind == "operation":
            return f"api/{self.id}/{self.operation}"
        return f"{self.kind}/{self.id}"


def parse_scope(text: str) -> Scope:
    """The scope that a text names. An operation's id is everything after the second slash, for it may hold slashes itself.
    Raises InvalidInput."""
    if text == "global":
        return Scope("global")
    word, slash, rest = text.partition("/")
    if word not in _KINDS:
        raise InvalidInput(f"{text[:80]!r} is no policy scope.", hint=_SPELLINGS)
    if not slash or not rest:
        raise InvalidInput(f"The policy scope {text[:80]!r} does not say which one.", hint=_SPELLINGS)
    kind, name = _KINDS[word]
    if word != "api":
        return Scope(kind, name.check(rest))
    api, slash, operation = rest.partition("/")
    if slash and not operation:
        raise InvalidInput(f"The policy scope {text[:80]!r} ends without an operation.", hint=_SPELLINGS)
    return Scope("operation" if operation else "api", name.check(api), operation)
