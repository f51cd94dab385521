"""Which revision a message speaks: the rungs of "Request Metadata" and "Versioning and Compatibility".

The rule here: a request whose `_meta` names a revision is judged by that, and its headers must mirror it; else the
`MCP-Protocol-Version` header decides, else the handshake's own words, else 2025-03-26 is assumed. No state is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_core.protocol.jsonrpc import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_PROTOCOL_VERSION
from mcp_core.protocol.message import Message
from mcp_core.protocol.mirrored import MalformedHeader, header_text
from mcp_core.protocol.rejections import Rejection
from mcp_core.protocol.revisions import ASSUMED, BY_NAME, REVISIONS, Revision, negotiated
from policies.messages import Headers

__all__ = ["CAPABILITIES_KEY", "VERSION_KEY", "spoken"]

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"

_NAMED_BY: Mapping[str, str] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Method → the parameter that `Mcp-Name` mirrors."""


def spoken(message: Message, version: str | None, headers: Headers) -> Revision | Rejection:
    """The revision, or the first rung that fails. `version` is the `MCP-Protocol-Version` header, None when absent."""
    declared = message.meta.get(VERSION_KEY)
    if declared is None:
        return _by_header(message, version)
    if type(declared) is not str:
        return _invalid_params(f'"_meta" must give {VERSION_KEY} as a text')
    revision = BY_NAME.get(declared)
    if revision is not None and not revision.stateless:
        if version is not None and version != declared:
            return _mismatch("MCP-Protocol-Version", version, declared)
        return _handshake(message, declared) if message.method == "initialize" else revision
    failed = None
    if message.kind == "request":
        failed = _envelope_rung(message.meta) or _header_rung(message, declared, version, headers)
    return failed or revision or _unsupported(declared)


def _by_header(message: Message, version: str | None) -> Revision | Rejection:
    if message.method == "initialize":
        return _handshake(message, "")
    if version is None:
        return ASSUMED
    revision = BY_NAME.get(version)
    if revision is None:
        return _unsupported(version)
    if revision.stateless and message.kind == "request":
        return _invalid_params(f'"_meta" must give {VERSION_KEY} and {CAPABILITIES_KEY}')
    return revision


def _handshake(message: Message, otherwise: str) -> Revision:
    return negotiated(str(message.params.get("protocolVersion", otherwise)))


def _envelope_rung(meta: Mapping[str, Any]) -> Rejection | None:
    if type(meta.get(CAPABILITIES_KEY)) is dict:
        return None
    return _invalid_params(f'"_meta" must give {CAPABILITIES_KEY} as an object')


def _header_rung(message: Message, declared: str, version: str | None, headers: Headers) -> Rejection | None:
    """The standard headers against the body. A header that came twice reads `a,a` and so matches nothing."""
    if version != declared:
        return _mismatch("MCP-Protocol-Version", version, declared)
    method = message.method
    try:
        named_method = headers.get("mcp-method")
        if named_method is None or named_method.strip(" \t") != method:
            return _mismatch("Mcp-Method", named_method, method)
        member = _NAMED_BY.get(method)
        if member is None:
            return None
        expected = message.params.get(member)
        name = headers.get("mcp-name")
        if type(expected) is str and (name is None or header_text(name) != expected):
            return _mismatch("Mcp-Name", name, expected)
    except MalformedHeader as error:
        return Rejection(HEADER_MISMATCH, f"Header mismatch: Mcp-Name {error}", status=400)
    return None


def _mismatch(header: str, found: str | None, expected: str) -> Rejection:
    problem = "is missing" if found is None else f"value {found!r:.100} does not match body value {expected!r:.100}"
    return Rejection(HEADER_MISMATCH, f"Header mismatch: {header} header {problem}", status=400)


def _invalid_params(problem: str) -> Rejection:
    return Rejection(INVALID_PARAMS, f"Invalid params: {problem}", status=400)


def _unsupported(requested: str) -> Rejection:
    """UnsupportedProtocolVersionError."""
    data = {"supported": [revision.name for revision in REVISIONS], "requested": requested[:100]}
    return Rejection(UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", data, status=400)
