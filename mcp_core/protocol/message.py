"""One JSON-RPC message of a request, as far as it could be read. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mcp_core.protocol.jsonrpc import encode
from mcp_core.protocol.rejections import Rejection
from mcp_core.protocol.revisions import ASSUMED, Revision

__all__ = ["Message"]

_NO_MEMBERS: Mapping[str, Any] = {}


class Message:
    """One JSON-RPC message of a request.

    `kind` is "request", "notification", "response" (a client answers us) or "invalid". `id` is the request's, None for the
    others; `params` and `meta` (`params._meta`) are empty where there are none. `revision` is what its sender speaks.
    `rejection` is why it cannot be served, None as far as is known before the server is.
    """

    __slots__ = ("id", "kind", "meta", "method", "params", "raw", "rejection", "revision")

    def __init__(
        self,
        kind: Literal["request", "notification", "response", "invalid"],
        *,
        raw: Any = None,
        identifier: str | int | float | None = None,
        method: str = "",
        params: Mapping[str, Any] = _NO_MEMBERS,
        meta: Mapping[str, Any] = _NO_MEMBERS,
        revision: Revision = ASSUMED,
        rejection: Rejection | None = None,
    ) -> None:
        self.kind = kind
        self.raw = raw
        self.id = identifier
        self.method = method
        self.params = params
        self.meta = meta
        self.revision = revision
        self.rejection = rejection

    @property
    def is_tool_call(self) -> bool:
        """Whether rate limits and quotas of the MCP pipeline count it (D6)."""
        return self.method == "tools/call" and self.kind == "request"

    @property
    def tool_name(self) -> str:
        """The tool that a `tools/call` names, "" for any other message."""
        name = self.params.get("name") if self.is_tool_call else None
        return name if isinstance(name, str) else ""

    @property
    def id_json(self) -> bytes:
        """The id as it stands in a response; `null` where none could be read."""
        return b"%d" % self.id if type(self.id) is int else encode(self.id)

    @property
    def body(self) -> bytes:
        """The message alone as JSON: what a policy sees as the body when the message came in a batch."""
        return encode(self.raw)

    def __repr__(self) -> str:
        return f"Message({self.kind} {self.method!r} {self.revision.name})"
