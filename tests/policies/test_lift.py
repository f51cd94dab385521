"""The lexical rules of C# decide where an expression ends, whatever stands in it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.lift import Unbalanced, end_of_brackets

WHOLE = [
    ("(a)", "a name"),
    ('(")")', "a bracket in a string"),
    ('("\\")")', "an escaped quote"),
    ('(@"\\")', "a backslash in a verbatim string"),
    ('(@"a"")b")', "a doubled quote in a verbatim string"),
    ("(')')", "a bracket as a character"),
    ("('\\'' + ')')", "an escaped apostrophe"),
    ("('\"')", "a quote as a character"),
    ('($"{a})")', "a bracket after a hole"),
    ('($"{f(")")}")', "a string inside a hole"),
    ('($"{{)}}")', "escaped braces"),
    ('($"{{{a}}}")', "a hole in escaped braces"),
    ("($\"{d:hh'h)'mm}\")", "a format with quotes and a bracket"),
    ('($"{(a ? "x" : ")")}")', "a conditional in a hole"),
    ('($"{global::System.String.Empty}")', "an alias qualifier in a hole"),
    ('($@"{a} "")"" \\")', "verbatim interpolated"),
    ('(@$"{a} "")"" \\")', "the other order"),
    ('($"{$"{")"}"}")', "interpolated in interpolated"),
    ("(a // )\n)", "a line comment"),
    ("(a /* ) */)", "a block comment"),
    ("(a /* ** */)", "stars in a comment"),
    ("{ if (a < b) { return x[0]; } }", "a block"),
    ("(a - b / c)", "a division is no comment"),
]

BROKEN = [
    ("(a", "'(' is not closed", 0),
    ("(a]", "']' closes nothing that is open here", 2),
    ('("a)', "this string is not closed", 1),
    ('("a\n")', "this string is not closed", 1),
    ('(@"a)', "this string is not closed", 1),
    ("(')", "this character is not closed", 1),
    ("(/* a)", "this comment is not closed", 1),
    ('($"{a)")', "')' closes nothing that is open here", 5),
    ('($"a)', "this interpolated string is not closed", 5),
]


@pytest.mark.parametrize(("text", "what"), WHOLE, ids=[what for _, what in WHOLE])
def test_an_expression_ends_where_its_bracket_closes(text: str, what: str) -> None:
    assert end_of_brackets(f"{text} rest ) ] }} \"'", 0) == len(text)


@pytest.mark.parametrize(("text", "message", "offset"), BROKEN)
def test_what_is_not_closed_is_named_with_its_place(text: str, message: str, offset: int) -> None:
    with pytest.raises(Unbalanced, match=re.escape(message)) as caught:
        end_of_brackets(text, 0)
    assert (caught.value.message, caught.value.offset) == (message, offset)


_PLAIN = st.text(st.sampled_from("abc .,;+-*<>=!&|?0189\n\t"), max_size=6).map(lambda t: t.replace("/", ""))
_HIDDEN = st.text(st.sampled_from("ab()[]{}'/ *,<&"), max_size=8)


def _regular(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _verbatim(text: str) -> str:
    return '@"' + text.replace('"', '""') + '"'


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    brackets = st.sampled_from(["()", "[]", "{}"])
    return st.one_of(
        st.tuples(brackets, inner).map(lambda p: p[0][0] + p[1] + p[0][1]),
        inner.map(lambda code: f'$"x{{({code})}}y"'),
        inner.map(lambda code: f'$@"x{{({code})}}""y\\"'),
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
    )


CODE = st.recursive(
    st.one_of(
        _PLAIN,
        _HIDDEN.map(_regular),
        _HIDDEN.map(_verbatim),
        _HIDDEN.map(lambda t: '$"' + t.replace("{", "{{").replace("}", "}}") + '"'),
        st.sampled_from('()[]{}"ab ').map(lambda c: f"'{c}'"),
        _HIDDEN.map(lambda t: f"/*{t.replace('*/', '')} */"),
        _HIDDEN.map(lambda t: f"//{t}\n"),
    ),
    _nested,
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(CODE, st.sampled_from(["()", "{}"]), st.text(max_size=5))
def test_any_code_survives_the_lift(code: str, brackets: str, rest: str) -> None:
    whole = brackets[0] + code + brackets[1]
    assert end_of_brackets(whole + rest, 0) == len(whole)


@pytest.mark.parametrize("piece", ['"', "'", "(", '$"{', "/*", '@"', '$"{(', '"\\', "a", '""', "{{", '$@"{{'])
def test_long_input_takes_linear_time(piece: str) -> None:
    text = "(" + piece * (200_000 // len(piece))
    started = time.process_time()
    with pytest.raises(Unbalanced):
        end_of_brackets(text, 0)
    assert time.process_time() - started < 2.0
