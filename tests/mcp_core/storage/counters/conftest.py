"""A store in a file of its own, a clock that tests set, and counters on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.sqlite import SqliteStore
from tests.faulty_store import FaultyStore


class Hands:
    """A clock's hands; both of the machine's clocks show them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FaultyStore]:
    inner = SqliteStore(tmp_path / "store.db")
    yield FaultyStore(inner)
    inner._db.close()


@pytest.fixture
def instance(store: FaultyStore, hands: Hands) -> Callable[..., StoreCounters]:
    """Makes instances that share the store and the clock."""

    def make(**options: float) -> StoreCounters:
        return StoreCounters(store, wall=hands, monotonic=hands, **options)

    return make
