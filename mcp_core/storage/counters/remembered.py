"""What this process remembers of each key.

The rule here: memory is bounded, and an idle key costs nothing: a key that was not used for a while is forgotten when others
come, a few at a time, so that no call pays for many. A key that is forgotten costs one read more when it comes again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from mcp_core.storage.counters.changes import Change, Ledger

__all__ = ["Key", "Remembered"]

L = TypeVar("L", bound=Ledger)

_MAX_KEYS = 20_000
_MAX_WEIGHT = 48 * 1024 * 1024  # bytes, roughly
_OVERHEAD = 1200  # of one key beside its entity
_IDLE = 600.0  # seconds
_AT_ONCE = 4


class Key(Generic[L]):
    """One key's state. `ledger` is None when the entity has to be read; an `etag` of "" says that there is none. `writers` are
    those of the entity, `foreign` is when another process's writing was noticed last. `later` are changes that nobody waits
    for: they go along with the next round. `is_new`: the entity was never looked at; `is_guess`: that there is none is a
    guess.
    """

    __slots__ = (
        "breaks",
        "broken_until",
        "etag",
        "foreign",
        "is_guess",
        "is_new",
        "later",
        "ledger",
        "partition",
        "queue",
        "running",
        "streak",
        "synced",
        "weight",
        "writers",
    )

    def __init__(self, partition: str) -> None:
        self.partition = partition
        self.ledger: L | None = None
        self.etag = ""
        self.writers: list[str] = []
        self.queue: list[Change[L]] = []
        self.later: list[Change[L]] = []
        self.running = False
        self.is_new = True
        self.is_guess = False
        self.synced = 0.0
        self.foreign = float("-inf")
        self.streak = 0
        self.breaks = 0
        self.broken_until = float("-inf")
        self.weight = 0


class Remembered(Generic[L]):
    """The keys of one table, those used last at the end."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, Key[L]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, partition: str) -> Key[L] | None:
        """The key, if it is remembered."""
        return self._keys.get(partition)

    def use(self, partition: str, now: float) -> Key[L]:
        """The key, remembered from now on."""
        key = self._keys.get(partition)
        if key is not None:
            self._keys.move_to_end(partition)
            return key
        key = self._keys[partition] = Key(partition)
        key.synced = now
        self.weigh(key, 0)
        self._forget(now)
        return key

    def weigh(self, key: Key[L], size: int) -> None:
        """The key's entity takes so many bytes now."""
        self._weight += _OVERHEAD + size - key.weight
        key.weight = _OVERHEAD + size

    def _forget(self, now: float) -> None:
        for _ in range(_AT_ONCE):
            old = next(iter(self._keys.values()))
            crowded = len(self._keys) > _MAX_KEYS or self._weight > _MAX_WEIGHT
            if not crowded and now - old.synced < _IDLE:
                return
            if old.running:
                self._keys.move_to_end(old.partition)
            else:
                self._weight -= old.weight
                del self._keys[old.partition]
