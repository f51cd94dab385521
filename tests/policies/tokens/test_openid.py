"""OpenID configurations: cached, refreshed beside the requests, never in a stampede."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Response
from policies.pipeline import Pipeline
from policies.ports import Services
from policies.tokens.openid import AGAIN, AGAIN_WITHOUT, FRESH, OLDEST
from tests.policies.pipelines import document, request
from tests.policies.tokens.issuer import CONFIGURATION, NOW, Issuer, claims, rsa, token

POLICY = f'<validate-jwt header-name="Authorization"><openid-config url="{CONFIGURATION}" /></validate-jwt>'


class Gateway:
    """One pipeline and a clock that tests set."""

    def __init__(self, issuer: Issuer, policy: str = POLICY) -> None:
        self.issuer = issuer
        self.now = float(NOW)
        self.services = Services(backend=issuer, clock=lambda: self.now)
        self.pipeline: Pipeline = compile_pipeline([ScopedDocument("api/orders", document(inbound=policy))], Environment())

    async def call(self, text: str) -> int:
        return (await self.answer(text)).status

    async def answer(self, text: str) -> Response:
        context = PolicyContext(request(headers={"Authorization": f"Bearer {text}"}), self.services)

        async def forward(context: PolicyContext) -> Response:
            return Response(204)

        return await self.pipeline.run(context, forward)


def lasting(**header: Any) -> str:
    return token(claims(exp=NOW + 100 * 86_400), **header)


def replaced(kid: str, key: RSAKey) -> RSAKey:
    """The key under another's id."""
    return RSAKey.import_key({**key.as_dict(private=False), "kid": kid})


async def settled() -> None:
    """Let what runs in the background come to its end."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        await task


def test_a_configuration_is_fetched_for_the_first_token_and_not_when_its_document_is_compiled() -> None:
    async def run() -> None:
        issuer = Issuer()
        gateway = Gateway(issuer, POLICY.replace(" />", ' validate-connectivity="true" />'))
        assert issuer.fetches == 0
        assert await gateway.call(token()) == 204
        assert issuer.fetches == 1

    asyncio.run(run())


def test_many_callers_at_a_cold_start_cause_one_fetch() -> None:
    async def run() -> tuple[list[int], int]:
        issuer = Issuer(gate=asyncio.Event())
        gateway, text = Gateway(issuer), token()
        calls = [asyncio.create_task(gateway.call(text)) for _ in range(100)]
        await asyncio.sleep(0)
        assert issuer.gate is not None
        issuer.gate.set()
        return await asyncio.gather(*calls), issuer.fetches

    statuses, fetches = asyncio.run(run())
    assert statuses == [204] * 100
    assert fetches == 1


def test_keys_are_refreshed_every_hour_while_requests_go_on() -> None:
    async def run() -> None:
        gateway, text = Gateway(Issuer()), lasting()
        assert await gateway.call(text) == 204
        gateway.issuer.gate = asyncio.Event()  # from here on the endpoint is slow
        gateway.now += FRESH
        assert await gateway.call(text) == 204
        assert await gateway.call(text) == 204
        gateway.issuer.gate.set()
        await settled()
        assert gateway.issuer.fetches == 2

    asyncio.run(run())


def test_cached_keys_go_on_while_the_endpoint_is_down_but_not_for_ever() -> None:
    async def run() -> None:
        gateway, text = Gateway(Issuer()), lasting()
        assert await gateway.call(text) == 204
        gateway.issuer.is_down = True
        gateway.now += OLDEST - 1
        assert await gateway.call(text) == 204
        await settled()
        gateway.now += AGAIN
        assert await gateway.call(text) == 503
        gateway.issuer.is_down = False
        gateway.now += AGAIN
        assert await gateway.call(text) == 204

    asyncio.run(run())


def test_a_rotated_key_is_found_at_once_and_the_old_one_no_longer_counts() -> None:
    async def run() -> None:
        gateway = Gateway(Issuer([rsa("one")]))
        old, new = lasting(), lasting(key=rsa("other"))
        assert await gateway.call(old) == 204
        gateway.issuer.keys = [rsa("other")]
        gateway.now += AGAIN
        assert await gateway.call(new) == 204
        assert await gateway.call(old) == 401  # though it was remembered as good

    asyncio.run(run())


def test_a_key_that_is_replaced_under_its_own_id_counts_no_longer_though_its_header_is_known() -> None:
    async def run() -> None:
        gateway = Gateway(Issuer([rsa("one")]))
        old, new = lasting(), lasting(key=rsa("other"), kid="one")
        assert [await gateway.call(text) for text in (old, new)] == [204, 401]
        gateway.issuer.keys = [replaced("one", rsa("other"))]
        gateway.now += FRESH
        assert await gateway.call(old) == 204  # the refresh runs beside it
        await settled()
        assert [await gateway.call(text) for text in (old, new, old, new)] == [401, 204, 401, 204]

    asyncio.run(run())


def test_a_rotated_key_is_found_for_a_token_that_names_none() -> None:
    async def run() -> None:
        gateway = Gateway(Issuer([rsa("one")]))
        assert await gateway.call(lasting(kid="")) == 204
        gateway.issuer.keys = [rsa("other")]
        gateway.now += AGAIN
        assert await gateway.call(lasting(key=rsa("other"), kid="")) == 204
        for _ in range(5):
            assert await gateway.call(lasting(key=rsa("evil"), kid="")) == 401
        assert gateway.issuer.fetches == 2

    asyncio.run(run())


def test_unknown_keys_make_the_endpoint_be_asked_once_a_minute_at_most() -> None:
    async def run() -> Sequence[int]:
        gateway = Gateway(Issuer())
        assert await gateway.call(token()) == 204
        gateway.now += AGAIN
        evil = [token(key=rsa("evil"), kid=f"kid-{number}") for number in range(20)]
        for text in evil:
            assert await gateway.call(text) == 401
        gateway.now += AGAIN
        await asyncio.gather(*(gateway.call(text) for text in evil))
        return [gateway.issuer.fetches]

    assert asyncio.run(run()) == [3]


def test_without_any_keys_the_answer_says_that_they_are_missing_not_that_the_token_is_bad() -> None:
    async def run() -> None:
        gateway = Gateway(Issuer(is_down=True))
        refused = await gateway.answer(token())
        assert (refused.status, refused.headers.get("Retry-After")) == (503, str(int(AGAIN_WITHOUT)))
        asked = len(gateway.issuer.asked)
        assert await gateway.call(token()) == 503
        assert len(gateway.issuer.asked) == asked
        gateway.issuer.is_down = False
        gateway.now += AGAIN_WITHOUT
        assert await gateway.call(token()) == 204

    asyncio.run(run())


def test_a_caller_who_leaves_does_not_end_the_fetch_for_the_others() -> None:
    async def run() -> int:
        issuer = Issuer(gate=asyncio.Event())
        gateway = Gateway(issuer)
        first, second = (asyncio.create_task(gateway.call(token())) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert issuer.gate is not None
        issuer.gate.set()
        return await second

    assert asyncio.run(run()) == 204


@pytest.mark.parametrize(
    ("issuer", "tid", "iss", "status"),
    [
        ("https://login.example/{tenantid}/v2.0", "11111111-2222-3333-4444-555555555555", "", 204),
        ("https://login.example/{tenantid}/v2.0", "11111111-2222-3333-4444-555555555555", "https://login.example/x/v2.0", 401),
        ("https://login.example/{tenantid}/v2.0", "x/../../y", "https://login.example/x/../../y/v2.0", 401),
        ("https://login.example/{tenantid}/v2.0", None, "https://login.example/{tenantid}/v2.0x", 401),
    ],
)
def test_a_configuration_for_many_tenants_names_the_tokens_own(issuer: str, tid: str | None, iss: str, status: int) -> None:
    async def run() -> int:
        gateway = Gateway(Issuer(issuer=issuer))
        return await gateway.call(token(claims(iss=iss or issuer.replace("{tenantid}", tid or ""), tid=tid)))

    assert asyncio.run(run()) == status


def test_in_a_set_for_many_tenants_a_key_of_one_vouches_for_no_other() -> None:
    own = {**rsa("other").as_dict(private=False), "issuer": "https://login.example/consumers/v2.0"}

    async def run() -> int:
        gateway = Gateway(Issuer(issuer="https://login.example/{tenantid}/v2.0", extra_keys=[own]))
        tid = "11111111-2222-3333-4444-555555555555"
        return await gateway.call(token(claims(iss=f"https://login.example/{tid}/v2.0", tid=tid), key=rsa("other")))

    assert asyncio.run(run()) == 401


def test_a_token_seen_before_is_refused_from_the_moment_it_expires() -> None:
    async def run() -> None:
        gateway = Gateway(Issuer())
        assert await gateway.call(token()) == 204
        gateway.now = NOW + 599
        assert await gateway.call(token()) == 204
        gateway.now = NOW + 600
        assert await gateway.call(token()) == 401

    asyncio.run(run())
