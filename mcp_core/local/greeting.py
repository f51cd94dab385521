"""What the local host prints when it is ready."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

__all__ = ["USUAL_DATA", "USUAL_PORT", "greeting"]

USUAL_PORT = 7071
USUAL_DATA = Path(".data")


def greeting(port: int, data: Path, *, sample: bool) -> str:
    """The addresses, a ready mcp.json, and what to try next; for another port or folder than usual the commands say it,
    so that they can be copied."""
    base = f"http://127.0.0.1:{port}"
    store = f"sqlite:{data / 'gateway.db'}"
    first = "" if data == USUAL_DATA else f"  export MCP_STORE={shlex.quote(store)}\n"
    host = "" if port == USUAL_PORT else f"--url {base} "
    if not sample:
        return f"The gateway listens on {base}. Export an API with:\n{first}  python -m mcp_core mcp create NAME --api API"
    url = f"{base}/orders-mcp/mcp"
    entry = json.dumps({"servers": {"orders-mcp": {"type": "http", "url": url}}}, indent=2)
    return f"""\
The gateway listens on {base}.

MCP server of the sample Orders API:
  {url}

.vscode/mcp.json:
{entry}

Try next, in a second terminal, inside the virtual environment (. .venv/bin/activate):
{first}  python -m mcp_core tool call {host}orders-mcp getOrder '{{"id": 2}}'
  python -m mcp_core mcp show orders-mcp
  python -m mcp_core policy set mcp/orders-mcp policy.xml
  python -m mcp_core api import petstore.json --api-id petstore
  python -m mcp_core mcp create petstore-mcp --api petstore

Ctrl-C stops it."""
