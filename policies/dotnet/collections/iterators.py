"""What a local function with `yield return` gives.

The rule here: nothing of its body runs before the first item is wanted, and each enumeration runs it anew with the arguments of
the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from policies.dotnet.types import NetType

__all__ = ["iterator_of"]

Function = Callable[..., Any]


def iterator_of(returns: NetType) -> Callable[[Callable[..., Iterator[Any]]], Function]:
    """Makes a Python generator's function the function that gives an IEnumerable or IEnumerator."""
    from policies.dotnet.collections.sequences import Query
    from policies.dotnet.collections.tables import Enumerator

    if returns.definition.short_name == "IEnumerator":
        return lambda generate: lambda *given: Enumerator(generate(*given))
    return lambda generate: lambda *given: Query(returns, lambda: generate(*given))
