"""The protocol's revisions as a table: what a client of each may send and what it understands.

The rule here: nothing else in this package compares revision names; a new revision is a new row.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from policies.records import Record, field

__all__ = ["ASSUMED", "BY_NAME", "NEWEST_HANDSHAKE", "REVISIONS", "Revision", "negotiated"]

# Revision 2026-07-28 names 404 for an unknown method and 400 for the others; earlier ones put every error that answers a
# well-formed request into a 200, and their clients throw the body of a 4xx away.
_STATELESS_STATUSES: Mapping[int, int] = MappingProxyType({-32601: 404, -32602: 400})


class Revision(Record):
    """One revision.

    `stateless`: each request carries its own version and capabilities, mirrored in headers, and there is no `initialize`.
    `batches`: a body may be an array. `annotations`, `titles` (which came together with output schemas), `audio`: whether
    its clients know them. `structured`: what its clients take as structured content. `argument_errors_as_results`: wrong
    arguments are told to the model (SEP-1303) instead of failing the request. `statuses`: the HTTP status that carries a
    JSON-RPC error code, 200 where none is named.
    """

    name: str
    stateless: bool = False
    batches: bool = False
    annotations: bool = True
    titles: bool = True
    audio: bool = True
    structured: Literal["nothing", "objects", "anything"] = "objects"
    argument_errors_as_results: bool = False
    statuses: Mapping[int, int] = field(default_factory=dict)


REVISIONS: tuple[Revision, ...] = (
    Revision(
        "2026-07-28",
        stateless=True,
        structured="anything",
        argument_errors_as_results=True,
        statuses=_STATELESS_STATUSES,
    ),
    Revision("2025-11-25", argument_errors_as_results=True),
    Revision("2025-06-18"),
    Revision("2025-03-26", batches=True, titles=False, structured="nothing"),
    Revision("2024-11-05", annotations=False, titles=False, audio=False, structured="nothing"),
)
"""All that are served, newest first."""

BY_NAME: Mapping[str, Revision] = MappingProxyType({revision.name: revision for revision in REVISIONS})

ASSUMED = BY_NAME["2025-03-26"]
"""What a request speaks that says nothing about its revision (2025-06-18, "Protocol Version Header")."""

NEWEST_HANDSHAKE = next(revision for revision in REVISIONS if not revision.stateless)


def negotiated(wanted: str) -> Revision:
    """What `initialize` answers to a client that wants this revision: the same, or the newest that has a handshake."""
    revision = BY_NAME.get(wanted)
    return NEWEST_HANDSHAKE if revision is None or revision.stateless else revision
