"""Quotas on a real store: fixed windows of calls and bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.storage import keys
from mcp_core.storage.counters import StoreCounters
from mcp_core.storage.counters.counters import QUOTAS_TABLE
from mcp_core.storage.counters.quota import window_start
from mcp_core.storage.port import StoreUnavailable
from policies.ports import Quota, QuotaState
from tests.faulty_store import FaultyStore, after
from tests.mcp_core.storage.by_hand import Hands

Instance = Callable[..., StoreCounters]
HOURLY = Quota(3, None, 3600.0, first_period_start=1_799_999_000.0)
FOR_EVER = Quota(3, None, 0.0)


async def times(counters: StoreCounters, count: int, quota: Quota = HOURLY) -> list[QuotaState]:
    return [await counters.use_quota("k", quota) for _ in range(count)]


def _place(quota: Quota = HOURLY) -> tuple[str, str, str]:
    return QUOTAS_TABLE, keys.digest("quota", "k", repr(quota.period), repr(quota.first_period_start)), "counter"


@settings(deadline=None, max_examples=100)
@given(st.integers(300, 10**7), st.floats(-6.3e10, 4e9), st.integers(0, 4 * 10**12))
def test_windows_follow_one_another_from_the_first_start(period: int, first: float, now: int) -> None:
    quota = Quota(1, None, float(period), round(first, 3))
    start = window_start(quota, now)
    assert start <= now < start + period * 1000
    assert (start - round(quota.first_period_start * 1000)) % (period * 1000) == 0


def test_a_quota_is_used_up_until_its_window_ends(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        states = await times(counters, 4)
        assert [state.admitted for state in states] == [True] * 3 + [False]
        assert [state.remaining_calls for state in states] == [2, 1, 0, 0]
        assert (states[3].exhausted, states[3].replenished_in) == ("calls", 2600.0)
        hands.now += 2599
        assert not (await counters.use_quota("k", HOURLY)).admitted
        hands.now += 1
        assert [state.admitted for state in await times(counters, 4)] == [True] * 3 + [False]

    asyncio.run(main())


def test_a_quota_without_a_period_never_renews(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 3, FOR_EVER)
        hands.now += 10 * 365 * 86400
        state = await instance().use_quota("k", FOR_EVER)
        assert (state.admitted, state.replenished_in) == (False, None)

    asyncio.run(main())


def test_an_exhausted_quota_is_refused_without_a_store_operation(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 4)
        store.calls.clear()
        assert not any(state.admitted for state in await times(counters, 100))
        assert not store.calls

    asyncio.run(main())


def test_instances_share_a_quota(instance: Instance) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        got = [(await counters.use_quota("k", HOURLY)).admitted for counters in (one, two, one, two, one)]
        assert got == [True, True, True, False, False]

    asyncio.run(main())


def test_bytes_are_counted_afterwards_and_the_call_that_crosses_is_the_last(instance: Instance) -> None:
    async def main() -> None:
        counters, quota = instance(), Quota(None, 1000, 3600.0)
        for _ in range(3):
            state = await counters.use_quota("k", quota)
            assert state.admitted
            await counters.settle_quota(state, 1, 400)
        state = await counters.use_quota("k", quota)
        assert (state.admitted, state.exhausted) == (False, "bandwidth")

    asyncio.run(main())


def test_calls_are_given_back_in_their_own_window_only(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        states = await times(counters, 3)
        await counters.settle_quota(states[0], 0)
        assert (await counters.use_quota("k", HOURLY)).admitted
        hands.now += 3600
        await times(counters, 3)
        await counters.settle_quota(states[1], 0)
        assert not (await counters.use_quota("k", HOURLY)).admitted

    asyncio.run(main())


def test_what_may_be_given_back_is_looked_up_again_after_a_second(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        one, two, quota = instance(), instance(), Quota(1, None, 3600.0)
        state = await one.use_quota("k", quota, provisional=True)
        assert not (await two.use_quota("k", quota)).admitted
        await one.settle_quota(state, 0)
        hands.now += 1.1
        assert (await two.use_quota("k", quota)).admitted

    asyncio.run(main())


def test_one_key_with_other_windows_is_another_counter(instance: Instance) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 3)
        assert (await counters.use_quota("k", Quota(3, None, 7200.0, HOURLY.first_period_start))).remaining_calls == 2
        assert (await counters.use_quota("k", Quota(3, None, 3600.0, 5.0))).remaining_calls == 2
        assert not (await counters.use_quota("k", HOURLY)).admitted

    asyncio.run(main())


def test_a_look_counts_nothing(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters = instance()
        assert counters.peek_quota("k", HOURLY) is None
        await times(counters, 2)
        assert all([(await counters.use_quota("k", HOURLY, 0)).admitted for _ in range(5)])
        assert counters.peek_quota("k", HOURLY).admitted
        assert not counters.peek_quota("k", HOURLY, 2).admitted
        await times(counters, 1)
        assert not (await counters.use_quota("k", HOURLY, 0)).admitted

    asyncio.run(main())


def test_a_window_that_has_begun_is_not_left_for_an_earlier_one(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        await times(instance(), 3)
        hands.now -= 1500  # another instance's clock is in the window before
        state = await instance().use_quota("k", HOURLY)
        assert not state.admitted

    asyncio.run(main())


def test_an_operator_can_read_and_correct_a_quota(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        await times(instance(), 3)
        properties = dict((await store.inner.get(*_place())).properties)
        assert (properties["Key"], properties["CallsCount"], properties["BytesCount"]) == ("k", 3, 0)
        assert (properties["PeriodStart"], properties["PeriodEnd"]) == ("2027-01-15T07:43:20.000Z", "2027-01-15T08:43:20.000Z")
        await store.inner.upsert(*_place(), {**properties, "CallsCount": 1})
        assert (await instance().use_quota("k", HOURLY)).remaining_calls == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    "damage",
    [
        {"CallsCount": None},
        {"CallsCount": "3"},
        {"BytesCount": 1.5},
        {"PeriodStartMs": "now"},
        {"CallsCount": None, "BytesCount": b"x"},
    ],
    ids=["no calls", "calls as text", "half bytes", "start as text", "two"],
)
def test_a_damaged_quota_is_used_up_until_its_window_ends(
    instance: Instance, store: FaultyStore, hands: Hands, damage: dict[str, object]
) -> None:
    quota = Quota(3, 1000, 3600.0, HOURLY.first_period_start)

    async def main() -> None:
        await times(instance(), 1, quota)
        properties = {**(await store.inner.get(*_place(quota))).properties, **damage}
        await store.inner.upsert(*_place(quota), {name: value for name, value in properties.items() if value is not None})
        state = await instance().use_quota("k", quota)
        if "PeriodStartMs" in damage:
            assert state.remaining_calls == 1
            return
        assert not state.admitted
        hands.now += 2600
        assert (await instance().use_quota("k", quota)).remaining_calls == 2

    asyncio.run(main())


def test_negative_numbers_are_none(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        await times(instance(), 1)
        properties = {**(await store.inner.get(*_place())).properties, "CallsCount": -50}
        await store.inner.upsert(*_place(), properties)
        assert [state.admitted for state in await times(instance(), 4)] == [True] * 3 + [False]

    asyncio.run(main())


def test_a_lost_answer_counts_once_and_a_down_store_is_told(instance: Instance, store: FaultyStore, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        store.script(after(StoreUnavailable("the connection broke")), on="insert")
        assert (await counters.use_quota("k", HOURLY)).remaining_calls == 2
        store.down = True
        with pytest.raises(StoreUnavailable):
            await counters.use_quota("k", HOURLY)
        store.down = False
        hands.now += 1.1
        assert (await counters.use_quota("k", HOURLY)).remaining_calls == 1

    asyncio.run(main())
