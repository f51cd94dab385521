"""Stores for the contract: the embedded one in a fresh file, and a fresh account of a real Azurite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcp_core.storage.open import open_store
from mcp_core.storage.port import TableStore
from tests.azurite import azurite

__all__ = ["azurite"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "azurite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'store.db'}"
    return f"tables:{request.getfixturevalue('azurite').new_account().connection_string}"


@pytest.fixture
async def store(address: str) -> AsyncIterator[TableStore]:
    opened = open_store(address)
    yield opened
    await opened.close()
