"""Custom numeric formats: "0.00", "#,##0", "0.0%", "+0;-0;zero".

The rule here: a format is read once into a plan of digits and literals, then laid over the rounded digits of the number.
Source: learn.microsoft.com/dotnet/standard/base-types/custom-numeric-format-strings.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from policies.records import Record, field

__all__ = ["format_custom"]

_EXACT = Context(prec=1100, rounding=ROUND_HALF_UP)
_PIECE = re.compile(r"(?P<quoted>'[^']*'?|\"[^\"]*\"?)|\\(?P<escaped>.?)|(?P<exponent>[eE][+-]?0+)|(?P<other>.)", re.DOTALL)


class _Plan(Record, frozen=False):
    """`pieces` are ("digit", "0" or "#") and ("text", …); those before `split` stand before the point."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    split: int | None = None
    grouped: bool = False
    scale: int = 0
    exponent: str = ""

    def digits(self, start: int, end: int) -> list[str]:
        return [text for kind, text in self.pieces[start:end] if kind == "digit"]


def format_custom(value: Decimal, spec: str, *, negative: bool, signed_zero: bool) -> str:
    """The number by a custom format; sections stand for positive, negative and zero. `signed_zero`: -0 has its sign."""
    sections = _sections(spec)
    magnitude = value.copy_abs()  # abs() would round to 28 digits
    signed = True
    chosen = sections[0]
    if len(sections) > 1 and negative and sections[1]:
        chosen, signed = sections[1], False
    if len(sections) > 2 and not value:
        chosen, signed = sections[2], False
    plan = _plan(chosen)
    text, shown_zero = _lay(plan, magnitude)
    if shown_zero and len(sections) > 2 and value:
        text, signed = _lay(_plan(sections[2]), Decimal(0))[0], False
    return f"-{text}" if text and negative and signed and (signed_zero or not shown_zero) else text


def _sections(spec: str) -> list[str]:
    parts, current = [], ""
    for match in _PIECE.finditer(spec):
        if match["other"] == ";":
            parts.append(current)
            current = ""
        else:
            current += match[0]
    return [*parts, current]


@lru_cache(maxsize=256)
def _plan(section: str) -> _Plan:
    plan = _Plan()
    commas_since_digit = 0
    for match in _PIECE.finditer(section):
        other = match["other"]
        if match["quoted"]:
            plan.pieces.append(("text", match["quoted"][1:].removesuffix(match["quoted"][0])))
        elif match["escaped"] is not None:
            plan.pieces.append(("text", match["escaped"]))
        elif match["exponent"]:
            plan.exponent = match["exponent"]
            plan.pieces.append(("exponent", match["exponent"]))
        elif other in ("0", "#"):
            if commas_since_digit and plan.split is None:
                plan.grouped = True
            commas_since_digit = 0
            plan.pieces.append(("digit", other))
        elif other == ".":
            if plan.split is None:
                plan.split = len(plan.pieces)
                plan.scale -= 3 * commas_since_digit
                commas_since_digit = 0
        elif other == ",":
            if any(kind == "digit" for kind, _ in plan.pieces) and plan.split is None:
                commas_since_digit += 1
        else:
            plan.scale += {"%": 2, "‰": 3}.get(other, 0)
            plan.pieces.append(("text", other))
    plan.scale -= 3 * commas_since_digit
    return plan


def _lay(plan: _Plan, magnitude: Decimal) -> tuple[str, bool]:
    """The magnitude laid over the plan, and whether nothing but zeros came out."""
    split = len(plan.pieces) if plan.split is None else plan.split
    before, after = plan.digits(0, split), plan.digits(split, len(plan.pieces))
    scaled = magnitude.scaleb(plan.scale, context=_EXACT)
    exponent = 0
    if plan.exponent:
        exponent = scaled.adjusted() - max(len(before), 1) + 1 if scaled else 0
        scaled = scaled.scaleb(-exponent, context=_EXACT)
    rounded = format(scaled.quantize(Decimal(1).scaleb(-len(after)), context=_EXACT), "f")
    whole, _, fraction = rounded.partition(".")
    whole = whole.lstrip("0")
    least = len(before) - before.index("0") if "0" in before else 0
    whole = whole.rjust(least, "0")
    kept = len(fraction.rstrip("0"))
    zeros = [at for at, mark in enumerate(after) if mark == "0"]
    fraction = fraction[: max(kept, zeros[-1] + 1 if zeros else 0)]
    text = _before(plan, split, whole, len(before), exponent) + (f".{fraction}" if fraction and not after else "")
    text += _after(plan, split, fraction, exponent)
    return text, not rounded.strip("0.") and not plan.exponent


def _power(mark: str, exponent: int) -> str:
    """The exponent as its mark ("E+00") wants it."""
    sign = "-" if exponent < 0 else "+" if "+" in mark else ""
    return f"{mark[0]}{sign}{abs(exponent):0{mark.count('0')}d}"


def _before(plan: _Plan, split: int, whole: str, places: int, exponent: int) -> str:
    parts: list[str] = []
    used = seen = 0
    for kind, text in plan.pieces[:split]:
        if kind != "digit":
            parts.append(text if kind == "text" else _power(text, exponent))
            continue
        seen += 1
        take = len(whole) - (places - seen) - used
        for digit in whole[used : used + max(take, 0)]:
            parts.append(digit)
            used += 1
            rest = len(whole) - used
            if plan.grouped and rest and rest % 3 == 0:
                parts.append(",")
    return "".join(parts)


def _after(plan: _Plan, split: int, fraction: str, exponent: int) -> str:
    parts = ["."] if fraction else []
    at = 0
    for kind, text in plan.pieces[split:]:
        if kind == "digit":
            parts.append(fraction[at : at + 1])
            at += 1
        elif kind == "text":
            parts.append(text)
        else:
            parts.append(_power(text, exponent))
    return "".join(parts)
