"""A text that must not be seen.

The rule here: whatever shows, prints, formats, logs or serializes a record shows `***` in a secret's place; only who asks for
it by `reveal()` gets it, which can be searched for.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, final

__all__ = ["NO_SECRET", "Secret"]


@final
class Secret:
    """A secret. False when it is empty; equal only to another `Secret`, compared in constant time; copied, never pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str = "") -> None:
        self.__value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self.__value

    def __repr__(self) -> str:
        return "***" if self.__value else "''"

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self.__value.encode("utf-8", "surrogatepass"), other.__value.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


NO_SECRET = Secret()
