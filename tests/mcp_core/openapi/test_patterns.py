"""Regular expressions of other dialects."""

from __future__ import annotations

import json
import shutil
import subprocess

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.openapi.patterns import ecma_pattern
from tests.mcp_core.openapi.documents import argument_schema, with_body

UNCHANGED = [
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$", r"^\d{3}-\d{4}$", r"[\w.+-]+@[\w-]+", r"^(?!foo)bar(?=x)(?<!y)$",
    r"(a)\1", r"^[^/:|]+$", r"\p{L}+", r"\P{Lu}", r"^\u00e9\x41\cA$", r"^a{2,}b{1,3}?c*?$", r"[a-z-9]", r"[-a]", r"[a-]",
    r"^\/path\/$", r"\u{1F600}", r"[\]\\^-]", r"", r".*", r"\bword\B", r"\p{Script=Greek}", r"[\s\S]",
]  # fmt: skip
REWRITTEN = {
    r"^[\w-.]+$": r"^[\w\-.]+$",
    r"^\-\_\:\@\"\ $": r"^-_:@\" $".replace(r"\"", '"'),
    r"[\_\:\.]": r"[_:\.]",
    r"\Aabc\z": "^abc$",
    r"\Aabc\Z": "^abc$",
    "/^abc$/": "^abc$",
    "(?P<name>a)": "(?<name>a)",
    r"\p{Alnum}+": "[a-zA-Z0-9]+",
    r"[\p{Upper}_]": "[A-Z_]",
    r"\p{IsLetter}": r"\p{Letter}",
    r"\p{Han}": r"\p{Script=Han}",
    r"a]b}": r"a\]b\}",
    "a{b": r"a\{b",
    r"\x{60}": r"\u{60}",
}
REFUSED = [
    "(", ")", "[", "[z-a]", "a**", "*a", "+", "a{3,1}", "[a-z]{1-35}", "(?i)abc", "(?>a)", "a++", "(?#comment)",
    r"\p{Nonsense}", r"[[:alpha:]]", "[[:alpha:]-]", r"(?<n>a)(?<n>b)", r"\k<none>", r"\1", "\\", r"\q", r"(?!a)+",
    r"^.{0,262144}$", r"\P{Alpha}", "(?<!a)*", r"\p", r"\x{zz}", r"[\000-\037]",
    r"(?<year>\d{4})-\k<year>", r"\0",  # fine, but the engine that validates arguments cannot do them
]  # fmt: skip


@pytest.mark.parametrize("pattern", UNCHANGED)
def test_a_pattern_that_is_fine_stays_as_it_is(pattern: str) -> None:
    assert ecma_pattern(pattern) == pattern


@pytest.mark.parametrize(("pattern", "rewritten"), REWRITTEN.items())
def test_a_pattern_with_a_plain_equivalent_is_rewritten(pattern: str, rewritten: str) -> None:
    assert ecma_pattern(pattern) == rewritten
    assert ecma_pattern(rewritten) == rewritten


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_pattern_without_a_meaning_is_none(pattern: str) -> None:
    assert ecma_pattern(pattern) is None


def test_a_dropped_pattern_is_said_and_costs_nothing_else() -> None:
    assert argument_schema({"type": "string", "pattern": "(?i)a", "maxLength": 3}) == {"type": "string", "maxLength": 3}
    assert argument_schema({"type": "string", "pattern": 12}) == {"type": "string"}
    api = with_body({"type": "object", "properties": {"a": {"type": "string", "pattern": "(?i)a"}}})
    assert api.warnings == ("The pattern '(?i)a' was left out: it cannot be used as an ECMA-262 regular expression.",)


PIECES = st.sampled_from(
    [
        *r"a-z[](){}*+?.^$|\/:,=!<>0129_&~@",
        r"\d",
        r"\w",
        r"\-",
        r"\_",
        r"\p{L}",
        r"\x41",
        "{1,3}",
        "(?:",
        "(?<n>",
        r"\1",
        "[^",
        "a-z",
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_comes_out_compiles_and_is_stable(text: str) -> None:
    pattern = ecma_pattern(text)
    if pattern is not None:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
        assert ecma_pattern(pattern) == pattern


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; it is the judge of ECMA-262 here")
def test_javascript_compiles_every_pattern_with_the_u_flag() -> None:
    given_patterns = [*UNCHANGED, *REWRITTEN, *REFUSED]
    for first in PIECES.elements:  # type: ignore[attr-defined]  # the strategy's own list
        given_patterns += [
            f"{first}{second}{third}" for second in "a[(\\-]){+?" for third in ("b", "]", ")", "-]", "1}", r"\w]")
        ]
    made = sorted({made for pattern in given_patterns if (made := ecma_pattern(pattern)) is not None})
    script = """
        for (const pattern of JSON.parse(require("fs").readFileSync(0)))
            try { new RegExp(pattern, "u") } catch (error) { console.log(error.message) }
    """
    done = subprocess.run(["node", "-e", script], input=json.dumps(made), capture_output=True, text=True, check=True)
    assert len(made) > 400
    assert done.stdout == ""
