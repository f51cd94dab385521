"""IMessageBody: a body read as text, bytes, JSON or XML.

The rule here: bodies are buffered before an expression runs (the binder finds which are read). Reading without
`preserveContent: true` uses the body up: reading it again is refused with a sentence that says so.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any, Final

from policies.dotnet.exceptions import InvalidOperationException, NotSupportedException
from policies.dotnet.types import NetType, Typed
from policies.dotnet.values import units
from policies.messages import Body, Headers, Request, Response

__all__ = ["AS", "MessageBody", "as_form", "decode", "of_request", "of_response"]


class MessageBody:
    """A message's body together with the header that says its encoding."""

    __slots__ = ("_body", "_headers")

    def __init__(self, body: Body, headers: Headers) -> None:
        self._body = body
        self._headers = headers

    def take(self, preserve: bool) -> bytes:
        """The bytes, used up unless preserved."""
        if self._body.consumed:
            raise InvalidOperationException(
                "The message body has been read already. Read it with As<T>(preserveContent: true) when it is needed again."
            )
        if not preserve:
            self._body.consumed = True
        return self._body.data

    def text(self, preserve: bool) -> str:
        """The decoded text, in UTF-16 units."""
        return units(decode(self.take(preserve), self._headers.get("Content-Type") or ""))


def of_request(request: Request) -> MessageBody | None:
    """`context.Request.Body`: null when the request has none."""
    if request.body.is_buffered and not request.body.data:
        return None
    return MessageBody(request.body, request.headers)


def of_response(response: Response) -> MessageBody:
    """`context.Response.Body`."""
    return MessageBody(response.body, response.headers)


_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSETS: Final = frozenset(
    {"utf-8", "utf-16-le", "utf-16-be", "utf-16", "utf-32", "ascii", "iso8859-1", "cp1252", "iso8859-15"}
)


def decode(data: bytes, content_type: str) -> str:
    """A body's text: by its byte order mark, by the content type's charset, else UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode(_charset(content_type), "replace")


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            try:
                found = codecs.lookup(value.strip().strip('"')).name
            except LookupError:
                return "utf-8"
            return found if found in _CHARSETS else "utf-8"
    return "utf-8"


def _json(kind: str) -> Callable[[MessageBody, bool], Any]:
    def read(body: MessageBody, preserve: bool) -> Any:
        from policies.dotnet.json import reader

        return reader.read_as(kind, body.text(preserve))

    return read


def _xml(kind: str) -> Callable[[MessageBody, bool], Any]:
    def read(body: MessageBody, preserve: bool) -> Any:
        from policies.dotnet.xml import reader

        return reader.read_as(kind, body.text(preserve))

    return read


_READERS: Final[dict[str, Callable[[MessageBody, bool], Any]]] = {
    "System.String": lambda body, preserve: body.text(preserve),
    "System.Object": lambda body, preserve: body.text(preserve),
    "System.Byte[]": lambda body, preserve: bytearray(body.take(preserve)),
    **{f"Newtonsoft.Json.Linq.{kind}": _json(kind) for kind in ("JToken", "JObject", "JArray", "JValue")},
    **{f"System.Xml.Linq.{kind}": _xml(kind) for kind in ("XNode", "XElement", "XDocument")},
}


def _as(types: tuple[NetType], body: MessageBody, preserve: bool = False) -> Any:
    read = _READERS.get(types[0].name)
    if read is None:
        raise NotSupportedException(
            f"A body cannot be read as {types[0]}. The types are string, byte[], JObject, JArray, JToken, XNode, XElement and "
            "XDocument."
        )
    return read(body, preserve)


AS: Final = Typed(_as)


def as_form(body: MessageBody, preserve: bool = False) -> Any:
    """`AsFormUrlEncodedContent`: names to their values, decoded."""
    from policies.dotnet.apim.forms import read_form

    return read_form(body.text(preserve))
