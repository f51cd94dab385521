"""A repository on the embedded store; what the store promises is shown for both adapters in tests/mcp_core/storage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcp_core.catalog.repository import Repository
from mcp_core.storage.sqlite import SqliteStore
from tests.azurite import azurite
from tests.faulty_store import FaultyStore

__all__ = ["azurite"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FaultyStore]:
    opened = FaultyStore(SqliteStore(tmp_path / "store.db"))
    yield opened
    await opened.close()


@pytest.fixture
def repository(store: FaultyStore) -> Repository:
    return Repository(store)
