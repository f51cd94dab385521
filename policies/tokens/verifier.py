"""From a token's text to its claims, its signature verified once.

The rule here: a token is verified by the keys of this moment. Other keys, be it that they rotate or that an expression names
them, are another trust, which remembers nothing of what the former verified; and a changed policy has its own verifier.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from policies.errors import PolicyFailure
from policies.tokens.compact import LONGEST, encrypted_head, is_encrypted, unsigned_token
from policies.tokens.encryption import DecryptionKey
from policies.tokens.keys import Key
from policies.tokens.openid import AGAIN_WITHOUT, Configuration, OpenIdEndpoint, endpoint
from policies.tokens.refused import TokenRefused, malformed
from policies.tokens.token import Token
from policies.tokens.trust import KEY_NOT_FOUND, Trust, Unverified

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.ports import Services
    from policies.values import Value

__all__ = ["Verifier"]

_MOST_TRUSTS = 16

Keys = Callable[["PolicyContext"], Key]
Decryption = Callable[["PolicyContext"], DecryptionKey]
_Sources = tuple[Key | Configuration | None, ...]
"""The keys that the policy names, and what each configuration said; None for one that could not be had. None of them compares
by anything but identity."""


class Verifier:
    """Verifies tokens for one policy. `keys` are those that the policy names, `configurations` the URLs of its OpenID
    configurations, `decryption` its decryption keys. Key functions give the same object as long as the key is the same."""

    __slots__ = ("_configurations", "_decryption", "_endpoints", "_keys", "_services", "_trusts")

    def __init__(
        self,
        keys: Sequence[Keys] = (),
        configurations: Sequence[Value[str]] = (),
        decryption: Sequence[Decryption] = (),
    ) -> None:
        self._keys = tuple(keys)
        self._configurations = tuple(configurations)
        self._services: Services | None = None
        self._endpoints: list[OpenIdEndpoint] = []
        self._decryption = tuple(decryption)
        self._trusts: dict[tuple[bool, _Sources], Trust] = {}

    def verify(self, text: str, context: PolicyContext, now: float, must_be_signed: bool) -> Token | Awaitable[Token]:
        """The token; an awaitable only where a configuration must be fetched first. Raises TokenRefused, PolicyFailure."""
        if len(text) > LONGEST:
            raise malformed(f"The JWT is longer than {LONGEST:,} characters.")
        services = context.services
        endpoints = self._endpoints if services is self._services else self._endpoints_of(context)
        keys = tuple([key(context) for key in self._keys]) if self._keys else ()
        sources: _Sources = keys
        for each in endpoints:
            sources += (each.said if now < each.due else each.cached(services),)
        trust = self._trusts.get((must_be_signed, sources)) or self._trust(must_be_signed, sources)
        token = text.encode("utf-8", "surrogatepass")
        name = blake2b(token).digest()
        known = trust.tokens.get(name)
        if known is not None:
            return known
        if is_encrypted(token):
            token = self._decrypted(token, context)
        try:
            return trust.verified(name, token)
        except Unverified as refused:
            if not (endpoints and refused.may_be_newer):
                raise
        return self._after_fetching(name, token, keys, endpoints, services, must_be_signed=must_be_signed)

    def _endpoints_of(self, context: PolicyContext) -> list[OpenIdEndpoint]:
        """The endpoints; kept where the document says which."""
        found = [endpoint(url.get(context), context.services) for url in self._configurations]
        if all(url.is_literal for url in self._configurations):
            self._services, self._endpoints = context.services, found
        return found

    def _trust(self, must_be_signed: bool, sources: _Sources) -> Trust:
        """The trust in these keys; the same as long as they are the same."""
        found = self._trusts.get((must_be_signed, sources))
        if found is None:
            if len(self._trusts) >= _MOST_TRUSTS:
                self._trusts.clear()
            found = self._trusts[must_be_signed, sources] = Trust(_keys(sources), must_be_signed=must_be_signed)
        return found

    async def _after_fetching(
        self,
        name: bytes,
        token: bytes,
        keys: tuple[Key, ...],
        endpoints: Sequence[OpenIdEndpoint],
        services: Services,
        *,
        must_be_signed: bool,
    ) -> Token:
        """No key at hand: it may be newer than what is cached."""
        said = [await each.fetched(services) for each in endpoints]
        try:
            return self._trust(must_be_signed, (*keys, *said)).verified(name, token)
        except Unverified as refused:
            if None not in said or refused.reason != KEY_NOT_FOUND:
                raise
        raise PolicyFailure(
            "The keys to validate tokens with are not available. Try again later.",
            reason="OpenIdConfigurationNotAvailable",
            status=503,
            retry_after=int(AGAIN_WITHOUT),
        )

    def _decrypted(self, token: bytes, context: PolicyContext) -> bytes:
        """The token within. Bare claims are as good as unsigned: anybody may encrypt for a public key."""
        head = encrypted_head(token)
        for key in (make(context) for make in self._decryption):
            if key.kid and head.kid and key.kid != head.kid:
                continue
            plain = key.decrypted(token.decode(), head.members)
            if plain is not None:
                if plain.startswith(b"{"):
                    return unsigned_token(head.members, plain)
                if is_encrypted(plain):
                    raise malformed("The JWT is encrypted twice.")
                return plain
        raise TokenRefused("TokenDecryptionFailed", "The JWT cannot be decrypted. Access denied.")


def _keys(sources: _Sources) -> Iterator[Key]:
    for each in sources:
        if isinstance(each, Configuration):
            yield from each.keys
        elif each is not None:
            yield each
