"""Putting texts together: `+` with a string, and the holes of interpolated strings.

The rule here: null is no text; what is known becomes text now; a chain of `+` is one text of many parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.dotnet import values
from policies.dotnet.types import Inline, net
from policies.expressions import bound as b
from policies.expressions.conversions import INTEGERS, keyword, template

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["INTEGER_TEXT", "concatenate", "text_part"]

INTEGER_TEXT = Inline("str(value)", never_null=True, str=int.__repr__)
_BOOL_TEXT = Inline("('True' if value else 'False')", never_null=True)
_CHAR_TEXT = Inline("(value)", never_null=True)
_ANY_TEXT = Inline("text(value)", never_null=True, text=values.to_text)


def concatenate(binder: Binder, left: b.Value, right: b.Value, offset: int) -> b.Value | None:
    string, parts = net("string"), []
    for value in (left, right):
        if isinstance(value, b.Text):
            parts += value.parts
            continue
        part = text_part(binder, value)
        if part is None:
            return None
        parts.append(part)
    merged: list[b.Value] = []
    for part in parts:
        previous = merged[-1] if merged else None
        if isinstance(part, b.Constant) and isinstance(previous, b.Constant):
            merged[-1] = b.Constant(previous.offset, string, previous.value + part.value)
        else:
            merged.append(part)
    return merged[0] if len(merged) == 1 and isinstance(merged[0], b.Constant) else b.Text(offset, string, merged)


def text_part(binder: Binder, value: b.Value) -> b.Value | None:
    """A value as part of a text: a string that may be null, or a constant text; None when it is no value."""
    string, name = net("string"), keyword(value.type)
    if value.type is b.NULL:
        return b.Constant(value.offset, string, "")
    if value.type.kind == "pseudo" or value.type.name == "System.Void":
        return None
    if isinstance(value, b.Constant):
        return b.Constant(value.offset, string, values.to_text(values.box(value.value, value.type)))
    if name == "string":
        return value
    if name in INTEGERS:
        return template(INTEGER_TEXT, string, value)
    if name == "char":
        return template(_CHAR_TEXT, string, value)
    if name == "bool":
        return template(_BOOL_TEXT, string, value)
    boxed = binder.implicit(value, net("object"))
    return None if boxed is None else template(_ANY_TEXT, string, boxed)
