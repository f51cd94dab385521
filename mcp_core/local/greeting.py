"""What the local host prints when it is ready."""

from __future__ import annotations

import json

__all__ = ["greeting"]


def greeting(port: int, *, sample: bool) -> str:
    """The addresses, a ready mcp.json, and what to try next."""
    base = f"http://127.0.0.1:{port}"
    if not sample:
        return f"The gateway listens on {base}. Export an API with: python -m mcp_core mcp create NAME --api API"
    url = f"{base}/orders-mcp/mcp"
    entry = json.dumps({"servers": {"orders-mcp": {"type": "http", "url": url}}}, indent=2)
    return f"""\
The gateway listens on {base}.

MCP server of the sample Orders API:
  {url}

.vscode/mcp.json:
{entry}

Try next, in a second terminal, inside the virtual environment (. .venv/bin/activate):
  python -m mcp_core tool call orders-mcp getOrder '{{"id": 2}}'
  python -m mcp_core mcp show orders-mcp
  python -m mcp_core policy set mcp/orders-mcp policy.xml
  python -m mcp_core api import petstore.json --api-id petstore
  python -m mcp_core mcp create petstore-mcp --api petstore

Ctrl-C stops it."""
