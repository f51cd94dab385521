"""Key sets as somebody else publishes them: whatever stands in one, its good keys are found and the rest does no harm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.tokens.keys import jwks_keys
from tests.policies.tokens.issuer import ISSUER, elliptic, rsa

GOOD = rsa().as_dict(private=False)
OTHER = elliptic("P-256").as_dict(private=False)
WORDS = ["sig", "RSA", "EC", "oct", "P-256", "RS256", "AQAB", "AA", "!", GOOD["n"], OTHER["x"]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
    max_leaves=4,
)
MEMBERS = st.sampled_from(["kty", "n", "e", "crv", "x", "y", "use", "alg", "kid", "issuer"])
CHANGED = st.tuples(st.sampled_from([GOOD, OTHER, {}]), st.dictionaries(MEMBERS, JSON, max_size=3)).map(
    lambda pair: {**pair[0], **pair[1]}
)


@pytest.mark.parametrize("kind", [[], {}, 7, None, ["RSA"]])
def test_a_kind_of_key_that_is_no_text_is_passed_over(kind: Any) -> None:
    assert [key.kid for key in jwks_keys({"keys": [{**GOOD, "kty": kind}, GOOD]}, ISSUER)] == ["one"]


@settings(deadline=None, max_examples=150)
@given(CHANGED | JSON)
def test_anything_beside_a_good_key_is_passed_over_or_verifies_nothing(beside: Any) -> None:
    *others, good = jwks_keys({"keys": [beside, GOOD]}, ISSUER)
    assert good.kid == "one"
    for key in others:
        for algorithm in key.algorithms:
            assert key.check(algorithm)(b"signed", bytes(256)) is False
