"""The sandbox (D10): no expression reaches Python, the file system, the network or the gateway's own objects."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from policies.errors import ExpressionError, ExpressionFailure
from policies.expressions import Expression

ESCAPES = [
    # Python's own ways out
    "@(context.__class__)",
    '@("".__class__.__mro__[1].__subclasses__())',
    "@(context.Request.__init__.__globals__)",
    "@(context.Request.Headers.__dict__)",
    "@(((object)context).__reduce__())",
    "@(context.evaluate)",
    '@(__import__("os").system("id"))',
    '@(@__import__("os"))',
    '@(eval("1"))',
    '@(exec("1"))',
    '@(open("/etc/passwd"))',
    "@(globals())",
    "@(str.join)",
    '@(getattr(context, "services"))',
    "@(self)",
    "@(None)",
    "@(True)",
    # what the emitted code itself uses
    "@(m.left)",
    "@(m)",
    "@(g1)",
    "@(v1)",
    "@(t1)",
    "@(f1())",
    "@(_sized(1))",
    "@{ m.left = 1000000000; return 1; }",
    "@{ var m = 1; while (true) { m++; } }",
    "@{ int m = 5, g1 = 6, t1 = 7, v1 = 8, f1 = 9; while (true) { m += g1 + t1 + v1 + f1; } }",
    # the gateway's own objects
    "@(context.services)",
    "@(context.Services)",
    "@(context.trace)",
    "@(context.variables)",
    "@(context.cleanups)",
    "@(context.Operation.Specification)",
    "@(context.Request.body)",
    "@(((PolicyContext)context).services)",
    # .NET's ways out
    '@("".GetType().Assembly)',
    "@(typeof(int).of)",
    '@("".GetType().GetType().Module)',
    "@(context.GetType().GetProperties())",
    '@(typeof(string).GetMethod("Concat").Invoke(null, null))',
    "@(typeof(System.IO.File))",
    "@(Type.GetTypeFromProgID(null))",
    '@(Array.CreateInstance(Type.GetType("System.IO.File"), 1))',
    "@(Enum.Parse(typeof(DayOfWeek), null))",
    "@(typeof(string).Assembly)",
    '@(Type.GetType("System.IO.File"))',
    '@(System.Reflection.Assembly.Load("x"))',
    '@(System.Activator.CreateInstance("x"))',
    '@(System.IO.File.ReadAllText("/etc/passwd"))',
    '@(new System.IO.StreamReader("/etc/passwd"))',
    "@(new System.Net.Http.HttpClient())",
    '@(new System.Net.WebClient().DownloadString("http://x"))',
    '@(System.Diagnostics.Process.Start("id"))',
    '@(System.Environment.GetEnvironmentVariable("PATH"))',
    "@(Environment.Exit(1))",
    "@(System.Threading.Thread.Sleep(100000))",
    "@(Task.Run(() => 1))",
    "@(AppDomain.CurrentDomain)",
    "@(Console.ReadLine())",
    "@(Marshal.PtrToStringAnsi(null))",
    "@{ unsafe { int* p = null; } return 1; }",
    "@(stackalloc int[5])",
    "@{ dynamic d = context; return d.services; }",
    # formats that other languages read as attributes
    '@(string.Format("{0.__class__}", context))',
    '@(string.Format("{0:{1.__class__}}", 1, context))',
    '@($"{context.__class__}")',
    '@("{0.__init__}".Format("x"))',
]


@pytest.mark.parametrize("text", ESCAPES)
def test_no_way_out(text: str, run: Callable[[str], Any]) -> None:
    with pytest.raises((ExpressionError, ExpressionFailure)):
        run(text)


@pytest.mark.parametrize(
    "text",
    [
        "@((object)context)",
        "@(context.ToString() + context.Request + context.Request.Headers)",
        '@(string.Format("{0}", context))',
        "@(JsonConvert.SerializeObject(new { context.Variables }))",
    ],
)
def test_the_gateways_objects_show_nothing_of_themselves(text: str, run: Callable[[str], Any]) -> None:
    shown = str(run(text)) if isinstance(run(text), str) else ""
    assert "object at 0x" not in shown
    assert "policies." not in shown


def _codes(code: CodeType) -> list[CodeType]:
    return [code, *(inner for constant in code.co_consts if isinstance(constant, CodeType) for inner in _codes(constant))]


def _cases() -> list[str]:
    found: list[str] = []
    for directory in (Path(__file__).parent / "cases", Path(__file__).parent.parent / "dotnet" / "cases"):
        for file in sorted(directory.glob("*.toml")):
            cases = tomllib.loads(file.read_text(encoding="utf-8"))["case"]
            found += [case["expression"] for case in cases if case.get("kind") != "compile"]
    return found


def test_emitted_code_has_names_of_its_own_only(compiled: Callable[[str], Expression]) -> None:
    """No builtins; globals are numbered; no name or attribute comes from the text, whatever it calls its variables."""
    cases = [*_cases(), "@{ int __class__ = 1, __builtins__ = 2, os = 3; return __class__ + __builtins__ + os; }"]
    attributes: set[str] = set()
    for text in cases:
        function: Any = compiled(text).evaluate
        assert function.__globals__["__builtins__"] == {}
        for name in function.__globals__:
            assert name == "__builtins__" or re.fullmatch(r"g\d+", name)
        for code in _codes(function.__code__):
            local_names = (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
            assert all(re.fullmatch(r"context|m|k|[vtfeg]\d+|expression", name) for name in local_names), text
            attributes |= {name for name in code.co_names if not re.fullmatch(r"g\d+", name)}
    assert {name for name in attributes if name.startswith("_")} <= {"__class__"}
    assert not attributes & {"services", "cleanups", "marks", "__globals__", "__dict__"}


def test_variables_may_have_any_name(run: Callable[[str], Any]) -> None:
    names = ["m", "g1", "t1", "v1", "f1", "context1", "None", "def", "lambda", "self", "__class__", "é", "@class", "_x", "pass"]
    for name in names:
        assert run(f"@{{ int {name} = 5; {name}++; Func<int> get = () => {name}; return get() + {name}; }}") == 12
