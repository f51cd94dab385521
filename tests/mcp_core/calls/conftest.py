from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mcp_core.calls.building import Loop, loop_in_thread


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    """One event loop for a module's servers and clients."""
    with loop_in_thread() as running:
        yield running
