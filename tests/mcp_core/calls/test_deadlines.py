"""Many deadlines on one timer behave as `asyncio.timeout` does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mcp_core.calls.deadlines import Deadlines


def test_what_ends_in_time_is_left_alone() -> None:
    async def scene() -> str:
        with Deadlines().within(30):
            await asyncio.sleep(0)
            return "done"

    assert asyncio.run(scene()) == "done"


@pytest.mark.parametrize("seconds", [-1, 0, 0.01])
def test_what_takes_too_long_is_cancelled_and_is_a_timeout(seconds: float) -> None:
    async def scene() -> tuple[bool, int]:
        cancelled = False
        try:
            with Deadlines().within(seconds):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled = True
                    raise
        except TimeoutError:
            task = asyncio.current_task()
            assert task is not None
            return cancelled, task.cancelling()
        raise AssertionError("no timeout")

    assert asyncio.run(scene()) == (True, 0)


def test_each_has_its_own_time_whichever_was_set_first() -> None:
    async def scene() -> list[float]:
        deadlines, over = Deadlines(), []

        async def wait(seconds: float) -> None:
            with pytest.raises(TimeoutError), deadlines.within(seconds):
                await asyncio.Event().wait()
            over.append(seconds)

        await asyncio.gather(*map(wait, (0.06, 0.02, 0.04, 0.02)))
        assert not deadlines.open
        return over

    assert asyncio.run(scene()) == [0.02, 0.02, 0.04, 0.06]


def test_a_timer_set_for_a_call_that_ended_does_not_lose_the_next_ones_deadline() -> None:
    async def scene() -> None:
        deadlines = Deadlines()
        with deadlines.within(0.01):
            pass
        with pytest.raises(TimeoutError), deadlines.within(0.03):
            await asyncio.Event().wait()

    asyncio.run(asyncio.wait_for(scene(), 5))


def test_more_time_is_more_time() -> None:
    async def scene() -> None:
        with Deadlines().within(0.01) as deadline:
            deadline.extend(30)
            await asyncio.sleep(0.03)

    asyncio.run(scene())


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await task


async def _cancelled_too_late(task: asyncio.Task[None]) -> None:
    await asyncio.sleep(0.02)  # the deadline has cancelled it, and it is still cleaning up
    task.cancel()
    await task


@pytest.mark.parametrize("ends", [_cancelled, _cancelled_too_late])
def test_being_cancelled_by_somebody_else_is_no_timeout(ends: Callable[[asyncio.Task[None]], Awaitable[None]]) -> None:
    async def call() -> None:
        with Deadlines().within(0.005):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.04)

    async def scene() -> None:
        task = asyncio.create_task(call())
        await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await ends(task)

    asyncio.run(scene())


def test_what_else_goes_wrong_stays_what_it_is() -> None:
    async def scene() -> None:
        with Deadlines().within(30):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(scene())
