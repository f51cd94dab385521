"""Rate limits on a real store: what callers, operators and other instances see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mcp_core.storage import keys
from mcp_core.storage.counters import StoreCounters, remembered
from mcp_core.storage.counters.counters import RATES_TABLE
from mcp_core.storage.port import Precondition, StoreUnavailable
from policies.ports import Admission, RateLimit
from tests.faulty_store import FaultyStore, after
from tests.mcp_core.storage.by_hand import Hands

Instance = Callable[..., StoreCounters]
FIVE = RateLimit(5, 30.0)
PLACE = (RATES_TABLE, keys.digest("rate", "k"), "counter")


async def call(counters: StoreCounters, limit: RateLimit = FIVE, key: str = "k") -> Admission:
    """A call that is over at once."""
    admission = await counters.admit(key, limit)
    counters.finish(admission)
    return admission


async def times(counters: StoreCounters, count: int, limit: RateLimit = FIVE) -> list[Admission]:
    return [await call(counters, limit) for _ in range(count)]


def test_five_pass_the_sixth_is_refused_and_after_the_period_it_passes_again(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        answers = await times(counters, 6)
        assert [answer.admitted for answer in answers] == [True] * 5 + [False]
        assert [answer.remaining for answer in answers] == [4, 3, 2, 1, 0, 0]
        assert {answer.total for answer in answers} == {5}
        assert answers[5].retry_after == 30
        hands.now += 12
        assert (await counters.admit("k", FIVE)).retry_after in (18, 19)
        hands.now += 18.1
        assert [answer.admitted for answer in await times(counters, 6)] == [True] * 5 + [False]

    asyncio.run(main())


def test_admissions_leave_the_window_one_by_one_as_they_came(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        for _ in range(5):
            assert (await call(counters)).admitted
            hands.now += 2
        hands.now += 20.1  # 30.1 s after the first, 28.1 after the second
        assert [answer.admitted for answer in await times(counters, 2)] == [True, False]

    asyncio.run(main())


def test_instances_share_what_they_count(instance: Instance) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        got = [await counters.admit("k", FIVE) for counters in (one, two, one, two, one, two, one)]
        assert [answer.admitted for answer in got] == [True] * 5 + [False] * 2

    asyncio.run(main())


def test_a_refused_call_on_an_exhausted_key_costs_no_store_operation(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 6)
        before = store.calls.total()
        assert not any(answer.admitted for answer in await times(counters, 1000))
        assert store.calls.total() == before

    asyncio.run(main())


def test_an_uncontended_call_costs_one_write_and_nothing_else(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 1, RateLimit(100, 30.0))
        store.calls.clear()
        await times(counters, 20, RateLimit(100, 30.0))
        assert store.calls == {"replace": 20}

    asyncio.run(main())


def test_calls_that_come_together_are_written_together(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(200, 30.0)
        store.fate = lambda *call: 0.001
        under_way = most = 0
        original = store.inner.replace

        async def replace(*arguments: object) -> str:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1
            return await original(*arguments)

        store.inner.replace = replace
        answers = await asyncio.gather(*(counters.admit("k", limit) for _ in range(150)))
        assert sum(answer.admitted for answer in answers) == 150
        assert sorted(answer.remaining for answer in answers) == list(range(50, 200))
        assert store.calls.total() <= 4
        await asyncio.gather(*(asyncio.gather(*(counters.admit("k", limit) for _ in range(10))) for _ in range(3)))
        assert most <= 1

    asyncio.run(main())


def test_one_key_is_one_counter_whatever_limits_look_at_it(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        short, long = RateLimit(3, 10.0), RateLimit(5, 60.0)
        assert [answer.admitted for answer in await times(counters, 4, short)] == [True] * 3 + [False]
        assert (await call(counters, long)).remaining == 1
        hands.now += 10.1
        assert [answer.admitted for answer in await times(counters, 2, long)] == [True, False]
        assert (await call(counters, short)).remaining == 1

    asyncio.run(main())


def test_a_call_that_nobody_says_is_over_counts_for_a_moment_longer(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(1, 10.0)
        silent = await counters.admit("silent", limit)
        slow = await counters.admit("slow", limit)
        hands.now += 5.0
        counters.finish(slow)  # when it reached whoever watches cannot be told: early, most likely
        hands.now += 5.2
        assert not (await counters.admit("silent", limit)).admitted
        hands.now += 0.3
        assert silent.admitted and (await counters.admit("silent", limit)).admitted
        assert (await counters.admit("slow", limit)).admitted

    asyncio.run(main())


def test_other_instances_learn_with_the_next_write_when_calls_were_over(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        one, limit = instance(), RateLimit(2, 10.0)
        await times(one, 2, limit)
        hands.now += 10.05
        assert not (await instance().admit("k", RateLimit(1, 10.0))).admitted  # it knows of the second only what was foreseen
        assert [answer.admitted for answer in await times(one, 3, limit)] == [True, True, False]

    asyncio.run(main())


def test_a_change_of_the_limit_counts_at_once(instance: Instance) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 6)
        assert (await counters.admit("k", RateLimit(7, 30.0))).remaining == 1
        assert not (await counters.admit("k", RateLimit(2, 30.0))).admitted

    asyncio.run(main())


def test_increments_fit_whole_or_not_at_all(instance: Instance) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(10, 30.0)
        assert (await counters.admit("k", limit, 4)).remaining == 6
        assert (await counters.admit("k", limit, 7)).remaining == 6
        assert not (await counters.admit("k", limit, 11)).admitted
        assert (await counters.admit("k", limit, 6)).admitted
        assert not (await counters.admit("k", limit, 1)).admitted

    asyncio.run(main())


def test_an_increment_of_nothing_asks_and_reserves_nothing(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(1, 30.0)
        assert [answer.admitted for answer in [await counters.admit("k", limit, 0) for _ in range(3)]] == [True] * 3
        assert store.calls["insert"] == 0
        await counters.admit("k", limit)
        assert not (await counters.admit("k", limit, 0)).admitted

    asyncio.run(main())


KEYS = ["", "a/b", "a#b", "a?b", "a\\b", "\x00\x1f", "ü€😀", "\ud800", "x" * 10_000, "x" * 9_999 + "y", "a", "A", " a"]


def test_every_text_is_a_key_of_its_own(instance: Instance) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(1, 30.0)
        for _ in range(2):
            answers = [(await counters.admit(key, limit)).admitted for key in KEYS]
            assert answers == [_ == 0] * len(KEYS)

    asyncio.run(main())


# Giving back.


def test_what_is_given_back_can_be_had_again(instance: Instance) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(1, 30.0)
        for _ in range(5):
            admission = await counters.admit("k", limit, provisional=True)
            assert admission.admitted
            await counters.settle(admission, 0)
        await counters.admit("k", limit)
        assert not (await counters.admit("k", limit)).admitted

    asyncio.run(main())


def test_other_instances_see_what_is_given_back_within_a_second(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        one, two, limit = instance(), instance(), RateLimit(1, 30.0)
        admission = await one.admit("k", limit, provisional=True)
        assert not (await two.admit("k", limit, provisional=True)).admitted
        await one.settle(admission, 0)
        hands.now += 1.1
        assert (await two.admit("k", limit, provisional=True)).admitted

    asyncio.run(main())


def test_more_may_be_counted_afterwards_even_past_the_limit(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(10, 30.0)
        admission = await counters.admit("k", limit, 1, provisional=True)
        hands.now += 5
        await counters.settle(admission, 25)
        hands.now += 27
        assert not (await counters.admit("k", limit)).admitted  # they count from when they became known
        hands.now += 4
        assert (await counters.admit("k", limit)).remaining == 9

    asyncio.run(main())


def test_giving_back_twice_or_late_takes_from_nobody(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(2, 30.0)
        admission = await counters.admit("k", limit, provisional=True)
        hands.now += 1
        await counters.admit("k", limit)
        await counters.settle(admission, 0)
        await counters.settle(admission, 0)
        assert (await counters.admit("k", limit)).admitted
        assert not (await counters.admit("k", limit)).admitted
        refused = await counters.admit("k", limit)
        await counters.settle(refused, 0)
        assert not (await counters.admit("k", limit)).admitted

    asyncio.run(main())


def test_a_look_from_outside_reserves_nothing(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters = instance()
        assert counters.peek("k", FIVE) is None
        await times(counters, 2)
        before = store.calls.total()
        assert counters.peek("k", FIVE).remaining == 3
        assert not counters.peek("k", FIVE, 4).admitted
        assert store.calls.total() == before

    asyncio.run(main())


# The entity.


async def entity(store: FaultyStore) -> dict[str, object]:
    found = await store.inner.get(*PLACE)
    return dict(found.properties)


def test_an_operator_can_read_a_counter_and_reset_it(instance: Instance, store: FaultyStore, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 5)
        properties = await entity(store)
        assert (properties["Limit"], properties["Used"]) == ("5 in 30 s", 5)
        assert properties["Key"] == "k"
        assert hands.now + 30 < properties["ExpiresAt"] < hands.now + 40
        await store.inner.delete(*PLACE)
        assert (await instance().admit("k", FIVE)).admitted

    asyncio.run(main())


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("key/203.0.113.7", "key/203.0.113.7"),
        ("key/Bearer eyJhbGciOiJIUzI1NiJ9.payload.signature", "key/Bearer eyJh…"),
        ("key/0123456789abcdef0123456789abcdef", "key/0123…"),
        ("two\nlines\x00", "two lines "),
        ("word " * 2000, None),
    ],
)
def test_a_key_is_shown_as_far_as_it_can_be_no_secret(
    instance: Instance, store: FaultyStore, key: str, shown: str | None
) -> None:
    async def main() -> None:
        await instance().admit(key, FIVE)
        found = await store.inner.get(RATES_TABLE, keys.digest("rate", key), "counter")
        text = str(found.properties["Key"])
        assert len(text) <= 128
        assert shown is None or text == shown

    asyncio.run(main())


DAMAGE = {
    "no window": {"Window": None},
    "a text": {"Window": "five"},
    "a number": {"Window": 5},
    "short": {"Window": b"\x01"},
    "garbage": {"Window": b"garbage garbage garbage!!"},
    "no retention": {"RetentionMs": None},
    "retention as text": {"RetentionMs": "30000"},
    "negative retention": {"RetentionMs": -1},
    "endless retention": {"RetentionMs": 2**60},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_counter_counts_as_full_for_one_period_and_heals(
    instance: Instance, store: FaultyStore, hands: Hands, damage: dict[str, object]
) -> None:
    async def main() -> None:
        await times(instance(), 2)
        properties = {name: value for name, value in {**await entity(store), **damage}.items() if value is not None}
        await store.inner.upsert(*PLACE, properties)
        refused = await instance().admit("k", FIVE)
        assert (refused.admitted, refused.remaining) == (False, 0)
        assert refused.retry_after == 30
        hands.now += 15
        assert not (await instance().admit("k", FIVE)).admitted  # the second finds it mended, not damaged anew
        hands.now += 15.1
        assert (await instance().admit("k", FIVE)).admitted

    asyncio.run(main())


def test_numbers_that_are_there_to_be_read_decide_nothing(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        await times(instance(), 5)
        edited = {**await entity(store), "Used": 0, "Limit": 10**6, "ExpiresAt": "soon", "Writers": "? ? ?"}
        await store.inner.upsert(*PLACE, edited)
        assert not (await instance().admit("k", FIVE)).admitted

    asyncio.run(main())


def test_a_stamp_from_the_far_future_does_not_lock_the_key(instance: Instance, hands: Hands) -> None:
    async def main() -> None:
        hands.now += 86_400
        await times(instance(), 5)
        hands.now -= 86_400  # the clock was a day ahead
        assert not (await instance().admit("k", FIVE)).admitted
        hands.now += 31
        assert (await instance().admit("k", FIVE)).admitted

    asyncio.run(main())


# The store fails.


def test_a_failing_store_is_told_at_once_and_recovery_is_automatic(
    instance: Instance, store: FaultyStore, hands: Hands
) -> None:
    async def main() -> None:
        counters = instance()
        await times(counters, 1)
        store.down = True
        with pytest.raises(StoreUnavailable):
            await counters.admit("k", FIVE)
        before = store.calls.total()
        with pytest.raises(StoreUnavailable):
            await counters.admit("k", FIVE)  # known to be down a moment ago
        assert store.calls.total() == before
        store.down = False
        hands.now += 0.3
        assert (await counters.admit("k", FIVE)).remaining == 3

    asyncio.run(main())


def test_a_store_that_hangs_is_waited_for_only_as_long_as_the_timeout_says(store: FaultyStore) -> None:
    async def main() -> None:
        counters = StoreCounters(store, timeout=0.05)
        store.fate = lambda *call: 60.0
        loop = asyncio.get_running_loop()
        started = loop.time()
        waiting = [counters.admit("k", FIVE) for _ in range(20)]
        for answer in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(answer, StoreUnavailable)
        assert loop.time() - started < 2.0

    asyncio.run(main())


@pytest.mark.parametrize("method", ["insert", "replace"])
def test_a_write_whose_answer_was_lost_counts_once(instance: Instance, store: FaultyStore, method: str) -> None:
    async def main() -> None:
        counters = instance()
        if method == "replace":
            await times(counters, 1)
        store.script(after(StoreUnavailable("the connection broke")), on=method)
        assert (await counters.admit("k", FIVE)).admitted
        assert (await entity(store))["Used"] == (2 if method == "replace" else 1)

    asyncio.run(main())


def test_a_lost_answer_is_found_out_even_when_others_wrote_since(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        await times(one, 1)

        async def lose_and_let_another_write(*arguments: object) -> str:
            store.inner.replace = original
            await original(*arguments)
            assert (await two.admit("k", FIVE)).remaining == 2
            raise StoreUnavailable("the connection broke")

        original, store.inner.replace = store.inner.replace, lose_and_let_another_write
        assert (await one.admit("k", FIVE)).admitted
        assert (await entity(store))["Used"] == 3

    asyncio.run(main())


def test_a_lost_answer_to_giving_back_takes_from_nobody(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        answers = await asyncio.gather(*(one.admit("k", FIVE, provisional=True) for _ in range(3)))  # one stamp for all

        async def lose_and_let_another_write(*arguments: object) -> str:
            store.inner.replace = original
            await original(*arguments)
            await two.admit("k", FIVE)
            raise StoreUnavailable("the connection broke")

        original, store.inner.replace = store.inner.replace, lose_and_let_another_write
        await one.settle(answers[0], 0)
        assert (await entity(store))["Used"] == 3

    asyncio.run(main())


def test_a_conflict_is_decided_anew_on_what_the_other_wrote(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        one, two = instance(), instance()
        await times(one, 1)
        await times(two, 3)
        store.script(Precondition, Precondition, on="replace")
        answers = await asyncio.gather(one.admit("k", FIVE), one.admit("k", FIVE), two.admit("k", FIVE))
        assert sorted(answer.admitted for answer in answers) == [False, False, True]

    asyncio.run(main())


def test_a_key_that_cannot_be_won_fails_in_the_end(store: FaultyStore, hands: Hands) -> None:
    async def main() -> None:
        counters = StoreCounters(store, wall=hands, monotonic=hands)

        def always_too_late(method: str, *place: str) -> type[Precondition] | None:
            hands.now += 0.5
            return Precondition if method == "insert" else None

        store.fate = always_too_late
        with pytest.raises(StoreUnavailable, match="contended"):
            await counters.admit("k", FIVE)

    asyncio.run(main())


# Callers that go away.


def test_a_caller_that_goes_away_while_it_waits_is_not_counted(instance: Instance, store: FaultyStore) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(10, 30.0)
        await times(counters, 1, limit)
        store.script(0.02, on="replace")
        first = asyncio.create_task(counters.admit("k", limit))
        await asyncio.sleep(0.005)
        waiting = [asyncio.create_task(counters.admit("k", limit)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        answers = await asyncio.gather(first, *waiting, return_exceptions=True)
        assert [getattr(answer, "admitted", None) for answer in answers] == [True, True, None, True]
        assert (await entity(store))["Used"] == 4

    asyncio.run(main())


def test_a_caller_that_goes_away_while_it_is_written_is_taken_back_by_the_next_write(
    instance: Instance, store: FaultyStore
) -> None:
    async def main() -> None:
        counters, limit = instance(), RateLimit(2, 30.0)
        await times(counters, 1, limit)
        store.script(0.02, on="replace")
        leaving = asyncio.create_task(counters.admit("k", limit))
        await asyncio.sleep(0.005)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await asyncio.sleep(0.03)
        assert (await counters.admit("k", limit)).admitted
        assert not (await counters.admit("k", limit)).admitted
        assert (await entity(store))["Used"] == 2

    asyncio.run(main())


def test_a_loop_that_ends_with_calls_under_way_leaves_no_one_waiting(store: FaultyStore) -> None:
    async def main() -> None:
        counters = StoreCounters(store)
        store.fate = lambda *call: 30.0
        task = asyncio.create_task(counters.admit("k", FIVE))
        await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(main())


# Memory.


def test_idle_keys_are_forgotten(instance: Instance, store: FaultyStore, hands: Hands) -> None:
    async def main() -> None:
        counters = instance()
        for number in range(50):
            await counters.admit(f"k{number}", FIVE)
        hands.now += 700
        for number in range(20):
            await counters.admit(f"new{number}", FIVE)
        assert len(counters._rates.keys) == 20
        assert (await counters.admit("k1", FIVE)).remaining == 4

    asyncio.run(main())


def test_memory_is_bounded_and_what_is_forgotten_still_counts(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MAX_KEYS", 10)

    async def main() -> None:
        counters, limit = instance(), RateLimit(1, 30.0)
        for _ in range(2):
            answers = [(await counters.admit(f"k{number}", limit)).admitted for number in range(40)]
            assert answers == [_ == 0] * 40
            assert len(counters._rates.keys) <= 11

    asyncio.run(main())
