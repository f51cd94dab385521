"""What `compile_expression` tells of an expression: its type, what it reads, whether it is constant, where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policies.context import PolicyContext
from policies.dotnet.values import type_name
from policies.errors import ExpressionError, ExpressionFailure, Position
from policies.expressions import Expression, compile_expression

Compile = Callable[[str], Expression]


@pytest.mark.parametrize(
    ("text", "request_body", "response_body"),
    [
        ("@(context.Request.Body.As<string>())", True, False),
        ("@(context.Response.Body.As<JObject>(true))", False, True),
        ("@(context.Request.Body == null)", True, False),
        ("@(context.Request?.Body?.As<string>(preserveContent: true))", True, False),
        ("@(context.Response?.Body.As<string>())", False, True),
        ("@{ var r = context.Request; return r.Body.As<string>(); }", True, False),
        ("@{ var c = context; return c.Request.Body.As<string>(); }", True, False),
        ("@{ IResponse F() => context.Response; return F().Body.As<string>(); }", False, True),
        ("@{ Func<string> f = () => context.Request.Body.As<string>(); return f(); }", True, False),
        ('@(((IResponse)context.Variables["r"]).Body.As<string>())', False, False),
        (
            '@{ var r = (IResponse)context.Variables["r"]; return r.Body.As<string>() + context.Response.StatusCode; }',
            False,
            False,
        ),
        ("@(context.Request.Method)", False, False),
        ("@(context.Response.StatusCode)", False, False),
        ("@(context.Request)", False, False),
        ("@(1)", False, False),
    ],
)
def test_it_knows_which_bodies_it_reads(text: str, request_body: bool, response_body: bool, compiled: Compile) -> None:
    found = compiled(text)
    assert (found.reads_request_body, found.reads_response_body) == (request_body, response_body)


def test_it_knows_which_members_of_the_context_it_reads(compiled: Compile) -> None:
    text = '@(context.Request.Headers.ContainsKey("a") ? context.LastError?.Message : (string)context.Variables["b"])'
    assert compiled(text).reads == {
        "context.Request",
        "context.Request.Headers",
        "context.LastError",
        "context.LastError.Message",
        "context.Variables",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("@(1)", "System.Int32"),
        ('@("a" + 1)', "System.String"),
        ("@(null)", "System.Object"),
        ("@(context.Variables)", "Microsoft.ApiManagement.Variables"),
        ("@(new List<int>())", "System.Collections.Generic.List`1[System.Int32]"),
        ('@((string)context.Variables["x"])', "System.String"),
        ("@{ return 1; }", "System.Int32"),
        ("@{ if (context.Variables.Count > 1) return 1; return 2L; }", "System.Object"),
        ("@{ if (context.Variables.Count > 1) return 1L; return 2L; }", "System.Int64"),
        ('@{ if (context.Variables.Count > 1) return 1; return "a"; }', "System.Object"),
        ("@{ if (context.Variables.Count > 1) return null; return 5; }", "System.Object"),
        ('@{ if (context.Variables.Count > 1) return null; return "a"; }', "System.String"),
    ],
)
def test_it_knows_its_static_type(text: str, name: str, compiled: Compile) -> None:
    assert compiled(text).type == name


@pytest.mark.parametrize(("text", "constant"), [("@(1 + 2)", True), ('@("a" + 1)', True), ("@(nameof(context))", True)])
def test_constants_are_known(text: str, constant: bool, compiled: Compile) -> None:
    assert compiled(text).is_constant is constant
    assert compiled("@(context.Request.Method)").is_constant is False


def test_values_are_boxed_with_their_type(run: Callable[[str], Any]) -> None:
    for text, name in {"@(5L)": "System.Int64", "@('c')": "System.Char", "@{ byte b = 1; return b; }": "System.Byte"}.items():
        assert type_name(run(text)) == name


def test_texts_leave_as_whole_characters(run: Callable[[str], Any]) -> None:
    assert run('@("a😀b".Substring(0, 3))') == "a😀"
    assert run('@("😀".Substring(0, 1))') == "\ufffd"
    assert run('@{ var s = ""; foreach (var c in "x😀") s += c; return s; }') == "x😀"


def test_errors_carry_the_documents_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("\n  a.b", origin="mcp/orders", position=Position(7, 30))
    error = caught.value
    assert (error.origin, error.position) == ("mcp/orders", Position(8, 3))
    assert str(error).splitlines()[:3] == ["mcp/orders:8:3: the name 'a' does not exist here", "    a.b", "    ^"]


def test_what_python_cannot_take_is_refused_with_its_place() -> None:
    loops = "".join(f"foreach (var c{number} in s) {{ " for number in range(40))
    sums = "1" + " + context.Request.Method.Length" * 2000
    for text in (f'var s = "a"; {loops} s += "b"; {"}" * 40} return s;', f"return {sums};"):
        with pytest.raises(ExpressionError, match="nested too deeply") as caught:
            compile_expression(text, kind="block", position=Position(3, 5))
        assert caught.value.position == Position(3, 5)


def test_a_thrown_exception_is_the_cause_of_the_failure(run: Callable[[str], Any]) -> None:
    with pytest.raises(ExpressionFailure) as caught:
        run('@(int.Parse("x"))')
    assert type(caught.value.__cause__).__name__ == "FormatException"


def test_evaluations_do_not_share_variables(compiled: Compile, context: PolicyContext) -> None:
    counter = compiled("@{ int n = 0; Action more = () => n++; more(); return n; }")
    assert [counter.evaluate(context) for _ in range(3)] == [1, 1, 1]
