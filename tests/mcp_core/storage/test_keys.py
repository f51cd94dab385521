"""Texts as keys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.storage import keys
from mcp_core.storage.limits import check_key

texts = st.text(max_size=60) | st.text("/\\#?%= \x00a", max_size=30)


@given(texts)
@settings(deadline=None, max_examples=300)
def test_any_text_becomes_a_legal_key_and_comes_back(text: str) -> None:
    key = keys.encode(text)
    check_key("row", key)
    assert key.isascii()
    if not key.startswith("=~"):
        assert keys.decode(key) == text


@given(texts, texts)
@settings(deadline=None, max_examples=300)
def test_different_texts_have_different_keys(one: str, other: str) -> None:
    assert (keys.encode(one) == keys.encode(other)) == (one == other)


@pytest.mark.parametrize("text", ["x" * 401, "é" * 300, "/" * 10_000])
def test_a_long_text_is_hashed_and_still_its_own(text: str) -> None:
    key = keys.encode(text)
    check_key("row", key)
    assert key != keys.encode(text + "x")
    with pytest.raises(ValueError, match="is a hash"):
        keys.decode(key)


def test_plain_names_stay_readable() -> None:
    assert keys.encode("orders-mcp_v1.2") == "orders-mcp_v1.2"
    assert keys.encode("api/orders") == "api=2Forders"
    assert keys.encode("") == "="


@pytest.mark.parametrize("key", ["a/b", "=2", "=41", "=zz", "=C3"])
def test_a_foreign_key_is_no_text(key: str) -> None:
    with pytest.raises(ValueError):
        keys.decode(key)


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
@settings(deadline=None, max_examples=200)
def test_a_digest_stands_for_the_sequence_of_its_parts(one: list[str], other: list[str]) -> None:
    assert (keys.digest(*one) == keys.digest(*other)) == (one == other)
    assert len(keys.digest(*one)) == 32
