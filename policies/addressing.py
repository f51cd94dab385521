"""Where a request of an API goes: the backend's base URL and the path below it.

The rule here: a request's path is the base path of its backend and the operation's own path. The base is the API's service URL
until `set-backend-service` changes it; policies that work on one part leave the other alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast
from urllib.parse import urlsplit

from policies.context import PolicyContext
from policies.messages import Headers, Request
from policies.secret import Secret

__all__ = [
    "NamedBackend",
    "base_path",
    "choose_backend",
    "chosen_backend",
    "set_base_url",
    "set_relative_path",
    "with_credentials",
]

_BASE = "addressing.base-path"
_BACKEND = "addressing.backend"


class NamedBackend(Protocol):
    """What a backend's entry in `Services.backends` has."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def url(self) -> str:
        """Its base URL."""

    @property
    def headers(self) -> Mapping[str, Secret]:
        """Headers that every request to it carries."""

    @property
    def query(self) -> Mapping[str, Secret]:
        """Query parameters that every request to it carries."""


def base_path(context: PolicyContext) -> str:
    """The path of the backend's base URL in the request's path, without a slash at its end."""
    known = context.marks.get(_BASE)
    if isinstance(known, str):
        return known
    service = urlsplit(context.api.service_url).path.rstrip("/") if context.api is not None else ""
    path = context.request.url.path
    return service if path == service or path.startswith(f"{service}/") else ""


def set_base_url(context: PolicyContext, base_url: str) -> None:
    """Send the request to another base URL, its own path kept. Raises ValueError for what is no http(s) URL."""
    parts = urlsplit(base_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{base_url!r} is no http or https URL")
    url, relative = context.request.changeable_url, context.request.url.path[len(base_path(context)) :]
    base = parts.path.rstrip("/")
    url.scheme, url.host, url.port = parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    url.path = f"{base}{relative}" or "/"
    context.marks[_BASE] = base
    context.marks.pop(_BACKEND, None)


def choose_backend(context: PolicyContext, backend: NamedBackend) -> None:
    """Send the request to a named backend; what it wants each request to carry is added when it is sent."""
    set_base_url(context, backend.url)
    context.marks[_BACKEND] = backend


def chosen_backend(context: PolicyContext) -> NamedBackend | None:
    """The named backend that a policy chose last."""
    return cast(NamedBackend | None, context.marks.get(_BACKEND))


def set_relative_path(context: PolicyContext, path: str) -> None:
    """Replace the operation's own path; the base stays."""
    base = base_path(context)
    context.marks[_BASE] = base
    context.request.changeable_url.path = f"{base}/{path.lstrip('/')}"


def with_credentials(request: Request, backend: NamedBackend) -> Request:
    """A copy of the request with what its backend wants; the request that policies see never holds these."""
    url = request.url.copy()
    for name, value in backend.query.items():
        url.query[name] = [value.reveal()]
    headers: Headers = request.headers.copy()
    for name, value in backend.headers.items():
        headers.set(name, value.reveal())
    copy = Request(request.method, url, headers, request.body, ip_address=request.ip_address)
    copy.original_url, copy.matched_parameters, copy.certificate = (
        request.original_url,
        request.matched_parameters,
        request.certificate,
    )
    return copy
