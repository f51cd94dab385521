"""What the gateway lets pass, joserfc alone lets pass too: every attack of the table, and tokens changed at random, are put to
both."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from tests.policies.tokens.issuer import AUDIENCE, ISSUER, NOW, b64, claims, rsa, token
from tests.policies.tokens.test_attacks import ALL_KEYS, ATTACKS, reason, validated

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
REQUIRED = jwt.JWTClaimsRegistry(
    now=NOW,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
)
ONLY_OURS = {
    "expires beyond all times": "joserfc takes any number",
    "valid never": "joserfc compares no two times with each other",
    "issued tomorrow": "joserfc does, ours too",
    "huge": "joserfc knows no bound",
}


def oracle(text: str) -> bool:
    """Whether joserfc, told the same keys, issuer and audience, takes the token; by any key of its own, where it names none."""
    return any(taken(text, key) for key in ALL_KEYS)


def taken(text: str, key: Any) -> bool:
    try:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        found = jwt.decode(text, key, registry=registry)
        if "b64" in found.header or "crit" in found.header or (found.header.get("kid") or key.kid) != key.kid:
            return False
        REQUIRED.validate(found.claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    return True


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in ONLY_OURS])
def test_the_library_refuses_every_attack_too(name: str) -> None:
    text = ATTACKS[name][0]()
    assert (oracle(text), reason(validated(text)) == "passed") == (False, False)


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256"])
def test_both_take_what_the_issuer_signed(alg: str) -> None:
    text = token(alg=alg)
    assert (oracle(text), reason(validated(text))) == (True, "passed")


TIMES = [0, -1, 1, NOW, NOW - 1, NOW + 1, NOW + 600, float(NOW + 9), 1.5, str(NOW + 600), True]
AUDIENCES: list[Any] = [AUDIENCE, [AUDIENCE], [AUDIENCE, "x"], ["x"], []]
VALUES = st.sampled_from([None, "", "x", {}, ISSUER, *TIMES, *AUDIENCES])


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.sampled_from(["iss", "aud", "exp", "nbf", "scp"]), VALUES, max_size=3))
def test_nothing_passes_that_the_library_refuses_by_its_claims(changed: dict[str, Any]) -> None:
    text = token({**claims(), **changed})
    if reason(validated(text)) == "passed":
        # A claim that is null is one that is not there; joserfc refuses it by its type.
        text = token({name: value for name, value in {**claims(), **changed}.items() if value is not None})
        assert oracle(text)


HEADER = st.fixed_dictionaries(
    {"alg": st.sampled_from([*ALGORITHMS, "HS256", "none", "None", "", "rs256"])},
    optional={
        "kid": st.sampled_from(["one", "P-256", "P-384", "", "x"]),
        "typ": st.sampled_from(["JWT", "at+jwt", ""]),
        "crit": st.just(["b64"]),
        "b64": st.booleans(),
        "jwk": st.just({}),
    },
)


@settings(deadline=None, max_examples=200)
@given(HEADER, st.sampled_from(["RS256", "PS256"]))
def test_nothing_passes_that_the_library_refuses_by_its_header(header: dict[str, Any], signed: str) -> None:
    """Signed by the issuer's key, whatever the header says of it."""
    payload = b64(json.dumps(claims()).encode())
    signing_input = f"{b64(header)}.{payload}"
    signature = JWSRegistry.algorithms[signed].sign(signing_input.encode(), rsa())
    text = f"{signing_input}.{b64(signature)}"
    if reason(validated(text)) == "passed":
        assert oracle(text)
