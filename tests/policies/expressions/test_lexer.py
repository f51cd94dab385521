"""The lexer: whatever is written as a C# literal or comment comes back as what it stands for."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.dotnet.values import scalars
from policies.errors import ExpressionError, Position
from policies.expressions.lexer import Hole, Source, Token, tokenize

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
GAPS = st.sampled_from([" ", "\n", "\t", "/* a \" ' } */", "// \" { '\n", "/**/", "\r\n"])
LAW = settings(max_examples=60, deadline=None)


def lex(text: str) -> list[Token]:
    tokens = tokenize(Source(text))
    assert tokens[-1].kind == "end"
    return tokens[:-1]


def regular(text: str) -> str:
    """The text as a regular string literal."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\0": "\\0", "\r": "\\r"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'


def verbatim(text: str) -> str:
    return '@"' + text.replace('"', '""') + '"'


@given(ANY_TEXT)
@LAW
def test_a_regular_string_stands_for_its_text(text: str) -> None:
    (token,) = lex(regular(text))
    assert (token.kind, scalars(token.value)) == ("string", text)


@given(ANY_TEXT)
@LAW
def test_a_verbatim_string_stands_for_its_text(text: str) -> None:
    (token,) = lex(verbatim(text))
    assert (token.kind, scalars(token.value)) == ("string", text)


@given(ANY_TEXT, st.sampled_from(["$", "$@"]))
@LAW
def test_an_interpolated_string_without_holes_stands_for_its_text(text: str, prefix: str) -> None:
    escaped = (verbatim(text)[1:] if "@" in prefix else regular(text)).replace("{", "{{").replace("}", "}}")
    (token,) = lex(prefix + escaped)
    assert token.kind == "interpolated"
    assert scalars("".join(token.value)) == text


@given(st.lists(st.tuples(ANY_TEXT, st.sampled_from(["1", '"}"', "a[0]", "'{'", '$"{2}"', 'f("{", x)', '@"""}"']))))
@LAW
def test_holes_hold_their_own_strings_and_braces(parts: list[tuple[str, str]]) -> None:
    body = "".join(regular(text)[1:-1].replace("{", "{{").replace("}", "}}") + "{" + hole + "}" for text, hole in parts)
    (token,) = lex(f'$"{body}"')
    holes = [part for part in token.value if isinstance(part, Hole)]
    assert len(holes) == len(parts)
    for (_, written), hole in zip(parts, holes, strict=True):
        assert [(t.kind, t.text) for t in hole.tokens[:-1]] == [(t.kind, t.text) for t in lex(written)]


@given(st.characters(codec="utf-8", max_codepoint=0xFFFF, exclude_characters="'\\\n"))
@LAW
def test_a_char_stands_for_itself(char: str) -> None:
    (token,) = lex(f"'{char}'")
    assert (token.kind, token.value) == ("char", char)


@given(st.integers(0, 2**64 - 1))
@LAW
def test_an_integer_is_its_value_in_every_base(number: int) -> None:
    for text in (str(number), hex(number), bin(number), f"{number:_}"):
        (token,) = lex(text)
        assert (token.kind, token.value) == ("int", number)


@given(st.floats(0, 1e300, allow_subnormal=False))
@LAW
def test_a_real_is_its_value(number: float) -> None:
    (token,) = lex(repr(number))
    assert token.value == number


def test_suffixes_ask_for_a_type() -> None:
    assert [(t.value, t.suffix) for t in lex("1u 1L 1uL 1f 1.5d 1.50m")] == [
        (1, "uint"),
        (1, "long"),
        (1, "ulong"),
        (1.0, "float"),
        (1.5, "double"),
        (Decimal("1.50"), "decimal"),
    ]


@given(st.lists(st.tuples(GAPS, st.sampled_from(["a", "1", '"x"', "'c'", "+", "=>", "??", "?.", ">>=", "(", "@class"]))))
@LAW
def test_white_space_and_comments_change_nothing(parts: list[tuple[str, str]]) -> None:
    apart = "".join(f"{gap} {token} " for gap, token in parts)
    plain = " ".join(token for _, token in parts)
    assert [(t.kind, t.text) for t in lex(apart)] == [(t.kind, t.text) for t in lex(plain)]


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_any_text_is_lexed_or_refused(text: str) -> None:
    try:
        tokens = lex(text)
    except ExpressionError as error:
        assert error.position is not None
        return
    assert all(text[token.offset : token.end].lstrip("@") == token.text.lstrip("@") for token in tokens)


def test_closing_angles_are_single_so_that_types_can_close() -> None:
    assert [t.text for t in lex("a<b<c>>(d)")] == ["a", "<", "b", "<", "c", ">", ">", "(", "d", ")"]


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ('"abc', "the string is not closed", 1),
        ('1 + "abc\n"', "the string is not closed", 5),
        ('@"abc', "the string is not closed", 1),
        ("'ab'", "too many characters", 1),
        ("''", "an empty character literal", 1),
        ("'a", "not a character literal", 1),
        (r'"a\qb"', r"unrecognized escape sequence '\q'", 3),
        ("/* a", "the comment is not closed", 1),
        ('$"{a"', "the string is not closed", 5),
        ('$"{a', "not closed", 3),
        ('$"a}"', "stands alone", 4),
        ('$"a', "not closed", 1),
        ("12ab", "not a number", 1),
        ("a $ b", "unexpected character '$'", 3),
        ("18446744073709551616", "too large", 1),
    ],
)
def test_what_is_no_token_is_refused_where_it_stands(text: str, message: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        tokenize(Source(text))
    assert message in caught.value.message
    assert caught.value.position == Position(1, column)


def test_positions_are_those_of_the_document() -> None:
    source = Source("a\n  b", "policy.xml", Position(10, 20))
    assert source.position(0) == Position(10, 20)
    assert source.position(4) == Position(11, 3)
    assert str(source.error(0, "no")).splitlines() == ["policy.xml:10:20: no", "  " + " " * 19 + "a", "  " + " " * 19 + "^"]


def test_deep_interpolation_is_refused_not_crashed_on() -> None:
    with pytest.raises(ExpressionError, match="nested too deeply"):
        tokenize(Source('$"{' * 500 + "1" + '}"' * 500))
