"""A store in a file of its own, and a clock that tests set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_core.storage.sqlite import SqliteStore
from tests.faulty_store import FaultyStore

__all__ = ["Hands", "hands", "store"]


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
