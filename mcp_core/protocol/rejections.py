"""Why a message is not served, and what an endpoint admits. Data only."""

from __future__ import annotations

from policies.records import Record

__all__ = ["EndpointRules", "Rejection"]


class Rejection(Record):
    """A JSON-RPC error and the HTTP status and headers that carry it."""

    code: int
    message: str
    data: object | None = None
    status: int = 400
    headers: tuple[tuple[str, str], ...] = ()


class EndpointRules(Record):
    """What an endpoint admits, for all its servers.

    `max_body_bytes` of a request. `allowed_origins` beside the host's own ("*" for any; `https://*.example.org` covers
    subdomains). `allowed_hosts`: names in `Host` that are answered, empty for any; without them a page that rebinds its own
    name to this address is taken for the host's own, so whatever listens on loopback must set them. `public_url`: the base
    URL that clients use, when a proxy changes `Host`. `max_batch`: messages in a batch.
    """

    max_body_bytes: int = 4 * 1024 * 1024
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    public_url: str = ""
    max_batch: int = 100
