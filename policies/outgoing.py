"""Requests that policies make themselves: `send-request` and `send-one-way-request`.

The rule here: such a request starts empty, or as a copy of the current one without what belongs to its connection, and goes
through the same guarded backend port as every other.
"""

from __future__ import annotations

from typing import Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Headers, Request, Response, Url
from policies.ports import ForwardOptions
from policies.records import Record
from policies.registry import Attribute, Child, Text
from policies.statement import Statement
from policies.steps import Edit, settle
from policies.values import DURATION, STRING, Value, choice

__all__ = [
    "EDITS",
    "MODE",
    "SET_URL",
    "TIMEOUT",
    "OutgoingRequest",
    "Sender",
    "copies_body",
    "options_of",
    "outgoing",
]

MODE = Attribute("mode", choice("new", "copy"), default="new", expression=True)
TIMEOUT = Attribute("timeout", DURATION, default=60.0, expression=True)
URL_TEXT = Text(STRING, required=True)
SET_URL = Child(name="set-url", text=URL_TEXT)
EDITS = frozenset(
    {
        *("set-method", "set-header", "set-body", "set-query-parameter", "proxy"),
        *("authentication-certificate", "authentication-basic", "authentication-managed-identity"),
    }
)
OPTIONS = "forward-request"
"""Under this name in `context.marks` policies leave a dict of those fields of `ForwardOptions` that they decide for the
request to the backend."""
_OF_THE_CONNECTION = (
    *("Host", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade"),
    *("Proxy-Authorization", "Proxy-Connection"),
)


class OutgoingRequest(Request):
    """A request made by a policy. `options` are the fields of `ForwardOptions` that the policies inside decided."""

    __slots__ = ("options",)

    def __init__(self, method: str, url: Url | str, headers: Headers | None = None, body: bytes = b"") -> None:
        super().__init__(method, url, headers, body)
        self.options: dict[str, Any] = {}


def options_of(context: PolicyContext, request: Request) -> dict[str, Any]:
    """Where a policy that decides how a request is sent (`proxy`, `authentication-certificate`) writes that down."""
    if isinstance(request, OutgoingRequest):
        return request.options
    options: Any = context.marks.setdefault(OPTIONS, {})
    return options  # type: ignore[no-any-return]  # only this function fills it


class Sender(Record):
    """A compiled `send-request`: what makes the request and how long to wait."""

    mode: Value[str]
    url: Value[str] | None
    edits: tuple[Edit, ...]
    timeout: Value[float]
    has_body: bool

    async def make(self, context: PolicyContext) -> OutgoingRequest:
        """The request, after the policies inside worked on it. Raises PolicyFailure for a URL that is none."""
        copies = self.mode.get(context) == "copy"
        source = context.request
        text = self.url.get(context).strip() if self.url is not None else str(source.url)
        request = OutgoingRequest(source.method if copies else "GET", _absolute(text))
        if copies:
            request.headers = source.headers.copy()
            for name in _OF_THE_CONNECTION:
                request.headers.remove(name)
            if self.has_body:
                request.body = source.body
        for edit in self.edits:
            outcome = edit(context, request)
            if outcome is not None:
                await settle(outcome)
        return request

    async def send(self, context: PolicyContext, request: OutgoingRequest) -> Response:
        """The answer, its body in memory. Raises PolicyFailure and BackendUnavailable."""
        backend = context.services.backend
        if backend is None:
            raise PolicyFailure("No backend is configured for this request.", reason="BackendNotConfigured")
        options = ForwardOptions(timeout=self.timeout.get(context), **request.options)
        response = await backend.send(request, options)
        await response.body.read()
        return response


def outgoing(statement: Statement) -> Sender:
    """Compiles what `send-request` and `send-one-way-request` have in common."""
    mode, url = statement[MODE], statement.child(SET_URL)
    if mode.is_literal and mode.literal == "new" and url is None:
        raise statement.error(f"{statement.name} needs a <set-url>", hint='write <set-url>https://…</set-url>, or mode="copy"')
    return Sender(
        mode=mode,
        url=None if url is None else url.text(URL_TEXT),
        edits=tuple(edit for _, edit in statement.edits),
        timeout=statement[TIMEOUT],
        has_body=copies_body(statement),
    )


def copies_body(statement: Statement) -> bool:
    """Whether the statement's request gets the body of the current one. The article: in outbound a copy does not, since the
    request has been sent by then."""
    mode = statement[MODE]
    return statement.section in {"inbound", "backend"} and not (mode.is_literal and mode.literal == "new")


def _absolute(text: str) -> Url:
    try:
        url = Url(text)
    except ValueError:
        url = None
    if url is None or not url.host or not text.lower().startswith(("http://", "https://")):
        raise PolicyFailure(
            "Internal server error", reason="InvalidUrl", detail=f"set-url: {text!r} is no absolute http or https URL"
        )
    return url
