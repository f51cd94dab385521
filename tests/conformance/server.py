"""The server under test: the REST backend, imported and exported by the commands that an owner uses, on a local host."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.backend import POLICY, backend, document
from tests.hosts import command, local_host
from tests.servers import serving

__all__ = ["under_test"]


@contextlib.contextmanager
def under_test(folder: Path) -> Iterator[str]:
    """The URL of the MCP endpoint; everything is stored in `folder`."""
    with serving(backend()) as base_url:
        (folder / "openapi.json").write_text(json.dumps(document(base_url)))
        (folder / "policy.xml").write_text(POLICY)
        command(folder, "api", "import", str(folder / "openapi.json"), "--api-id", "conformance")
        command(folder, "mcp", "create", "conformance-mcp", "--api", "conformance")
        command(folder, "policy", "set", "mcp/conformance-mcp", str(folder / "policy.xml"))
        with local_host(folder, "--no-sample") as url:
            yield f"{url}/conformance-mcp/mcp"
