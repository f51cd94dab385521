"""What the end-to-end tests share: a running host with the sample Orders API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts import local_host


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the host's store."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def host(data: Path) -> Iterator[str]:
    """The base URL of a host of its own for each test file."""
    with local_host(data, MCP_REFRESH_SECONDS="0.2") as url:
        yield url


@pytest.fixture(scope="module")
def endpoint(host: str) -> str:
    """The MCP URL of the sample."""
    return f"{host}/orders-mcp/mcp"
