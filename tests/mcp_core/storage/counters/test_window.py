"""The sliding window's arithmetic against a reference that keeps every timestamp."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.storage.counters.window import EXACT_CALLS, MAX_COUNT, MAX_RUNS, Window, tick_of

NOW = 1_800_000_000_000
FAR_AHEAD = NOW * 2

gaps = st.integers(0, 5000)
adds = st.lists(st.tuples(gaps, st.integers(1, 50)), max_size=60)


def _filled(steps: list[tuple[int, int]], tick: int = 1) -> tuple[Window, list[tuple[int, int]]]:
    """A window, and each addition's true time and count."""
    window, truth, now = Window(), [], NOW
    for gap, count in steps:
        now += gap
        window.add(now, count, tick)
        truth.append((now, count))
    return window, truth


def _used(truth: list[tuple[int, int]], since: int) -> int:
    return sum(count for stamp, count in truth if stamp >= since)


@settings(deadline=None, max_examples=150)
@given(adds, st.integers(-2000, 200_000))
def test_it_counts_what_a_list_of_every_timestamp_counts(steps: list[tuple[int, int]], since: int) -> None:
    window, truth = _filled(steps)
    assert window.used(NOW + since) == _used(truth, NOW + since)
    assert window.total == _used(truth, 0)


@settings(deadline=None, max_examples=150)
@given(adds, st.integers(1, 3000), st.integers(-2000, 200_000))
def test_buckets_never_count_less_and_forget_within_one_bucket(steps: list[tuple[int, int]], tick: int, since: int) -> None:
    window, truth = _filled(steps, tick)
    counted = window.used(NOW + since)
    assert counted >= _used(truth, NOW + since)
    assert counted <= _used(truth, NOW + since - tick)


@settings(deadline=None, max_examples=100)
@given(adds, st.integers(-2000, 200_000), st.integers(0, 200_000))
def test_forgetting_changes_nothing_that_is_still_asked_for(steps: list[tuple[int, int]], before: int, later: int) -> None:
    window, truth = _filled(steps)
    window.forget(NOW + before)
    assert window.used(NOW + before + later) == _used(truth, NOW + before + later)


@settings(deadline=None, max_examples=100)
@given(adds)
def test_a_window_comes_back_from_its_bytes(steps: list[tuple[int, int]]) -> None:
    window, _ = _filled(steps)
    again = Window.from_bytes(window.to_bytes(), FAR_AHEAD)
    assert (again.runs(), again.total, again.last) == (window.runs(), window.total, window.last)
    assert again.to_bytes() == window.to_bytes()


@settings(deadline=None, max_examples=100)
@given(adds, st.data())
def test_taking_back_is_as_if_it_had_never_been(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    window, kept, now = Window(), [], NOW
    taken: list[tuple[int, int]] = []
    for gap, count in steps:
        now += gap
        stamp = window.add(now, count)
        (taken if data.draw(st.booleans()) else kept).append((stamp, count))
    for stamp, count in data.draw(st.permutations(taken)):
        assert window.take(stamp, count)
    assert window.used(NOW) == _used(kept, NOW)
    assert window.total == _used(kept, 0)


@settings(deadline=None, max_examples=100)
@given(adds.filter(bool), st.integers(1, 60), st.integers(0, 100_000))
def test_it_says_when_there_is_room_again_and_not_a_moment_too_soon(
    steps: list[tuple[int, int]], increment: int, period: int
) -> None:
    window, truth = _filled(steps)
    now = truth[-1][0]
    used = window.used(now - period)
    excess = min(increment, used)
    free_at = window.clears_at(now - period, excess) + period + 1
    assert used - _used(truth, free_at - period) >= excess
    assert excess == 0 or used - _used(truth, free_at - 1 - period) < excess


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(-5000, 5000), st.integers(1, 9)), max_size=40), st.integers(-6000, 6000))
def test_stamps_may_come_in_any_order(steps: list[tuple[int, int]], since: int) -> None:
    window = Window()
    truth = [(window.add(NOW + stamp, count), count) for stamp, count in steps]
    assert [stamp for stamp, _ in truth] == [NOW + stamp for stamp, _ in steps]
    assert window.used(NOW + since) == _used(truth, NOW + since)
    assert [stamp for stamp, _ in window.runs()] == sorted({stamp for stamp, _ in truth})


def test_a_stamp_from_weeks_ago_counts_later_rather_than_not_at_all() -> None:
    window = Window()
    window.add(NOW, 1)
    window.add(NOW + 10, 1)
    assert window.add(NOW - 60 * 86_400_000, 1) == NOW
    assert window.runs() == [(NOW, 2), (NOW + 10, 1)]


@pytest.mark.parametrize(("calls", "period", "tick"), [(1, 60_000, 1), (1000, 60_000, 1), (EXACT_CALLS, 300_000, 1)])
def test_limits_up_to_a_thousand_calls_keep_each_millisecond(calls: int, period: int, tick: int) -> None:
    assert tick_of(calls, period) == tick


@pytest.mark.parametrize("period", [1_000, 30_000, 300_000])
def test_a_bucket_of_a_larger_limit_is_a_thousandth_of_its_period(period: int) -> None:
    assert tick_of(EXACT_CALLS + 1, period) <= max(1, period / 1000)


def test_it_stays_small_and_conservative_however_much_it_is_given() -> None:
    window, truth = Window(), []
    for number in range(3 * MAX_RUNS):
        window.add(NOW + 7 * number, 3)
        truth.append((NOW + 7 * number, 3))
    assert len(window) <= MAX_RUNS
    assert len(window.to_bytes()) < 60 * 1024
    assert window.total == 9 * MAX_RUNS
    for since in range(NOW - 100, truth[-1][0] + 100, 501):
        assert window.used(since) >= _used(truth, since)
    newest = truth[-MAX_RUNS // 2][0]
    assert window.used(newest) == _used(truth, newest)  # what is young is exact


def test_a_count_that_no_limit_allows_stays_full_instead_of_overflowing() -> None:
    window = Window()
    for _ in range(3):
        window.add(NOW, MAX_COUNT)
    assert window.used(NOW) == MAX_COUNT
    assert Window.from_bytes(window.to_bytes(), FAR_AHEAD).total == MAX_COUNT


def test_a_stamp_weeks_later_keeps_the_old_ones_as_of_now() -> None:
    window = Window()
    window.add(NOW, 2)
    later = NOW + 60 * 86_400_000
    assert window.add(later, 1) == later
    assert window.used(later) == 3


@pytest.mark.parametrize("days", [1, 5])
def test_offsets_are_reckoned_anew_before_they_overflow(days: int) -> None:
    window, truth = Window(), []
    for number in range(60):
        stamp = NOW + number * days * 86_400_000 // 2
        window.forget(stamp - 86_400_000 * 2 * days)
        window.add(stamp, 1)
        truth.append((stamp, 1))
        assert window.used(stamp - days * 86_400_000) == _used(truth, stamp - days * 86_400_000)


def test_taking_what_is_not_there_takes_nothing() -> None:
    window = Window()
    window.add(NOW, 2)
    assert not window.take(NOW, 3)
    assert not window.take(NOW + 1, 1)
    assert not window.take(NOW - 1, 1)
    assert not Window().take(NOW, 1)
    assert window.total == 2


GOOD = struct.pack("<BQII", 1, NOW, 5, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        GOOD + b"\0",
        struct.pack("<BQII", 2, NOW, 5, 1),
        struct.pack("<BQII", 1, NOW, 5, 0),
        struct.pack("<BQIIII", 1, NOW, 5, 5, 1, 1),
        struct.pack("<BQIIII", 1, NOW, 6, 5, 1, 1),
        struct.pack("<BQII", 1, 2**63, 5, 1),
        struct.pack("<BQII", 1, NOW, 2**31, 1),
        bytes(9 + 8 * (MAX_RUNS + 1)),
    ],
    ids=["empty", "short", "odd", "version", "zero", "twice", "falling", "base", "far", "long"],
)
def test_bytes_that_are_no_window_are_told(data: bytes) -> None:
    assert Window.from_bytes(GOOD, FAR_AHEAD).runs() == [(NOW + 5, 1)]
    with pytest.raises(ValueError, match=r"window"):
        Window.from_bytes(data, FAR_AHEAD)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_window_or_a_value_error(data: bytes) -> None:
    try:
        window = Window.from_bytes(data, FAR_AHEAD)
    except ValueError:
        return
    assert window.to_bytes() == data or window.last is None


def test_a_stamp_from_the_future_counts_as_of_now() -> None:
    window, _ = _filled([(0, 1), (10, 2), (50, 4)])
    cut = Window.from_bytes(window.to_bytes(), NOW + 10)
    assert cut.runs() == [(NOW, 1), (NOW + 10, 6)]
