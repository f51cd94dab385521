"""Whatever a document holds is compiled when the pipeline is made, and nothing while a request waits."""

from __future__ import annotations

import ast
import asyncio
from typing import Any

import pytest

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.expressions import compile_together
from tests.policies.pipelines import Backend, context_of, document, request

INBOUND = """
<set-variable name="who" value="@(context.Request.IpAddress)"/>
<set-variable name="mixed" value="from @(context.Request.Method) on"/>
<set-variable name="long" value="@{
    var total = 0;
    Func<int, int> twice = n => n * 2;
    foreach (var number in new[] { 1, 2, 3 }.Where(n => n > 1).Select(n => twice(n))) { total += number; }
    return $"{total}!";
}"/>
<choose>
    <when condition="@(context.Variables.GetValueOrDefault&lt;string>("who") == "203.0.113.7")">
        <include-fragment fragment-id="f"/>
    </when>
    <otherwise><return-response><set-body>@("never")</set-body></return-response></otherwise>
</choose>
<retry condition="@(context.Variables.Count &lt; 0)" count="@(2)" interval="0">
    <set-header name="@("X-" + "Name")"><value>@((string)context.Variables["mixed"])</value></set-header>
</retry>
<find-and-replace from="a" to="@("b".ToUpper())"/>
<set-variable name="boom" value="@(int.Parse("x"))"/>"""
ON_ERROR = """<set-body template="liquid">{{ context.Request.IpAddress }}</set-body>
<set-header name="Reason"><value>@(context.LastError.Reason)</value></set-header>"""
FRAGMENT = '<fragment><set-variable name="seen" value="@(context.Request.Url.Path)"/></fragment>'


def test_the_expressions_of_a_document_are_compiled_together(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[int] = []

    def counting(module: ast.Module, *rest: Any) -> Any:
        compiled.append(len(module.body))
        return compile(module, *rest)

    monkeypatch.setattr("policies.expressions.emitter.compile", counting, raising=False)
    values = ("@(1 + 41001)", "@(41002 < 5 && true)", "@{ return 41003; }", "<![CDATA[@(41004)]]>")
    for xml in (
        document(inbound=_bodies(*values)),
        f"<inbound>{_bodies(*(each.replace('41', '42') for each in values))}</inbound>",
    ):
        for _ in range(2):  # the second time they are known
            compile_pipeline([ScopedDocument("api/orders", xml)], Environment())
    assert compiled == [4, 4]


def test_a_wrong_expression_does_not_keep_others_from_being_compiled() -> None:
    found = compile_together([("43001", "expression"), ("nothing", "expression"), ("return 43002;", "block")])
    assert [each.evaluate(context_of(request(), Backend())) for each in found.values()] == [43001, 43002]
    loops = "".join(f"foreach (var c{number} in s) {{ " for number in range(40)) + "}" * 40
    assert compile_together([("43001", "expression"), (f'var s = ""; {loops} return s;', "block")]) == {}


def _bodies(*values: str) -> str:
    return "".join(f"<set-body>{value}</set-body>" for value in values)


@pytest.mark.parametrize(
    "unwanted", ["expressions.expression.compile_expression", "expressions.emitter.compile", "liquid.compile_template"]
)
def test_no_request_waits_for_a_compiler(unwanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [ScopedDocument("api/orders", document(inbound=INBOUND, on_error=ON_ERROR))]
    pipeline = compile_pipeline(documents, Environment(fragments={"f": FRAGMENT}))

    def compiles(*_: object, **__: object) -> None:
        raise AssertionError("compiled while a request waits")

    monkeypatch.setattr(f"policies.{unwanted}", compiles, raising=False)
    context = context_of(request(), Backend())
    response = asyncio.run(pipeline.run(context))
    assert (context.variables["long"], context.variables["seen"]) == ("10!", "/orders/2")
    assert context.request.headers.get("X-Name") == "from GET on"
    assert response.headers.get("Reason") == "ExpressionValueEvaluationFailure"
    assert response.body.data == b"203.0.113.7"
