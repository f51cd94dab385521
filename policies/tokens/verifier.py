"""From a token's text to its claims, its signature verified once.

The rule here: what is remembered of a token is that one key of this very set of keys made its signature, and, once it passed
them, the checks that depend on nothing but the token and what the policy's document says. Its lifetime is looked at on
every request, as is all that an expression says; so nothing outlives an expiration time, a changed policy (which has its own
verifier) or a rotated key.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from policies.errors import PolicyFailure
from policies.tokens.claims import Moments
from policies.tokens.compact import LONGEST, Head, Parts, claims_of, parts_of
from policies.tokens.encryption import DecryptionKey
from policies.tokens.keys import Key
from policies.tokens.openid import Configuration, OpenIdEndpoint, endpoint
from policies.tokens.refused import TokenRefused, malformed
from policies.tokens.signatures import SignatureCheck

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.ports import Services
    from policies.values import Value

__all__ = ["Token", "Verifier"]

_MOST_REMEMBERED = 512
_MOST_CHOICES = 64
_MOST_TRIED = 16
"""Keys that one token is tried with: each costs a verification."""


class Token(Moments):
    """A token whose signature is good. `issuer` is who the key belongs to ("" for a key that the policy names, or none);
    `is_accepted` whether it passed the checks of its policy that judge the same token always the same."""

    __slots__ = ("_view", "claims", "header", "is_accepted", "issuer")

    def __init__(self, header: dict[str, Any], claims: dict[str, Any], issuer: str) -> None:
        """Raises TokenRefused where a time among the claims is none."""
        Moments.__init__(self, claims)
        self.header = header
        self.claims = claims
        self.issuer = issuer
        self.is_accepted = False
        self._view: Any = None

    def jwt(self) -> Any:
        """The `Jwt` that expressions see; made when it is first asked for."""
        if self._view is None:
            from policies.dotnet.apim.tokens import Jwt

            self._view = Jwt(self.header, self.claims)
        return self._view


Keys = Callable[["PolicyContext"], Key]
Decryption = Callable[["PolicyContext"], DecryptionKey]
_Choice = list[tuple[Key, SignatureCheck]]
_Generation = tuple[object, ...]
"""What a verification rests on: whether there must be a signature, every key that the policy names, every configuration. None
of them compares by anything but identity."""


class Verifier:
    """Verifies tokens for one policy. `keys` are those that the policy names, `configurations` the URLs of its OpenID
    configurations, `decryption` its decryption keys. Key functions give the same object as long as the key is the same."""

    __slots__ = ("_choices", "_configurations", "_decryption", "_endpoints", "_keys", "_remembered", "_services")

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
        self._remembered: OrderedDict[bytes, tuple[_Generation, Token]] = OrderedDict()
        self._choices: dict[Head, tuple[_Generation, _Choice]] = {}

    def verify(self, text: str, context: PolicyContext, must_be_signed: bool) -> Token | Awaitable[Token]:
        """The token; an awaitable only where a configuration must be fetched first. Raises TokenRefused, PolicyFailure."""
        if len(text) > LONGEST:
            raise malformed(f"The JWT is longer than {LONGEST:,} characters.")
        services = context.services
        endpoints = self._endpoints if services is self._services else self._endpoints_of(context)
        keys = [key(context) for key in self._keys] if self._keys else []
        known = [each.cached(services) for each in endpoints]
        generation = (must_be_signed, *keys, *known)
        raw = text.encode("utf-8", "surrogatepass")
        digest = blake2b(raw).digest()
        remembered = self._remembered.get(digest)
        if remembered is not None and remembered[0] == generation:
            self._remembered.move_to_end(digest)
            return remembered[1]
        parts = parts_of(raw)
        if parts.is_encrypted:
            parts = self._decrypted(text, parts, context)
        head = parts.head
        if head.algorithm == "none":
            return self._remember(digest, generation, _unsigned(parts, must_be_signed=must_be_signed))
        choice = self._choices.get(head)
        if choice is None or choice[0] != generation:
            choice = self._choose(head, generation, keys, known)
        for key, check in choice[1]:
            if check(parts.signing_input, parts.signature):
                return self._remember(digest, generation, Token(head.members, claims_of(parts.payload), key.issuer))
        # A token without a kid does not say which key it means: that none verifies it may be a rotation too.
        if endpoints and not (choice[1] and head.kid):
            return self._after_fetching(parts, digest, keys, endpoints, context, must_be_signed=must_be_signed)
        raise _unverified(choice[1])

    def _endpoints_of(self, context: PolicyContext) -> list[OpenIdEndpoint]:
        """The endpoints; kept where the document says which."""
        found = [endpoint(url.get(context), context.services) for url in self._configurations]
        if all(url.is_literal for url in self._configurations):
            self._services, self._endpoints = context.services, found
        return found

    async def _after_fetching(
        self,
        parts: Parts,
        digest: bytes,
        keys: list[Key],
        endpoints: list[OpenIdEndpoint],
        context: PolicyContext,
        *,
        must_be_signed: bool,
    ) -> Token:
        """No key at hand: it may be newer than what is cached."""
        known = [await each.fetched(context.services) for each in endpoints]
        generation = (must_be_signed, *keys, *known)
        _, choice = self._choose(parts.head, generation, keys, known)
        for key, check in choice:
            if check(parts.signing_input, parts.signature):
                return self._remember(digest, generation, Token(parts.head.members, claims_of(parts.payload), key.issuer))
        if not choice and None in known:
            raise PolicyFailure(
                "The keys to validate tokens with are not available. Try again later.",
                reason="OpenIdConfigurationNotAvailable",
                status=503,
            )
        raise _unverified(choice)

    def _choose(
        self, head: Head, generation: _Generation, keys: Sequence[Key], configurations: Sequence[Configuration | None]
    ) -> tuple[_Generation, _Choice]:
        """The keys that may have made a signature, remembered for the next token with this header. A `kid` chooses the keys of
        that id, else those without one; without a `kid` they are all keys of the algorithm."""
        all_keys = [*keys, *(key for each in configurations if each is not None for key in each.keys)]
        fitting = [key for key in all_keys if head.algorithm in key.algorithms]
        named = [key for key in fitting if key.kid == head.kid] if head.kid else []
        tried = (named or [key for key in fitting if not head.kid or not key.kid])[:_MOST_TRIED]
        if len(self._choices) >= _MOST_CHOICES:
            self._choices.clear()
        choice = generation, [(key, key.check(head.algorithm)) for key in tried]
        self._choices[head] = choice
        return choice

    def _decrypted(self, text: str, outer: Parts, context: PolicyContext) -> Parts:
        """The token within. One that holds bare claims is as good as unsigned: anybody may encrypt for a public key."""
        for key in (make(context) for make in self._decryption):
            if key.kid and outer.head.kid and key.kid != outer.head.kid:
                continue
            plain = key.decrypted(text, outer.head.members)
            if plain is not None:
                if plain[:1] == b"{":
                    return Parts(Head({**outer.head.members, "alg": "none"}), payload=plain)
                inner = parts_of(plain)
                if inner.is_encrypted:
                    raise malformed("The JWT is encrypted twice.")
                return inner
        raise TokenRefused("TokenDecryptionFailed", "The JWT cannot be decrypted. Access denied.")

    def _remember(self, digest: bytes, generation: _Generation, token: Token) -> Token:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        self._remembered[digest] = (generation, token)
        return token


def _unverified(choice: _Choice) -> TokenRefused:
    """Either no key may have made the signature, or those that may have did not."""
    if choice:
        return TokenRefused("TokenSignatureInvalid", "The signature of the JWT is not valid. Access denied.")
    message = "The key that the JWT is signed with is not known, or not for its algorithm. Access denied."
    return TokenRefused("TokenSignatureKeyNotFound", message)


def _unsigned(parts: Parts, *, must_be_signed: bool) -> Token:
    if must_be_signed or parts.signature:
        raise TokenRefused("TokenSignatureInvalid", "The JWT is not signed. Access denied.")
    return Token(parts.head.members, claims_of(parts.payload), "")
