"""What the library does with time, size and depth: nothing in it outlives an evaluation's budget."""

from __future__ import annotations

import time

import pytest

from policies.dotnet.json import reader
from policies.dotnet.json.writer import write
from policies.errors import ExpressionError, ExpressionFailure
from policies.expressions import compile_expression
from tests.policies.dotnet.evaluating import context, value


def failure(code: str) -> str:
    """The text of what an expression fails with."""
    with pytest.raises(ExpressionFailure) as found:
        value(code)
    return found.value.detail


def test_a_pattern_that_backtracks_for_ever_is_stopped() -> None:
    started = time.process_time()  # what the engine counts too; another process may take the time of the clock
    text = failure('Regex.IsMatch(new string(\'a\', 60) + "!", "^(?:a|aa)+$")')
    assert time.process_time() - started < 5
    assert "longer than 1 s" in text


def test_a_patterns_own_limit_throws_an_exception_of_dotnet() -> None:
    code = (
        '{ try { return Regex.IsMatch(new string(\'a\', 60) + "!", "^(?:a|aa)+$", RegexOptions.None, '
        'TimeSpan.FromMilliseconds(20)) ? "yes" : "no"; } catch (Exception e) { return e.Message; } }'
    )
    assert value(code).startswith("The Regex engine has timed out")


@pytest.mark.parametrize(
    "code",
    [
        "Enumerable.Range(0, int.MaxValue).Count()",
        "Enumerable.Repeat(1, int.MaxValue).Sum(x => x)",
        "{ var q = (IEnumerable<int>)new[] { 1, 2 }; for (var i = 0; i < 30; i++) { q = q.Concat(q); } return q.Count(); }",
        "{ var l = new List<int> { 1 }; for (var i = 0; i < 40; i++) { l.AddRange(l); } return l.Count; }",
        '{ var s = new JArray("x"); for (var i = 0; i < 40; i++) { s.Add(s.DeepClone()); } return s.ToString(); }',
        "new[] { 1 }.SelectMany(x => Enumerable.Range(0, int.MaxValue)).Last()",
    ],
)
def test_work_without_end_goes_over_the_budget(code: str) -> None:
    assert "the expression" in failure(code)


def test_deep_json_is_refused() -> None:
    assert value("JToken.Parse(new string('[', 64) + new string(']', 64)).Type.ToString()") == "Array"
    assert "MaxDepth of 64" in failure("JToken.Parse(new string('[', 65) + new string(']', 65))")
    assert "MaxDepth of 64" in failure("JToken.Parse(new string('[', 100000))")


def test_deep_xml_is_refused() -> None:
    assert "250" in failure(
        'XElement.Parse(string.Concat(Enumerable.Repeat("<a>", 300)) + string.Concat(Enumerable.Repeat("</a>", 300)))'
    )


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><a>&m;</a>',
    ],
)
def test_entities_are_never_declared(document: str) -> None:
    within = context(document=document)
    with pytest.raises(ExpressionFailure) as found:
        value('XDocument.Parse((string)context.Variables["document"]).ToString()', within)
    assert found.value.detail.startswith("System.Xml.XmlException")


def test_a_document_type_without_a_subset_fetches_nothing() -> None:
    within = context(document='<!DOCTYPE a SYSTEM "http://localhost:1/x.dtd"><a/>')
    assert value('XDocument.Parse((string)context.Variables["document"]).Root.Name.LocalName', within) == "a"


def test_a_pattern_that_the_engine_cannot_run_is_refused_when_it_is_stored() -> None:
    with pytest.raises(ExpressionError, match="balancing group"):
        compile_expression('Regex.IsMatch("x", "(?<a>x)(?<b-a>y)")')


def test_sequences_are_lazy_and_read_anew() -> None:
    code = """{
        var calls = 0;
        var source = new List<int> { 1, 2, 3 };
        var query = source.Where(x => { calls++; return x > 1; });
        var before = calls;
        var first = query.First();
        var after = calls;
        source.Add(4);
        return before + "," + first + "," + after + "," + query.Count() + "," + calls;
    }"""
    assert value(code) == "0,2,2,3,6"


def test_a_collection_that_changes_while_it_is_read_throws() -> None:
    assert "Collection was modified" in failure(
        "{ var l = new List<int> { 1, 2 }; foreach (var x in l) { l.Add(x); } return l.Count; }"
    )
    assert "Collection was modified" in failure(
        '{ var d = new Dictionary<string, int> { { "a", 1 }, { "b", 2 } }; foreach (var p in d) d.Remove(p.Key); return 1; }'
    )


def test_a_policy_may_use_the_library_after_an_expression_went_over_its_budget() -> None:
    assert "steps" in failure("{ while (true) { } }")
    tokens = reader.parse(f"[{','.join(['1'] * 50_000)}]")
    assert len(write(tokens, indented=False)) == 100_001
