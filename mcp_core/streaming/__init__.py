"""The transport HTTP+SSE of revision 2024-11-05, for clients that know no other: `/<name>/sse` and `/<name>/messages`.

The rule here: a stream is held by one instance, its messages may be posted to any. What answers a message goes to the stream
through the store, so that instances need no affinity. Nothing of this is imported while `MCP_STREAMING` is off.
"""

from mcp_core.streaming.mailbox import STREAMS_TABLE, Mailbox
from mcp_core.streaming.transport import SseTransport

__all__ = ["STREAMS_TABLE", "Mailbox", "SseTransport"]
