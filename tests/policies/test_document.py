"""Documents are read as APIM reads them: raw C# in XML, strict XML, and whatever people mix of both."""

from __future__ import annotations

import contextlib
import time
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from policies.document import MAX_DEPTH, MAX_SIZE, Element, read_document
from policies.errors import DocumentError
from policies.source import MissingNamedValue
from policies.text import Code, Literal, Text
from tests.policies.test_lift import CODE


def read(text: str) -> Element:
    return read_document(text, origin="policy.xml")


def inside(xml: str) -> Element:
    """The first policy of a document's inbound section."""
    return read(f"<policies><inbound>{xml}</inbound></policies>").children[0].children[0]


def parts(text: Text, **named: str) -> list[str | tuple[str, str]]:
    """Literals as text, expressions as ("expression" or "block", source)."""
    values = {name: (value, False) for name, value in named.items()}
    return [
        ("block" if part.is_block else "expression", part.view.text) if isinstance(part, Code) else part.view.text
        for part in text.parts(values, keep_unknown=True)
    ]


def value(xml_value: str, quote: str = '"', **named: str) -> list[str | tuple[str, str]]:
    return parts(inside(f"<p a={quote}{xml_value}{quote}/>").attributes["a"].value, **named)


def text(xml_text: str, **named: str) -> list[str | tuple[str, str]]:
    return parts(inside(f"<p>{xml_text}</p>").text, **named)


def test_raw_quotes_and_operators_may_stand_in_an_attribute() -> None:
    code = 'context.Variables["a"] != "b" && 1 < 2'
    assert value(f"@({code})") == [("expression", code)]


def test_entities_and_raw_quotes_may_be_mixed_in_one_expression() -> None:
    assert value('@(x["a"] == "b" &amp;&amp; c &lt; 1)') == [("expression", 'x["a"] == "b" && c < 1')]


def test_a_bracket_in_an_escaped_string_does_not_end_the_expression() -> None:
    assert value("@(f(&quot;)&quot;))") == [("expression", 'f(")")')]


def test_an_escaped_quote_in_a_raw_string_of_an_escaped_expression_stays_in_it() -> None:
    assert value('@(a &amp;&amp; "say &quot;hi&quot;")') == [("expression", 'a && "say \\"hi\\""')]


def test_html_in_a_raw_expression_keeps_its_entities() -> None:
    code = 'return "<b>&lt;&nbsp;</b>";'
    assert text(f"@{{{code}}}") == [("block", code)]


def test_entities_in_strings_of_strict_xml_are_decoded() -> None:
    assert text('@("a &amp; b")') == [("expression", '"a & b"')]


def test_line_ends_in_an_attribute_stay_so_that_comments_end() -> None:
    code = "a // note\n + b"
    assert value(f"@({code})") == [("expression", code)]


def test_windows_line_ends_become_newlines() -> None:
    assert text("@{a;\r\nb;}") == [("block", "a;\nb;")]


def test_literal_text_around_an_expression_is_kept() -> None:
    assert value('Bearer @(x["y"]) &amp; more') == ["Bearer ", ("expression", 'x["y"]'), " & more"]


def test_an_address_with_an_at_sign_is_no_expression() -> None:
    assert value("me@example.com") == ["me@example.com"]


def test_cdata_is_taken_as_it_stands() -> None:
    assert text("a<![CDATA[<x> &amp; @(b[c[0]]>1)]]>z") == ["a", "<x> &amp; ", ("expression", "b[c[0]]>1"), "z"]


def test_comments_are_no_part_of_anything() -> None:
    element = inside('<p><!-- <bad @( "> --><q/><!-- -- --></p>')
    assert [child.name for child in element.children] == ["q"]
    assert text('a<!-- @("x") -->b') == ["a", "b"]


def test_a_bare_ampersand_in_a_literal_is_tolerated() -> None:
    assert value("/a?b=1&c=2&nbsp;") == ["/a?b=1&c=2&nbsp;"]


def test_character_references_are_decoded() -> None:
    assert value("&#65;&#x42;&apos;&#0;") == ["AB'&#0;"]


def test_content_with_elements_is_the_markup_as_written() -> None:
    element = inside('<p><!-- c --><a b="&lt;">@(x)&amp;<c/></a></p>')
    assert parts(element.content) == ['<a b="&lt;">', ("expression", "x"), "&amp;<c/></a>"]


def test_named_values_are_put_in_as_text_before_anything_is_compiled() -> None:
    assert value("@(Next(1, 100) <= {{Weight}})", Weight="50") == [("expression", "Next(1, 100) <= 50")]
    assert value('@($"a{{name}}b")', name="N") == [("expression", '$"aNb"')]
    assert value("{{a.b-c_d}}/x", **{"a.b-c_d": 'quote " here'}) == ['quote " here/x']


def test_a_named_value_may_bring_an_expression() -> None:
    assert value("x {{e}}", e="@(context.RequestId)") == ["x ", ("expression", "context.RequestId")]


def test_a_missing_named_value_is_told_with_its_place() -> None:
    element = inside('<p a="xy {{gone}}"/>')
    with pytest.raises(MissingNamedValue) as caught:
        element.attributes["a"].value.parts({})
    assert caught.value.name == "gone"
    assert element.source.text[caught.value.offset :].startswith("{{gone}}")


def test_text_for_a_template_engine_keeps_what_is_no_named_value() -> None:
    element = inside("<p>{{body.id}} {{known}}</p>")
    assert [part.view.text for part in element.text.parts({"known": ("K", False)}, keep_unknown=True)] == ["{{body.id}} K"]


def test_every_character_knows_where_it_came_from() -> None:
    element = inside('<p a="1 &lt; {{n}} @(x &amp;&amp; y{{n}}z)"/>')
    literal, code = element.attributes["a"].value.parts({"n": ("NAMED", False)})
    source = element.source.text
    assert isinstance(literal, Literal) and literal.view.text == "1 < NAMED "
    assert source[literal.view.source_offset(2) :].startswith("&lt;")
    assert source[literal.view.source_offset(6) :].startswith("{{n}}")
    assert isinstance(code, Code) and code.view.text == "x && yNAMEDz"
    assert source[code.view.source_offset(3) :].startswith("&amp; y")
    assert source[code.view.source_offset(len("x && yNAMED")) :].startswith("z)")


ROOTS = [
    ("<policies><inbound/></policies>", ["inbound"]),
    ("<inbound/><outbound/>", ["inbound", "outbound"]),
    ("\ufeff<?xml version='1.0'?>\n<!-- c --><policies/>\n", []),
    ("<fragment><base/></fragment>", ["base"]),
]


@pytest.mark.parametrize(("document", "children"), ROOTS)
def test_roots_are_policies_bare_sections_and_fragments(document: str, children: list[str]) -> None:
    assert [child.name for child in read(document).children] == children


REFUSED = [
    ("", 1, 1, "the document is empty"),
    ("<policies>", 1, 1, "<policies> is not closed"),
    ("<policies><inbound></policies>", 1, 20, "</policies> where </inbound> is due"),
    ("<policies/></policies>", 1, 12, "</policies> closes nothing"),
    ("<policies/>\n  x", 2, 3, "text outside of any element"),
    ("<policies/><policies/>", 1, 12, "<policies> follows the root element"),
    ("<choose/>", 1, 1, "<choose> cannot be the root of a policy document"),
    ("<choose/><trace/>", 1, 1, "<choose> cannot be the root of a policy document"),
    ('<policies a="1" a="2"/>', 1, 17, "the attribute a is given twice"),
    ('<policies a="1"b="2"/>', 1, 16, "a space is missing before this attribute"),
    ("<policies a=1/>", 1, 11, "the attribute a has no quoted value"),
    ('<policies a="x<y"/>', 1, 15, "'<' in an attribute's value"),
    ('<policies a="x', 1, 13, "the value of a is not closed"),
    ("<policies", 1, 1, "the tag of <policies> is not closed"),
    ("<policies =/>", 1, 11, "unexpected '=' in the tag of <policies>"),
    ("<policies>a < b</policies>", 1, 13, "'<' begins no element here"),
    ("<policies></ policies>", 1, 11, "this end tag is not well formed"),
    ("<!DOCTYPE a [<!ENTITY x 'y'>]><policies/>", 1, 1, "document types and entities are not allowed"),
    ("<policies><!-- </policies>", 1, 11, "this comment is not closed"),
    ("<policies><![CDATA[ </policies>", 1, 11, "this CDATA section is not closed"),
    ("<?x <policies/>", 1, 1, "this processing instruction is not closed"),
    ("<policies>\x00</policies>", 1, 11, "the character U+0000 is not allowed in a policy document"),
    (
        '<policies>\n  <p a="@(b["/>\n</policies>',
        2,
        13,
        'the expression is not closed: a bracket is missing before this ", or this string is not closed',
    ),
    ("<policies>\n@{ if (x) { }</policies>", 2, 2, "the expression is not closed: '{' is not closed"),
    ("<a>" * (MAX_DEPTH + 1), 1, 3 * MAX_DEPTH - 2, f"more than {MAX_DEPTH} elements inside one another"),
    ("<policies>" + " " * MAX_SIZE, 1, 1, f"the document has {MAX_SIZE + 10:,} characters; {MAX_SIZE:,} are allowed"),
]


@pytest.mark.parametrize(("document", "line", "column", "message"), REFUSED, ids=[case[3][:40] for case in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_place(document: str, line: int, column: int, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(document)
    error = caught.value
    assert error.position is not None
    assert (error.message, error.position.line, error.position.column, error.origin) == (message, line, column, "policy.xml")


def test_an_end_tag_whose_start_is_in_a_comment_says_so() -> None:
    with pytest.raises(DocumentError) as caught:
        read("<!-- a\n<!-- b\n<policies> -->\n</policies>")
    assert caught.value.message == "</policies> closes nothing"
    assert caught.value.hint == "<policies> is within the comment of line 1, which ends at its first -->, in line 3"


def test_a_refusal_shows_the_line_with_a_caret() -> None:
    with pytest.raises(DocumentError) as caught:
        read("<policies>\n  <inbound></inbund>\n</policies>")
    assert str(caught.value).splitlines() == [
        "policy.xml:2:12: </inbund> where </inbound> is due",
        "    <inbound></inbund>",
        "             ^",
        "  <inbound> of line 2 is still open",
    ]


@settings(max_examples=200, deadline=None)
@given(CODE, st.sampled_from("\"'"))
def test_any_raw_code_survives_in_attributes_text_and_cdata(code: str, quote: str) -> None:
    assert value(f"@({code})", quote) == [("expression", code)]
    assert text(f" @{{{code}}} ") == [" ", ("block", code), " "]
    if "]]>" not in code:
        assert text(f"<![CDATA[@({code})]]>") == [("expression", code)]


@settings(max_examples=200, deadline=None)
@given(CODE)
def test_any_escaped_code_survives_too(code: str) -> None:
    attribute = escape(code, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
    assert value(f"@({attribute})") == [("expression", code)]
    if "<" in code or "&" not in code:
        # Without any `<`, escaped text cannot be told from raw text that happens to hold an entity in a string.
        assert text(f"@({escape(code)})") == [("expression", code)]


_WORDS = st.text(st.sampled_from("ab &<>'\"\n é😀"), max_size=6)
_NAMES = st.sampled_from(["a", "set-header", "x:y", "b.c_1"])


def _xml(draw_children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    attributes = st.dictionaries(st.sampled_from(["p", "q-r"]), _WORDS, max_size=2)
    return st.builds(
        lambda name, given, inner, tail: (
            f"<{name}{''.join(f' {k}={quoteattr(v)}' for k, v in given.items())}>{inner}</{name}>{escape(tail)}"
        ),
        st.sampled_from(["a", "set-header", "b.c_1"]),
        attributes,
        draw_children,
        _WORDS,
    )


_TREES = st.recursive(_WORDS.map(escape), lambda inner: _xml(st.lists(inner, max_size=3).map("".join)), max_leaves=8)


@settings(max_examples=200, deadline=None)
@given(_TREES)
def test_strict_xml_is_read_as_lxml_reads_it(inner: str) -> None:
    document = f"<policies>{inner}</policies>"
    expected = etree.fromstring(document.encode())

    def same(element: Element, node: etree._Element) -> None:
        assert element.name == node.tag
        attributes = {name: "".join(str(p) for p in parts(a.value)) for name, a in element.attributes.items()}
        # XML turns line ends in attributes into spaces; here they are kept, for the sake of `//` comments.
        given = {str(name): str(text) for name, text in node.attrib.items()}
        assert {n: t.replace("\n", " ") for n, t in attributes.items()} == {n: t.replace("\n", " ") for n, t in given.items()}
        assert "".join(str(p) for p in parts(element.text)) == (node.text or "") + "".join(c.tail or "" for c in node)
        assert len(element.children) == len(node)
        for child, other in zip(element.children, node, strict=True):
            same(child, other)

    same(read(document), expected)


_SHARDS = st.sampled_from(
    [
        *(
            "<policies>",
            "</policies>",
            "<inbound>",
            "</inbound>",
            "<a b='",
            '<a b="',
            "/>",
            "@(",
            "@{",
            "&quot;",
            "&amp;",
            "&#",
        ),
        *(
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?",
            "?>",
            "<!",
            "{{",
            "}}",
            "{{n}}",
            '$"',
            '@"',
            "//",
            "/*",
            "*/",
            "((((",
            "\ud800",
        ),
        *"\"'<>)}[]&;\\\n\r\t x=é\x00\ufeff",
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.lists(_SHARDS, max_size=60).map("".join), st.text(max_size=60)))
def test_no_input_crashes_the_reader(document: str) -> None:
    for wrapped in (document, f'<policies><inbound><p a="{document}">{document}</p></inbound></policies>'):
        try:
            root = read(wrapped)
        except DocumentError as error:
            assert error.position is not None
            assert error.position.line >= 1 and error.position.column >= 1
            assert str(error)
            continue
        for element in root.walk():
            for piece in (element.text, element.content, *(a.value for a in element.attributes.values())):
                with contextlib.suppress(DocumentError, MissingNamedValue):
                    piece.parts({"n": ("@(", True)})


@pytest.mark.parametrize(
    "piece",
    [
        "<a>",
        "@(",
        "@{",
        '@("',
        "&quot;@(",
        "&amp;",
        "<a b='@(&quot;",
        "<!--",
        "<![CDATA[",
        "{{n}}",
        "@(&amp;)",
        '@($"{',
        "<a/>",
        "@(x &amp; y)",
    ],
)
def test_no_input_hangs_the_reader(piece: str) -> None:
    document = "<policies><inbound><p>" + piece * (100_000 // len(piece))
    for whole in (document, document + "</p></inbound></policies>"):
        started = time.process_time()
        with contextlib.suppress(DocumentError):
            for element in read(whole).walk():
                element.text.parts({"n": ("v", False)})
        assert time.process_time() - started < 5.0


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    with pytest.raises(DocumentError) as caught:
        read(f"<policies>\t{' ' * 300}<inbound></x>{' ' * 300}</policies>")
    _, line, caret, _ = str(caught.value).splitlines()
    assert line.startswith("  …") and line.endswith("…") and len(line) < 170
    assert line[caret.index("^") :].startswith("</x>")
