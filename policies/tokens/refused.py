"""Why a token does not pass.

The rule here: the reasons are those of the article "Error handling in API Management policies"; a message never repeats what
stands in the token.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["TokenRefused", "malformed"]


class TokenRefused(Exception):
    """`reason` is APIM's word, `message` what the client may read; `scopes` are what the token would need to have, where
    that is all that it lacks."""

    def __init__(self, reason: str, message: str, *, scopes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.scopes = tuple(scopes)


def malformed(message: str) -> TokenRefused:
    """What is wrong is the token itself."""
    return TokenRefused("JwtInvalid", f"{message} Access denied.")
