"""The built-in carrier: one aiohttp session, used directly (D11).

The rule here: the session adds nothing of its own, no cookies, credentials, redirects or proxy from the environment; and no
socket is made for an address that the guard has not seen. Importing this module costs 0.2 s, so only a first request does.
"""

from __future__ import annotations

import io
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_exceptions import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientHttpProxyError,
    ClientOSError,
    ClientPayloadError,
    ClientProxyConnectionError,
    ClientResponseError,
    InvalidURL,
    ServerDisconnectedError,
)
from yarl import URL

from mcp_core.calls.guard import EgressGuard, EgressRefused
from mcp_core.calls.outgoing import Outgoing, unavailable
from policies.messages import Headers
from policies.ports import BackendUnavailable, ForwardOptions

__all__ = ["AiohttpCarrier"]

_LONGEST_FIELD = 64 * 1024  # real backends send policies and cookies far beyond aiohttp's 8 KiB
_LARGE_BODY = 1024 * 1024  # above this aiohttp wants a file, so that writing does not hold the loop
_DNS_SECONDS = 30
_NO_TIMEOUTS = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)  # `HttpBackend` keeps time
_DECODED = frozenset({"gzip", "deflate", "br", "zstd"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class _GuardedResolver(AbstractResolver):
    """The system's resolver; an answer with an address that is refused is refused whole, so that no retry finds it."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard
        self._inner = aiohttp.DefaultResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._guard.check_address(result["host"], host)
        return found

    async def close(self) -> None:
        await self._inner.close()


class AiohttpCarrier:
    """Made inside the event loop that it serves."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard
        connector = aiohttp.TCPConnector(
            limit=0,  # HttpBackend bounds what is under way, by origin
            ttl_dns_cache=_DNS_SECONDS,
            resolver=_GuardedResolver(guard),
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NO_TIMEOUTS,
            trust_env=False,
            max_line_size=_LONGEST_FIELD,
            max_field_size=_LONGEST_FIELD,
        )

    def _socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for one address, at the moment of connecting: literals and cached answers come by here too."""
        family, kind, protocol, _, target = address
        self._guard.check_address(str(target[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    async def exchange(self, outgoing: Outgoing, options: ForwardOptions) -> _AiohttpReply:
        """Send and wait for the header. Raises BackendUnavailable."""
        body: Any = outgoing.body
        if isinstance(body, bytes) and len(body) > _LARGE_BODY:
            body = io.BytesIO(body)
        try:
            response = await self._session.request(
                outgoing.method,
                URL(outgoing.url, encoded=True),
                headers=outgoing.headers,
                data=body,
                allow_redirects=False,
                **self._extra(outgoing, options),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translated(outgoing.origin, error) from None
        return _AiohttpReply(response, outgoing.origin)

    def _extra(self, outgoing: Outgoing, options: ForwardOptions) -> dict[str, Any]:
        """Arguments that few requests need."""
        extra: dict[str, Any] = {}
        if outgoing.method in _WITH_BODY:
            extra["skip_auto_headers"] = ("Content-Type",)
        if options.certificate is not None:
            extra["ssl"] = _tls_context(outgoing.origin, options.certificate)
        if options.proxy:
            self._guard.check_url(options.proxy)
            self._guard.check_url(outgoing.url)  # the proxy resolves the name: only what the URL itself says can be checked
            proxy = URL(options.proxy)
            if options.proxy_username:
                proxy = proxy.with_user(options.proxy_username).with_password(options.proxy_password.reveal())
            extra["proxy"] = proxy
        return extra

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()


def _tls_context(origin: str, certificate: object) -> ssl.SSLContext:
    from mcp_core.calls.certificates import CertificateProblem, tls_context

    try:
        return tls_context(certificate)
    except CertificateProblem as problem:
        sentence = f"is not called: the client certificate {problem}."
        raise unavailable(origin, sentence, reason="ClientConnectionFailure", status=500) from None


class _AiohttpReply:
    """See `carrier.Reply`."""

    __slots__ = ("_origin", "_response", "headers", "reason", "status")

    def __init__(self, response: aiohttp.ClientResponse, origin: str) -> None:
        self._response = response
        self._origin = origin
        self.status = response.status
        self.reason = response.reason or ""
        headers = Headers(response.headers.items())
        encoding = headers.get("Content-Encoding")
        if encoding is not None and encoding.strip().lower() in _DECODED:  # aiohttp has undone it
            headers.remove("Content-Encoding")
            headers.remove("Content-Length")
        self.headers = headers

    @property
    def is_here(self) -> bool:
        return self._response.content.is_eof()

    async def read(self, limit: int) -> tuple[bytes, bool]:
        response = self._response
        try:
            length = self.headers.get("Content-Length")
            if length is not None and length.isdecimal() and int(length) <= limit:
                return await response.read(), False
            return await self._read_unknown_size(limit)
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(self._origin, error) from None

    async def _read_unknown_size(self, limit: int) -> tuple[bytes, bool]:
        pieces: list[bytes] = []
        room = limit
        complete = False
        try:
            async for piece in self._response.content.iter_any():
                pieces.append(piece[:room])
                room -= len(piece)
                if room < 0:
                    return b"".join(pieces), True
            complete = True
            return b"".join(pieces), False
        finally:  # also when time runs out: a connection with something left in it is of no use
            if complete:
                self._response.release()
            else:
                self._response.close()

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(self._origin, error) from None

    async def close(self) -> None:
        self._response.close()


def _translated(origin: str, error: Exception) -> BackendUnavailable:
    """aiohttp's error as ours; the first row that fits."""
    refused = _refusal(error)
    if refused is not None:
        return unavailable(origin, f"is not called: {refused}", reason="BackendRefused")
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return unavailable(origin, sentence(error))
    return unavailable(origin, f"cannot be called: {error}.", reason="ClientConnectionFailure", status=500)


def _refusal(error: BaseException | None) -> EgressRefused | None:
    for _ in range(5):
        if error is None or isinstance(error, EgressRefused):
            return error
        error = getattr(error, "os_error", None) or error.__cause__
    return None


def _connect_problem(error: Any) -> str:
    """The system's words for its own number: asyncio's hold the address that a name resolved to, which callers are not told."""
    number = error.os_error.errno
    return os.strerror(number) if isinstance(number, int) and number > 0 else "no connection could be made"


def _answer_problem(message: str) -> str:
    if "content-encoding" in message.lower():
        return "encoded its answer in a way that cannot be undone."
    return f"gave an answer that is not HTTP: {message.partition(chr(10))[0].rstrip(':')[:200]}."


_SENTENCES: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (ClientConnectorDNSError, lambda error: "is not known by that name to the DNS here."),
    (ClientConnectorCertificateError, lambda error: f"has a certificate that is not accepted: {error.certificate_error}."),
    (ClientConnectorSSLError, lambda error: f"could not be reached by TLS: {error.os_error}."),
    (ClientProxyConnectionError, lambda error: f"could not be reached: the proxy did not answer ({_connect_problem(error)})."),
    (ClientHttpProxyError, lambda error: f"could not be reached: the proxy answered {error.status}."),
    (ClientConnectorError, lambda error: f"could not be reached: {_connect_problem(error)}."),
    (ServerDisconnectedError, lambda error: "closed the connection without an answer."),
    (ClientPayloadError, lambda error: "broke off its answer, or encoded it in a way that cannot be undone."),
    (ClientResponseError, lambda error: _answer_problem(str(error.message))),
    (InvalidURL, lambda error: "has an address that is not a URL."),
    (ClientOSError, lambda error: "broke off the connection."),
    (aiohttp.ClientError, lambda error: "could not be called."),
)
