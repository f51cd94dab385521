import asyncio
from collections.abc import Awaitable, Callable

from mcp_core.refresh import Refresher
from policies.ports import StoreUnavailable


class Source:
    """A store of one value, which can be down."""

    def __init__(self) -> None:
        self.value = "one"
        self.down = False
        self.loads = 0

    async def version(self) -> str:
        if self.down:
            raise StoreUnavailable("it is down")
        return self.value

    async def load(self, before: str | None) -> tuple[str, str]:
        self.loads += 1
        return self.value, self.value


def watched(body: Callable[[Source, Refresher[str]], Awaitable[None]]) -> None:
    async def scene() -> None:
        source = Source()
        refresher = Refresher(source.version, source.load, interval=0.01)
        await refresher.start()
        try:
            await body(source, refresher)
        finally:
            await refresher.close()

    asyncio.run(scene())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def test_a_change_shows_in_the_background() -> None:
    async def body(source: Source, refresher: Refresher[str]) -> None:
        source.value = "two"
        await until(lambda: refresher.snapshot == "two")

    watched(body)


def test_nothing_is_loaded_while_nothing_changes() -> None:
    async def body(source: Source, refresher: Refresher[str]) -> None:
        seen = refresher.last_look
        await until(lambda: refresher.last_look > seen)
        assert source.loads == 1

    watched(body)


def test_the_last_snapshot_serves_on_while_the_store_is_down_and_a_change_shows_after() -> None:
    async def body(source: Source, refresher: Refresher[str]) -> None:
        source.down = True
        seen = refresher.last_look
        await until(lambda: refresher.last_look > seen)
        assert refresher.snapshot == "one"
        source.value, source.down = "two", False
        await until(lambda: refresher.snapshot == "two")

    watched(body)


def test_an_instance_that_was_frozen_looks_before_it_answers() -> None:
    async def scene() -> None:
        source = Source()
        refresher = Refresher(source.version, source.load, interval=60)
        await refresher.start()
        source.value = "two"
        refresher.last_look -= 100
        assert refresher.is_stale
        await refresher.catch_up()
        assert refresher.snapshot == "two"
        assert not refresher.is_stale
        await refresher.close()

    asyncio.run(scene())
