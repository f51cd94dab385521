"""HTTP messages: the vocabulary that every room of the project shares.

The rule here: a message knows nothing of who sent it or who will carry it. Hosts turn their trigger into a `Request`
and a `Response` into their own answer; policies read and change both; the HTTP client sends the one and gives the other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

__all__ = ["Body", "BodyConsumed", "Headers", "Request", "Response", "Url"]


_DEFAULT_PORTS = {"http": 80, "https": 443}


class Headers:
    """Header fields: names compare without case (RFC 9110 §5.1), order and repeated fields are kept.

    Built from a mapping or from `(name, value)` pairs. `get` joins repeated fields with "," as APIM's
    `GetValueOrDefault` does.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, list[str]] = {}  # the name in lower case → the name as first written, then the values
        if fields:
            items = getattr(fields, "items", None)  # not isinstance: asking whether a list is a Mapping takes long
            self._fill(fields if items is None else items())

    def _fill(self, pairs: Any) -> None:
        kept = self._fields
        for name, value in pairs:
            key = name.lower()
            if key in kept:
                kept[key].append(value)
            else:
                kept[key] = [name, value]

    def get(self, name: str, default: str | None = None) -> str | None:
        """The field's value, repeated ones joined with ","; `default` when it is absent."""
        field = self._fields.get(name.lower())
        if field is None:
            return default
        return field[1] if len(field) == 2 else ",".join(field[1:])

    def get_all(self, name: str) -> list[str]:
        """Every value of the field in order; empty when it is absent."""
        field = self._fields.get(name.lower())
        return [] if field is None else field[1:]

    def set(self, name: str, *values: str) -> None:
        """Replace the field by these values; no value removes it."""
        if values:
            self._fields[name.lower()] = [name, *values]
        else:
            self._fields.pop(name.lower(), None)

    def add(self, name: str, value: str) -> None:
        """Append one value to the field."""
        field = self._fields.get(name.lower())
        if field is None:
            self._fields[name.lower()] = [name, value]
        else:
            field.append(value)

    def remove(self, *names: str) -> None:
        """Remove these fields; an absent one is no error."""
        for name in names:
            self._fields.pop(name.lower(), None)

    def names(self) -> Iterator[str]:
        """Field names, each once, as first written."""
        return (field[0] for field in self._fields.values())

    def items(self) -> list[tuple[str, str]]:
        """`(name, value)` pairs, a repeated field once a value."""
        pairs = []
        for field in self._fields.values():
            if len(field) == 2:
                pairs.append((field[0], field[1]))
            else:
                pairs += [(field[0], value) for value in field[1:]]
        return pairs

    def copy(self) -> Headers:
        """An independent copy."""
        twin = Headers()
        twin._fields = {key: field.copy() for key, field in self._fields.items()}
        return twin

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return self.names()

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        mine, theirs = self._fields, other._fields
        return mine.keys() == theirs.keys() and all(field[1:] == theirs[key][1:] for key, field in mine.items())

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Headers({sorted(self._fields)})"  # names only: values may be secret


class Url:
    """An absolute http(s) URL whose parts can be changed; the query is an ordered multi-map of decoded strings.

    `path` and `query_string` are kept as written (percent-encoded); a query that nobody changes goes out byte for byte
    as it came in.
    """

    __slots__ = ("_pristine", "_query", "_query_string", "host", "path", "port", "scheme")

    def __init__(self, text: str) -> None:
        scheme, _, rest = text.partition("://")
        target, _, query = rest.partition("?")
        authority, slash, path = target.partition("/")
        name, _, port = authority.partition(":")
        if not name or "@" in authority or "[" in authority or "#" in text or (port and not port.isdecimal()):
            self._split(text)  # what is rare is left to the standard library
            return
        self.scheme: str = scheme.lower()
        self.host: str = name.lower()
        self.port: int = int(port) if port else _DEFAULT_PORTS.get(self.scheme, 80)
        self.path: str = slash + path or "/"
        self._query_string: str = query
        self._query: dict[str, list[str]] | None = None
        self._pristine: dict[str, list[str]] | None = None

    def _split(self, text: str) -> None:
        parts = urlsplit(text)
        self.scheme = parts.scheme or "http"
        self.host = parts.hostname or ""
        self.port = parts.port or _DEFAULT_PORTS.get(self.scheme, 80)
        self.path = parts.path or "/"
        self.query_string = parts.query

    @property
    def query(self) -> dict[str, list[str]]:
        """Decoded parameters, name → values in order. Changing it changes the query string; reading it does not."""
        if self._query is None:
            self._query = parse_query(self._query_string)
            self._pristine = {name: list(values) for name, values in self._query.items()}
        return self._query

    @property
    def query_string(self) -> str:
        """The encoded query, without "?"; as it was written unless `query` was changed."""
        if self._query is None or self._query == self._pristine:
            return self._query_string
        return "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}"
            for name, values in (self._query or {}).items()
            for value in values
        )

    @query_string.setter
    def query_string(self, text: str) -> None:
        self._query_string, self._query, self._pristine = text, None, None

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`, the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return f"{self.scheme}://{host}" if self.port == default else f"{self.scheme}://{host}:{self.port}"

    def copy(self) -> Url:
        """An independent copy."""
        twin = object.__new__(Url)
        twin.scheme, twin.host, twin.port, twin.path = self.scheme, self.host, self.port, self.path
        twin._query_string, twin._query, twin._pristine = self.query_string, None, None
        return twin

    def __str__(self) -> str:
        query = self.query_string
        return f"{self.origin}{self.path}?{query}" if query else f"{self.origin}{self.path}"

    def __repr__(self) -> str:
        return f"Url({self.origin}{self.path})"  # no query: it may carry keys


def parse_query(text: str) -> dict[str, list[str]]:
    """An encoded query → name → decoded values; a name without "=" has the value ""."""
    query: dict[str, list[str]] = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            query.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return query


class BodyConsumed(Exception):
    """A body was read a second time although the first reader did not preserve it."""


class Body:
    """A message's content: bytes already here, or a stream that is read once.

    `await read()` buffers a stream, after which `data` gives the bytes. `consumed` is set by a reader that does not
    preserve the content (`As<T>()` without `preserveContent: true`); `truncated` by whoever read only the beginning of a
    content that is larger than its limit.
    """

    __slots__ = ("_data", "_stream", "consumed", "truncated")

    def __init__(self, data: bytes | None = b"", stream: AsyncIterator[bytes] | None = None) -> None:
        self._data = None if stream is not None else (data or b"")
        self._stream = stream
        self.consumed = False
        self.truncated = False

    @property
    def data(self) -> bytes:
        """The buffered bytes. Raises RuntimeError while the content is still an unread stream."""
        if self._data is None:
            raise RuntimeError("the body is still a stream: await read() first")
        return self._data

    @property
    def is_buffered(self) -> bool:
        """Whether `data` can be had without waiting."""
        return self._data is not None

    async def read(self) -> bytes:
        """The whole content; a stream is drained and kept."""
        if self._data is None:
            stream, self._stream = self._stream, None
            self._data = b"".join([chunk async for chunk in stream]) if stream is not None else b""
        return self._data

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The content in chunks, without buffering when it is a stream."""
        if self._data is not None:
            yield self._data
            return
        stream, self._stream, self._data = self._stream, None, b""
        self.consumed = True
        if stream is None:
            return
        try:
            async for chunk in stream:
                yield chunk
        finally:  # at once, and not when the collector comes by: a source may hold connections
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()


class Request:
    """An HTTP request: from a client to the gateway, or from the gateway to a backend.

    `ip_address` is the client's, already freed of what it could forge (D9). `original_url` is what the client called;
    policies change `changeable_url`. `matched_parameters` are the path parameters of the matched operation.
    """

    __slots__ = ("body", "certificate", "headers", "ip_address", "matched_parameters", "method", "original_url", "url")

    def __init__(
        self,
        method: str,
        url: Url | str,
        headers: Headers | None = None,
        body: Body | bytes = b"",
        *,
        ip_address: str = "",
        matched_parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.method = method
        self.url = Url(url) if isinstance(url, str) else url
        self.original_url = self.url
        self.headers = Headers() if headers is None else headers
        self.body = Body(body) if isinstance(body, bytes) else body
        self.ip_address = ip_address
        self.matched_parameters: Mapping[str, str] = matched_parameters or {}
        self.certificate: object | None = None

    @property
    def changeable_url(self) -> Url:
        """`url`, to be changed in place: from the first change on it is another object than `original_url`."""
        if self.url is self.original_url:
            self.url = self.url.copy()
        return self.url

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url!r})"


class Response:
    """An HTTP response. `reason` is the status line's phrase; it does not survive HTTP/2 and is kept for policies."""

    __slots__ = ("body", "headers", "reason", "status")

    def __init__(self, status: int, headers: Headers | None = None, body: Body | bytes = b"", *, reason: str = "") -> None:
        self.status = status
        self.reason = reason
        self.headers = Headers() if headers is None else headers
        self.body = Body(body) if isinstance(body, bytes) else body

    def __repr__(self) -> str:
        return f"Response({self.status})"
