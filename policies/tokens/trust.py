"""The keys that are believed at one time, and what they have verified.

The rule here: what is remembered lives and dies with these very keys, and is bounded, whatever is sent: of a token, that one of
them made its signature; of a header, which of them may have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policies.tokens.compact import Head, claims_of, decoded, segments_of
from policies.tokens.keys import Key
from policies.tokens.refused import TokenRefused
from policies.tokens.signatures import SignatureCheck
from policies.tokens.token import Token

__all__ = ["KEY_NOT_FOUND", "Trust", "Unverified"]

KEY_NOT_FOUND = "TokenSignatureKeyNotFound"
_MOST_TOKENS = 512
_MOST_HEADERS = 64
_MOST_TRIED = 16
"""Keys that one token is tried with: each costs a verification."""

_Checks = list[tuple[str, SignatureCheck]]
"""(issuer, check) of the keys that may have made a signature."""


class Unverified(TokenRefused):
    """None of the keys made the signature. `may_be_newer`: one that is not among them yet may have."""

    def __init__(self, head: Head, *, was_tried: bool) -> None:
        if was_tried:
            super().__init__("TokenSignatureInvalid", "The signature of the JWT is not valid. Access denied.")
        else:
            message = "The key that the JWT is signed with is not known, or not for its algorithm. Access denied."
            super().__init__(KEY_NOT_FOUND, message)
        # A token without a kid does not say which key it means.
        self.may_be_newer = not (was_tried and head.kid)


class Trust:
    """`tokens` are those that were verified, by whatever their finder calls them (`remember`)."""

    __slots__ = ("_headers", "_keys", "_must_be_signed", "tokens")

    def __init__(self, keys: Iterable[Key], *, must_be_signed: bool) -> None:
        self._keys = tuple(keys)
        self._must_be_signed = must_be_signed
        self._headers: dict[bytes, tuple[Head, _Checks]] = {}
        self.tokens: dict[bytes, Token] = {}

    def remember(self, name: bytes, token: Token) -> Token:
        """The token, to be found again."""
        if len(self.tokens) >= _MOST_TOKENS:
            del self.tokens[next(iter(self.tokens))]
        self.tokens[name] = token
        return token

    def verified(self, token: bytes) -> Token:
        """The token in a compact serialization. Raises TokenRefused."""
        header, payload, signature = segments_of(token)
        head, checks = self._headers.get(header) or self._read(header)
        signing_input, made = token[: -1 - len(signature)], decoded(signature)
        for issuer, check in checks:
            if check(signing_input, made):
                return Token(head.members, claims_of(decoded(payload)), issuer)
        if head.algorithm == "none":
            return self.unsigned(head.members, decoded(payload), made)
        raise Unverified(head, was_tried=bool(checks))

    def unsigned(self, header: dict[str, Any], payload: bytes, signature: bytes = b"") -> Token:
        """The token that nobody signed. Raises TokenRefused where it must be signed."""
        if self._must_be_signed or signature:
            raise TokenRefused("TokenSignatureInvalid", "The JWT is not signed. Access denied.")
        return Token(header, claims_of(payload), "")

    def _read(self, header: bytes) -> tuple[Head, _Checks]:
        """A header, and the keys that may have made the signature after it: a `kid` chooses the keys of that id, else those
        without one; without a `kid` they are all keys of the algorithm. Tokens of one key mostly have the same."""
        head = Head.read(header)
        fitting = [key for key in self._keys if head.algorithm in key.algorithms]
        named = [key for key in fitting if key.kid == head.kid] if head.kid else []
        tried = (named or [key for key in fitting if not head.kid or not key.kid])[:_MOST_TRIED]
        if len(self._headers) >= _MOST_HEADERS:
            self._headers.clear()
        found = head, [(key.issuer, key.check(head.algorithm)) for key in tried]
        self._headers[header] = found
        return found
