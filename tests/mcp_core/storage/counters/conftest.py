"""Counters on a store and a clock that tests set."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mcp_core.storage.counters import StoreCounters
from tests.faulty_store import FaultyStore
from tests.mcp_core.storage.by_hand import Hands, hands, store

__all__ = ["Hands", "hands", "store"]


@pytest.fixture
def instance(store: FaultyStore, hands: Hands) -> Callable[..., StoreCounters]:
    """Makes instances that share the store and the clock."""

    def make(**options: float) -> StoreCounters:
        return StoreCounters(store, wall=hands, monotonic=hands, **options)

    return make
