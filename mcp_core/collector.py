"""How often Python looks for cycles, as a host wants it.

The rule here: hosts say so, once, before they load anything; the application leaves the process alone.
"""

from __future__ import annotations

import gc

__all__ = ["collect_rarely"]

_NEW_OBJECTS, _YOUNG, _MIDDLE = 10_000, 20, 50


def collect_rarely() -> None:
    """Requests leave no cycles, but some dozens under way at once hold enough new objects to set the collector off again and
    again, by Python's own 700: that took 7 % of a tool call's time. Cycles are found still, only later."""
    gc.set_threshold(_NEW_OBJECTS, _YOUNG, _MIDDLE)
