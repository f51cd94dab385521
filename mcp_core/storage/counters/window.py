"""The arithmetic of a sliding window. Pure: time comes in as whole milliseconds, nothing is awaited.

The rule here: whatever is rounded is rounded so that an admission seems to leave later, never earlier. The window is a row
of runs (stamp, count) in the order of their stamps; an admission has left a window of `period` when stamp + period < now, so
admissions that are exactly one period apart still count together.

Limits of up to `EXACT_CALLS` calls keep every admission's own millisecond. Larger ones keep buckets of 1/1,024 of their
period: an admission takes the stamp of its bucket's end, so a bucket that straddles the window's edge counts in full and at
most 0.1 % of the allowance is lost. `MAX_RUNS` bounds the size in any case: beyond it, neighbouring runs of the older half
are joined at the later one's stamp.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left

__all__ = ["EXACT_CALLS", "MAX_COUNT", "MAX_RUNS", "Window", "tick_of"]

EXACT_CALLS = 1024
MAX_RUNS = 2048  # 16 KiB as stored
MAX_COUNT = 2**32 - 1  # of one run; more than any limit, so a run that reaches it means "full"
_BUCKETS = 1024
_FAR = 2**31  # offsets are kept below, so that they fit 32 bits
_HEADER = struct.Struct("<BQ")  # the layout's version, then the Unix milliseconds that stamps count from
_VERSION = 1


def tick_of(calls: int, period: int) -> int:
    """The width of a bucket in milliseconds: 1 where every admission keeps its own stamp."""
    return 1 if calls <= EXACT_CALLS else max(1, period // _BUCKETS)


class Window:
    """The admissions of one key. All times are Unix milliseconds of the store's clock."""

    __slots__ = ("_base", "_counts", "_stamps", "_total")

    def __init__(self) -> None:
        self._base = 0
        self._stamps = array("I")  # milliseconds after `_base`, strictly rising
        self._counts = array("I")
        self._total = 0

    def __len__(self) -> int:
        return len(self._stamps)

    @property
    def total(self) -> int:
        """Everything that the window remembers, whatever its age."""
        return self._total

    @property
    def last(self) -> int | None:
        """The latest stamp."""
        return self._base + self._stamps[-1] if self._stamps else None

    def runs(self) -> list[tuple[int, int]]:
        """(stamp, count), oldest first."""
        return [(self._base + stamp, count) for stamp, count in zip(self._stamps, self._counts, strict=True)]

    def forget(self, before: int) -> None:
        """Drop the runs whose stamp is less than `before`."""
        offset = before - self._base
        if self._stamps and self._stamps[0] < offset:
            gone = bisect_left(self._stamps, offset)
            self._total -= sum(self._counts[:gone])
            del self._stamps[:gone], self._counts[:gone]

    def used(self, since: int) -> int:
        """How much was admitted at stamps from `since` on."""
        offset = since - self._base
        if not self._stamps or offset <= self._stamps[0]:
            return self._total
        first = bisect_left(self._stamps, offset)
        if 2 * first < len(self._counts):
            return self._total - sum(self._counts[:first])
        return sum(self._counts[first:])

    def clears_at(self, since: int, excess: int) -> int:
        """The stamp which, once it has left with everything before it, takes `excess` of what `used(since)` counts along;
        the last stamp when there is not that much."""
        first = bisect_left(self._stamps, max(0, since - self._base))
        for index in range(first, len(self._stamps)):
            excess -= self._counts[index]
            if excess <= 0:
                return self._base + self._stamps[index]
        return self._base + self._stamps[-1] if self._stamps else since

    def add(self, stamp: int, count: int, tick: int = 1) -> int:
        """Admit `count` at `stamp`, rounded up to a tick. Gives the stamp that it was kept under."""
        offset = self._offset(-(-stamp // tick) * tick)
        index = bisect_left(self._stamps, offset)
        if index < len(self._stamps) and self._stamps[index] == offset:
            added = min(count, MAX_COUNT - self._counts[index])
            self._counts[index] += added
        else:
            added = min(count, MAX_COUNT)
            self._stamps.insert(index, offset)
            self._counts.insert(index, added)
        self._total += added
        if len(self._stamps) > MAX_RUNS:
            self._join()
        return self._base + offset

    def take(self, stamp: int, count: int) -> bool:
        """Undo `add` of `count` at `stamp`. False, and nothing done, when that is not there any more."""
        offset = stamp - self._base
        index = bisect_left(self._stamps, offset) if 0 <= offset < _FAR else len(self._stamps)
        if index == len(self._stamps) or self._stamps[index] != offset or self._counts[index] < count:
            return False
        self._counts[index] -= count
        self._total -= count
        if not self._counts[index]:
            del self._stamps[index], self._counts[index]
        return True

    def _offset(self, stamp: int) -> int:
        """The stamp as one that is kept, with the base moved where need be. What lies weeks apart is drawn together, towards
        the later."""
        if not self._stamps:
            self._base = stamp
        offset = stamp - self._base
        if 0 <= offset < _FAR:
            return offset
        if offset < 0:
            if self._stamps[-1] - offset < _FAR:
                self._move(offset)
            return 0
        first = self._stamps[0]
        if offset - first < _FAR:
            self._move(first)
            return offset - first
        total = min(self._total, MAX_COUNT)
        self._base = stamp
        self._stamps, self._counts, self._total = array("I", [0]), array("I", [total]), total
        return 0

    def _move(self, by: int) -> None:
        self._base += by
        self._stamps = array("I", [each - by for each in self._stamps])

    def _join(self) -> None:
        """Join neighbours of the older half at the later one's stamp."""
        half = MAX_RUNS // 2
        counts = [min(MAX_COUNT, self._counts[i] + self._counts[i + 1]) for i in range(0, half, 2)]
        self._total += sum(counts) - sum(self._counts[:half])
        self._stamps[:half] = self._stamps[1:half:2]
        self._counts[:half] = array("I", counts)

    def to_bytes(self) -> bytes:
        """All of it, 8 bytes a run."""
        return _HEADER.pack(_VERSION, self._base) + _little(self._stamps).tobytes() + _little(self._counts).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, latest: int) -> Window:
        """What `to_bytes` gave. A stamp after `latest` cannot be true and is taken for `latest`. Raises ValueError when it is
        not what `to_bytes` gives."""
        size, odd = divmod(len(data) - _HEADER.size, 8)
        if size < 0 or odd or size > MAX_RUNS:
            raise ValueError(f"{len(data)} bytes are no window")
        version, base = _HEADER.unpack_from(data)
        window = cls()
        window._base = base
        window._stamps.frombytes(data[_HEADER.size : _HEADER.size + 4 * size])
        window._counts.frombytes(data[_HEADER.size + 4 * size :])
        window._stamps, window._counts = _little(window._stamps), _little(window._counts)
        if version != _VERSION or base >= 2**62 or not all(window._counts) or any(s >= _FAR for s in window._stamps):
            raise ValueError("the bytes are no window")
        if any(later <= earlier for earlier, later in zip(window._stamps, window._stamps[1:], strict=False)):
            raise ValueError("the window's stamps do not rise")
        window._total = sum(window._counts)
        if window._stamps and base + window._stamps[-1] > latest:
            return _until(window, latest)
        return window


def _until(window: Window, latest: int) -> Window:
    cut = Window()
    for stamp, count in window.runs():
        cut.add(min(stamp, latest), count)
    return cut


def _little(values: array[int]) -> array[int]:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values
