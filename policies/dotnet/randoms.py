"""System.Random.

The rule here: with a seed the numbers are .NET's own (Knuth's subtractive generator, as .NET has kept it for seeds); without
one they come from the operating system. Source: learn.microsoft.com/dotnet/api/system.random.
"""

from __future__ import annotations

import random
from typing import Any, Final

from policies.dotnet.exceptions import ArgumentNullException, ArgumentOutOfRangeException
from policies.dotnet.types import Class, Inline

__all__ = ["TYPES"]

_BIG: Final = 2**31 - 1
_SEED: Final = 161_803_398


class SeededRandom:
    """Random with a seed."""

    __slots__ = ("_ahead", "_at", "_state")

    def __init__(self, seed: int) -> None:
        start = _BIG if seed == -(2**31) else abs(seed)
        state = [0] * 56
        last, current = _SEED - start, 1
        state[55] = last
        for step in range(1, 55):
            place = 21 * step % 55
            state[place] = current
            current = last - current
            if current < 0:
                current += _BIG
            last = state[place]
        for _ in range(4):
            for at in range(1, 56):
                state[at] = _wrapped(state[at] - state[1 + (at + 30) % 55])
                if state[at] < 0:
                    state[at] += _BIG
        self._state, self._at, self._ahead = state, 0, 21

    def sample(self) -> int:
        """A number in [0, 2³¹ - 1)."""
        self._at = self._at % 55 + 1
        self._ahead = self._ahead % 55 + 1
        number = _wrapped(self._state[self._at] - self._state[self._ahead])
        if number == _BIG:
            number -= 1
        if number < 0:
            number += _BIG
        self._state[self._at] = number
        return number

    def real(self) -> float:
        """A number in [0, 1)."""
        return self.sample() * (1.0 / _BIG)

    def below(self, limit: int) -> int:
        """A number in [0, limit)."""
        if limit <= _BIG:
            return int(self.real() * limit)
        number = self.sample()
        if self.sample() % 2 == 0:
            number = -number
        return int((number + (_BIG - 1)) / (2.0 * _BIG - 1) * limit)


class Random:
    """Random without a seed."""

    __slots__ = ()

    def sample(self) -> int:
        """A number in [0, 2³¹ - 1)."""
        return _system.randrange(_BIG)

    def real(self) -> float:
        """A number in [0, 1)."""
        return _system.random()

    def below(self, limit: int) -> int:
        """A number in [0, limit)."""
        return _system.randrange(limit) if limit else 0


_system = random.SystemRandom()


def _wrapped(number: int) -> int:
    return (number + 2**31) % 2**32 - 2**31


def _next_below(source: Any, limit: int) -> int:
    if limit < 0:
        raise ArgumentOutOfRangeException("maxValue", "'maxValue' must be greater than zero.")
    found: int = source.below(limit)
    return found


def _next_between(source: Any, low: int, high: int) -> int:
    if low > high:
        raise ArgumentOutOfRangeException("minValue", "'minValue' cannot be greater than maxValue.")
    return low + int(source.below(high - low))


def _fill(source: Any, buffer: bytearray | None) -> None:
    if buffer is None:
        raise ArgumentNullException("buffer")
    for at in range(len(buffer)):
        buffer[at] = source.sample() & 0xFF


TYPES = (
    Class(
        "System.Random",
        runtime=(Random, SeededRandom),
        members={
            "new()": Random,
            "new(int Seed)": SeededRandom,
            "int Next()": Inline("self.sample()"),
            "int Next(int maxValue)": _next_below,
            "int Next(int minValue, int maxValue)": _next_between,
            "double NextDouble()": Inline("self.real()"),
            "void NextBytes(byte[] buffer)": _fill,
        },
    ),
)
