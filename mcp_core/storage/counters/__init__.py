"""Counters that never admit one too many (D8), over any TableStore.

`window.py` and `usage.py` are the arithmetic, pure; `clock.py` knows what time it is at the store; `commit.py` decides the
calls of one key together and writes them with one conditional replace; `rate.py` and `quota.py` say what they decide;
`counters.py` is `policies.ports.Counters`; `purge.py` cleans.
"""

from mcp_core.storage.counters.counters import StoreCounters

__all__ = ["StoreCounters"]
