"""Parameters: from an argument to what stands in the URL, in a header, in the Cookie header.

The rule here: everything that the operation fixes is decided when a parameter is compiled; what is returned only writes values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mcp_core.calls.escapes import (
    Escape,
    Unsendable,
    form_text,
    header_text,
    json_text,
    label_text,
    path_text,
    query_reserved,
    query_text,
    refuse_dot_segments,
    reserved_path_text,
    scalar_text,
)
from mcp_core.calls.styles import STYLES, deep_pairs, expansion, joined, refusing
from mcp_core.catalog.operations import Parameter
from policies.records import replace

__all__ = ["compile_cookie", "compile_header", "compile_path", "compile_query", "is_settable_header"]

QueryWriter = Callable[[Any, list[str]], None]
TextWriter = Callable[[Any], str | None]

# Never from an argument: they frame the message, route it, or say who calls (RFC 9110 §7.6.1, §11; D9).
_NOT_SETTABLE = frozenset(
    {
        *("connection", "content-length", "content-type", "expect", "host", "http2-settings", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "upgrade", "authorization", "cookie", "forwarded", "via"),
    }
)
_NOT_SETTABLE_PREFIXES = ("proxy-", "x-forwarded-")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 §5.6.2


def is_settable_header(name: str) -> bool:
    """Whether an operation's header parameter of this name is sent at all."""
    lowered = name.lower()
    return bool(_TOKEN.fullmatch(name)) and lowered not in _NOT_SETTABLE and not lowered.startswith(_NOT_SETTABLE_PREFIXES)


def compile_query(parameter: Parameter) -> QueryWriter:
    """Writes `name=value` pieces, for "&" between them."""
    name = query_text(parameter.name)
    escape = query_reserved if parameter.allow_reserved else query_text
    keep_empty = parameter.allow_empty_value
    if parameter.content_type:
        text_of = content_text(parameter.content_type)

        def write_content(value: Any, pieces: list[str]) -> None:
            pieces.append(f"{name}={escape(text_of(value))}")

        return write_content
    if parameter.style == "deepObject":

        def write_deep(value: Any, pieces: list[str]) -> None:
            before = len(pieces)
            pieces.extend(f"{key}={escape(scalar_text(member))}" for key, member in deep_pairs(name, value))
            if keep_empty and len(pieces) == before:
                pieces.append(f"{name}=")

        return write_deep
    style = parameter.style if STYLES.get(parameter.style) and STYLES[parameter.style].between == "&" else "form"
    expand = expansion(
        style,
        name,
        explode=parameter.explode,
        escape=escape,
        member_escape=_listed(escape) if parameter.allow_reserved else None,
        keep_empty=keep_empty or parameter.required,
    )

    def write(value: Any, pieces: list[str]) -> None:
        if value.__class__ is str:
            pieces.append(f"{name}={escape(value)}")
        else:
            pieces.extend(expand(value))

    return write


def _listed(escape: Escape) -> Escape:
    """Members under allowReserved: what separates them stays encoded."""
    return lambda text: escape(text).replace(",", "%2C").replace("=", "%3D")


def compile_path(parameter: Parameter) -> Callable[[Any], str]:
    """Gives the encoded text for the parameter's place in the path; never empty, never a dot segment."""
    style = parameter.style if parameter.style in {"simple", "label", "matrix"} else "simple"
    row = STYLES[style]
    escape = reserved_path_text if parameter.allow_reserved else path_text
    if parameter.content_type:
        text_of = content_text(parameter.content_type)
        return lambda value: _segment(escape(text_of(value)))
    expand = expansion(
        style,
        query_text(parameter.name),
        explode=parameter.explode,
        escape=escape,
        member_escape=label_text if style == "label" and parameter.explode else path_text,
    )

    def write(value: Any) -> str:
        if value.__class__ is int and not row.first:
            return str(value)
        pieces = expand(value)
        return _segment(joined(row, pieces) if pieces and pieces != [""] else "")

    return write


def _segment(text: str) -> str:
    if not text:
        raise Unsendable("must not be empty: it is a part of the address.")
    if text[0] == ".":  # a label's own dots, before members that are empty or begin with a separator
        refuse_dot_segments(text)
    return text


def compile_header(parameter: Parameter) -> TextWriter:
    """Gives the field's value as it is, without percent-encoding; None for no field."""
    if parameter.content_type:
        text_of = content_text(parameter.content_type, ascii_only=True)
        return lambda value: header_text(text_of(value))
    expand = expansion(
        "simple",
        parameter.name,
        explode=parameter.explode,
        escape=header_text,
        member_escape=refusing(",", header_text),
    )

    def write(value: Any) -> str | None:
        if parameter.explode and isinstance(value, dict) and any("=" in key for key in value):
            raise Unsendable('must not have names that contain "=", which ends a name where it is sent.')
        pieces = expand(value)
        return ",".join(pieces) if pieces else None

    return write


def compile_cookie(parameter: Parameter) -> QueryWriter:
    """Writes `name=value` pieces, for "; " between them; an exploded array or object gives a cookie per member."""
    if parameter.style == "deepObject" or parameter.content_type:
        return compile_query(replace(parameter, allow_reserved=False))
    expand = expansion("form", query_text(parameter.name), explode=parameter.explode, escape=query_text)
    return lambda value, pieces: pieces.extend(expand(value))


def content_text(media_type: str, *, ascii_only: bool = False) -> Callable[[Any], str]:
    """How a parameter given by `content` is written as text, before its place's own escaping."""
    essence = media_type.partition(";")[0].strip().lower()
    if essence == "application/x-www-form-urlencoded":
        expand = expansion("form", "", explode=True, escape=form_text)
        return lambda value: "&".join(expand(value)) if isinstance(value, dict) else scalar_text(value)
    if essence.startswith("text/"):
        return scalar_text
    return lambda value: json_text(value, ascii_only=ascii_only)
