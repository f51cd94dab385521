"""Equality of tokens as JToken.DeepEquals has it, and as a comparer for sets and dictionaries.

The rule here: members of objects compare by name, whatever their order.
"""

from __future__ import annotations

from policies.dotnet.json.containers import JArray, JObject
from policies.dotnet.json.model import JToken
from policies.dotnet.json.writer import write

__all__ = ["TokenComparer", "deep_equals"]


def deep_equals(left: JToken | None, right: JToken | None) -> bool:
    """JToken.DeepEquals."""
    return left is right or (left is not None and right is not None and left.deep_equals(right))


class TokenComparer:
    """JToken.EqualityComparer: tokens are equal when all below them is."""

    __slots__ = ()

    def equals(self, left: JToken | None, right: JToken | None) -> bool:
        """Whether two tokens are equal."""
        return deep_equals(left, right)

    def key(self, token: JToken | None) -> object:
        """What equal tokens share: their text, members of objects in one order."""
        return None if token is None else write(_ordered(token), indented=False)

    def hash(self, token: JToken) -> int:
        """A number that equal tokens share."""
        return hash(self.key(token)) & 0x7FFFFFFF


def _ordered(token: JToken) -> JToken:
    if isinstance(token, JObject):
        found = JObject()
        for name in sorted(token.properties):
            found.put(name, _ordered(token.properties[name].value))
        return found
    if isinstance(token, JArray):
        array = JArray()
        for item in token.items:
            array.add(_ordered(item))
        return array
    return token.clone()
