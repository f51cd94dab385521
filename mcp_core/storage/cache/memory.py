"""Values in this process, bounded by bytes.

The rule here: the values that were used longest ago go first; one that would take more than a quarter of the room is not kept.
"""

from __future__ import annotations

from collections import OrderedDict

from policies.records import Record

__all__ = ["Kept", "Memory"]

_OVERHEAD = 300  # bytes of one entry beside its value


class Kept(Record):
    """A value. `expires` is when it is over for everybody, `believed` until when it need not be looked up again; both Unix
    seconds."""

    value: bytes
    expires: float
    believed: float


class Memory:
    """At most `room` bytes of values."""

    __slots__ = ("_entries", "_room", "_size")

    def __init__(self, room: int) -> None:
        self._room = room
        self._size = 0
        self._entries: OrderedDict[str, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """The bytes that are taken."""
        return self._size

    def get(self, key: str, now: float) -> Kept | None:
        """The value, unless it is over."""
        kept = self._entries.get(key)
        if kept is None:
            return None
        if kept.expires <= now:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep the value, and let go of the oldest ones where there is no room."""
        self.drop(key)
        size = len(kept.value) + _OVERHEAD
        if size > self._room // 4:
            return
        self._entries[key] = kept
        self._size += size
        while self._size > self._room:
            self.drop(next(iter(self._entries)))

    def drop(self, key: str) -> None:
        """Forget the value; an absent one is no error."""
        kept = self._entries.pop(key, None)
        if kept is not None:
            self._size -= len(kept.value) + _OVERHEAD
