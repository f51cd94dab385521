"""`include-fragment`, by the article "Include fragment"."""

from __future__ import annotations

import pytest

from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.errors import DocumentError
from tests.policies.pipelines import document, run

INCLUDE = "<include-fragment fragment-id='f'/>"


def with_fragments(**fragments: str) -> Environment:
    return Environment(named_values={"n": ("N", False)}, fragments=fragments)


def test_its_policies_stand_in_its_place_with_their_own_named_values() -> None:
    fragment = "<fragment><set-header name='A'><value>{{n}}</value></set-header></fragment>"
    done = run(document(inbound=INCLUDE), environment=with_fragments(f=fragment))
    assert done.sent.headers.get("A") == "N"


def test_a_failure_names_the_way_to_it() -> None:
    fragment = "<fragment><set-status code='@(context.Request.Method)'/></fragment>"
    done = run(document(outbound=INCLUDE), environment=with_fragments(f=fragment))
    assert done.context.last_error is not None
    assert done.context.last_error.path == "include-fragment[1]/set-status[1]"


def test_fragments_may_include_others_but_not_themselves() -> None:
    chain = with_fragments(
        f="<fragment><include-fragment fragment-id='g'/></fragment>", g="<fragment><set-method>PUT</set-method></fragment>"
    )
    assert run(document(inbound=INCLUDE), environment=chain).sent.method == "PUT"
    circle = with_fragments(f="<fragment><include-fragment fragment-id='g'/></fragment>", g=f"<fragment>{INCLUDE}</fragment>")
    with pytest.raises(DocumentError, match="the fragment 'f' includes itself"):
        compile_pipeline([ScopedDocument("api/a", document(inbound=INCLUDE))], circle)


def test_a_mistake_in_a_fragment_is_shown_in_the_fragment() -> None:
    with pytest.raises(DocumentError) as caught:
        compile_pipeline(
            [ScopedDocument("api/a", document(inbound=INCLUDE))], with_fragments(f="<fragment>\n<nope/></fragment>")
        )
    assert str(caught.value).startswith("fragment/f:2:1: <nope> is no policy")


def test_a_fragment_is_checked_for_the_section_it_stands_in() -> None:
    fragment = "<fragment><set-method>PUT</set-method></fragment>"
    (error,) = check_document(document(outbound=INCLUDE), fragments={"f": fragment}).errors
    assert error.message == "<set-method> may not stand in the section outbound"


def test_an_unknown_fragment_is_refused_or_a_warning_when_only_checking() -> None:
    with pytest.raises(DocumentError, match="there is no policy fragment 'f'"):
        compile_pipeline([ScopedDocument("api/a", document(inbound=INCLUDE))], with_fragments(g="<fragment/>"))
    result = check_document(document(inbound=INCLUDE))
    assert not result.errors
    assert [warning.message for warning in result.warnings] == ["there is no policy fragment 'f'"]


@pytest.mark.parametrize("fragment", ["<policies/>", "<fragment>text</fragment>", "<fragment>"])
def test_what_is_no_fragment_is_refused(fragment: str) -> None:
    assert check_document(document(inbound=INCLUDE), fragments={"f": fragment}).errors


def test_a_fragment_alone_is_right_when_some_section_can_hold_it() -> None:
    assert check_document("<fragment><set-method>PUT</set-method></fragment>").errors == []
    assert check_document("<fragment><forward-request/></fragment>").errors == []
    assert check_document("<fragment><nope/></fragment>").errors


def test_fragments_that_double_are_stopped() -> None:
    fragments = {
        f"f{n}": f"<fragment><include-fragment fragment-id='f{n + 1}'/><include-fragment fragment-id='f{n + 1}'/></fragment>"
        for n in range(40)
    }
    xml = document(inbound="<include-fragment fragment-id='f0'/>")
    assert any("includes more than 500 fragments" in error.message for error in check_document(xml, fragments=fragments).errors)


def test_a_fragment_is_no_scopes_document_and_the_reverse() -> None:
    for scope, xml in (("api/a", "<fragment/>"), ("fragment/f", "<policies/>")):
        (error,) = check_document(xml, scope=scope).errors
        assert "cannot be the root of the document of" in error.message
    assert check_document("<fragment><base/></fragment>", scope="fragment/f").errors == []
