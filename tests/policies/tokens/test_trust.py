"""What is remembered of tokens: that it changes no verdict, is bounded, and ends with the keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jws import JWSRegistry

from policies.tokens.keys import Key, secret_key
from policies.tokens.refused import TokenRefused
from policies.tokens.trust import MOST_HEADERS, MOST_TOKENS, Trust
from tests.policies.tokens.issuer import SECRET, b64, claims, secret, token

KEY = secret_key(SECRET, "one")
OTHER = secret_key("b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3RoZXI=", "one")


def trust(*keys: Key, must_be_signed: bool = True) -> Trust:
    return Trust(keys, must_be_signed=must_be_signed)


def signed(number: int = 0, **header: Any) -> bytes:
    return token(claims(jti=str(number)), key=secret(), **{"alg": "HS256", "kid": "one", **header}).encode()


def said(found: Trust, text: bytes) -> str:
    """The verdict on a token, and what it holds."""
    try:
        return json.dumps(found.verified(text, text).claims, sort_keys=True)
    except TokenRefused as refused:
        return refused.reason


def test_tokens_are_remembered_by_their_names_and_the_oldest_goes_first() -> None:
    found = trust(KEY)
    for number in range(MOST_TOKENS + 3):
        found.verified(str(number).encode(), signed(number))
    assert list(found.tokens) == [str(number).encode() for number in range(3, MOST_TOKENS + 3)]


def test_what_is_not_verified_is_not_remembered() -> None:
    found = trust(KEY, must_be_signed=False)
    unsigned = f"{b64({'alg': 'none'})}.{b64(claims())}.".encode()
    for text in (signed()[:-8] + b"AAAAAAAA", signed(kid="other"), unsigned):
        said(found, text)
    assert found.tokens == {}


@pytest.mark.parametrize(
    ("must_be_signed", "signature", "passes"), [(False, "", True), (False, "AAAA", False), (True, "", False)]
)
def test_what_calls_itself_unsigned_has_no_signature_and_passes_only_where_it_may(
    must_be_signed: bool, signature: str, passes: bool
) -> None:
    text = f"{b64({'alg': 'none'})}.{b64(claims())}.{signature}".encode()
    verdict = said(trust(KEY, must_be_signed=must_be_signed), text)
    assert verdict.startswith("{") if passes else verdict == "TokenSignatureInvalid"


def test_headers_without_end_are_not_kept_without_end() -> None:
    found = trust(KEY)
    for number in range(3 * MOST_HEADERS):
        said(found, f"{b64({'alg': 'HS256', 'kid': 'one', 'x': number})}.{b64(claims())}.AAAA".encode())
        assert len(found.headers) <= MOST_HEADERS
    assert said(found, signed()) != "TokenSignatureInvalid"


def test_a_header_that_is_refused_is_refused_again() -> None:
    found = trust(KEY)
    for header in ({"alg": "HS256", "crit": ["x"]}, {"kid": "one"}, {"alg": "HS256", "kid": 1}):
        text = f"{b64(header)}.{b64(claims())}.AAAA".encode()
        assert [said(found, text) for _ in range(2)] == ["JwtInvalid"] * 2
    assert found.headers == {}


@pytest.mark.parametrize("header", [{"kid": "one"}, {"kid": ""}])
def test_the_keys_of_a_header_are_those_of_this_trust(header: dict[str, str]) -> None:
    """The same header, known to both: what one key made is no other's."""
    text, found, another = signed(**header), trust(KEY), trust(OTHER)
    for _ in range(2):
        assert said(found, text).startswith("{")
        assert said(another, text) == "TokenSignatureInvalid"


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("char", ["+", "/", "=", "!", " ", "\n", "\0", "é", "\udc80"])
def test_a_character_that_base64url_does_not_have_is_refused_wherever_it_stands(part: int, char: str) -> None:
    pieces = signed().decode().split(".")
    for place in (0, 5, len(pieces[part])):
        changed = [*pieces[:part], pieces[part][:place] + char + pieces[part][place:], *pieces[part + 1 :]]
        resigned = changed if part == 2 else [*changed[:2], made(".".join(changed[:2]))]
        assert said(trust(KEY), ".".join(resigned).encode("utf-8", "surrogatepass")) == "JwtInvalid"


def made(signing_input: str) -> str:
    """The issuer's signature, whatever it is that is signed."""
    return b64(JWSRegistry.algorithms["HS256"].sign(signing_input.encode("utf-8", "surrogatepass"), secret()))


HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from(["HS256", "HS512", "RS256", "none"])},
    optional={"kid": st.sampled_from(["one", "two", ""]), "typ": st.sampled_from(["JWT", "at+jwt"]), "crit": st.just([])},
)
SIGNATURES = st.sampled_from(["good", "none", "bad"])


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(HEADERS, SIGNATURES), max_size=12), st.booleans())
def test_a_trust_that_has_seen_much_judges_as_a_fresh_one(seen: list[tuple[dict[str, Any], str]], must_be_signed: bool) -> None:
    used = trust(KEY, must_be_signed=must_be_signed)
    for header, how in seen:
        signing_input = f"{b64(header)}.{b64(claims())}"
        signature = {"good": made(signing_input), "none": "", "bad": "AAAA"}[how]
        text = f"{signing_input}.{signature}".encode()
        assert said(used, text) == said(trust(KEY, must_be_signed=must_be_signed), text)
