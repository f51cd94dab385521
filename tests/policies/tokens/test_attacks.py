"""Tokens that must not pass, each with the reason that it gets; and those of every algorithm that must."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Response
from policies.ports import Services
from tests.policies.pipelines import document, request
from tests.policies.tokens.issuer import (
    AUDIENCE,
    CONFIGURATION,
    ISSUER,
    NOW,
    SECRET,
    Issuer,
    b64,
    claims,
    elliptic,
    rsa,
    secret,
    token,
)

OPENID = f'<openid-config url="{CONFIGURATION}" />'
POLICY = f"""<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">{OPENID}
<audiences><audience>{AUDIENCE}</audience></audiences></validate-jwt>"""
ALL_KEYS = [rsa(), elliptic("P-256"), elliptic("P-384"), elliptic("P-521")]


def services(issuer: Issuer) -> Services:
    return Services(backend=issuer, clock=lambda: NOW)


def validated(text: str | None, policy: str = POLICY, *, issuer: Issuer | None = None) -> PolicyContext:
    """The context after the policy; its response is the refusal, or the forwarded request's 204."""
    pipeline = compile_pipeline([ScopedDocument("api/orders", document(inbound=policy))], Environment())
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    context = PolicyContext(request(headers=headers), services(issuer or Issuer(ALL_KEYS)))

    async def forward(context: PolicyContext) -> Response:
        return Response(204)

    asyncio.run(pipeline.run(context, forward))
    return context


def reason(context: PolicyContext) -> str:
    return context.last_error.reason if context.last_error else "passed"


def signed_with_public_key_as_secret(alg: str) -> str:
    """The oldest trick: the server's public key, which everybody has, as the secret of an HMAC."""
    pem = rsa().as_pem(private=False)
    head = b64({"alg": alg, "kid": "one", "typ": "JWT"}) + "." + b64(claims())
    return f"{head}.{b64(hmac.new(pem, head.encode(), hashlib.sha256).digest())}"


def tampered(part: int) -> str:
    parts = token().split(".")
    parts[part] = b64({**claims(), "sub": "eve"}) if part == 1 else parts[part][:-8] + "AAAAAAAA"
    return ".".join(parts)


def with_header(**header: Any) -> str:
    """Signed by a key of the attacker's, who says in the header where to find it."""
    return token(key=rsa("evil"), **{"kid": "one", **header})


def raw(header: Any, payload: Any = None, signature: bytes = b"x" * 256) -> str:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = payload if isinstance(payload, bytes) else json.dumps(claims() if payload is None else payload).encode()
    return f"{b64(head)}.{b64(body)}.{b64(signature)}"


EVIL = rsa("evil").as_dict(private=False)
ATTACKS: dict[str, tuple[Callable[[], str], str]] = {
    "alg none": (lambda: raw({"alg": "none"}, signature=b""), "TokenSignatureInvalid"),
    "alg None in capitals": (lambda: raw({"alg": "NONE"}, signature=b""), "TokenSignatureKeyNotFound"),
    "alg none with a signature": (lambda: raw({"alg": "none"}), "TokenSignatureInvalid"),
    "no alg": (lambda: raw({"kid": "one"}), "JwtInvalid"),
    "alg is a list": (lambda: raw({"alg": ["RS256"], "kid": "one"}), "JwtInvalid"),
    "alg unknown": (lambda: raw({"alg": "XX256", "kid": "one"}), "TokenSignatureKeyNotFound"),
    "public key as HMAC secret": (lambda: signed_with_public_key_as_secret("HS256"), "TokenSignatureKeyNotFound"),
    "public key as HMAC secret, wider hash": (lambda: signed_with_public_key_as_secret("HS512"), "TokenSignatureKeyNotFound"),
    "elliptic token under an RSA kid": (
        lambda: token(key=elliptic("P-256"), alg="ES256", kid="one"),
        "TokenSignatureKeyNotFound",
    ),
    "elliptic signature of zeros": (
        lambda: raw({"alg": "ES256", "kid": "P-256"}, signature=bytes(64)),
        "TokenSignatureInvalid",
    ),
    "curve of another algorithm": (
        lambda: raw({"alg": "ES384", "kid": "P-256"}, signature=bytes(96)),
        "TokenSignatureKeyNotFound",
    ),
    "unknown kid": (lambda: token(key=rsa("evil")), "TokenSignatureKeyNotFound"),
    "known kid, another key": (with_header, "TokenSignatureInvalid"),
    "kid that is a path": (lambda: with_header(kid="../../dev/null"), "TokenSignatureKeyNotFound"),
    "kid that is a number": (lambda: raw({"alg": "RS256", "kid": 1}), "JwtInvalid"),
    "no kid, another key": (lambda: raw({"alg": "RS256"}), "TokenSignatureInvalid"),
    "embedded jwk": (lambda: with_header(jwk=EVIL), "TokenSignatureInvalid"),
    "jku": (lambda: with_header(jku="https://evil.example/keys"), "TokenSignatureInvalid"),
    "x5u": (lambda: with_header(x5u="https://evil.example/cert"), "TokenSignatureInvalid"),
    "x5c": (lambda: with_header(x5c=["MIIB"]), "TokenSignatureInvalid"),
    "unknown crit": (lambda: raw({"alg": "RS256", "kid": "one", "crit": ["exp2"], "exp2": 1}), "JwtInvalid"),
    "empty crit": (lambda: raw({"alg": "RS256", "kid": "one", "crit": []}), "JwtInvalid"),
    "unencoded payload": (lambda: raw({"alg": "RS256", "kid": "one", "b64": False}), "JwtInvalid"),
    "changed claims": (lambda: tampered(1), "TokenSignatureInvalid"),
    "changed signature": (lambda: tampered(2), "TokenSignatureInvalid"),
    "no signature": (lambda: token().rpartition(".")[0] + ".", "TokenSignatureInvalid"),
    "two parts": (lambda: token().rpartition(".")[0], "JwtInvalid"),
    "four parts": (lambda: token() + ".x", "JwtInvalid"),
    "nothing but dots": (lambda: "..", "JwtInvalid"),
    "other alphabet": (lambda: token().replace("e", "+", 1), "JwtInvalid"),
    "huge": (lambda: token(claims(junk="x" * 40_000)), "JwtInvalid"),
    "header is a list": (lambda: raw([1]), "JwtInvalid"),
    "header is nested without end": (lambda: raw(b"[" * 9_000), "JwtInvalid"),
    "header is not UTF-8": (lambda: raw(b'{"alg":"\xff"}'), "JwtInvalid"),
    "expired": (lambda: token(claims(exp=NOW - 1)), "TokenExpired"),
    "expires now": (lambda: token(claims(exp=NOW)), "TokenExpired"),
    "never expires": (lambda: token(claims(exp=None)), "TokenExpired"),
    "expires as text": (lambda: token(claims(exp="9999999999")), "JwtInvalid"),
    "expires as truth": (lambda: token(claims(exp=True)), "JwtInvalid"),
    "expires beyond all times": (lambda: token(claims(exp=1e300)), "JwtInvalid"),
    "not valid yet": (lambda: token(claims(nbf=NOW + 1)), "JwtInvalid"),
    "issued tomorrow": (lambda: token(claims(iat=NOW + 86_400)), "JwtInvalid"),
    "valid never": (lambda: token(claims(nbf=NOW + 700)), "JwtInvalid"),
    "another audience": (lambda: token(claims(aud="https://other.example/mcp")), "TokenAudienceNotAllowed"),
    "audience as a prefix": (lambda: token(claims(aud=AUDIENCE + "/x")), "TokenAudienceNotAllowed"),
    "audience with another slash": (lambda: token(claims(aud=AUDIENCE + "/")), "TokenAudienceNotAllowed"),
    "no audience": (lambda: token(claims(aud=None)), "TokenAudienceNotAllowed"),
    "audience is an object": (lambda: token(claims(aud={AUDIENCE: 1})), "TokenAudienceNotAllowed"),
    "another issuer": (lambda: token(claims(iss="https://evil.example")), "TokenIssuerNotAllowed"),
    "no issuer": (lambda: token(claims(iss=None)), "TokenIssuerNotAllowed"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_crafted_token_is_refused(name: str) -> None:
    make, expected = ATTACKS[name]
    text = make()
    context = validated(text)
    assert reason(context) == expected
    assert context.response is not None
    assert context.response.status == 401
    assert context.response.headers.get("WWW-Authenticate") == 'Bearer error="invalid_token"'
    assert text[-20:] not in context.response.body.data.decode()
    assert "jwt" not in context.variables


@pytest.mark.parametrize("text", [None, "", " "])
def test_without_a_token_the_challenge_names_no_error(text: str | None) -> None:
    context = validated(text)
    assert (reason(context), context.response.headers.get("WWW-Authenticate")) == ("TokenNotPresent", "Bearer")  # type: ignore[union-attr]  # there is one


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_rsa_tokens_pass(alg: str) -> None:
    assert reason(validated(token(alg=alg))) == "passed"


@pytest.mark.parametrize(("curve", "alg"), [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512")])
def test_elliptic_tokens_pass(curve: str, alg: str) -> None:
    assert reason(validated(token(key=elliptic(curve), alg=alg))) == "passed"


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_tokens_of_a_shared_secret_pass(alg: str) -> None:
    policy = f"""<validate-jwt header-name="Authorization"><issuer-signing-keys><key>{SECRET}</key></issuer-signing-keys>
    <issuers><issuer>{ISSUER}</issuer></issuers></validate-jwt>"""
    assert reason(validated(token(key=secret(), alg=alg), policy)) == "passed"
    assert reason(validated(token(claims(iss="x"), key=secret(), alg=alg), policy)) == "TokenIssuerNotAllowed"


def test_a_shared_secret_that_a_key_set_publishes_is_no_key() -> None:
    published = {"kty": "oct", "k": secret().as_dict()["k"], "kid": "shared", "alg": "HS256"}
    issuer = Issuer(ALL_KEYS, extra_keys=[published])
    assert reason(validated(token(key=secret(), alg="HS256", kid="shared"), issuer=issuer)) == "TokenSignatureKeyNotFound"


@pytest.mark.parametrize("member", [{"use": "enc"}, {"alg": "PS256"}, {"alg": "RSA-OAEP"}])
def test_a_key_for_another_use_or_algorithm_verifies_nothing(member: dict[str, str]) -> None:
    published = {**rsa("other").as_dict(private=False), **member}
    issuer = Issuer([rsa()], extra_keys=[published])
    assert reason(validated(token(key=rsa("other")), issuer=issuer)) == "TokenSignatureKeyNotFound"


def test_a_key_of_one_issuer_does_not_vouch_for_another() -> None:
    policy = f"""<validate-jwt header-name="Authorization">{OPENID}
    <issuer-signing-keys><key>{SECRET}</key></issuer-signing-keys></validate-jwt>"""
    assert reason(validated(token(claims(iss="https://other.example")), policy)) == "TokenIssuerNotAllowed"


@settings(deadline=None, max_examples=150)
@given(
    st.text(max_size=300)
    | st.binary(max_size=200).map(b64)
    | st.tuples(*[st.binary(min_size=1, max_size=80).map(b64)] * 3).map(".".join)
)
def test_no_text_that_the_issuer_did_not_sign_passes(text: str) -> None:
    context = validated(text.replace("\n", "").replace("\r", ""))
    assert context.response is not None
    assert context.response.status == 401


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.sampled_from("Aa0_-."))
def test_no_single_changed_character_passes(position: int, other: str) -> None:
    good = token()
    position %= len(good) - 1  # the last character holds bits that base64 does not use
    changed = good[:position] + other + good[position + 1 :]
    assert (reason(validated(changed)) == "passed") == (changed == good)
