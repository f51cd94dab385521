"""The Model Context Protocol, without I/O: HTTP requests in, decisions and responses out.

The way of one request, with the application's own steps between:

    inbound = read(request, rules)                              # never raises; read again what a policy changed
    for message in inbound.messages:                            # one, or those of a batch
        … the MCP pipeline's inbound runs …                     # a refusal: refusal(message, status, headers, text, reason)
        step = route(inbound, message, server, request.headers) # a Reply, or a ToolCall
        reply = tool_reply(step, result)                        # or argument_error(step, problem), failure(message)
        response = respond(reply)
        … the MCP pipeline's outbound runs over it …
    answer = finish(inbound, responses)                         # one response a message, in order

Not here: the transport HTTP+SSE of 2024-11-05 (`mcp_core.streaming`). Resources and prompts there are none; completion,
logging, sampling, elicitation, tasks and subscriptions are not declared, and their methods are not found.
"""

from mcp_core.protocol.face import ServerFace
from mcp_core.protocol.inbound import Inbound, read
from mcp_core.protocol.ladder import ToolCall, route
from mcp_core.protocol.message import Message
from mcp_core.protocol.rejections import EndpointRules, Rejection
from mcp_core.protocol.replies import Reply, argument_error, finish, refusal, respond, tool_reply
from mcp_core.protocol.results import ToolResult

__all__ = [
    "EndpointRules",
    "Inbound",
    "Message",
    "Rejection",
    "Reply",
    "ServerFace",
    "ToolCall",
    "ToolResult",
    "argument_error",
    "finish",
    "read",
    "refusal",
    "respond",
    "route",
    "tool_reply",
]
