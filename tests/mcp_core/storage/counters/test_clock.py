"""The store's clock, seen from instances whose own clocks are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.storage.counters.clock import SKEW, StoreClock


class Machine:
    """A machine whose wall clock is `skew` seconds off and whose clocks run `drift` too fast."""

    def __init__(self, skew: float = 0.0, drift: float = 0.0) -> None:
        self.true = 1_800_000_000.0
        self.skew = skew
        self.drift = drift
        self._start = self.true

    def monotonic(self) -> float:
        return 77.0 + (self.true - self._start) * (1 + self.drift)

    def wall(self) -> float:
        return self._start + self.skew + (self.true - self._start) * (1 + self.drift)

    def clock(self, *, own: bool = True) -> StoreClock:
        return StoreClock(own=own, wall=self.wall, monotonic=self.monotonic)

    def write(self, clock: StoreClock, there: float = 0.004, back: float = 0.003) -> None:
        """A write, stamped on its way to the millisecond, as Azurite does."""
        sent = self.monotonic()
        self.true += there
        stamped = int(self.true * 1000) / 1000
        self.true += back
        clock.learn(sent, self.monotonic(), stamped)


def _holds(machine: Machine, clock: StoreClock) -> bool:
    now = machine.monotonic()
    return clock.earliest(now) <= machine.true * 1000 <= clock.latest(now)


@settings(deadline=None, max_examples=150)
@given(
    st.floats(-0.7 * SKEW, 0.7 * SKEW),
    st.floats(-5e-5, 5e-5),
    st.lists(st.tuples(st.floats(0, 900), st.floats(0, 0.5), st.floats(0, 0.5)), max_size=12),
)
def test_the_true_time_always_lies_between_earliest_and_latest(
    skew: float, drift: float, writes: list[tuple[float, float, float]]
) -> None:
    machine = Machine(skew, drift)
    clock = machine.clock()
    assert _holds(machine, clock)
    for pause, there, back in writes:
        machine.true += pause
        assert _holds(machine, clock)
        machine.write(clock, there, back)
        assert _holds(machine, clock)


def test_one_write_tells_the_time_to_a_round_trip_however_wrong_the_wall_clock_is() -> None:
    machine = Machine(skew=3600.0)
    clock = machine.clock()
    machine.write(clock)
    now = machine.monotonic()
    assert _holds(machine, clock)
    assert clock.latest(now) - clock.earliest(now) <= 10


def test_every_write_narrows_what_is_known() -> None:
    machine = Machine()
    clock = machine.clock()
    widths = []
    for there, back in [(0.2, 0.2), (0.1, 0.01), (0.01, 0.1)]:
        machine.write(clock, there, back)
        widths.append(clock.latest(0) - clock.earliest(0))
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 50


def test_a_probe_is_due_at_first_after_long_silence_and_after_a_jump_of_the_clocks() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock.needs_probe
    machine.write(clock)
    assert not clock.needs_probe
    machine.skew += 1.0  # the machine slept, or somebody set its clock
    assert clock.needs_probe
    machine.write(clock)
    assert not clock.needs_probe
    machine.true += 700
    assert clock.needs_probe


def test_a_store_whose_clock_was_set_is_followed() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.write(clock)
    now = machine.monotonic()
    clock.learn(now, now + 0.001, machine.true + 60)
    assert abs(clock.earliest(now) - (machine.true + 60) * 1000) < 10


def test_a_store_without_a_clock_goes_by_the_machines_own() -> None:
    machine = Machine(skew=5.0)
    clock = machine.clock(own=False)
    assert not clock.needs_probe
    now = machine.monotonic()
    assert clock.earliest(now) == pytest.approx((machine.true + 5) * 1000, abs=2)
    assert clock.latest(now) - clock.earliest(now) == 1


def test_a_store_that_does_not_tell_the_time_as_it_should_makes_everything_stay_longer() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.learn(machine.monotonic(), machine.monotonic(), None)
    now = machine.monotonic()
    assert not clock.needs_probe
    assert clock.latest(now) - clock.earliest(now) >= SKEW * 1000


def test_it_learns_how_long_a_round_trip_takes() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(40):
        machine.write(clock, 0.03, 0.03)
    assert clock.round_trip == pytest.approx(0.06, rel=0.05)
