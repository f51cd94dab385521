"""The keys that are believed at one time, and what they have verified.

The rule here: what is remembered lives and dies with these very keys, and is bounded, whatever is sent: of a token, that one of
them made its signature; of a header, which of them may have.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.tokens.compact import Head, object_of, parts_of
from policies.tokens.keys import Key
from policies.tokens.refused import TokenRefused
from policies.tokens.signatures import SignatureCheck
from policies.tokens.token import Token

__all__ = ["KEY_NOT_FOUND", "MOST_HEADERS", "MOST_TOKENS", "Trust", "Unverified"]

KEY_NOT_FOUND = "TokenSignatureKeyNotFound"
MOST_TOKENS = 512
MOST_HEADERS = 64
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
    """`tokens` are those that were verified, by the names that their finder gave them; `headers` what was read of theirs."""

    __slots__ = ("_keys", "_must_be_signed", "headers", "tokens")

    def __init__(self, keys: Iterable[Key], *, must_be_signed: bool) -> None:
        self._keys = tuple(keys)
        self._must_be_signed = must_be_signed
        self.headers: dict[bytes, tuple[Head, _Checks]] = {}
        self.tokens: dict[bytes, Token] = {}

    def verified(self, name: bytes, token: bytes) -> Token:
        """The token in a compact serialization; if somebody signed it, among `tokens` from then on. Raises TokenRefused."""
        header, payload, signing_input, signature = parts_of(token)
        head, checks = self.headers.get(header) or self._read(header)
        for issuer, check in checks:
            if check(signing_input, signature):
                tokens, found = self.tokens, Token(head.members, object_of(payload, "claims"), issuer)
                if len(tokens) >= MOST_TOKENS:
                    del tokens[next(iter(tokens))]
                tokens[name] = found
                return found
        if head.algorithm != "none":
            raise Unverified(head, was_tried=bool(checks))
        if self._must_be_signed or signature:
            raise TokenRefused("TokenSignatureInvalid", "The JWT is not signed. Access denied.")
        return Token(head.members, object_of(payload, "claims"), "")

    def _read(self, header: bytes) -> tuple[Head, _Checks]:
        """A header, and the keys that may have made the signature after it: a `kid` chooses the keys of that id, else those
        without one; without a `kid` they are all keys of the algorithm. Tokens of one key mostly have the same."""
        head = Head(object_of(header, "header"))
        fitting = [key for key in self._keys if head.algorithm in key.algorithms]
        named = [key for key in fitting if key.kid == head.kid] if head.kid else []
        tried = (named or [key for key in fitting if not head.kid or not key.kid])[:_MOST_TRIED]
        if len(self.headers) >= MOST_HEADERS:
            self.headers.clear()
        found = head, [(key.issuer, key.check(head.algorithm)) for key in tried]
        self.headers[header] = found
        return found
