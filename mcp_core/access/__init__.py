"""Who is calling: subscription keys, and what they open.

The rule here: a key is 256 random bits, shown once, stored only as a salted hash, and compared in constant time.
"""

from mcp_core.access.callers import Caller, Callers
from mcp_core.access.keys import key_record, new_key

__all__ = ["Caller", "Callers", "key_record", "new_key"]
