"""`validate-jwt`: where the token is found, what is asked of it, how a refusal is answered."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey

from policies.compiler import Environment, compile_pipeline
from policies.context import PolicyContext
from policies.environment import ScopedDocument
from policies.errors import DocumentError
from policies.messages import Response
from policies.ports import Services
from tests.policies.pipelines import Run, document, request, run
from tests.policies.tokens.issuer import NOW, SECRET, b64, claims, rsa, secret, token

KEYS = f"<issuer-signing-keys><key>{SECRET}</key></issuer-signing-keys>"
CONTENT_KEY = base64.b64encode(b"k" * 32).decode()


def signed(**more: Any) -> str:
    return token(claims(**more), key=secret(), alg="HS256")


def validated(
    text: str, attributes: str = 'header-name="Authorization"', children: str = "", *, keys: str = KEYS, **sections: str
) -> Run:
    policy = f"<validate-jwt {attributes}>{keys}{children}</validate-jwt>"
    headers = {"Authorization": text, "X-Token": text.removeprefix("Bearer ")}
    return run(
        document(inbound=policy, **sections),
        req=request(url=f"http://gateway/orders?jwt={text.removeprefix('Bearer ')}", headers=headers),
        services=Services(clock=lambda: NOW),
    )


def reason(done: Run) -> str:
    return done.context.last_error.reason if done.context.last_error else "passed"


@pytest.mark.parametrize(
    ("attributes", "text", "expected"),
    [
        ('header-name="Authorization"', "Bearer {}", "passed"),
        ('header-name="Authorization"', "{}", "passed"),
        ('header-name="Authorization" require-scheme="Bearer"', "Bearer {}", "passed"),
        ('header-name="Authorization" require-scheme="Bearer"', "bearer  {}", "passed"),
        ('header-name="Authorization" require-scheme="Bearer"', "{}", "TokenNotPresent"),
        ('header-name="Authorization" require-scheme="Bearer"', "DPoP {}", "TokenNotPresent"),
        ('header-name="X-Token" require-scheme="Bearer"', "Bearer {}", "passed"),
        ('header-name="X-Missing"', "Bearer {}", "TokenNotPresent"),
        ('query-parameter-name="jwt"', "Bearer {}", "passed"),
        ('query-parameter-name="other"', "Bearer {}", "TokenNotPresent"),
        ("token-value='@(context.Request.Headers[\"X-Token\"][0])'", "Bearer {}", "passed"),
        ("token-value='@(\"\")'", "Bearer {}", "TokenNotPresent"),
    ],
)
def test_the_token_is_where_the_policy_says(attributes: str, text: str, expected: str) -> None:
    assert reason(validated(text.format(signed()), attributes)) == expected


@pytest.mark.parametrize(
    ("claim", "value", "held", "expected"),
    [
        ('name="group"', "a", "a", "passed"),
        ('name="group"', "a", ["b", "a"], "passed"),
        ('name="group"', "a", "b", "TokenClaimValueNotAllowed"),
        ('name="group"', "a", None, "TokenClaimNotFound"),
        ('name="group" match="all"', "a b", ["a", "b", "c"], "passed"),
        ('name="group" match="all"', "a b", ["a"], "TokenClaimValueNotAllowed"),
        ('name="group" match="any"', "a b", ["b"], "passed"),
        ('name="group" match="any"', "a b", ["c"], "TokenClaimValueNotAllowed"),
        ('name="group" separator=","', "a b", "b, a", "passed"),
        ('name="group"', "a", "a,b", "TokenClaimValueNotAllowed"),
        ('name="scp" match="any" separator=" "', "read", "write read", "passed"),
        ('name="admin"', "true", True, "passed"),
        ('name="level"', "3", 3, "passed"),
        ('name="group"', "", "anything", "passed"),
    ],
)
def test_required_claims(claim: str, value: str, held: object, expected: str) -> None:
    values = "".join(f"<value>{each}</value>" for each in value.split())
    name = claim.split('"')[1]
    done = validated(
        f"Bearer {signed(**{name: held})}", children=f"<required-claims><claim {claim}>{values}</claim></required-claims>"
    )
    assert reason(done) == expected


SCOPE = '<required-claims><claim name="scp" separator=" "><value>orders.write</value></claim></required-claims>'


@pytest.mark.parametrize(
    ("attributes", "status", "challenge"),
    [
        ("", 403, 'Bearer error="insufficient_scope", scope="orders.write"'),
        ('failed-validation-httpcode="403"', 403, 'Bearer error="insufficient_scope", scope="orders.write"'),
        ('failed-validation-httpcode="401"', 401, 'Bearer error="invalid_token"'),
        ('failed-validation-httpcode="418"', 418, None),
    ],
)
def test_a_token_that_lacks_a_scope_is_asked_for_more(attributes: str, status: int, challenge: str | None) -> None:
    done = validated(f"Bearer {signed(scp='orders.read')}", f'header-name="Authorization" {attributes}', SCOPE)
    assert (done.response.status, done.response.headers.get("WWW-Authenticate")) == (status, challenge)


def test_the_policys_own_status_and_message_are_the_answer_and_the_reason_stays_in_last_error() -> None:
    done = validated(
        f"Bearer {signed(exp=NOW - 1)}",
        'header-name="Authorization" failed-validation-httpcode="403" failed-validation-error-message="Not you."',
        on_error='<set-header name="X-Reason"><value>@(context.LastError.Source + " " + context.LastError.Reason)</value>'
        "</set-header>",
    )
    assert done.response.status == 403
    assert json.loads(done.text) == {"statusCode": 403, "message": "Not you."}
    assert done.response.headers.get("X-Reason") == "validate-jwt TokenExpired"


def test_clock_skew_works_both_ways() -> None:
    late, early = signed(exp=NOW - 5), signed(nbf=NOW + 5)
    for text in (late, early):
        assert reason(validated(text, 'header-name="Authorization" clock-skew="10"')) == "passed"
        assert reason(validated(text, 'header-name="Authorization" clock-skew="3"')) != "passed"


def test_an_expiration_time_is_asked_for_unless_the_policy_does_not() -> None:
    assert reason(validated(signed(exp=None))) == "TokenExpired"
    assert reason(validated(signed(exp=None), 'header-name="Authorization" require-expiration-time="false"')) == "passed"


def test_an_unsigned_token_passes_only_where_the_policy_says_so() -> None:
    unsigned = f"{b64({'alg': 'none'})}.{b64(claims())}."
    assert reason(validated(unsigned)) == "TokenSignatureInvalid"
    lax = 'header-name="Authorization" require-signed-tokens="false"'
    assert reason(validated(unsigned, lax)) == "passed"
    assert reason(validated(unsigned, lax, keys="")) == "passed"
    forged = token(key=rsa("evil"))
    assert reason(validated(forged, lax)) == "TokenSignatureKeyNotFound"


def test_the_tokens_claims_are_there_for_expressions() -> None:
    seen = '<set-header name="X-Who"><value>@(((Jwt)context.Variables["jwt"]).Subject + "/" + {}'
    seen = seen.format('((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("roles", ""))</value></set-header>')
    policy = f'<validate-jwt header-name="Authorization" output-token-variable-name="jwt">{KEYS}</validate-jwt>{seen}'
    done = run(
        document(inbound=policy),
        req=request(headers={"Authorization": f"Bearer {signed(roles=['a', 'b'])}"}),
        services=Services(clock=lambda: NOW),
    )
    assert done.sent.headers.get("X-Who") == "ada/a,b"


@pytest.mark.parametrize(("key_id", "kid", "expected"), [("one", "one", "passed"), ("", "one", "passed"), ("two", "one", "no")])
def test_a_key_by_its_numbers(key_id: str, kid: str, expected: str) -> None:
    numbers = rsa().as_dict(private=False)
    identity = f'id="{key_id}"' if key_id else ""
    keys = f'<issuer-signing-keys><key {identity} n="{numbers["n"]}" e="{numbers["e"]}" /></issuer-signing-keys>'
    done = validated(token(kid=kid), keys=keys)
    assert (reason(done) == "passed") == (expected == "passed")


def test_keys_are_tried_one_after_the_other() -> None:
    other = base64.b64encode(b"y" * 40).decode()
    keys = f"<issuer-signing-keys><key>{other}</key><key>{SECRET}</key></issuer-signing-keys>"
    assert reason(validated(signed(), keys=keys)) == "passed"


def test_a_key_may_come_from_an_expression() -> None:
    keys = '<issuer-signing-keys><key>@(context.Request.Headers.GetValueOrDefault("X-Key", "{}"))</key></issuer-signing-keys>'
    assert reason(validated(signed(), keys=keys.format(SECRET))) == "passed"
    assert reason(validated(signed(), keys=keys.format("short"))) == "InvalidKey"


def encrypted(plain: str, alg: str = "dir", enc: str = "A128CBC-HS256", **header: str) -> str:
    key = OctKey.import_key({"kty": "oct", "k": b64(base64.b64decode(CONTENT_KEY))})
    registry = jwe.JWERegistry(algorithms=[alg, enc, "DEF"], strict_check_header=False)
    return jwe.encrypt_compact({"alg": alg, "enc": enc, **header}, plain, key, registry=registry)


DECRYPTION = f"<decryption-keys><key>{CONTENT_KEY}</key></decryption-keys>"


@pytest.mark.parametrize(("alg", "enc"), [("dir", "A128CBC-HS256"), ("dir", "A256GCM"), ("A256KW", "A256CBC-HS512")])
def test_an_encrypted_token_is_decrypted_and_then_verified(alg: str, enc: str) -> None:
    text = encrypted(signed(), alg, enc)
    assert reason(validated(text, children=DECRYPTION)) == "passed"
    assert reason(validated(text)) == "TokenDecryptionFailed"


def test_encryption_is_no_signature() -> None:
    assert reason(validated(encrypted(json.dumps(claims())), children=DECRYPTION)) == "TokenSignatureInvalid"
    assert reason(validated(encrypted(token(key=rsa("evil"))), children=DECRYPTION)) == "TokenSignatureKeyNotFound"
    assert reason(validated(encrypted(encrypted(signed())), children=DECRYPTION)) == "JwtInvalid"
    assert reason(validated(encrypted(signed(), zip="DEF"), children=DECRYPTION)) == "TokenDecryptionFailed"


def signed_by(key: str) -> str:
    return f'<validate-jwt header-name="a"><issuer-signing-keys>{key}</issuer-signing-keys></validate-jwt>'


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        (f"<validate-jwt>{KEYS}</validate-jwt>", "header-name"),
        (f'<validate-jwt header-name="a" query-parameter-name="b">{KEYS}</validate-jwt>', "one of"),
        ('<validate-jwt header-name="a" />', "no key"),
        ('<validate-jwt header-name="a"><openid-config url="login.example" /></validate-jwt>', "full URL"),
        ('<validate-jwt header-name="a"><issuer-signing-keys><key>#</key></issuer-signing-keys></validate-jwt>', "base64"),
        ('<validate-jwt header-name="a"><issuer-signing-keys><key n="x" /></issuer-signing-keys></validate-jwt>', "n and e"),
        ('<validate-jwt header-name="a"><issuer-signing-keys><key /></issuer-signing-keys></validate-jwt>', "certificate-id"),
        (signed_by("<key>c2hvcnQ=</key>"), "fewer than 16 bytes"),
        (signed_by('<key n="AQAB" e="AQAB" />'), "2048 to 8192 bits"),
        (
            f'<validate-jwt header-name="a">{KEYS}<decryption-keys><key>c2hvcnQ=</key></decryption-keys></validate-jwt>',
            "decrypts",
        ),
        (
            '<validate-azure-ad-token tenant-id="ftp://x"><audiences><audience>a</audience></audiences></validate-azure-ad-token>',
            "tenant",
        ),
        (
            '<validate-azure-ad-token tenant-id="a b"><audiences><audience>a</audience></audiences></validate-azure-ad-token>',
            "tenant",
        ),
        (f'<validate-jwt header-name="a">{KEYS}<audiences /></validate-jwt>', "audience"),
        (f'<validate-jwt header-name="a" failed-validation-httpcode="100">{KEYS}</validate-jwt>', "from 200 up to 599"),
        (f'<validate-jwt header-name="a" clock-skew="-1">{KEYS}</validate-jwt>', "0 or more"),
        ('<validate-azure-ad-token tenant-id="t" />', "any token of the tenant"),
        ("<validate-azure-ad-token><audiences><audience>a</audience></audiences></validate-azure-ad-token>", "tenant-id"),
    ],
)
def test_a_policy_that_would_protect_nothing_is_not_stored(xml: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        compile_pipeline([ScopedDocument("api/orders", document(inbound=xml))], Environment())


def test_a_key_that_an_expression_names_judges_by_itself_however_many_there_are() -> None:
    """Each key remembers its own tokens; more keys than are believed at one time forget nothing that matters."""
    keys = [base64.b64encode(f"key number {number:6}".encode() * 2).decode() for number in range(20)]
    policy = """<validate-jwt header-name="Authorization"><issuer-signing-keys>
    <key>@(context.Request.Headers["X-Key"][0])</key></issuer-signing-keys></validate-jwt>"""
    pipeline = compile_pipeline([ScopedDocument("api/orders", document(inbound=policy))], Environment())
    services = Services(clock=lambda: NOW)

    def status(key: str, text: str) -> int:
        headers = {"Authorization": f"Bearer {text}", "X-Key": key}
        context = PolicyContext(request(headers=headers), services)

        async def forward(context: PolicyContext) -> Response:
            return Response(204)

        return asyncio.run(pipeline.run(context, forward)).status

    tokens = [token(claims(), key=OctKey.import_key(base64.b64decode(key)), alg="HS256") for key in keys]
    for _ in range(2):
        for number, key in enumerate(keys):
            assert [status(key, tokens[number]), status(key, tokens[number - 1])] == [204, 401]
