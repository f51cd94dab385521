"""An MCP client on whichever `mcp` 1.x is installed: what it sees of a server, as JSON on stdout.

Runs in an environment of its own (`tests/e2e/older_clients.py`), so it imports nothing of this repository.
"""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.exceptions import McpError


async def main(url: str) -> dict:
    async with streamablehttp_client(url) as (reader, writer, session_id), ClientSession(reader, writer) as session:
        hello = await session.initialize()
        tools = await session.list_tools()
        found = await session.call_tool("getOrder", {"id": 2})
        missing = await session.call_tool("getOrder", {"id": 99})
        await session.send_ping()
        try:
            wrong = (await session.call_tool("getOrder", {"id": "two"})).content[0].text
        except McpError as error:
            wrong = error.error.message
        return {
            "revision": hello.protocolVersion,
            "server": hello.serverInfo.name,
            "session": session_id(),
            "tools": [tool.name for tool in tools.tools],
            "order": json.loads(found.content[0].text),
            "structured": getattr(found, "structuredContent", None),
            "missing": [missing.isError, missing.content[0].text],
            "wrong": wrong,
        }


print(json.dumps(asyncio.run(main(sys.argv[1]))))
