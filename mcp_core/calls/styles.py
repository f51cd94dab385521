"""OpenAPI's styles: how arrays and objects become one parameter (OAS 3.1 §4.8.12, RFC 6570 Appendix A).

The rule here: a style is a row of `STYLES`; every place a parameter can stand in uses the same expansion with an escape of its
own. Null members are left out, as RFC 6570 §2.3 treats undefined ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mcp_core.calls.escapes import Escape, Unsendable, query_text, scalar_text
from policies.records import Record

__all__ = ["STYLES", "Expansion", "StyleRow", "deep_pairs", "expansion", "joined", "refusing"]

Expansion = Callable[[Any], list[str]]


class StyleRow(Record):
    """`first` stands before the whole, `between` separates exploded members, `listed` the others. `named` writes the
    parameter's name, with `empty` after it where the value is empty. `forbidden` is a character that no member may have,
    since the encoded separator could not be told from it."""

    first: str = ""
    between: str = "&"
    listed: str = ","
    named: bool = True
    empty: str = "="
    forbidden: str = ""


STYLES: Mapping[str, StyleRow] = {
    "simple": StyleRow(between=",", named=False),
    "label": StyleRow(first=".", between=".", named=False),
    "matrix": StyleRow(first=";", between=";", empty=""),
    "form": StyleRow(),
    "spaceDelimited": StyleRow(listed="%20", forbidden=" "),
    "pipeDelimited": StyleRow(listed="%7C", forbidden="|"),
    "tabDelimited": StyleRow(listed="%09", forbidden="\t"),
}


def expansion(
    style: str, name: str, *, explode: bool, escape: Escape, member_escape: Escape | None = None, keep_empty: bool = False
) -> Expansion:
    """The function that writes one value as pieces, to be joined with the row's `between`.

    `name` is escaped already; `member_escape` writes the members of arrays and objects, where it differs from `escape`. An
    empty array or object gives no piece, or `name=` when `keep_empty`.
    """
    row = STYLES[style]
    member_escape = member_escape or escape
    if row.forbidden and not explode:
        member_escape = refusing(row.forbidden, member_escape)
    nothing = [f"{name}{row.empty}"] if keep_empty and row.named else []

    def named(text: str) -> str:
        if not row.named:
            return text
        return f"{name}={text}" if text else f"{name}{row.empty}"

    def expand(value: Any) -> list[str]:
        if isinstance(value, list):
            items = [member_escape(scalar_text(item)) for item in value if item is not None]
            if not items:
                return list(nothing)
            return [named(item) for item in items] if explode else [named(row.listed.join(items))]
        if isinstance(value, dict):
            members = [
                (member_escape(key), member_escape(scalar_text(item))) for key, item in value.items() if item is not None
            ]
            if explode:
                return [f"{key}={text}" for key, text in members]
            return [named(row.listed.join(text for member in members for text in member))] if members else list(nothing)
        return list(nothing) if value is None else [named(escape(scalar_text(value)))]

    return expand


def refusing(characters: str, escape: Escape) -> Escape:
    """An escape for members whose separator could not be told from one of these characters."""

    def checked(text: str) -> str:
        for character in characters:
            if character in text:
                raise Unsendable(f"must not have members that contain {character!r}, which separates them where it is sent.")
        return escape(text)

    return checked


def deep_pairs(name: str, value: Any, key_escape: Escape = query_text) -> Iterator[tuple[str, Any]]:
    """deepObject: `name[key]` for each member, and so on inwards, as (escaped name, scalar).

    OpenAPI defines one level. Deeper, what most servers read: `[]` for an array of scalars, `[0]` for one that holds arrays
    or objects.
    """
    if isinstance(value, dict):
        for key, member in value.items():
            yield from deep_pairs(f"{name}%5B{key_escape(key)}%5D", member, key_escape)
    elif isinstance(value, list):
        nested = any(isinstance(item, list | dict) for item in value)
        for index, item in enumerate(value):
            yield from deep_pairs(f"{name}%5B{index if nested else ''}%5D", item, key_escape)
    elif value is not None:
        yield name, value


def joined(row: StyleRow, pieces: Iterable[str]) -> str:
    """The pieces as one text, with what stands before them."""
    return row.first + row.between.join(pieces)
