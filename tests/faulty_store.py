"""A store that fails on purpose: a TableStore around another one, for tests of whoever uses a store.

The rule here: a fault is one call's fate, decided by `fate` before each call: an exception class or instance to raise instead
of the call, `AFTER` with an exception to raise although the call was carried out, a number of seconds to wait first, or None.

    store = FaultyStore(inner)
    store.script(Precondition, None, 0.2)            # the next calls, in order; afterwards nothing fails
    store.script(after(StoreUnavailable("cut")), on="replace")
    store.fate = lambda method, table, partition, row: StoreUnavailable("down") if method == "get" else None
    store.down = True                                # everything raises StoreUnavailable
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mcp_core.storage.port import Entity, Operation, Scalar, StoreUnavailable, TableStore

__all__ = ["After", "Fault", "FaultyStore", "after"]

T = TypeVar("T")


@dataclass(frozen=True)
class After:
    """The call is carried out, and its answer lost."""

    error: BaseException


def after(error: BaseException) -> After:
    return After(error)


Fault = type[BaseException] | BaseException | After | float | None
Fate = Callable[[str, str, str, str], Fault]


class FaultyStore:
    """Counts `calls` by method name, keeps them in order in `log`, and fails as told."""

    def __init__(self, inner: TableStore) -> None:
        self.inner = inner
        self.fate: Fate = lambda method, table, partition, row: None
        self.down = False
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, str, str, str]] = []
        self._scripted: list[tuple[str, Fault]] = []

    def script(self, *faults: Fault, on: str = "") -> None:
        """What happens to the next calls, in order; with `on`, to the next calls of that method."""
        self._scripted += [(on, fault) for fault in faults]

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        return await self._call("get", table, partition, row, lambda: self.inner.get(table, partition, row))

    async def insert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        return await self._call("insert", table, partition, row, lambda: self.inner.insert(table, partition, row, properties))

    async def upsert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        return await self._call("upsert", table, partition, row, lambda: self.inner.upsert(table, partition, row, properties))

    async def replace(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar], etag: str) -> str:
        write = lambda: self.inner.replace(table, partition, row, properties, etag)  # noqa: E731
        return await self._call("replace", table, partition, row, write)

    async def delete(self, table: str, partition: str, row: str, etag: str = "") -> None:
        await self._call("delete", table, partition, row, lambda: self.inner.delete(table, partition, row, etag))

    async def query(
        self,
        table: str,
        partition: str | None = None,
        *,
        row_from: str = "",
        row_to: str = "",
        below: tuple[str, int] | None = None,
    ) -> AsyncIterator[Entity]:
        async def nothing() -> None:
            return None

        await self._call("query", table, partition or "", row_from, nothing)
        async for entity in self.inner.query(table, partition, row_from=row_from, row_to=row_to, below=below):
            yield entity

    async def batch(self, table: str, partition: str, operations: Sequence[Operation]) -> None:
        await self._call("batch", table, partition, "", lambda: self.inner.batch(table, partition, operations))

    async def close(self) -> None:
        await self.inner.close()

    async def _call(self, method: str, table: str, partition: str, row: str, work: Callable[[], Awaitable[T]]) -> T:
        self.calls[method] += 1
        self.log.append((method, table, partition, row))
        fault: Any = StoreUnavailable("The store is down, says the test.") if self.down else self._next(method)
        if fault is None:
            fault = self.fate(method, table, partition, row)
        if isinstance(fault, int | float):
            await asyncio.sleep(fault)
            fault = None
        if isinstance(fault, After):
            await work()
            raise fault.error
        if isinstance(fault, type):
            raise fault("The test says so.")
        if fault is not None:
            raise fault
        return await work()

    def _next(self, method: str) -> Fault:
        for place, (on, fault) in enumerate(self._scripted):
            if on in ("", method):
                del self._scripted[place]
                return fault
        return None
