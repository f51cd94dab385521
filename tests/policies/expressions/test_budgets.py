"""Budgets: whatever a document says, an evaluation ends soon, in bounded memory, and the process lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from policies.dotnet import meter
from policies.errors import ExpressionFailure
from policies.expressions.evaluate import evaluate


@pytest.mark.parametrize(
    "text",
    [
        "@{ while (true) { } }",
        "@{ for (;;) { } }",
        "@{ do { } while (true); }",
        "@{ int F() => F() + 1; return F(); }",
        "@{ Func<int, int> f = null; f = n => f(n + 1); return f(0); }",
        "@{ int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2); return Fib(40); }",
        "@(Enumerable.Range(0, 2000000000).Sum(x => (long)x))",
        "@(Enumerable.Range(0, 2000000000).Count(x => x > 1))",
        "@(Enumerable.Range(0, 2000000000).ToArray().Length)",
        "@(Enumerable.Range(0, 2000).SelectMany(x => Enumerable.Range(0, 2000)).Count(x => x > 3000))",
        '@(Enumerable.Repeat("x", 2000000000).Last())',
        "@{ foreach (var i in Enumerable.Range(0, 2000000000)) { } return 1; }",
        "@{ var l = new List<int> { 1 }; for (int i = 0; i < l.Count; i++) { l.Add(i); } return 1; }",
    ],
)
def test_endless_work_fails(text: str, run: Callable[[str], Any]) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionFailure):
        run(text)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        '@{ var s = "aa"; while (true) { s = s + s; } }',
        '@{ var s = "aa"; while (true) { s += s; } }',
        '@{ var s = "aa"; while (true) { s = $"{s}{s}{s}"; } }',
        '@{ var s = "aa"; while (true) { s = s.Replace("a", "aaaa"); } }',
        '@{ var s = "aa"; while (true) { s = string.Concat(s, s); } }',
        '@{ var s = "aa"; while (true) { s = string.Join(s, s, s); } }',
        '@{ var s = "aa"; while (true) { s = string.Format("{0}{0}", s); } }',
        '@{ var b = new StringBuilder("aa"); while (true) { b.Append(b.ToString()); } }',
        '@{ var b = new StringBuilder("aa"); while (true) { b.Replace("a", "aaa"); } }',
        "@(new string('x', 2000000000))",
        '@("x".PadLeft(2000000000))',
        '@(string.Format("{0,9000000}{0,9000000}", 1))',
        '@($"{1,2000000000}")',
        '@(1.ToString("D900000000"))',
        "@(new int[2000000000].Length)",
        "@(new byte[2000000000].Length)",
        '@(Enumerable.Range(0, 100).Aggregate("a", (s, i) => s + s).Length)',
        "@{ var l = new List<string>(); while (true) { l.Add(new string('x', 10000000)); } }",
        "@{ var l = new List<string>(); var s = new string('x', 1000000); while (true) { l.Add(s.ToUpper()); } }",
        "@{ var l = new List<string[]>(); var s = new string(',', 100000); while (true) { l.Add(s.Split(',')); } }",
        "@{ var l = new List<string>(); var s = new string('x', 60000); while (true) { l.Add(s + l.Count); } }",
        "@{ var l = new List<int[]>(); while (true) { l.Add(new int[1000000]); } }",
    ],
)
def test_exploding_values_fail(text: str, run: Callable[[str], Any]) -> None:
    with pytest.raises(ExpressionFailure):
        run(text)


@pytest.mark.parametrize(
    "text",
    [
        "@{ try { while (true) { } } catch { return 1; } }",
        "@{ try { while (true) { } } catch (Exception) { return 1; } }",
        "@{ try { while (true) { } } finally { while (true) { } } }",
        "@{ int F() => F() + 1; try { return F(); } catch (Exception) { return 1; } }",
        "@{ while (true) { try { while (true) { } } catch { } } }",
    ],
)
def test_no_catch_keeps_an_evaluation_alive(text: str, run: Callable[[str], Any]) -> None:
    with pytest.raises(ExpressionFailure):
        run(text)


@pytest.fixture
def hasty() -> Iterator[None]:
    """A clock that allows 20 ms only."""
    meter.limit(steps=10**12, seconds=0.02)
    yield
    meter.limit()


@pytest.mark.usefixtures("hasty")
def test_wall_time_is_limited_too(run: Callable[[str], Any]) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionFailure) as caught:
        run("@{ while (true) { } }")
    assert "longer than 0.02 s" in caught.value.detail
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("budgets", "text", "wanted"),
    [
        ({"steps": 500}, "@{ int n = 0; while (n < 1000) { n++; } return n; }", "more than 500 steps"),
        ({"size": 1000}, "@(new string('x', 1001))", "more than 1,000 characters"),
        ({"size": 1000}, "@(new int[1001].Length)", "more than 1,000 characters"),
    ],
)
def test_budgets_can_be_set_for_all_threads(budgets: dict[str, int], text: str, wanted: str, run: Callable[[str], Any]) -> None:
    run(text)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run, text).result()
        meter.limit(**budgets)
        try:
            for evaluation in (lambda: run(text), lambda: pool.submit(run, text).result()):
                with pytest.raises(ExpressionFailure) as caught:
                    evaluation()
                assert wanted in caught.value.detail
        finally:
            meter.limit()
    run(text)


def test_each_evaluation_has_the_whole_budget(run: Callable[[str], Any]) -> None:
    text = "@{ int n = 0; for (int i = 0; i < 300000; i++) { n += i % 3; } return n; }"
    assert [run(text), run(text)] == [300_000, 300_000]


def test_a_failure_tells_the_client_nothing(run: Callable[[str], Any]) -> None:
    with pytest.raises(ExpressionFailure) as caught:
        run('@{ throw new Exception("secret"); }')
    assert caught.value.status == 500
    assert "secret" not in caught.value.public
    assert caught.value.detail == "System.Exception: secret"


def test_long_texts_are_refused_when_compiled(compiled: Callable[[str], Any]) -> None:
    from policies.errors import ExpressionError

    with pytest.raises(ExpressionError, match="longer than"):
        compiled("@(" + "1+" * 40_000 + "1)")


def test_deep_texts_are_refused_when_compiled(compiled: Callable[[str], Any], run: Callable[[str], Any]) -> None:
    from policies.errors import ExpressionError

    for text in ("(" * 400 + "1" + ")" * 400, "-" * 800 + "1", "x => " * 300 + "1", '"a"' + ".Trim()" * 3000):
        with pytest.raises((ExpressionError, ExpressionFailure)):
            run(f"@({text})")


def test_long_chains_are_fine(run: Callable[[str], Any]) -> None:
    assert run("@(" + " + ".join(["1"] * 1000) + ")") == 1000
    assert run("@(" + " + ".join(['"a"'] * 1000) + ")") == "a" * 1000
    assert run("@(" + " && ".join(['context.Request.Method == "GET"'] * 500) + ")") is True
    chain = "if (context.Variables.Count == 99) { return 0; } " + " ".join(
        f"else if (context.Variables.Count == {number}) {{ return {number}; }}" for number in range(200, 0, -1)
    )
    assert run("@{ " + chain + " return -1; }") == 2


def test_no_budget_runs_on_when_expressions_were_checked_and_evaluated(run: Callable[[str], Any]) -> None:
    run('@(System.Text.RegularExpressions.Regex.IsMatch("aa", "a+"))')  # the constant pattern is looked at when it is compiled
    assert meter.meter().left > meter.STEPS
    assert evaluate({"expression": "@(new[] { 1, 2 }.Select(n => n + 1))"})["value"] == [2, 3]
    assert meter.meter().left > meter.STEPS
