"""The parser: precedence as C# has it, ambiguities as C# decides them, and the same verdict as tree-sitter-c-sharp."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_c_sharp
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from policies.errors import ExpressionError
from policies.expressions import syntax as s
from policies.expressions.lexer import Source
from policies.expressions.statements import parse_block, parse_expression

LAW = settings(max_examples=80, deadline=None)


def shape(node: s.Node) -> str:
    """A tree as text with every operation in brackets."""
    show = SHAPES.get(type(node))
    return type(node).__name__ if show is None else show(node)


def listed(nodes: list[Any]) -> str:
    return ", ".join(map(shape, nodes))


def generic(arguments: list[s.TypeSyntax]) -> str:
    return f"<{','.join(map(str, arguments))}>" if arguments else ""


def argument(node: s.Argument) -> str:
    return (f"{node.name}: " if node.name else "") + (f"{node.mode} " if node.mode else "") + shape(node.value)


def increment(node: s.Increment) -> str:
    sign = node.operator * 2
    return f"({sign}{shape(node.operand)})" if node.is_prefix else f"({shape(node.operand)}{sign})"


SHAPES: dict[type[s.Node], Callable[[Any], str]] = {
    s.Argument: argument,
    s.As: lambda n: f"({shape(n.operand)} as {n.type})",
    s.Assign: lambda n: f"({shape(n.target)} {n.operator.replace('=', '')}= {shape(n.value)})",
    s.Binary: lambda n: f"({shape(n.left)} {n.operator} {shape(n.right)})",
    s.Call: lambda n: f"{shape(n.target)}({listed(n.arguments)})",
    s.Cast: lambda n: f"({n.type}){shape(n.operand)}",
    s.Conditional: lambda n: f"({shape(n.condition)} ? {shape(n.yes)} : {shape(n.no)})",
    s.ConditionalAccess: lambda n: f"({shape(n.target)} ?. {shape(n.rest)})",
    s.ConstantPattern: lambda n: shape(n.value),
    s.Increment: increment,
    s.Index: lambda n: f"{shape(n.target)}[{listed(n.arguments)}]",
    s.Is: lambda n: f"({shape(n.operand)} is {shape(n.pattern)})",
    s.Lambda: lambda n: f"({', '.join(p.name for p in n.parameters)} => {shape(n.body)})",
    s.Literal: lambda n: repr(n.value),
    s.Member: lambda n: f"{shape(n.target)}.{n.name}{generic(n.arguments)}",
    s.Name: lambda n: n.name + generic(n.arguments),
    s.Placeholder: lambda n: "_",
    s.TypePattern: lambda n: f"{n.type} {n.name}".strip(),
    s.Unary: lambda n: f"({n.operator}{shape(n.operand)})",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a * b + c", "((a * b) + c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b << c", "((a + b) << c)"),
        ("a << b < c", "((a << b) < c)"),
        ("a < b == c > d", "((a < b) == (c > d))"),
        ("a == b & c", "((a == b) & c)"),
        ("a & b ^ c | d", "(((a & b) ^ c) | d)"),
        ("a || b && c", "(a || (b && c))"),
        ("a ?? b ?? c", "(a ?? (b ?? c))"),
        ("a ?? b || c", "(a ?? (b || c))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b ? c : d : e", "(a ? (b ? c : d) : e)"),
        ("a = b = c", "(a = (b = c))"),
        ("a += b ?? c", "(a += (b ?? c))"),
        ("a >>= b", "(a >>= b)"),
        ("-a.b", "(-a.b)"),
        ("!a.b(c)", "(!a.b(c))"),
        ("-a++", "(-(a++))"),
        ("++a.b", "(++a.b)"),
        ("a is B && c", "((a is B) && c)"),
        ("a as B ?? c", "((a as B) ?? c)"),
        ("a as B == c", "((a as B) == c)"),
        ("a is B ? c : d", "((a is B) ? c : d)"),
        ("a is int ? b : c", "((a is int) ? b : c)"),
        ("a is int? && b", "((a is int?) && b)"),
        ("a is B b && b", "((a is B b) && b)"),
        # casts or parentheses
        ("(a) - 1", "(a - 1)"),
        ("(a) + b", "(a + b)"),
        ("(a)b", "(a)b"),
        ("(a)(b)", "(a)b"),
        ("(a)!b", "(a)(!b)"),
        ("(int)-1", "(int)(-1)"),
        ("(int)a + b", "((int)a + b)"),
        ("(a.B)c.d", "(a.B)c.d"),
        ("(string)a[0]", "(string)a[0]"),
        ("(a<b>)c", "(a<b>)c"),
        ("(int?)null", "(int?)None"),
        ("(byte[])a", "(byte[])a"),
        ('"Bearer " + (x)?.AccessToken', "('Bearer ' + (x ?. _.AccessToken))"),
        ("(a)?[0]", "(a ?. _[0])"),
        ("(a) ? b : c", "(a ? b : c)"),
        ("(a) is B", "(a is B)"),
        ("(a) as B", "(a as B)"),
        # type arguments or comparisons
        ("a < b", "(a < b)"),
        ("a.F<T>(b)[0]", "a.F<T>(b)[0]"),
        ("F<A, B>(c)", "F<A,B>(c)"),
        ("F(a < b, c > d)", "F((a < b), (c > d))"),
        ("F(a < b, c > (d))", "F(a<b,c>(d))"),
        ("a < b > c", "((a < b) > c)"),
        ("F<List<List<int>>>(a)", "F<List<List<int>>>(a)"),
        ("a >> b > c", "((a >> b) > c)"),
        ("a<b>.c", "a<b>.c"),
        ("a < 5 && b > 3", "((a < 5) && (b > 3))"),
        # conditional access
        ("a?.b.c", "(a ?. _.b.c)"),
        ("a?.b?.c", "(a ?. (_.b ?. _.c))"),
        ("a?.b ?? c", "((a ?. _.b) ?? c)"),
        ("a?[0]?.b(c)", "(a ?. (_[0] ?. _.b(c)))"),
        ("a?\n  .b()? /* c */ [0]", "(a ?. (_.b() ?. _[0]))"),
        ("a ?.5 : b", "(a ? 0.5 : b)"),
        ("a?.b == c", "((a ?. _.b) == c)"),
        # lambdas
        ("x => y => z", "(x => (y => z))"),
        ("(a, b) => a + b", "(a, b => (a + b))"),
        ("() => 1", "( => 1)"),
        ("F(x => x, 1)", "F((x => x), 1)"),
        ("(int a, string b) => a", "(a, b => a)"),
        ("a ? x => 1 : y => 2", "(a ? (x => 1) : (y => 2))"),
        ("F(out var x, name: 1)", "F(out OutVariable, name: 1)"),
        ("(a)", "a"),
        ("((a))", "a"),
        ("new A().b", "New.b"),
        ("a . b ( c )", "a.b(c)"),
    ],
)
def test_it_is_read_as_csharp_reads_it(text: str, expected: str) -> None:
    assert shape(parse_expression(Source(text))) == expected


NAMES = st.sampled_from(["a", "b", "c", "x1"])
ATOMS = st.one_of(NAMES, st.integers(0, 99).map(str), st.sampled_from(['"s"', "'c'", "null", "true", "1.5"]))


def _bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "%", "<<", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||", "??"]
    return st.one_of(
        st.tuples(inner, st.sampled_from(operators), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        st.tuples(NAMES, NAMES, inner).map(lambda t: f"{t[0]}.{t[1]}({t[2]})"),
        st.tuples(NAMES, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(NAMES, inner).map(lambda t: f"({t[0]} => {t[1]})"),
        inner.map(lambda t: f"(!{t})"),
    )


@given(st.recursive(ATOMS, _bigger, max_leaves=12))
@LAW
def test_brackets_around_operations_change_nothing(text: str) -> None:
    tree = parse_expression(Source(text))
    assert shape(parse_expression(Source(f"({text})"))) == shape(tree)
    assert shape(parse_expression(Source(text.replace(" ", "  /* x */ ")))) == shape(tree)


@given(st.recursive(ATOMS, _bigger, max_leaves=12))
@LAW
def test_children_come_in_the_order_of_the_text(text: str) -> None:
    for node in parse_expression(Source(text)).walk():
        offsets = [child.offset for child in node.children()]
        assert offsets == sorted(offsets)


@given(st.text(alphabet="ab1 .,;:()[]{}<>?!=+-&|\"'@$/\\*\n", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for parse in (parse_expression, parse_block):
        try:
            parse(Source(text))
        except ExpressionError as error:
            assert error.position is not None


@pytest.mark.parametrize("text", ["(" * 5000, "a(" * 3000, "!" * 5000, "a?" * 3000, "x=>" * 3000, "[" * 3000, "new A{" * 3000])
def test_depth_is_refused_not_crashed_on(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(Source(text))


def test_long_chains_are_no_depth() -> None:
    parse_expression(Source(" + ".join(["a"] * 2000)))
    parse_block(Source("if (a) { b(); } " + "else if (a) { b(); } " * 500))


# ---- the cross-check -------------------------------------------------------------------------------------------------

CSHARP = Parser(Language(tree_sitter_c_sharp.language()))
MISREAD = ("when", " is ", '$@"a\\{')
"""What tree-sitter-c-sharp reads otherwise or, as a whole expression, not at all."""


def accepted_by_tree_sitter(expression: str) -> bool:
    code = expression[2:-1]
    body = f"return {code};" if expression.startswith("@(") else code
    tree = CSHARP.parse(f"class C {{ object M() {{ {body} }} }}".encode())
    return not tree.root_node.has_error


def accepted(expression: str) -> bool:
    try:
        parse_expression(Source(expression[2:-1])) if expression.startswith("@(") else parse_block(Source(expression[2:-1]))
    except ExpressionError:
        return False
    return True


def every_case() -> list[str]:
    found: list[str] = []
    for directory in (Path(__file__).parent / "cases", Path(__file__).parent.parent / "dotnet" / "cases"):
        for file in sorted(directory.glob("*.toml")):
            cases = tomllib.loads(file.read_text(encoding="utf-8"))["case"]
            found += [case["expression"] for case in cases if case.get("kind") != "compile"]
    return sorted(set(found))


def test_tree_sitter_accepts_what_we_accept() -> None:
    cases = [case for case in every_case() if not any(pattern in case for pattern in MISREAD)]
    assert len(cases) > 300
    assert [case for case in cases if not accepted(case)] == []
    assert [case for case in cases if not accepted_by_tree_sitter(case)] == []


@given(st.recursive(ATOMS, _bigger, max_leaves=10))
@LAW
def test_tree_sitter_agrees_on_generated_expressions(text: str) -> None:
    assert accepted(f"@({text})") == accepted_by_tree_sitter(f"@({text})")
