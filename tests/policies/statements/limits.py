"""Services for the tests of counting and caching policies: the real counters and cache on an embedded store, on a clock that
tests set."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mcp_core.storage.cache import InternalCache
from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.sqlite import SqliteStore
from policies.compiler import Environment, ScopedDocument, check_document
from policies.context import SubscriptionInfo
from policies.messages import Request
from policies.ports import Services
from tests.faulty_store import FaultyStore
from tests.policies.pipelines import Backend, Run, request, run

SUBSCRIPTION = SubscriptionInfo("alice", "Alice's", created_date=1_799_990_000.0)


@dataclass
class Gateway:
    """One instance with a store, and what the tests ask of it."""

    store: FaultyStore
    now: float = 1_800_000_000.0
    backend: Backend = field(default_factory=Backend)
    admit_when_store_fails: bool = False

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another instance on the same store."""
        clock = self.clock
        self.services = Services(
            counters=StoreCounters(self.store, wall=clock, monotonic=clock),
            caches={"internal": InternalCache(self.store, room=10**6, clock=clock)},
            clock=clock,
            admit_when_store_fails=self.admit_when_store_fails,
        )

    def clock(self) -> float:
        return self.now

    def call(self, *documents: str | ScopedDocument, req: Request | None = None, **more: object) -> Run:
        """One request through the documents."""
        return run(
            *documents, req=req or request(), backend=self.backend, services=self.services, environment=Environment(), **more
        )

    def statuses(self, count: int, *documents: str | ScopedDocument, **more: object) -> list[int]:
        """The statuses of several such requests."""
        return [self.call(*documents, **more).response.status for _ in range(count)]


@pytest.fixture
def gateway() -> object:
    with tempfile.TemporaryDirectory() as folder:
        inner = SqliteStore(Path(folder) / "store.db")
        yield Gateway(FaultyStore(inner))
        inner._db.close()


def mistake(xml: str, scope: str | None = "api/orders", section: str = "inbound") -> str:
    """What is wrong with a document of one policy; "" when nothing is."""
    result = check_document(f"<policies><{section}>{xml}</{section}></policies>", scope=scope)
    assert all(error.position is not None for error in result.errors)
    return "\n".join(str(error) for error in result.errors)


def fields(answer: Run) -> Mapping[str, str]:
    """The response's headers by lower-case name."""
    return {name.lower(): value for name, value in answer.response.headers.items()}
