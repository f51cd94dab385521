"""`check_document` finds every mistake in one run, with its place in the author's own text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import registry
from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.errors import DocumentError

MANY = """<policies>
  <inbound>
    <base />
    <set-headr name="a"><value>1</value></set-headr>
    <set-header nam="a"><value>1</value></set-header>
    <set-variable name="v" value="@(context.Requst.Method)" />
    <choose>
      <when condition="@(1 +)">
        <set-status code="abc" />
      </when>
    </choose>
  </inbound>
  <outbund />
</policies>"""


def test_all_mistakes_are_told_in_order_with_line_and_column() -> None:
    errors = check_document(MANY, origin="p.xml").errors
    assert [(e.position.line, e.position.column) for e in errors if e.position] == [
        *((4, 5), (5, 5), (5, 17), (6, 45), (8, 29), (9, 27), (13, 3)),
    ]
    assert [e.origin for e in errors] == ["p.xml"] * 7
    assert [e.hint for e in errors][:3] == ["did you mean set-header?", 'write name="…"', "did you mean name?"]


def test_a_document_is_refused_whole() -> None:
    with pytest.raises(DocumentError):
        compile_pipeline([ScopedDocument("api/a", MANY)], Environment())


PLACES = [
    ('<set-variable name="v" value="@(  context.Foo)"/>', 43),
    ('<set-variable name="v" value="@(1 &lt; 2 &amp;&amp; context.Foo)"/>', 61),
    ('<set-variable name="v" value="{{n}} @({{n}} + context.Foo)"/>', 55),
    ("<set-body>abc @(context.Foo)</set-body>", 25),
    ("<set-body><![CDATA[@(context.Foo)]]></set-body>", 30),
    ('<set-variable name="v" value="{{e}}"/>', 31),
]


@pytest.mark.parametrize(("xml", "column"), PLACES)
def test_an_expressions_mistake_is_shown_where_the_author_wrote_it(xml: str, column: int) -> None:
    named = {"n": ("12345", False), "e": ("@(1 + context.Foo)", False)}
    (error,) = check_document(f"<policies><inbound><base/>\n{xml}</inbound></policies>", named_values=named).errors
    assert error.position is not None
    assert (error.position.line, error.position.column) == (2, column)
    assert error.excerpt.startswith(xml)


LIQUID = '<set-body template="liquid">{}</set-body>'
IN_TEXTS = [
    ("<set-method>\n  get it</set-method>", (3, 3)),
    ("<ip-filter action='allow'><address><!-- no --> 1.2.3</address></ip-filter>", (2, 48)),
    (LIQUID.format("{{ body.a | Upcase }}\n {{ body.b | upcase }}"), (3, 14)),
    (LIQUID.format("<a>&lt; {{n}}</a>{{ body.b | upcase }}"), (2, 58)),
    (LIQUID.format("ok {% for %}"), (2, 35)),
    (LIQUID.format("ok {% if body %}x"), (2, 45)),
]


@pytest.mark.parametrize(("xml", "place"), IN_TEXTS)
def test_a_mistake_in_an_elements_text_is_shown_where_it_is(xml: str, place: tuple[int, int]) -> None:
    found = check_document(f"<policies><inbound><base/>\n{xml}</inbound></policies>", named_values={"n": ("12345", False)})
    (error,) = found.errors
    assert error.position is not None
    assert (error.position.line, error.position.column) == place


CODE = [
    ("condition='(1 == 1)'", "an expression is written @( … )"),
    ("condition='@ (true)'", "an expression is written @( … )"),
    ("condition='maybe'", ""),
    ("condition='<b", "write &lt;, or add the ' that is missing before it"),
]


@pytest.mark.parametrize(("attribute", "hint"), CODE)
def test_code_that_is_not_marked_as_such_and_a_quote_that_is_missing_are_guessed(attribute: str, hint: str) -> None:
    (error,) = check_document(f"<policies><inbound><choose><when {attribute}/></choose></inbound></policies>").errors
    assert error.hint == hint


def test_a_policy_that_may_not_stand_inside_another_is_no_misspelling() -> None:
    xml = "<return-response><set-method>GET</set-method><set-bdy>x</set-bdy></return-response>"
    first, second = check_document(f"<policies><inbound>{xml}</inbound></policies>").errors
    assert (first.hint, second.hint) == ("allowed are set-body, set-header, set-status", "did you mean set-body?")


def test_a_mistake_in_a_later_line_of_a_block_is_shown_there() -> None:
    block = "@{\n  var a = {{n}};\n  return {{n}}.Foo;\n}"
    xml = f'<policies><inbound><base/><set-variable name="v" value="{block}"/></inbound></policies>'
    (error,) = check_document(xml, named_values={"n": ("12345", False)}).errors
    assert error.position is not None
    assert (error.position.line, error.position.column) == (3, 16)


def test_a_secret_never_appears_in_a_message() -> None:
    policies = (
        "<set-variable name='v' value='@({{s}}.Length + {{s}})'/><set-status code='{{s}}'/><set-method>{{s}} {{s}}</set-method>"
        "<include-fragment fragment-id='{{s}}'/><set-query-parameter name='q' exists-action='{{s}}'/>"
    )
    result = check_document(f"<policies><inbound><base/>{policies}</inbound></policies>", named_values={"s": ("hunter2", True)})
    assert len(result.errors) == 4
    assert len(result.warnings) == 1
    assert not any("hunter2" in str(error) for error in (*result.errors, *result.warnings))


def test_what_is_not_supplied_is_a_warning_when_checking_and_an_error_when_storing() -> None:
    limit = "<rate-limit-by-key calls='{{calls}}' renewal-period='60' counter-key='@({{key}})'/>"
    xml = f"<policies><inbound><base/>{limit}</inbound></policies>"
    result = check_document(xml)
    assert result.errors == []
    assert [warning.message for warning in result.warnings] == [
        "there is no named value 'calls'",
        "there is no named value 'key'",
    ]
    with pytest.raises(DocumentError, match="there is no named value 'calls'"):
        compile_pipeline([ScopedDocument("api/a", xml)], Environment())


NOT_SUPPLIED = [
    ('@("{{host}}" + context.Request.Nothing)', "'IRequest' has no member 'Nothing' that policy expressions may use", True),
    ('@("{{a}}" + {{b}} + {{c}}.Length)', "", False),
    ('@($"{{host}}/{context.Request.Method}/{ {{name}} }")', "", False),
    ("@(new Random().Next(1, 100) <= {{weight}})", "", False),
    ("@{ {{before}} return 1; }", "", False),
    ('@{ return "{{text}}".Lenght; }', "'string' has no member 'Lenght' that policy expressions may use", False),
    ("{{expression}}", "", False),
]


@pytest.mark.parametrize(("value", "message", "is_placed"), NOT_SUPPLIED)
def test_what_is_wrong_whatever_a_missing_named_value_may_be_is_an_error(value: str, message: str, is_placed: bool) -> None:
    result = check_document(f"<policies><inbound><base/><set-variable name='v' value='{value}'/></inbound></policies>")
    assert [error.message for error in result.errors] == ([message] if message else [])
    assert len(result.warnings) == 1 and "there is no named value" in result.warnings[0].message
    if is_placed:
        place = result.errors[0].position
        assert place is not None
        assert place.column == len("<policies><inbound><base/><set-variable name='v' value='") + value.index("Nothing") + 1


def test_a_near_named_value_is_suggested() -> None:
    xml = "<policies><inbound><base/><set-variable name='v' value='{{back-end}}'/></inbound></policies>"
    (warning,) = check_document(xml, named_values={"backend": ("x", False)}).warnings
    assert warning.hint == "did you mean {{backend}}?"


def test_sections_and_scopes_are_those_of_the_article() -> None:
    xml = "<policies><outbound><base/><cors><allowed-origins><origin>*</origin></allowed-origins></cors></outbound></policies>"
    (error,) = check_document(xml).errors
    assert (error.message, error.hint) == ("<cors> may not stand in the section outbound", "it belongs to inbound")


SHAPES = [
    ("<policies><inbound>text<base/></inbound></policies>", "text is not allowed in <inbound>"),
    ("<policies>text<inbound/></policies>", "text is not allowed in <policies>"),
    ("<policies><inbound/><inbound/></policies>", "the section <inbound> is given twice"),
    ("<policies><in-bound/></policies>", "<in-bound> is no section"),
    ("<policies><inbound><value/></inbound></policies>", "<value> is no policy"),
    ("<policies><inbound><base>@(1)</base></inbound></policies>", "text is not allowed in <base>"),
]


@pytest.mark.parametrize(("xml", "message"), SHAPES)
def test_the_documents_shape_is_checked(xml: str, message: str) -> None:
    assert any(error.message == message for error in check_document(xml).errors)


MISPLACED = [
    ("<policies><base/><inbound/></policies>", "<base> may not stand directly in <policies>", "put it into inbound, backend, "),
    (
        "<policies><inbound><inbound/></inbound></policies>",
        "<inbound> is a section, not a policy",
        "it stands directly in <pol",
    ),
    ("<policies><inbound><when/></inbound></policies>", "<when> is no policy", "it belongs to choose"),
    (
        "<policies><inbound><value/></inbound></policies>",
        "<value> is no policy",
        "it belongs to check-header, set-header, set-qu",
    ),
    ("<policies><inbound><wehn/></inbound></policies>", "<wehn> is no policy", ""),
]


@pytest.mark.parametrize(("xml", "message", "hint"), MISPLACED)
def test_what_stands_in_the_wrong_place_is_told_where_it_belongs(xml: str, message: str, hint: str) -> None:
    (error,) = check_document(xml).errors
    assert error.message == message
    assert error.hint.startswith(hint) if hint else not error.hint


ATTRIBUTES = [
    ("<set-header name='A' value='x'/>", "it is an element: <value>…</value> inside"),
    ("<send-request url='http://a' response-variable-name='r'/>", "it is an element: <set-url>…</set-url> inside"),
    ("<set-header name='A' exist-action='skip'><value>x</value></set-header>", "did you mean exists-action?"),
    ("<base when='x'/>", "it has no attributes"),
]


@pytest.mark.parametrize(("xml", "hint"), ATTRIBUTES)
def test_an_unknown_attribute_is_told_what_is_right_instead(xml: str, hint: str) -> None:
    first = check_document(f"<policies><inbound>{xml}</inbound></policies>").errors[0]
    assert "has no attribute" in first.message
    assert first.hint == hint


@pytest.mark.parametrize("xml", ["<inbound><base/></inbound>", "<inbound/><on-error/>", "<policies/>", "<fragment/>"])
def test_every_root_is_accepted(xml: str) -> None:
    assert check_document(xml).errors == []


_ELEMENTS = st.sampled_from(
    [
        *sorted(registry.names()),
        "value",
        "when",
        "otherwise",
        "set-url",
        "nope",
        "validate-jwt",
        "policies",
        "inbound",
        "fragment",
    ]
)
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ["name", "value", "condition", "count", "id", "key", "exists-action", "code", "template", "xmlns", "calls"]
    ),
    st.sampled_from(["", "1", "true", "x", "{{n}}", "@(1)", "@(context)", "@{ return 1; }", "@(", "{{gone}}", "-1", "é"]),
    max_size=4,
)


def _element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, given, children: (
            f"<{name}{''.join(f' {k}={chr(39)}{v}{chr(39)}' for k, v in given.items())}>{children}</{name}>"
        ),
        _ELEMENTS,
        _ATTRIBUTES,
        st.lists(inner, max_size=3).map("".join),
    )


_TREES = st.recursive(st.sampled_from(["", "text", "@(1)", "{{n}}"]), _element, max_leaves=10)


@settings(max_examples=400, deadline=None)
@given(_TREES, st.sampled_from(["inbound", "backend", "outbound", "on-error"]))
def test_no_document_crashes_the_compiler(tree: str, section: str) -> None:
    xml = f"<policies><{section}><base/>{tree}</{section}></policies>"
    result = check_document(
        xml, scope="api/a", named_values={"n": ("1", True)}, fragments={"x": "<fragment><base/></fragment>"}
    )
    for found in (*result.errors, *result.warnings):
        assert str(found)
    if not result.errors and not any("named value" in w.message or "fragment" in w.message for w in result.warnings):
        compile_pipeline([ScopedDocument("api/a", xml)], Environment(named_values={"n": ("1", True)}))
