"""Arithmetic laws: whatever is calculated, it is what a machine of that width calculates (C# specification, "Arithmetic
operators")."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_int32, c_int64, c_uint32, c_uint64
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policies.errors import ExpressionFailure

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WIDTHS = {"int": (c_int32, -(2**31), 2**31 - 1), "uint": (c_uint32, 0, 2**32 - 1), "long": (c_int64, -(2**63), 2**63 - 1)}
WIDTHS["ulong"] = (c_uint64, 0, 2**64 - 1)
OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "/": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
    "%": lambda a, b: abs(a) % abs(b) * (-1 if a < 0 else 1),
}


@st.composite
def operands(draw: Any) -> tuple[str, int, int]:
    kind = draw(st.sampled_from(sorted(WIDTHS)))
    _, low, high = WIDTHS[kind]
    number = st.one_of(st.integers(low, high), st.sampled_from([low, high, 0, 1, low + 1]))
    return kind, draw(number), draw(number)


def literal(kind: str, number: int) -> str:
    suffix = {"int": "", "uint": "u", "long": "L", "ulong": "UL"}[kind]
    return f"unchecked(({kind})({number}{suffix}))"


@pytest.mark.parametrize("sign", sorted(OPERATORS))
@given(case=operands())
@LAW
def test_integers_wrap_at_their_width(sign: str, case: tuple[str, int, int], run: Callable[[str], Any]) -> None:
    kind, left, right = case
    assume(sign not in "/%" or (right != 0 and not (right == -1 and left == WIDTHS[kind][1])))
    text = f"@{{ {kind} a = {literal(kind, left)}, b = {literal(kind, right)}; return a {sign} b; }}"
    assert int(run(text)) == WIDTHS[kind][0](OPERATORS[sign](left, right)).value


@pytest.mark.parametrize("sign", ["+", "-", "*"])
@given(case=operands())
@LAW
def test_checked_integers_overflow_instead(sign: str, case: tuple[str, int, int], run: Callable[[str], Any]) -> None:
    kind, left, right = case
    _, low, high = WIDTHS[kind]
    exact = OPERATORS[sign](left, right)
    text = f"@{{ {kind} a = {literal(kind, left)}, b = {literal(kind, right)}; return checked(a {sign} b); }}"
    if low <= exact <= high:
        assert int(run(text)) == exact
    else:
        with pytest.raises(ExpressionFailure) as caught:
            run(text)
        assert "System.OverflowException" in caught.value.detail


@given(case=operands(), count=st.integers(-70, 70), sign=st.sampled_from(["<<", ">>"]))
@LAW
def test_shifts_mask_their_count(case: tuple[str, int, int], count: int, sign: str, run: Callable[[str], Any]) -> None:
    kind, left, _ = case
    width = 63 if "long" in kind else 31
    moved = left << (count & width) if sign == "<<" else left >> (count & width)
    text = f"@{{ {kind} a = {literal(kind, left)}; return a {sign} {count}; }}"
    assert int(run(text)) == WIDTHS[kind][0](moved).value


@given(number=st.integers(-(2**63), 2**63 - 1), target=st.sampled_from(sorted(WIDTHS)))
@LAW
def test_casts_cut(number: int, target: str, run: Callable[[str], Any]) -> None:
    text = f"@{{ long a = {literal('long', number)}; return ({target})a; }}"
    assert int(run(text)) == WIDTHS[target][0](number).value


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.sampled_from(["+", "-", "*", "/"]))
@LAW
def test_doubles_never_throw(run: Callable[[str], Any], left: float, right: float, sign: str) -> None:
    def shown(number: float) -> str:
        if number in (float("inf"), float("-inf")):
            return "double.PositiveInfinity" if number > 0 else "double.NegativeInfinity"
        return f"({number!r}D)"

    assert isinstance(run(f"@{{ double a = {shown(left)}, b = {shown(right)}; return a {sign} b; }}"), float)


@given(st.floats(allow_nan=False, allow_infinity=False))
@LAW
def test_a_double_reads_back_from_its_text(run: Callable[[str], Any], number: float) -> None:
    assert run(f"@{{ double a = ({number!r}D); return double.Parse(a.ToString()); }}") == number


@given(st.integers(-(10**17), 10**17), st.integers(0, 16), st.integers(-(10**9), 10**9))
@LAW
def test_decimals_keep_their_scale(run: Callable[[str], Any], digits: int, scale: int, other: int) -> None:
    text = f"{'-' if digits < 0 else ''}{abs(digits):0{scale + 1}d}"
    written = f"{text[: len(text) - scale]}.{text[len(text) - scale :]}" if scale else text
    assume(not written.startswith("-.") and len(written.lstrip("-").replace(".", "").lstrip("0")) < 28)
    assert run(f"@(({written}m).ToString())") == written or digits == 0
    assert run(f"@(({written}m + {other}m - {other}m) == {written}m)") is True
