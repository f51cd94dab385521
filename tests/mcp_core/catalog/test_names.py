"""Names of things and policy scopes: what is accepted, and what each refusal says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.catalog import names
from mcp_core.catalog.scopes import Scope, parse_scope
from mcp_core.errors import InvalidInput


@pytest.mark.parametrize("name", ["a", "petstore", "Pet-Store_2.v1", "0", "x" * 80])
def test_a_plain_name_is_accepted_as_it_is(name: str) -> None:
    assert names.API.check(name) == name


REFUSED = {
    "": ("'' is no API id: it is empty", "Use 1 to 80 letters, digits"),
    "my api": ("it has a space at position 3", "for example 'my-api'"),
    "a/b": ("it has '/' at position 2", "for example 'a-b'"),
    "a#b": ("it has '#' at position 2", "'a-b'"),
    "a?b": ("it has '?' at position 2", "'a-b'"),
    "pets🙂": ("it has '🙂' at position 5", "for example 'pets'"),
    "größe": ("it has 'ö' at position 3", "'gro-"),
    "a\x00b": ("it has a control character (U+0000) at position 2", "'a-b'"),
    "a\u200bb": ("it has a control character (U+200B) at position 2", "'a-b'"),
    "x" * 300: (
        "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'… (300 characters) is no API id: it has 300 characters, 80 at most",
        "xxx",
    ),
    "-a": ("it begins with '-'", "for example 'a'"),
    "..": ("it begins with '.'", "a letter or digit first and last."),
    "a.": ("it ends with '.'", "for example 'a'"),
}


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name[:12]))
def test_a_refusal_says_what_is_wrong_and_what_would_be_right(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        names.API.check(name)
    message, hint = REFUSED[name]
    assert message in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize("name", ["admin", "Runtime", "health"])
def test_a_server_cannot_take_a_path_of_the_host(name: str) -> None:
    with pytest.raises(InvalidInput, match="another meaning"):
        names.SERVER.check(name)
    assert names.API.check(name) == name


@given(st.text(max_size=120))
@settings(deadline=None, max_examples=200)
def test_a_proposed_name_is_right_itself(text: str) -> None:
    try:
        names.PRODUCT.check(text)
    except InvalidInput as refused:
        _, mark, proposal = refused.hint.partition("for example '")
        if mark:
            assert names.PRODUCT.check(proposal.removesuffix("'."))


SCOPES = {
    "global": Scope("global"),
    "product/gold": Scope("product", "gold"),
    "mcp/orders-mcp": Scope("mcp", "orders-mcp"),
    "api/orders": Scope("api", "orders"),
    "api/orders/getOrder": Scope("operation", "orders", "getOrder"),
    "api/github/repos/get": Scope("operation", "github", "repos/get"),
    "fragment/common": Scope("fragment", "common"),
}


@pytest.mark.parametrize("text", SCOPES)
def test_a_scope_is_parsed_and_spelled_back(text: str) -> None:
    scope = parse_scope(text)
    assert scope == SCOPES[text]
    assert str(scope) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no policy scope"),
        ("Global", "is no policy scope"),
        ("servers/x", "is no policy scope"),
        ("product", "does not say which one"),
        ("mcp/", "does not say which one"),
        ("api//x", "is no API id: it is empty"),
        ("api/orders/", "ends without an operation"),
        ("mcp/a/b", "it has '/' at position 2"),
        ("product/a b", "it has a space"),
    ],
)
def test_a_wrong_scope_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_scope(text)
