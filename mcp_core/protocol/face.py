"""A server as its clients see it: identity, tools, and the answers that are the same for everybody.

The rule here: whatever does not depend on the request is turned into bytes once, when it is first asked for; a request adds
only its id.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from mcp_core.catalog.operations import Tool
from mcp_core.protocol.jsonrpc import TooDeep, encode
from mcp_core.protocol.mirrored import ANNOTATION, Mirrored, mirrored_parameters, without_annotations
from mcp_core.protocol.revisions import REVISIONS, Revision

__all__ = ["ServerFace"]

_SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"
_MOST_SUBSETS = 64
_ANNOTATION = ANNOTATION.encode()


class ServerFace:
    """One MCP server in one snapshot. Never changes; built cheaply, whatever the number of tools.

    `name` is the server's own (`serverInfo.name`), `title` for people, `instructions` for models. `page_size` tools make a
    page of `tools/list`. `private`: the list is one caller's, or not for everybody to see, so that no shared cache may keep
    it. `ttl_ms`: how long a client may take a list for fresh.
    """

    def __init__(
        self,
        name: str,
        title: str,
        version: str,
        instructions: str,
        tools: Sequence[Tool],
        *,
        page_size: int = 250,
        private: bool = False,
        ttl_ms: int = 5_000,
    ) -> None:
        self.name = name
        self.title = title
        self.version = version
        self.instructions = instructions
        self.page_size = page_size
        self.private = private
        self.ttl_ms = ttl_ms
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._definitions: dict[tuple[bool, bool], dict[str, bytes]] = {}  # by what the revisions know, then by name
        self._cache: dict[tuple[str, str], Any] = {}
        self._subsets: dict[frozenset[str], ServerFace] = {}

    def tool(self, name: str) -> Tool | None:
        """The tool of this name, None when the server has none (or this caller may not see it)."""
        return self._tools.get(name)

    @property
    def tools(self) -> Collection[Tool]:
        """All tools, in the order in which they are listed."""
        return self._tools.values()

    def subset(self, names: Collection[str]) -> ServerFace:
        """The same server with only these tools, for a caller who may not see all; its lists are private. Kept, so that
        callers with the same rights share one."""
        key = frozenset(names)
        if self.private and key == self._tools.keys():
            return self
        face = self._subsets.get(key)
        if face is None:
            face = ServerFace(
                self.name,
                self.title,
                self.version,
                self.instructions,
                [tool for name, tool in self._tools.items() if name in key],
                page_size=self.page_size,
                private=True,
                ttl_ms=self.ttl_ms,
            )
            face._definitions = self._definitions
            if len(self._subsets) >= _MOST_SUBSETS:
                self._subsets.pop(next(iter(self._subsets)))
            self._subsets[key] = face
        return face

    def initialize_result(self, revision: Revision) -> bytes:
        """InitializeResult."""
        key = ("initialize", revision.name)
        made: bytes | None = self._cache.get(key)
        if made is None:
            result = {
                "protocolVersion": revision.name,
                "capabilities": {"tools": {"listChanged": False}},
                "serverInfo": self._identity(revision),
            }
            made = self._cache[key] = encode(self._with_instructions(result))
        return made

    def discover_result(self, revision: Revision) -> bytes:
        """DiscoverResult: what is spoken here and by whom."""
        key = ("discover", revision.name)
        made: bytes | None = self._cache.get(key)
        if made is None:
            result = {
                "supportedVersions": [known.name for known in REVISIONS],
                "capabilities": {"tools": {"listChanged": False}, "resources": {}, "prompts": {}},
            }
            made = self._cache[key] = encode(self._with_instructions(result))[:-1] + self.cacheable_tail(revision) + b"}"
        return made

    def list_result(self, revision: Revision, cursor: str | None) -> tuple[bytes, ...] | None:
        """ListToolsResult in pieces: the page that the cursor asks for, None when the cursor is none of ours."""
        start = 0 if cursor is None else self._position(cursor)
        if start is None:
            return None
        # Definitions are kept, pages are not: a client may ask for a page from any tool on, and each would be a copy.
        names = self._listed[start : start + self.page_size]
        made = self._definitions.setdefault((revision.annotations, revision.titles), {})
        page = b",".join([made.get(name) or self._define(made, name, revision) for name in names])
        more = b"]"
        if start + len(names) < len(self._listed):
            more = b'],"nextCursor":"%b"' % _cursor(names[-1])
        return b'{"tools":[', page, more, self.cacheable_tail(revision), b"}"

    def tail(self, revision: Revision) -> bytes:
        """The members that end every result of a stateless revision, with the comma before them; empty for the others."""
        key = ("tail", revision.name)
        made: bytes | None = self._cache.get(key)
        if made is None:
            made = b""
            if revision.stateless:
                meta = encode({_SERVER_INFO_KEY: self._identity(revision)})
                made = b',"resultType":"complete","_meta":' + meta
            self._cache[key] = made
        return made

    def cacheable_tail(self, revision: Revision) -> bytes:
        """`tail`, and how long and by whom the result may be kept."""
        key = ("cacheable tail", revision.name)
        made: bytes | None = self._cache.get(key)
        if made is None:
            made = b""
            if revision.stateless:
                scope = b"private" if self.private else b"public"
                made = b',"ttlMs":%d,"cacheScope":"%b"' % (self.ttl_ms, scope) + self.tail(revision)
            self._cache[key] = made
        return made

    def mirrored(self, tool: Tool) -> tuple[Mirrored, ...]:
        """The tool's parameters that are mirrored into headers."""
        key = ("mirrored", tool.name)
        made: tuple[Mirrored, ...] | None = self._cache.get(key)
        if made is None:
            made = self._cache[key] = mirrored_parameters(tool.input_schema) or ()
        return made

    def _position(self, cursor: str) -> int | None:
        """Where a cursor's page starts. A cursor names the last tool before it, so that it stays good on another instance
        and when tools are added or removed elsewhere in the list meanwhile."""
        try:
            name = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        except (ValueError, UnicodeError):
            return None
        position = self._positions.get(name)
        return position if position is not None and _cursor(name).decode() == cursor else None

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        return tuple(self._tools)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        """Name → the place after it."""
        return {name: place for place, name in enumerate(self._tools, 1)}

    def _define(self, made: dict[str, bytes], name: str, revision: Revision) -> bytes:
        """A Tool as the revision's clients read it."""
        tool = self._tools[name]
        definition: dict[str, object] = {"name": name}
        if revision.titles and tool.title:
            definition["title"] = tool.title
        if tool.description:
            definition["description"] = tool.description
        definition["inputSchema"] = tool.input_schema
        if tool.output_schema is not None and revision.titles:
            definition["outputSchema"] = tool.output_schema
        if revision.annotations:
            definition["annotations"] = {
                **({} if revision.titles or not tool.title else {"title": tool.title}),
                "readOnlyHint": tool.annotations.read_only,
                "destructiveHint": tool.annotations.destructive,
                "idempotentHint": tool.annotations.idempotent,
                "openWorldHint": tool.annotations.open_world,
            }
        try:
            encoded = encode(definition)
        except TooDeep:  # one tool must not cost the list; the call still holds arguments against the whole schema
            definition.pop("outputSchema", None)
            encoded = encode({**definition, "inputSchema": {"type": "object"}})
        # Looked for in the bytes first: walking every schema would cost a large server its first list.
        if _ANNOTATION in encoded and mirrored_parameters(tool.input_schema) is None:
            encoded = encode({**definition, "inputSchema": without_annotations(tool.input_schema)})
        made[name] = encoded
        return encoded

    def _identity(self, revision: Revision) -> dict[str, str]:
        """Implementation."""
        identity = {"name": self.name}
        if revision.titles and self.title:
            identity["title"] = self.title
        identity["version"] = self.version
        return identity

    def _with_instructions(self, result: dict[str, Any]) -> dict[str, Any]:
        return {**result, "instructions": self.instructions} if self.instructions else result


def _cursor(name: str) -> bytes:
    return urlsafe_b64encode(name.encode()).rstrip(b"=")
