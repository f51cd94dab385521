"""`authentication-managed-identity`, by the article "Authenticate with managed identity"."""

from __future__ import annotations

import pytest

from policies.ports import ConnectionToken, Services
from tests.policies.pipelines import Run, document, run


class Identity:
    """Gives tokens for every resource but one."""

    async def managed_identity(self, resource: str, client_id: str = "") -> str:
        if resource == "forbidden":
            raise RuntimeError("secret detail")
        return f"{resource}|{client_id}"

    async def connection(self, provider_id: str, authorization_id: str) -> ConnectionToken:
        raise AssertionError("nobody asks for it here")


def sent(xml: str, tokens: Identity | None = None) -> Run:
    return run(document(inbound=xml), services=Services(tokens=tokens))


POLICY = "<authentication-managed-identity resource='{}' {}/>"


def test_the_token_becomes_the_authorization_header() -> None:
    done = sent(POLICY.format("https://graph", "client-id='me'"), Identity())
    assert done.sent.headers.get("Authorization") == "Bearer https://graph|me"


def test_the_resource_may_be_an_expression() -> None:
    assert sent(POLICY.format("@(context.Request.Method)", ""), Identity()).sent.headers.get("Authorization") == "Bearer GET|"


def test_with_a_variable_only_that_is_set() -> None:
    done = sent(POLICY.format("r", "output-token-variable-name='t'"), Identity())
    assert done.context.variables["t"] == "r|"
    assert "Authorization" not in done.sent.headers


@pytest.mark.parametrize("tokens", [None, Identity()])
def test_without_a_token_the_request_fails_unless_ignored(tokens: Identity | None) -> None:
    done = sent(POLICY.format("forbidden", ""), tokens)
    assert done.response.status == 500
    assert "secret" not in done.text
    assert sent(POLICY.format("forbidden", "ignore-error='true'"), tokens).response.status == 200


def test_it_works_for_a_request_of_its_own() -> None:
    xml = f"<send-request response-variable-name='r'><set-url>http://other/</set-url>{POLICY.format('r', '')}</send-request>"
    done = sent(xml, Identity())
    assert done.backend.requests[0].headers.get("Authorization") == "Bearer r|"
    assert "Authorization" not in done.backend.requests[1].headers
