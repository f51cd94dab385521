"""Arguments that cannot be sent: what is wrong with them, said so that a model can correct itself.

The rule here: a message names the argument and what is expected; it never repeats a long value.
"""

from __future__ import annotations

__all__ = ["ArgumentError"]


class ArgumentError(ValueError):
    """An argument that its place in the request cannot hold (a path segment `..`, a header with a line break, bytes that
    are not base64). `str()` names the argument and what is expected; it is meant for the model."""

    def __init__(self, argument: str, expected: str) -> None:
        super().__init__(f"Argument `{argument}`: {expected}")
        self.argument = argument
